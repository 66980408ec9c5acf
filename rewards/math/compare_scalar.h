// The ladder: which rung decides whether two scalars are equal. Covered by tests/rewards/math_compare_test.cc.
#ifndef HONE_REWARDS_MATH_COMPARE_SCALAR_H_
#define HONE_REWARDS_MATH_COMPARE_SCALAR_H_

#include "rewards/math/compare_term.h"

namespace hone {

// The rungs, lowest first. A comparison of several scalars names the highest that was needed.
enum class Method : uint8_t {
  kNone,         // nothing was compared
  kText,         // as text, ignoring case and spacing
  kIdentical,    // the same canonical form
  kRational,     // exact rationals
  kPolynomial,   // exact polynomials: equal by cross-multiplication; unequal where only symbols occur
  kBalls,        // disjoint balls prove unequal
  kCalcium,      // equal by Calcium's algebra
  kDigits,       // a decimal with enough correct digits, or within the tolerance that the policy sets
  kOverlap,      // equal, as balls of 1024 bits overlap at every point tried
  kUnevaluated,  // could not be evaluated within the bounds: not equal
};
const char* MethodName(Method method);

struct ScalarVerdict {
  bool equal = false;
  Method method = Method::kUnevaluated;
};

// Equal as functions: wherever both are defined and, unless they speak of complex numbers, real.
ScalarVerdict CompareScalars(TermGraph& graph, TermId a, TermId b, WorkBudget& work);

// Whether a = c b with a constant c that is not zero; *sign gets the sign of c.
ScalarVerdict CompareUpToFactor(TermGraph& graph, TermId a, TermId b, int* sign, WorkBudget& work);

// Order of real constants: -1, 0, 1. False when it cannot be told, or they are no real constants.
bool OrderScalars(TermGraph& graph, TermId a, TermId b, int* order, WorkBudget& work);

// Whether the decimal, of so many places and significant digits, is the real constant `value` rounded or cut off; or, from 16
// digits on, names the double that is nearest to it. A proof by balls.
bool ShowsDigits(const TermGraph& graph, TermId value, const Rational& decimal, int64_t places,
                 int64_t significant, WorkBudget& work);
// Whether |value - other| <= bound, both real constants.
bool WithinBound(TermGraph& graph, TermId value, TermId other, TermId bound, WorkBudget& work);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_COMPARE_SCALAR_H_
