// The completions that one update learns from, and their loss micro-batch by micro-batch. Covered by tests/rl/grpo_test.cc.
#ifndef HONE_RL_MINIBATCH_H_
#define HONE_RL_MINIBATCH_H_

#include <cstdint>
#include <span>
#include <vector>

#include "data/types.h"
#include "policy/model.h"
#include "rl/objective/advantages.h"
#include "rl/objective/objective.h"
#include "rl/packing.h"

namespace hone {

struct LearntCompletion {
  const Completion* completion = nullptr;
  double advantage = 0.0;
  std::vector<double> token_advantages;  // empty where all are `advantage`
  std::vector<double> reference;         // log-probs; empty without a KL term
};

struct Minibatch {
  std::vector<TrainingSequence> sequences;
  std::vector<LearntCompletion> completions;  // behind each sequence
  Normaliser normaliser;                      // over those too that count but teach nothing
};

TrainingSequence SequenceOf(const Prompt& prompt, const Completion& completion);

// Log-probs and entropies of the sequences' completions under a model, as it is now.
struct TokenScores {
  Rows logprobs, entropies;
};
TokenScores ScoreTokens(Model& model, std::span<const TrainingSequence> sequences, int64_t micro_batch_tokens,
                        float temperature);

// Advantages of the groups' completions, in order. `references` has each one's reference log-probs, where the objective's reward
// needs them; else it is empty.
Advantages AdvantagesOf(const ObjectiveConfig& config, std::span<const ScoredGroup> groups,
                        const Rows& references);

// Consecutive shares of the groups. Groups without anything to learn count in the normaliser and are left out otherwise, and so do
// completions that are cut off where the objective says so. Points into `groups`; takes the `references` there are. `max_length`
// in tokens.
std::vector<Minibatch> MakeMinibatches(const ObjectiveConfig& config, int64_t count,
                                       std::span<const ScoredGroup> groups, const Advantages& advantages,
                                       Rows references, int64_t max_length);

// The loss of a micro-batch and its slopes.
double MicroBatchObjective(const ObjectiveContext& context, const Minibatch& minibatch,
                           const MicroBatch& micro, std::span<const float> logprobs,
                           std::span<const float> entropies, LossSlopes slopes,
                           ObjectiveStatistics& statistics);

}  // namespace hone

#endif  // HONE_RL_MINIBATCH_H_
