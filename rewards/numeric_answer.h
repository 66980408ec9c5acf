// An exact comparison of written numbers, and the reward made of it. Covered by
// tests/rewards/numeric_answer_test.cc.
#ifndef HONE_REWARDS_NUMERIC_ANSWER_H_
#define HONE_REWARDS_NUMERIC_ANSWER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rewards/reward.h"

namespace hone {

// A rational number of any size, as digits: (-1)^negative * numerator / (denominator * 10^decimals).
struct WrittenNumber {
  bool negative = false;
  std::string numerator;    // no leading zeros; "0" for zero
  std::string denominator;  // no leading zeros, never "0"
  size_t decimals = 0;
};

// Reads an integer (`-5`, `+5`, `007`, `1,000`), a decimal (`0.5`, `.5`, `5.`, `1,000.25`) or a fraction of
// integers
// (`1/2`, `-1/2`), with blanks around it. Commas must part groups of three. Anything else, a denominator of
// zero included, is nullopt. Linear time.
std::optional<WrittenNumber> ParseWrittenNumber(std::string_view text);

// More digits than this in a gold are a fault; so a comparison costs at most this times the answer's length.
inline constexpr size_t kMaxGoldDigits = 1000;

// Whether the two are the same rational, without rounding. `gold` has at most kMaxGoldDigits digits in
// numerator, denominator and decimals each.
bool SameNumber(const WrittenNumber& answer, const WrittenNumber& gold);

// Reward `answer`: 1 when the text between <answer> and </answer> of a well-formed completion (see
// tag_format.h) is the gold's number, else 0. A gold that is no number, or is too long, is a fault for the
// whole group.
class NumericAnswerReward : public RewardFn {
 public:
  const std::string& name() const override { return name_; }
  std::vector<hone::Score> Score(const Group& group) const override;

 private:
  const std::string name_ = "answer";
};

}  // namespace hone

#endif  // HONE_REWARDS_NUMERIC_ANSWER_H_
