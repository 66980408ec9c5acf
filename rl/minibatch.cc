// See minibatch.h. Covered by tests/rl/grpo_test.cc.
#include "rl/minibatch.h"

#include <algorithm>

#include "rl/group_metrics.h"

namespace hone {
namespace {

std::vector<double> Doubles(std::span<const float> values) { return {values.begin(), values.end()}; }

// Adds a group's share to a minibatch; `first` is the number of its first completion in the step.
void AddGroup(const ObjectiveConfig& config, const ScoredGroup& group, size_t first,
              const Advantages& advantages, Rows& references, Minibatch& out) {
  const size_t size = group.scores.size();
  bool teaches = false;
  for (size_t i = 0; i < size; ++i) teaches = teaches || !advantages.IsZero(first + i);
  for (size_t i = 0; i < size; ++i) {
    const Completion& completion = group.group.completions[i];
    const bool has_value = group.scores[i].status == Score::Status::kValue;
    if (!has_value && config.unscored == Unscored::kDrop) continue;
    const bool cut = config.mask_truncated && completion.finish == FinishReason::kLength;
    CountSequence(config, cut ? 0.0 : static_cast<double>(completion.ids.size()), out.normaliser);
    if (cut || !teaches) continue;
    LearntCompletion learnt;
    learnt.completion = &completion;
    learnt.advantage = advantages.values[first + i];
    if (!advantages.tokens.empty()) learnt.token_advantages = advantages.tokens[first + i];
    if (!references.empty()) learnt.reference = std::move(references[first + i]);
    out.completions.push_back(std::move(learnt));
    out.sequences.push_back(SequenceOf(group.group.prompt, completion));
  }
}

}  // namespace

TrainingSequence SequenceOf(const Prompt& prompt, const Completion& completion) {
  TrainingSequence s;
  s.ids = prompt.ids;
  s.first_scored = static_cast<int64_t>(prompt.ids.size());
  s.ids.insert(s.ids.end(), completion.ids.begin(), completion.ids.end());
  return s;
}

TokenScores ScoreTokens(Model& model, std::span<const TrainingSequence> sequences, int64_t micro_batch_tokens,
                        float temperature) {
  TokenScores out;
  out.logprobs.resize(sequences.size());
  out.entropies.resize(sequences.size());
  for (const MicroBatch& micro : PackSequences(sequences, micro_batch_tokens, temperature)) {
    std::vector<float> logprobs(micro.batch.targets.size()), entropies(micro.batch.targets.size());
    model.LogProbs(micro.batch, logprobs, entropies);
    size_t next = 0;
    for (const int64_t s : micro.sequences) {
      const size_t length = sequences[s].ids.size() - static_cast<size_t>(sequences[s].first_scored);
      out.logprobs[s] = Doubles(std::span(logprobs).subspan(next, length));
      out.entropies[s] = Doubles(std::span(entropies).subspan(next, length));
      next += length;
    }
  }
  return out;
}

Advantages AdvantagesOf(const ObjectiveConfig& config, std::span<const ScoredGroup> groups,
                        const Rows& references) {
  std::vector<std::optional<double>> rewards;
  Rows old;
  for (const ScoredGroup& g : groups) {
    for (const auto& reward : RewardsOf(g)) rewards.push_back(reward);
    for (const Completion& c : g.group.completions) old.push_back(Doubles(c.logprobs));
  }
  std::vector<ObjectiveSequence> sequences(old.size());
  for (size_t i = 0; i < old.size(); ++i) {
    sequences[i].logprobs = sequences[i].old_logprobs = old[i];
    if (!references.empty()) sequences[i].ref_logprobs = references[i];
  }
  const auto size = static_cast<int64_t>(groups.empty() ? 1 : groups[0].scores.size());
  return ComputeAdvantages(config, size, rewards, sequences);
}

std::vector<Minibatch> MakeMinibatches(const ObjectiveConfig& config, int64_t count,
                                       std::span<const ScoredGroup> groups, const Advantages& advantages,
                                       Rows references, int64_t max_length) {
  const auto total = static_cast<int64_t>(groups.size());
  std::vector<Minibatch> minibatches(std::max<int64_t>(1, std::min(count, total)));
  size_t first = 0;
  for (int64_t g = 0; g < total; ++g) {
    AddGroup(config, groups[g], first, advantages, references,
             minibatches[g * static_cast<int64_t>(minibatches.size()) / total]);
    first += groups[g].scores.size();
  }
  for (Minibatch& m : minibatches) {
    m.normaliser.length =
        static_cast<double>(config.aggregation_length > 0 ? config.aggregation_length : max_length);
  }
  return minibatches;
}

double MicroBatchObjective(const ObjectiveContext& context, const Minibatch& minibatch,
                           const MicroBatch& micro, std::span<const float> logprobs,
                           std::span<const float> entropies, LossSlopes slopes,
                           ObjectiveStatistics& statistics) {
  double loss = 0.0;
  size_t next = 0;
  for (const int64_t s : micro.sequences) {
    const LearntCompletion& learnt = minibatch.completions[s];
    const size_t length = learnt.completion->logprobs.size();
    const std::vector<double> now = Doubles(logprobs.subspan(next, length)),
                              old = Doubles(learnt.completion->logprobs),
                              entropy = Doubles(entropies.subspan(next, length));
    std::vector<double> gradient(length), entropy_gradient(length);
    const ObjectiveSequence sequence{now, old, learnt.reference, old, entropy, {}};
    loss += SequenceLoss(context, learnt.advantage, learnt.token_advantages, sequence, gradient,
                         entropy_gradient, statistics);
    std::copy(gradient.begin(), gradient.end(), slopes.logprobs.begin() + static_cast<std::ptrdiff_t>(next));
    std::copy(entropy_gradient.begin(), entropy_gradient.end(),
              slopes.entropies.begin() + static_cast<std::ptrdiff_t>(next));
    next += length;
  }
  return loss;
}

}  // namespace hone
