// Functions in pieces: |x|, floors, maxima, roots of squares. Points alone never prove two of them equal, as a piece may lie
// where no point does. Covered by tests/rewards/math_pieces_test.cc.
#ifndef HONE_REWARDS_MATH_COMPARE_PIECES_H_
#define HONE_REWARDS_MATH_COMPARE_PIECES_H_

#include "rewards/math/compare_exact.h"
#include "rewards/math/compare_scalar.h"
#include "rewards/math/compare_term.h"

namespace hone {

// Of two terms that no point told apart. Equal when their normal forms are, in which every piecewise function is written with
// absolute values and floors of as few arguments as possible; or when they are for each choice of the signs inside the absolute
// values. A choice that fails may still be one that occurs at enough points, at all of which both are equal.
ScalarVerdict ComparePieces(TermGraph& graph, TermId a, TermId b, WorkBudget& work);

// Places on the line of a symbol at and around which a piecewise function of it may change its form.
struct Turn {
  TermId symbol = kNoTerm;
  Rational place;
};
std::vector<Turn> TurnsOf(TermGraph& graph, TermId a, TermId b, WorkBudget& work);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_COMPARE_PIECES_H_
