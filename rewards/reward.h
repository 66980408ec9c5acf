// The contract every reward keeps, and the one table of built-in rewards. Covered by
// tests/rewards/reward_test.cc.
#ifndef HONE_REWARDS_REWARD_H_
#define HONE_REWARDS_REWARD_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/types.h"

namespace hone {

// Scores a whole group at once: one Score per completion, in completion order. What a completion says can
// make its score low, never make this throw: what goes wrong with the scoring itself (an unreadable gold, a
// timeout) is a fault, which names itself in Score::explanation and is not a number. Thread-safe: scoring
// changes nothing.
class RewardFn {
 public:
  virtual ~RewardFn() = default;

  virtual const std::string& name() const = 0;  // as in a recipe
  virtual std::vector<hone::Score> Score(const Group& group) const = 0;
};

// The built-in reward of that name. Throws Error, with the nearest name and the whole list, for any other.
std::unique_ptr<RewardFn> MakeReward(std::string_view name);

// Names MakeReward knows, in table order.
std::vector<std::string> RewardNames();

// A plain value with itself as its one part.
Score ValueScore(const std::string& name, double value, std::string explanation);
Score FaultScore(std::string explanation);

}  // namespace hone

#endif  // HONE_REWARDS_REWARD_H_
