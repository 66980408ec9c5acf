// Advantages of the completions of whole groups, from their rewards. Covered by tests/rl/objective_test.cc.
#ifndef HONE_RL_OBJECTIVE_ADVANTAGES_H_
#define HONE_RL_OBJECTIVE_ADVANTAGES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rl/objective/batch.h"

namespace hone {

struct GroupFacts {
  double mean = 0.0;        // over the completions with a reward
  double deviation = 0.0;   // population standard deviation over them
  bool has_signal = false;  // two of them differ
};

struct Advantages {
  std::vector<double> values;  // per completion; 0 without a reward
  Rows tokens;                 // per token; empty where they are the same all over each completion

  // Whether anything is to be learnt from the completion.
  bool IsZero(size_t completion) const;
};

// Whether the advantages depend on the completions' tokens too; else `sequences` may be empty.
bool AdvantagesNeedTokens(const ObjectiveConfig& config);

// `rewards` of groups of `group_size`; completions without one are in no mean or deviation. `sequences` as in
// AdvantagesNeedTokens, one per reward: masks, and old and reference log-probs for a KL term in the reward.
Advantages ComputeAdvantages(const ObjectiveConfig& config, int64_t group_size,
                             std::span<const std::optional<double>> rewards,
                             std::span<const ObjectiveSequence> sequences);

// Of one group's rewards. Dynamic sampling (DAPO, arXiv:2503.14476) keeps the groups with a signal.
GroupFacts FactsOf(std::span<const std::optional<double>> rewards);

}  // namespace hone

#endif  // HONE_RL_OBJECTIVE_ADVANTAGES_H_
