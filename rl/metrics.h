// The one declaration of every metric a step reports: name, unit, meaning, and what TRL or verl call it.
// Progress lines, the report and rl/README.md all read this table. Covered by tests/rl/metrics_test.cc.
#ifndef HONE_RL_METRICS_H_
#define HONE_RL_METRICS_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/run_store.h"

namespace hone {

struct MetricInfo {
  std::string_view name;
  std::string_view unit;  // "share" is a number in [0, 1]; "" has no unit
  std::string_view
      steps;  // the kind of step that reports it: "grpo" also sample's and distill's on completions of its own,
              // "both" every training step, or "distill", "sample", "eval"
  std::string_view doc;   // one line
  std::string_view peer;  // the nearest name in TRL or verl, "" if neither has it
};

// clang-format off
inline constexpr std::array kMetrics = std::to_array<MetricInfo>({
    {"reward", "", "grpo", "mean combined reward of the scored completions", "TRL reward, verl critic/score/mean"},
    {"reward_std", "", "grpo", "mean over groups of the standard deviation of the rewards inside a group", "TRL reward_std"},
    {"accuracy", "share", "grpo", "sampled completions whose answer is right", "TRL rewards/{fn}/mean"},
    {"format", "share", "grpo", "sampled completions in the asked format", "TRL rewards/{fn}/mean"},
    {"length", "tokens", "grpo", "mean completion length", "TRL completions/mean_length, verl response_length/mean"},
    {"length_max", "tokens", "grpo", "longest completion", "TRL completions/max_length, verl response_length/max"},
    {"truncated", "share", "grpo", "completions that hit the length cap", "TRL completions/clipped_ratio, verl response_length/clip_ratio"},
    {"entropy", "nats", "grpo", "entropy of the sampled distribution, mean over the tokens learnt from", "TRL entropy, verl actor/entropy"},
    {"kl", "nats", "grpo", "mean estimate (kl_estimator) of the divergence from the reference, over the tokens learnt from", "TRL kl, verl actor/kl_loss"},
    {"clip_fraction", "share", "grpo", "tokens learnt from whose gradient the clip removed or whose weight it changed", "TRL clip_ratio/region_mean, verl actor/pg_clipfrac"},
    {"masked_fraction", "share", "grpo", "tokens learnt from that a mask keeps out of the policy's term (objectives with entropies)", ""},
    {"entropy_coefficient", "", "grpo", "weight of the entropy bonus in the next update (objectives with entropies)", "TRL entropy_coef"},
    {"loss", "", "both", "mean loss of the step's updates; near 0 by construction on policy", "TRL loss, verl actor/pg_loss"},
    {"divergence", "nats", "distill", "divergence of the student from the teacher (distill.beta), mean over the tokens learnt from", "TRL GKD loss"},
    {"grad_norm", "", "both", "gradient norm before clipping, mean over the step's updates", "TRL grad_norm, verl actor/grad_norm"},
    {"learning_rate", "", "both", "learning rate of the step's last update", "TRL learning_rate, verl actor/lr"},
    {"logprob_difference", "nats", "grpo", "largest |learner - sampler| log-prob before the step's first update: exactly 0", "TRL sampling/sampling_logp_difference/max, verl training/rollout_probs_diff_max"},
    {"rewards/NAME/mean", "", "grpo", "mean value of the reward of that name, before its weight", "TRL rewards/{fn}/mean"},
    {"rewards/NAME/faults", "", "grpo", "completions for which that reward had a fault", ""},
    {"rewards/NAME/seconds_p50", "s", "grpo", "median time that reward took for a group", ""},
    {"rewards/NAME/seconds_p99", "s", "grpo", "99th percentile of that time", ""},
    {"parts/NAME", "", "grpo", "mean of what a reward says of completions beside its value; NAME = REWARD/PART, such as answer/tries", ""},
    {"groups", "", "grpo", "groups scored", ""},
    {"groups_without_signal", "", "grpo", "groups whose rewards are all equal: dropped, nothing to learn from", "TRL frac_reward_zero_std (a share)"},
    {"faults", "", "grpo", "scores that were a fault instead of a value", ""},
    {"updates_not_applied", "", "both", "updates dropped for a non-finite loss or gradient", ""},
    {"tokens", "tokens", "both", "tokens sampled (grpo) or trained on (sft)", ""},
    {"sampled_tokens", "tokens", "grpo", "tokens sampled by the steps of this stage so far, those of replayed groups counted once", "TRL num_tokens"},
    {"tokens_per_second", "tokens/s", "both", "tokens sampled per second of sampling (grpo) or trained on per second (sft)", "verl perf/throughput"},
    {"seconds", "s", "both", "wall time of the step", "TRL step_time, verl timing_s/step"},
    {"seconds_sample", "s", "grpo", "time spent sampling", "verl timing_s/gen"},
    {"seconds_score", "s", "grpo", "time waited for scores while nothing was sampled", "verl timing_s/reward"},
    {"seconds_learn", "s", "grpo", "time spent on forward, backward and updates", "verl timing_s/update_actor"},
    {"seconds_store", "s", "grpo", "time spent committing to the run store", ""},
    {"preemptions", "", "grpo", "sequences put back because cache pages ran out", ""},
    {"expert_load", "", "both", "busiest expert's tokens over the mean, the worst layer's: 1 is even", ""},
    {"balance_loss", "", "both", "sequence-wise balance loss of the experts", ""},
    {"peak_memory_mb", "MB", "both", "peak resident memory of the process", "verl perf/max_memory_allocated_gb"},
    {"held_out/pass@1", "share", "both", "right answers sampled on held-out prompts, at evaluation steps", "verl val-core/.../mean@N"},
    {"held_out/pass@NAME", "share", "both", "held-out prompts that one of NAME = 2, 4, 8, ... samples gets right (unbiased), at evaluation steps", "verl val-core/.../best@N"},
    {"held_out/maj@NAME", "share", "both", "held-out prompts on which most of NAME samples agree on the right answer (exact over subsets, ties shared)", "verl val-core/.../maj@N"},
    {"held_out/kind/NAME", "share", "both", "held_out/pass@1 of the prompts of that kind", ""},
    {"held_out/budget@NAME", "share", "both", "held_out/pass@1 counting only completions of at most NAME tokens", ""},
    {"held_out/length", "tokens", "both", "mean completion length on held-out prompts, at evaluation steps", ""},
    {"held_out/length_NAME", "tokens", "both", "length of held-out completions: NAME = p10, p50, p90, p99 or max", ""},
    {"held_out/format", "share", "both", "completions in the asked format on held-out prompts, at evaluation steps", ""},
    {"held_out/truncated", "share", "both", "completions that hit the length cap on held-out prompts, at evaluation steps", ""},
    {"held_out/rewards/NAME", "", "both", "mean value of the reward of that name on held-out prompts, before its weight", ""},
    {"held_out/parts/NAME", "", "both", "parts/NAME on held-out prompts", ""},
    {"held_out/kind_parts/NAME", "", "both", "the same of the prompts of one kind; NAME = KIND/REWARD/PART", ""},
    {"held_out_low/NAME", "", "both", "lower end of held_out/NAME's 95 % interval (bootstrap over prompts); also held_out_low/kind/NAME and so on", ""},
    {"held_out_high/NAME", "", "both", "upper end of that interval", ""},
    {"held_out_difference/NAME", "", "eval", "held_out/NAME minus the first model's", ""},
    {"held_out_difference_low/NAME", "", "eval", "lower end of the difference's 95 % interval, paired by prompt", ""},
    {"held_out_difference_high/NAME", "", "eval", "upper end of that interval", ""},
    {"kept", "share", "sample", "sampled completions that became rows of the dataset; in the last step", ""},
});
// clang-format on

// nullptr if undeclared. `NAME` in a declared name stands for any text without a slash; after held_out_low/ and the like
// for the rest of a held_out/ metric's name, and after parts/ for names that slashes part.
const MetricInfo* FindMetric(std::string_view name);

// The table for rl/README.md, one row a metric, in order of declaration.
std::string MetricsMarkdown();

// The step's value, NaN where it reports none.
double MetricValue(const Metrics& metrics, std::string_view name);

struct MetricPoint {
  double step = 0.0;
  double value = 0.0;  // may be NaN
};

// The steps that report `name`, in the order of `history`.
std::vector<MetricPoint> MetricSeries(const std::vector<StepMetrics>& history, std::string_view name);

}  // namespace hone

#endif  // HONE_RL_METRICS_H_
