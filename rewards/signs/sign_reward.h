// The rule reward of the sign puzzle. Covered by tests/rewards/signs_test.cc.
#ifndef HONE_REWARDS_SIGNS_SIGN_REWARD_H_
#define HONE_REWARDS_SIGNS_SIGN_REWARD_H_

#include <string>
#include <vector>

#include "rewards/reward.h"

namespace hone {

// Reward `signs`: 1 when the text between <answer> and </answer> of a well-formed completion (see tag_format.h) is the gold's numbers in
// their order, the first without a sign and each other with + or -, and has the gold's value; else 0. The gold is such an
// expression itself (data/sign_puzzle.h); one that cannot be read is a fault of the whole group.
//
// Its parts say what every completion did, right or not: those of SignTries (gave_up as 0 or 1), and `chance`: tries times the share of
// the question's choices of signs that hit, which is how many hits as many uniform tries would have on average.
class SignReward : public RewardFn {
 public:
  const std::string& name() const override { return name_; }
  std::vector<hone::Score> Score(const Group& group) const override;

 private:
  const std::string name_ = "signs";
};

}  // namespace hone

#endif  // HONE_REWARDS_SIGNS_SIGN_REWARD_H_
