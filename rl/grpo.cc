// Group relative policy optimisation as the R1 report has it:
//
//   prompts -> sample (Group) -> score (ScoredGroup) -> advantages -> minibatches -> learner.Step -> the sampler sees it
//
// The objective is the one that grpo.preset and its keys name. Departures from the report: completions whose reward is a fault are
// left out of their group's baseline and of the loss, and groups whose advantages are all 0 are not computed: they count in the
// normaliser, but their share of the gradient of a KL term or an entropy bonus is left out. Sampler and learner share weights and
// kernels, so the sampler's log-probs are the old log-probs. Covered by tests/rl/grpo_test.cc.
#include "rl/grpo.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "rl/exactness.h"
#include "rl/state_file.h"

namespace hone {
namespace {

using Clock = std::chrono::steady_clock;
double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

bool HasFiniteLogProbs(const std::vector<ScoredGroup>& groups) {
  for (const ScoredGroup& g : groups) {
    for (const Completion& c : g.group.completions) {
      for (const float l : c.logprobs) {
        if (!std::isfinite(l)) return false;
      }
    }
  }
  return true;
}

}  // namespace

GrpoStage::GrpoStage(Policy& policy, Sampler& sampler, RewardRunner& rewards, RunStore& store,
                     PromptSource prompts, const GrpoConfig& grpo, const RolloutConfig& rollout,
                     const OptimizerConfig& optimizer, const MemoryConfig& memory, uint64_t seed)
    : policy_(policy),
      grpo_(grpo),
      objective_(grpo.objective),
      rollout_(rollout),
      memory_(memory),
      source_(
          policy, sampler, rewards, store, std::move(prompts),
          {grpo.prompts_per_step, grpo.group_size, grpo.objective.refill_rounds, rollout.temperature, seed}),
      learner_(policy.model(), policy.weights(), optimizer, memory, grpo.steps * grpo.minibatches),
      watch_(grpo.max_not_applied, "grpo"),
      entropy_control_(StartEntropyControl(grpo.objective)) {
  if (objective_.kl_coefficient == 0.0) return;
  reference_weights_ = Weights(policy.config());
  reference_ =
      std::make_unique<Model>(policy.config(), reference_weights_, policy.model().precision(), policy.pool());
  UpdateReference(0);
}

Metrics GrpoStage::Step(int64_t step) {
  const auto start = Clock::now();
  Metrics metrics;
  const std::vector<ScoredGroup> groups = source_.Next(step, learner_.num_updates(), metrics);

  const auto learning = Clock::now();
  totals_ = {};
  total_entropy_ = 0.0;
  double difference = 0.0, loss = 0.0, norm = 0.0, updates = 0.0, not_applied = 0.0, load = 0.0,
         balance = 0.0, rate = 0.0;
  // Every reference log-prob comes before the step's first update could become the reference's business.
  std::vector<Minibatch> minibatches = PrepareMinibatches(groups);
  if (minibatches[0].sequences.empty()) CheckExactness(groups[0], difference);
  StopUnlessExact(difference, "grpo");
  for (size_t i = 0; i < minibatches.size(); ++i) {
    if (minibatches[i].sequences.empty()) continue;
    const Update update = Learn(minibatches[i], i == 0, difference);
    rate = update.learning_rate;
    load = std::max(load, update.expert_load);
    balance += update.balance_loss;
    not_applied += !update.applied;
    ++updates;
    if (!update.applied) continue;
    loss += update.loss;
    norm += update.gradient_norm;
  }
  // Weights that give no finite log-probs rarely give a signal either: no update would notice them.
  if (updates == 0.0 && !HasFiniteLogProbs(groups)) {
    ++not_applied;
    watch_.Count(false);
  }
  UpdateReference(step);

  const double applied = std::max(1.0, updates - not_applied);  // at least 1: without any the sums are 0
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const bool learnt = totals_.tokens > 0;
  metrics.insert(metrics.end(), {{"entropy", learnt ? total_entropy_ / totals_.tokens : nan},
                                 {"kl", learnt ? totals_.kl / totals_.tokens : nan},
                                 {"clip_fraction", learnt ? totals_.clipped / totals_.tokens : nan},
                                 {"grad_norm", norm / applied},
                                 {"loss", loss / applied},
                                 {"learning_rate", rate},
                                 {"logprob_difference", difference},
                                 {"updates_not_applied", not_applied},
                                 {"seconds_learn", SecondsSince(learning)}});
  if (NeedsEntropies(objective_)) {
    metrics.emplace_back("masked_fraction", learnt ? totals_.masked / totals_.tokens : nan);
    metrics.emplace_back("entropy_coefficient", AppliedEntropyCoefficient(objective_, entropy_control_));
  }
  if (policy_.config().num_experts > 0) {
    metrics.insert(metrics.end(),
                   {{"expert_load", load}, {"balance_loss", balance / std::max(1.0, updates)}});
  }
  metrics.emplace_back("seconds", SecondsSince(start));
  return metrics;
}

TokenScores GrpoStage::ScoreWith(Model& model, std::span<const TrainingSequence> sequences) const {
  return ScoreTokens(model, sequences, memory_.micro_batch_tokens, static_cast<float>(rollout_.temperature));
}

// The reference scores every completion where the divergence is part of the reward, else those learnt from.
std::vector<Minibatch> GrpoStage::PrepareMinibatches(const std::vector<ScoredGroup>& groups) {
  Rows references;
  if (reference_ != nullptr && objective_.kl_place != KlPlace::kLoss) {
    std::vector<TrainingSequence> all;
    for (const ScoredGroup& g : groups) {
      for (const Completion& c : g.group.completions) all.push_back(SequenceOf(g.group.prompt, c));
    }
    references = ScoreWith(*reference_, all).logprobs;
  }
  const Advantages advantages = AdvantagesOf(objective_, groups, references);
  const bool has_references = !references.empty();
  std::vector<Minibatch> minibatches = MakeMinibatches(objective_, grpo_.minibatches, groups, advantages,
                                                       std::move(references), rollout_.max_new_tokens);
  for (Minibatch& m : minibatches) {
    if (reference_ == nullptr || has_references) break;
    Rows logprobs = ScoreWith(*reference_, m.sequences).logprobs;
    for (size_t i = 0; i < logprobs.size(); ++i) m.completions[i].reference = std::move(logprobs[i]);
  }
  return minibatches;
}

// One update. Before the step's first one the learner's log-probs must be the sampler's, to the bit.
Update GrpoStage::Learn(Minibatch& m, bool first, double& difference) {
  if (objective_.top_entropy < 1.0) {
    std::vector<double> entropies;
    for (const auto& row : ScoreWith(policy_.model(), m.sequences).entropies) {
      entropies.insert(entropies.end(), row.begin(), row.end());
    }
    SetEntropyThreshold(objective_, std::move(entropies), m.normaliser);
  }
  const ObjectiveContext context{objective_, m.normaliser,
                                 AppliedEntropyCoefficient(objective_, entropy_control_)};
  ObjectiveStatistics statistics;
  const auto loss = [&](const MicroBatch& micro, std::span<const float> logprobs,
                        std::span<const float> entropies, LossSlopes slopes) {
    if (first) {
      std::vector<float> old;
      for (const int64_t s : micro.sequences) {
        const auto& logprob = m.completions[s].completion->logprobs;
        old.insert(old.end(), logprob.begin(), logprob.end());
      }
      difference = std::max(difference, LargestDifference(logprobs, old));
    }
    for (const float e : entropies) total_entropy_ += e;
    StopUnlessExact(difference, "grpo");
    return MicroBatchObjective(context, m, micro, logprobs, entropies, slopes, statistics);
  };
  const Update update = learner_.Step(m.sequences, static_cast<float>(rollout_.temperature), loss);
  totals_ += statistics;
  if (update.applied && statistics.entropy_tokens > 0.0) {
    entropy_control_ =
        NextEntropyControl(objective_, entropy_control_, statistics.entropy / statistics.entropy_tokens);
  }
  watch_.Count(update.applied);
  return update;
}

void GrpoStage::CheckExactness(const ScoredGroup& group, double& difference) {
  std::vector<TrainingSequence> sequences;
  std::vector<float> sampled;
  for (const Completion& c : group.group.completions) {
    sequences.push_back(SequenceOf(group.group.prompt, c));
    sampled.insert(sampled.end(), c.logprobs.begin(), c.logprobs.end());
  }
  std::vector<float> learnt;
  for (const auto& row : ScoreWith(policy_.model(), sequences).logprobs) {
    learnt.insert(learnt.end(), row.begin(), row.end());
  }
  difference = LargestDifference(learnt, sampled);
}

// Step 0 takes the start as the reference.
void GrpoStage::UpdateReference(int64_t step) {
  if (reference_ == nullptr) return;
  if (step > 0 && (objective_.reference_every == 0 || step % objective_.reference_every != 0)) return;
  const double mix = step == 0 ? 1.0 : objective_.reference_mix;
  for (size_t i = 0; i < reference_weights_.parameters().size(); ++i) {
    const FloatBuffer& from = policy_.weights().parameters()[i].value;
    float* to = reference_weights_.parameters()[i].value.data();
    for (int64_t j = 0; j < from.size(); ++j) {
      to[j] = mix == 1.0 ? from.data()[j] : static_cast<float>(mix * from.data()[j] + (1.0 - mix) * to[j]);
    }
  }
  reference_->Refresh();
}

void GrpoStage::Save(const std::string& dir) const {
  learner_.Save(dir + "/learner.safetensors");
  source_.Save(dir);
  if (objective_.entropy_adaptive) {
    const auto coefficient = std::bit_cast<int64_t>(entropy_control_.coefficient),
               entropy = std::bit_cast<int64_t>(entropy_control_.entropy);
    WriteSafetensors(dir + "/objective.safetensors",
                     {{"entropy_coefficient_bits", TensorDtype::kI64, {1}, &coefficient},
                      {"entropy_bits", TensorDtype::kI64, {1}, &entropy}});
  }
  if (reference_ == nullptr) return;
  std::vector<TensorToWrite> tensors;
  for (const Parameter& p : reference_weights_.parameters()) {
    tensors.push_back({p.name, TensorDtype::kF32, p.shape, p.value.data()});
  }
  WriteSafetensors(dir + "/reference.safetensors", tensors);
}

void GrpoStage::Load(const std::string& dir) {
  learner_.Load(dir + "/learner.safetensors");
  source_.Load(dir);
  if (objective_.entropy_adaptive) {
    const SafetensorsFile file = SafetensorsFile::Open(dir + "/objective.safetensors");
    int64_t coefficient = 0, entropy = 0;
    ReadState(file, "entropy_coefficient_bits", 1, &coefficient);
    ReadState(file, "entropy_bits", 1, &entropy);
    entropy_control_ = {std::bit_cast<double>(coefficient), std::bit_cast<double>(entropy)};
  }
  if (reference_ == nullptr) return;
  const SafetensorsFile file = SafetensorsFile::Open(dir + "/reference.safetensors");
  for (Parameter& p : reference_weights_.parameters())
    ReadState(file, p.name, p.value.size(), p.value.data());
  reference_->Refresh();
}

}  // namespace hone
