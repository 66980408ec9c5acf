// A weighted sum of rewards. Covered by tests/rewards/combine_test.cc.
#ifndef HONE_REWARDS_COMBINE_H_
#define HONE_REWARDS_COMBINE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rewards/reward.h"

namespace hone {

// One line of a recipe's reward list.
struct RewardWeight {
  std::string name;
  double weight = 1.0;  // finite; negative for a penalty
};

// value = sum of weight * value over the rewards that apply, in list order; Score::parts holds each reward's
// own value before its weight. A fault in any reward makes the score a fault, as do a value that is not
// finite and a reward that returns another number of scores than completions. Where no reward applies, the
// sum does not either.
class CombinedReward : public RewardFn {
 public:
  explicit CombinedReward(std::vector<std::pair<std::unique_ptr<RewardFn>, double>> rewards);

  const std::string& name() const override { return name_; }  // "combined"
  std::vector<hone::Score> Score(const Group& group) const override;

 private:
  const std::string name_ = "combined";
  const std::vector<std::pair<std::unique_ptr<RewardFn>, double>> rewards_;
};

// The combination a recipe asks for. Throws Error for an empty list, an unknown or repeated name, or a weight
// that is not finite.
std::unique_ptr<RewardFn> MakeCombinedReward(const std::vector<RewardWeight>& weights);

}  // namespace hone

#endif  // HONE_REWARDS_COMBINE_H_
