// Group relative policy optimisation as the R1 report has it:
//
//   prompts -> sample (Group) -> score (ScoredGroup) -> advantages -> minibatches -> learner.Step -> the sampler sees it
//
// Departures from the report: completions whose reward is a fault are left out of their group's baseline and of the loss, and groups
// whose rewards are all equal are not computed: they count in the normaliser, as a zero advantage does, but with a KL term
// their share of its gradient is left out. Sampler and learner
// share weights and kernels, so the sampler's log-probs are the old log-probs. Covered by tests/rl/grpo_test.cc.
#include "rl/grpo.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>

#include "data/error.h"
#include "kernels/grpo_loss.h"
#include "rl/group_collector.h"
#include "rl/group_metrics.h"
#include "rl/state_file.h"

namespace hone {
namespace {

using Clock = std::chrono::steady_clock;
double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Largest |a - b|; infinite when bits differ but no number says by how much.
double LargestDifference(std::span<const float> a, std::span<const float> b) {
  double largest = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::memcmp(&a[i], &b[i], sizeof(float)) == 0) continue;
    const double difference = std::fabs(static_cast<double>(a[i]) - b[i]);
    largest = std::max(largest, difference > 0.0 ? difference : std::numeric_limits<double>::infinity());
  }
  return largest;
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

// A stored group must be one this step could have sampled.
void CheckReplay(const ScoredGroup& stored, const std::vector<Prompt>& prompts, int64_t group_size,
                 int64_t vocab_size) {
  const Group& g = stored.group;
  bool fits = g.slot >= 0 && g.slot < static_cast<int64_t>(prompts.size()) &&
              static_cast<int64_t>(g.completions.size()) == group_size &&
              stored.scores.size() == g.completions.size() && g.prompt.ids == prompts[g.slot].ids;
  for (const Completion& c : g.completions) {
    fits = fits && !c.ids.empty() && c.ids.size() == c.logprobs.size() &&
           std::all_of(c.ids.begin(), c.ids.end(), [&](int32_t id) { return id >= 0 && id < vocab_size; });
  }
  if (fits) return;
  throw Error("the group stored for step " + std::to_string(g.step) + ", slot " + std::to_string(g.slot) +
                  " is not one of this recipe",
              "hone.db", "the store is damaged: start a new run");
}

void StopUnlessExact(double difference) {
  if (difference == 0.0) return;
  throw Error(
      "learner and sampler disagree by " + std::to_string(difference) + " in a log-prob of the same weights",
      "grpo", "report this: it is a defect of hone, not of the recipe");
}

TrainingSequence SequenceOf(const Prompt& prompt, const Completion& completion) {
  TrainingSequence s;
  s.ids = prompt.ids;
  s.first_scored = static_cast<int64_t>(prompt.ids.size());
  s.ids.insert(s.ids.end(), completion.ids.begin(), completion.ids.end());
  return s;
}

}  // namespace

// The completions of a share of the groups that an update learns from, and how much each counts.
struct GrpoStage::Minibatch {
  std::vector<TrainingSequence> sequences;
  std::vector<const Completion*> completions;  // behind each sequence
  std::vector<float> advantages;
  std::vector<std::vector<float>> reference;  // log-probs of each completion; empty without a KL term
  double num_scored = 0.0;                    // completions with a value, those without signal included
};

GrpoStage::GrpoStage(Policy& policy, Sampler& sampler, RewardRunner& rewards, RunStore& store,
                     PromptSource prompts, const GrpoConfig& grpo, const RolloutConfig& rollout,
                     const OptimizerConfig& optimizer, const MemoryConfig& memory, uint64_t seed)
    : policy_(policy),
      sampler_(sampler),
      rewards_(rewards),
      store_(store),
      prompts_(std::move(prompts)),
      grpo_(grpo),
      rollout_(rollout),
      memory_(memory),
      seed_(seed),
      learner_(policy.model(), policy.weights(), optimizer, memory, grpo.steps * grpo.minibatches) {
  if (grpo_.kl_coefficient == 0.0) return;
  reference_weights_ = Weights(policy.config());
  reference_ =
      std::make_unique<Model>(policy.config(), reference_weights_, policy.model().precision(), policy.pool());
  UpdateReference(0);
}

Metrics GrpoStage::Step(int64_t step) {
  const auto start = Clock::now();
  Metrics metrics;
  const std::vector<ScoredGroup> groups = SampleAndScore(step, metrics);

  std::vector<GroupAdvantages> advantages;
  for (const ScoredGroup& g : groups)
    advantages.push_back(ComputeAdvantages(g.scores, grpo_.advantage_epsilon));
  DescribeGroups(groups, advantages, rewards_.names(), metrics);

  const auto learning = Clock::now();
  totals_ = {};
  double difference = 0.0, loss = 0.0, norm = 0.0, updates = 0.0, not_applied = 0.0, load = 0.0,
         balance = 0.0, rate = 0.0;
  std::vector<Minibatch> minibatches = MakeMinibatches(groups, advantages);
  if (minibatches[0].sequences.empty()) CheckExactness(groups[0], difference);
  StopUnlessExact(difference);
  // Every reference log-prob comes before the step's first update could become the reference's business.
  for (Minibatch& minibatch : minibatches) AddReferenceLogProbs(minibatch);
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
    CountUpdate(false);
  }
  UpdateReference(step);

  const double applied = std::max(1.0, updates - not_applied);  // at least 1: without any the sums are 0
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const bool learnt = totals_.tokens > 0;
  metrics.insert(metrics.end(), {{"entropy", learnt ? totals_.entropy / totals_.tokens : nan},
                                 {"kl", learnt ? totals_.kl / totals_.tokens : nan},
                                 {"clip_fraction", learnt ? totals_.clipped / totals_.tokens : nan},
                                 {"grad_norm", norm / applied},
                                 {"loss", loss / applied},
                                 {"learning_rate", rate},
                                 {"logprob_difference", difference},
                                 {"updates_not_applied", not_applied},
                                 {"seconds_learn", SecondsSince(learning)}});
  if (policy_.config().num_experts > 0) {
    metrics.insert(metrics.end(),
                   {{"expert_load", load}, {"balance_loss", balance / std::max(1.0, updates)}});
  }
  metrics.emplace_back("seconds", SecondsSince(start));
  return metrics;
}

std::vector<Prompt> GrpoStage::Prompts(int64_t step) const {
  std::vector<Prompt> prompts;
  for (int64_t slot = 0; slot < grpo_.prompts_per_step; ++slot) {
    prompts.push_back(prompts_((step - 1) * grpo_.prompts_per_step + slot));
  }
  return prompts;
}

// The step's groups in slot order. Those an interrupted run has stored are taken as they are; the others are sampled, scored,
// and committed before anything learns from them.
std::vector<ScoredGroup> GrpoStage::SampleAndScore(int64_t step, Metrics& metrics) {
  std::vector<ScoredGroup> groups(grpo_.prompts_per_step);
  std::vector<Prompt> prompts = Prompts(step);
  for (ScoredGroup& stored : store_.Groups(step)) {
    CheckReplay(stored, prompts, grpo_.group_size, policy_.config().vocab_size);
    groups[stored.group.slot] = std::move(stored);
  }

  SampleRequest request;
  for (int64_t slot = 0; slot < grpo_.prompts_per_step; ++slot) {
    if (!groups[slot].scores.empty()) continue;
    request.prompts.push_back(std::move(prompts[slot]));
    request.slots.push_back(slot);
  }
  request.step = step;
  request.seed = seed_;
  request.completions = grpo_.group_size;
  request.policy_version = learner_.num_updates();

  rewards_.TakeLatencies();  // of an evaluation before
  const EngineStats before = sampler_.stats();
  GroupCollector collector(rewards_, &store_, groups);
  sampler_.Sample(std::move(request), static_cast<float>(rollout_.temperature),
                  [&](Group group) { collector.Add(std::move(group)); });
  collector.Finish();

  const EngineStats& after = sampler_.stats();
  const double seconds = after.seconds - before.seconds;
  const auto sampled = static_cast<double>(after.generated_tokens - before.generated_tokens);
  metrics.insert(metrics.end(), {{"tokens_per_second",
                                  sampled > 0 ? sampled / seconds : std::numeric_limits<double>::quiet_NaN()},
                                 {"preemptions", static_cast<double>(after.preemptions - before.preemptions)},
                                 {"seconds_sample", seconds},
                                 {"seconds_score", collector.score_seconds()},
                                 {"seconds_store", collector.store_seconds()}});
  DescribeLatencies(rewards_.TakeLatencies(), metrics);
  return groups;
}

std::vector<GrpoStage::Minibatch> GrpoStage::MakeMinibatches(
    const std::vector<ScoredGroup>& groups, const std::vector<GroupAdvantages>& advantages) const {
  const auto count = static_cast<int64_t>(groups.size());
  std::vector<Minibatch> minibatches(std::min(grpo_.minibatches, count));
  for (int64_t g = 0; g < count; ++g) {
    Minibatch& m = minibatches[g * static_cast<int64_t>(minibatches.size()) / count];
    const GroupAdvantages& a = advantages[g];
    m.num_scored += static_cast<double>(std::count(a.counts.begin(), a.counts.end(), true));
    if (!a.has_signal) continue;
    for (size_t i = 0; i < a.values.size(); ++i) {
      if (!a.counts[i]) continue;
      const Completion& completion = groups[g].group.completions[i];
      m.sequences.push_back(SequenceOf(groups[g].group.prompt, completion));
      m.completions.push_back(&completion);
      m.advantages.push_back(a.values[i]);
    }
  }
  return minibatches;
}

void GrpoStage::AddReferenceLogProbs(Minibatch& minibatch) {
  if (reference_ == nullptr) return;
  minibatch.reference.resize(minibatch.sequences.size());
  for (const MicroBatch& micro : PackSequences(minibatch.sequences, memory_.micro_batch_tokens,
                                               static_cast<float>(rollout_.temperature))) {
    std::vector<float> logprobs(micro.batch.targets.size());
    reference_->LogProbs(micro.batch, logprobs, {});
    const float* next = logprobs.data();
    for (const int64_t s : micro.sequences) {
      const size_t length = minibatch.completions[s]->ids.size();
      minibatch.reference[s].assign(next, next + length);
      next += length;
    }
  }
}

// One update. Before the step's first one the learner's log-probs must be the sampler's, to the bit.
Update GrpoStage::Learn(Minibatch& m, bool first, double& difference) {
  kernels::GrpoLossParams params;
  params.clip_low = static_cast<float>(grpo_.clip_low);
  params.clip_high = static_cast<float>(grpo_.clip_high);
  params.kl_coefficient = static_cast<float>(grpo_.kl_coefficient);
  const auto loss = [&](const MicroBatch& micro, std::span<const float> logprobs,
                        std::span<const float> entropies, std::span<float> dlogprobs) {
    std::vector<float> old, reference, advantage, weight;
    for (const int64_t s : micro.sequences) {
      const auto& logprob = m.completions[s]->logprobs;
      old.insert(old.end(), logprob.begin(), logprob.end());
      if (reference_ != nullptr)
        reference.insert(reference.end(), m.reference[s].begin(), m.reference[s].end());
      advantage.insert(advantage.end(), logprob.size(), m.advantages[s]);
      weight.insert(weight.end(), logprob.size(),
                    static_cast<float>(1.0 / (m.num_scored * static_cast<double>(logprob.size()))));
    }
    if (first) difference = std::max(difference, LargestDifference(logprobs, old));
    const kernels::GrpoLossSums sums =
        kernels::GrpoLoss(static_cast<int64_t>(old.size()), params, logprobs.data(), old.data(),
                          reference_ != nullptr ? reference.data() : nullptr, advantage.data(), weight.data(),
                          dlogprobs.data());
    totals_.tokens += static_cast<double>(old.size());
    totals_.kl += sums.kl;
    totals_.clipped += sums.num_clipped;
    for (const float e : entropies) totals_.entropy += e;
    StopUnlessExact(difference);
    return sums.loss;
  };
  const Update update = learner_.Step(m.sequences, static_cast<float>(rollout_.temperature), loss);
  CountUpdate(update.applied);
  return update;
}

void GrpoStage::CountUpdate(bool applied) {
  not_applied_in_a_row_ = applied ? 0 : not_applied_in_a_row_ + 1;
  if (not_applied_in_a_row_ < grpo_.max_not_applied) return;
  throw Error(std::to_string(not_applied_in_a_row_) + " updates in a row had a non-finite loss or gradient",
              "grpo", "lower optimizer.learning_rate and resume from the last checkpoint");
}

void GrpoStage::CheckExactness(const ScoredGroup& group, double& difference) {
  std::vector<TrainingSequence> sequences;
  std::vector<float> sampled;
  for (const Completion& c : group.group.completions) {
    sequences.push_back(SequenceOf(group.group.prompt, c));
    sampled.insert(sampled.end(), c.logprobs.begin(), c.logprobs.end());
  }
  std::vector<float> learnt;
  for (const MicroBatch& micro :
       PackSequences(sequences, memory_.micro_batch_tokens, static_cast<float>(rollout_.temperature))) {
    std::vector<float> logprobs(micro.batch.targets.size());
    policy_.model().LogProbs(micro.batch, logprobs, {});
    learnt.insert(learnt.end(), logprobs.begin(), logprobs.end());
  }
  difference = LargestDifference(learnt, sampled);
}

// Step 0 takes the start as the reference.
void GrpoStage::UpdateReference(int64_t step) {
  if (reference_ == nullptr) return;
  if (step > 0 && (grpo_.reference_every == 0 || step % grpo_.reference_every != 0)) return;
  for (size_t i = 0; i < reference_weights_.parameters().size(); ++i) {
    const FloatBuffer& from = policy_.weights().parameters()[i].value;
    std::copy_n(from.data(), from.size(), reference_weights_.parameters()[i].value.data());
  }
  reference_->Refresh();
}

void GrpoStage::Save(const std::string& dir) const {
  learner_.Save(dir + "/learner.safetensors");
  if (reference_ == nullptr) return;
  std::vector<TensorToWrite> tensors;
  for (const Parameter& p : reference_weights_.parameters()) {
    tensors.push_back({p.name, TensorDtype::kF32, p.shape, p.value.data()});
  }
  WriteSafetensors(dir + "/reference.safetensors", tensors);
}

void GrpoStage::Load(const std::string& dir) {
  learner_.Load(dir + "/learner.safetensors");
  if (reference_ == nullptr) return;
  const SafetensorsFile file = SafetensorsFile::Open(dir + "/reference.safetensors");
  for (Parameter& p : reference_weights_.parameters())
    ReadState(file, p.name, p.value.size(), p.value.data());
  reference_->Refresh();
}

}  // namespace hone
