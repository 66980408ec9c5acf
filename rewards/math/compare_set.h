// Sets of real numbers: unions of intervals and points, and relations solved for their unknown.
// Covered by tests/rewards/math_verify_test.cc.
#ifndef HONE_REWARDS_MATH_COMPARE_SET_H_
#define HONE_REWARDS_MATH_COMPARE_SET_H_

#include <vector>

#include "rewards/math/compare_scalar.h"
#include "rewards/math/compare_value.h"

namespace hone {

struct Endpoint {
  TermId term = kNoTerm;
  int infinity = 0;  // -1 or 1: the term does not count
};

struct Piece {
  Endpoint low, high;
  bool open_low = false, open_high = false;
};
using Pieces = std::vector<Piece>;

// The relation that says the same with its sides exchanged.
RelationOp Flipped(RelationOp op);

// Intervals, finite sets of scalars, and what is made of them; a tuple of two is an open interval. False for anything else.
bool SetPieces(TermGraph& graph, const Value& value, Pieces& out, WorkBudget& work);
// The numbers that one unknown may be: `1 < x <= 2`, `x != 3`, `2x < 8`, `|x| >= 1`, or several of them with "or".
// `unknown` is kNoTerm at first, and gets the term that they speak of.
bool RelationPieces(TermGraph& graph, const Value& value, Pieces& out, TermId& unknown, WorkBudget& work);

// Whether both are the same numbers. Pieces with ends that cannot be ordered are matched one by one.
ScalarVerdict CompareSets(TermGraph& graph, Pieces a, Pieces b, WorkBudget& work);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_COMPARE_SET_H_
