// Estimates of the divergence from the reference, one token at a time (J. Schulman, "Approximating KL divergence", 2020).
// Covered by tests/rl/objective_test.cc.
#ifndef HONE_RL_OBJECTIVE_DIVERGENCE_H_
#define HONE_RL_OBJECTIVE_DIVERGENCE_H_

#include "rl/objective/config.h"
#include "rl/objective/math.h"

namespace hone {

// The configured estimate and its derivative by `logprob`, clamps included.
Term Divergence(const ObjectiveConfig& config, double logprob, double reference);

}  // namespace hone

#endif  // HONE_RL_OBJECTIVE_DIVERGENCE_H_
