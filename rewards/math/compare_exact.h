// The exact rung: terms as fractions of polynomials, in symbols, roots and whatever else counts as a variable.
// Covered by tests/rewards/math_compare_test.cc.
#ifndef HONE_REWARDS_MATH_COMPARE_EXACT_H_
#define HONE_REWARDS_MATH_COMPARE_EXACT_H_

#include "rewards/math/compare_term.h"

namespace hone {

enum class Proof { kEqual, kUnequal, kUnknown };

// Fractions are compared by cross-multiplication: equal means wherever neither denominator is zero. What is not a rational
// operation becomes a variable of its own; so difference is proved only where all variables are symbols.
Proof ExactCompare(TermGraph& graph, TermId a, TermId b, WorkBudget& work);

// Whether a = c b for a constant rational c; *sign gets that of c where the answer is kEqual.
Proof ExactProportional(TermGraph& graph, TermId a, TermId b, int* sign, WorkBudget& work);

// As that, with the ratio itself: a = ratio b.
Proof ExactRatio(TermGraph& graph, TermId a, TermId b, Rational& ratio, WorkBudget& work);

// a = factor * root^2 with factor > 0, as polynomials in whatever counts as a variable. False when it is not, or not known.
bool ExactSquare(TermGraph& graph, TermId a, Rational& factor, TermId& root, WorkBudget& work);

// a as c0 + c1 x for one symbol x, with rational c0 and c1 != 0. False when it is not.
struct LinearTerm {
  TermId symbol = kNoTerm;
  Rational c0, c1;
};
bool ExactLinear(TermGraph& graph, TermId a, LinearTerm& out, WorkBudget& work);

// A constant by Calcium: whether a = b. Small terms only; the others are kUnknown.
Proof CalciumCompare(const TermGraph& graph, TermId a, TermId b, WorkBudget& work);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_COMPARE_EXACT_H_
