// Factors of the policy's term that carry no gradient: for a sampler that is not quite the policy, and for sequences and tokens
// that are left out. Covered by tests/rl/objective_test.cc.
#ifndef HONE_RL_OBJECTIVE_WEIGHTS_H_
#define HONE_RL_OBJECTIVE_WEIGHTS_H_

#include <vector>

#include "rl/objective/batch.h"

namespace hone {

// Per token: sampler_correction's weight, 0 where the token or, by the geometric bounds, the sequence is left out. Empty
// stands for all 1. `used` tokens (at least 1) are learnt from.
std::vector<double> SamplerWeights(const ObjectiveConfig& config, const ObjectiveSequence& sequence,
                                   double used);

// Mean over the tokens of old (or the sampler's) - current log-prob: off_policy_threshold's measure (DeepSeek-V3.2,
// arXiv:2512.02556).
double MeanFall(const ObjectiveConfig& config, const ObjectiveSequence& sequence, double used);

// VESPO: log of the sequence's importance weight, the sampler's weights included; between log 1e-8 and 20.
double LogSequenceWeight(const ObjectiveConfig& config, const ObjectiveSequence& sequence,
                         const std::vector<double>& sampler_weights);

}  // namespace hone

#endif  // HONE_RL_OBJECTIVE_WEIGHTS_H_
