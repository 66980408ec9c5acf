// Reward `math`: 1 when the completion's answer is the gold's, else 0. Covered by tests/rewards/math_grade_test.cc.
#ifndef HONE_REWARDS_MATH_MATH_REWARD_H_
#define HONE_REWARDS_MATH_MATH_REWARD_H_

#include <string>
#include <vector>

#include "rewards/math/policy.h"
#include "rewards/reward.h"

namespace hone {

// A gold whose answer cannot be read is a fault for the whole group. The explanation names the answer found, where, and the
// method that decided.
class MathReward : public RewardFn {
 public:
  using Options = MathPolicy;
  explicit MathReward(const Options& policy) : policy_(policy) {}

  const std::string& name() const override { return name_; }
  std::vector<hone::Score> Score(const Group& group) const override;
  bool KeepsDeadline() const override { return true; }  // work is bounded for each completion

 private:
  const std::string name_ = "math";
  const MathPolicy policy_;
};

}  // namespace hone

#endif  // HONE_REWARDS_MATH_MATH_REWARD_H_
