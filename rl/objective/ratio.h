// The probability ratio of a completion's tokens under the policy that learns and the one that sampled. Covered by
// tests/rl/objective_test.cc.
#ifndef HONE_RL_OBJECTIVE_RATIO_H_
#define HONE_RL_OBJECTIVE_RATIO_H_

#include <vector>

#include "rl/objective/batch.h"
#include "rl/objective/math.h"

namespace hone {

// The slope is by the token's own log-prob; where `shared`, by the mean of the completion's log-probs, on which all of its
// tokens have an equal share.
struct Ratios {
  std::vector<Term> tokens;  // one per token; of a masked one {1, 0}
  bool shared = false;
};

// By ratio_level, ratio_base and the log-ratio's clamps. `used` tokens (at least 1) are learnt from.
Ratios MakeRatios(const ObjectiveConfig& config, const ObjectiveSequence& sequence, double used);

// The log-prob in the ratio's denominator; `logprobs` itself where that is the base.
std::span<const double> BaseLogProbs(const ObjectiveConfig& config, const ObjectiveSequence& sequence);

}  // namespace hone

#endif  // HONE_RL_OBJECTIVE_RATIO_H_
