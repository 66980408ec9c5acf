// Accuracy of a policy on held-out prompts: pass@k, maj@k, by kind, by token budget, length and truncation, with confidence
// intervals. Covered by tests/rl/evaluation_test.cc.
#ifndef HONE_RL_EVALUATION_H_
#define HONE_RL_EVALUATION_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "data/run_store.h"
#include "data/types.h"
#include "rewards/runner.h"
#include "rl/bootstrap.h"
#include "rl/configs.h"
#include "rl/sampler.h"
#include "rl/voting.h"

namespace hone {

struct Evaluation {
  int64_t num_prompts = 0;
  int64_t num_completions = 0;
  int64_t faults = 0;
  // By prompt, so that they can be resampled and compared: pass@K and maj@K for K = 1, 2, 4, ... up to the samples (maj up to
  // kMostVoters, and all samples), length, format, truncated, kind/NAME (pass@1 of that kind), rewards/NAME (mean of that
  // reward's own value where it has one), parts/REWARD/PART and kind_parts/KIND/REWARD/PART (what else rewards say of
  // completions), budget@T (right answers that took at most T tokens).
  std::vector<Measure> measures;
  std::vector<std::pair<std::string, double>>
      lengths;  // p10, p50, p90, p99 and max of the completions' tokens

  const Measure* Find(const std::string& name) const;   // nullptr: no such measure
  double Value(const std::string& name) const;          // its estimate; NaN without one
  double StandardError(const std::string& name) const;  // by prompt, of a mean over prompts
};

// A completion is right when AnswerIsRight (rewards/combine.h) and of the right format when its `format` reward is 1. Lengths are
// in tokens, eos included.
Evaluation Summarize(const std::vector<ScoredGroup>& groups);

// Whether each prompt's value of that measure lies in [0, 1].
bool IsShare(const std::string& measure);

// Every measure but those by budget and the parts with its 95 % interval, by name.
std::map<std::string, Interval> Intervals(const Evaluation& evaluation);

struct Difference {
  std::string name;
  double value = 0.0;  // of the first minus the second
  Interval interval;
};
// Paired by prompt: of the measures both have (those without an interval left out). Error when the two have other prompts in number.
std::vector<Difference> Differences(const Evaluation& evaluation, const Evaluation& baseline);

// As the metrics of a step: held_out/NAME, and of those with an interval held_out_low/NAME and held_out_high/NAME.
Metrics EvaluationMetrics(const Evaluation& evaluation);
// held_out_difference/NAME with _low and _high.
Metrics DifferenceMetrics(const std::vector<Difference>& differences);
// What of these a line of progress has room for.
Metrics EvaluationHeadline(const Metrics& metrics);

// Samples and scores; the draws depend on (config, prompts) alone, so that two models meet the same luck. With a store the groups are
// kept there under `step`, and those it has already are not sampled again.
std::vector<ScoredGroup> SampleHeldOut(Sampler& sampler, RewardRunner& rewards, std::vector<Prompt> prompts,
                                       const EvalConfig& config, RunStore* store = nullptr, int64_t step = 0);

// SampleHeldOut and Summarize.
Evaluation Evaluate(Sampler& sampler, RewardRunner& rewards, std::vector<Prompt> prompts,
                    const EvalConfig& config);

}  // namespace hone

#endif  // HONE_RL_EVALUATION_H_
