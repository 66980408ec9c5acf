// The entropy bonus's coefficient from update to update (Skywork-OR1, arXiv:2505.22312). Covered by
// tests/rl/objective_test.cc.
#ifndef HONE_RL_OBJECTIVE_ENTROPY_CONTROL_H_
#define HONE_RL_OBJECTIVE_ENTROPY_CONTROL_H_

#include <algorithm>
#include <limits>

#include "rl/objective/config.h"

namespace hone {

// What an update leaves to the next one.
struct EntropyControl {
  double coefficient = 0.0;
  double entropy = std::numeric_limits<double>::infinity();  // of the last update; before the first: no bonus
};

inline EntropyControl StartEntropyControl(const ObjectiveConfig& config) {
  return {config.entropy_coefficient, std::numeric_limits<double>::infinity()};
}

// The coefficient that the next update applies.
inline double AppliedEntropyCoefficient(const ObjectiveConfig& config, const EntropyControl& control) {
  if (!config.entropy_adaptive) return config.entropy_coefficient;
  return control.entropy <= config.entropy_target ? control.coefficient : 0.0;
}

// After an update whose tokens had this mean entropy (nats).
inline EntropyControl NextEntropyControl(const ObjectiveConfig& config, const EntropyControl& control,
                                         double entropy) {
  if (!config.entropy_adaptive) return control;
  const bool rises = entropy <= config.entropy_target;
  return {rises ? std::min(control.coefficient + config.entropy_step, config.entropy_high)
                : std::max(control.coefficient - config.entropy_step, config.entropy_low),
          entropy};
}

}  // namespace hone

#endif  // HONE_RL_OBJECTIVE_ENTROPY_CONTROL_H_
