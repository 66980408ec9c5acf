// Group-relative advantages (DeepSeekMath 2024, section 4.1.2; R1 report, eq. 3). Covered by tests/rl/advantage_test.cc.
#ifndef HONE_RL_ADVANTAGE_H_
#define HONE_RL_ADVANTAGE_H_

#include <vector>

#include "data/types.h"

namespace hone {

struct GroupAdvantages {
  std::vector<float> values;  // one per completion; 0 where `counts` is false
  std::vector<bool>
      counts;         // whether the completion has a value: faults and not-applicable are left out everywhere
  double mean = 0.0;  // over those that count
  double deviation = 0.0;   // population standard deviation over them
  bool has_signal = false;  // two of them differ
};

// (reward - mean) / (population deviation + epsilon) over the completions with a value.
GroupAdvantages ComputeAdvantages(const std::vector<Score>& scores, double epsilon);

}  // namespace hone

#endif  // HONE_RL_ADVANTAGE_H_
