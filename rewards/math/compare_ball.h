// The last rung: both terms at seeded rational points, in balls of growing precision. Covered by
// tests/rewards/math_compare_test.cc.
#ifndef HONE_REWARDS_MATH_COMPARE_BALL_H_
#define HONE_REWARDS_MATH_COMPARE_BALL_H_

#include "rewards/math/ball.h"
#include "rewards/math/compare_exact.h"
#include "rewards/math/compare_term.h"

namespace hone {

// kUnequal is a proof: at some point the balls are disjoint. kEqual says that they still overlap at kLastBallBits, at every
// point tried; kUnknown that too few points could be evaluated. The points: positive, negative and, for terms that speak of
// complex numbers, complex ones. Otherwise a point counts only where both terms are real; if there is none, whole numbers
// and complex values are tried.
// Terms in pieces (TermGraph::HasPieces) are visited around the places where they turn, too, and stay equal only as far as
// ComparePieces() of compare_pieces.h says so.
Proof BallCompare(TermGraph& graph, TermId a, TermId b, WorkBudget& work);

// Constants only, with kUnknown once they overlap at `bits`.
Proof BallCompareConstants(const TermGraph& graph, TermId a, TermId b, int64_t bits, WorkBudget& work);

// The value of a term without variables. False if it has none that can be bounded.
bool BallValue(const TermGraph& graph, TermId a, int64_t bits, Ball& out, WorkBudget& work);

// -1, 0, 1 as a is less than, equal to (or never told apart from) or more than b; false if they are not real constants.
bool BallOrder(const TermGraph& graph, TermId a, TermId b, int* order, WorkBudget& work);

// Whether a / b has one value at all points tried, and the sign of it. Not zero, not undefined.
Proof BallProportional(const TermGraph& graph, TermId a, TermId b, int* sign, WorkBudget& work);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_COMPARE_BALL_H_
