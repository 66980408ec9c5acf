// What a token adds to the loss for its advantage, by the rule that keeps the ratio near 1. Covered by
// tests/rl/objective_test.cc.
#ifndef HONE_RL_OBJECTIVE_SURROGATE_H_
#define HONE_RL_OBJECTIVE_SURROGATE_H_

#include "rl/objective/config.h"

namespace hone {

struct SurrogateInput {
  double ratio = 1.0;
  double advantage = 0.0;
  double logprob = 0.0;
  double log_weight = 0.0;  // VESPO: log of the sequence's importance weight
};

struct Surrogate {
  double value = 0.0;
  double ratio_slope = 0.0;    // d value / d ratio
  double logprob_slope = 0.0;  // d value / d log-prob, the ratio held
  bool clipped = false;        // the rule removed the gradient or changed the weight
};

// Zero for a zero advantage, whatever the ratio.
Surrogate TokenSurrogate(const ObjectiveConfig& config, const SurrogateInput& input);

}  // namespace hone

#endif  // HONE_RL_OBJECTIVE_SURROGATE_H_
