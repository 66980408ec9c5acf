// What the way an answer is written says, and its tree does not: words made of letters, units of one letter, arrows.
// Covered by tests/rewards/math_written_test.cc.
#ifndef HONE_REWARDS_MATH_COMPARE_WRITTEN_H_
#define HONE_REWARDS_MATH_COMPARE_WRITTEN_H_

#include <string>
#include <string_view>

#include "rewards/math/expr.h"
#include "rewards/math/policy.h"

namespace hone {

// Whether letters side by side may be factors: there is an operator, a digit, a power, a Greek letter or a function anywhere.
// `no`, `HTH` and `\angle ABC` have none; neither have lists and equations of such.
bool HasOperators(std::string_view text);

// Capitals only, one of them twice: TT and HTH are words beside whatever else.
bool IsCapitalWord(std::string_view text);

// `5 m` with the letter marked as a unit; "" where no such letter follows a number, or `spaced` is set and no space parts them.
std::string WithMarkedUnit(std::string_view text, bool spaced);

// A number, or a few operations on numbers, with or without a unit.
bool IsQuantityOrNumber(const Expr& expr);
bool HasUnit(const Expr& expr);

// The signs between statements (arrows, parallels, inclusions) in order, alike for what means the same.
struct StatementSigns {
  std::string signs;
  bool one_way = false;  // exchanging the sides changes what is said
};
StatementSigns SignsOf(std::string_view text, const MathPolicy& policy);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_COMPARE_WRITTEN_H_
