// The value of terms at a point, in balls. Covered by tests/rewards/math_compare_test.cc.
#ifndef HONE_REWARDS_MATH_BALL_TERM_H_
#define HONE_REWARDS_MATH_BALL_TERM_H_

#include <cstdint>
#include <vector>

#include "rewards/math/ball.h"
#include "rewards/math/compare_term.h"

namespace hone {

enum class Domain {
  kPositive,
  kNegative,
  kWhole,
  kComplex,
  kWide,       // of both signs and many magnitudes, one after another
  kWideWhole,  // whole numbers of both signs and many magnitudes
};

// Evaluates two terms of one graph, at as many points as one likes.
class TermEvaluator {
 public:
  TermEvaluator(const TermGraph& graph, TermId a, TermId b, WorkBudget& work);

  // At the point of that domain and index, which every symbol's and every opaque term's name decides. False once the budget
  // is spent; then, and where a term has no finite ball, the value is absent.
  bool At(Domain domain, int index, int64_t bits);
  // From now on this symbol is at that place, whatever the domain; kNoTerm: at its domain's again.
  void Fix(TermId symbol, const Rational& place) { fixed_ = symbol, fixed_place_ = place; }
  const Ball* a() const { return ValueOf(a_); }
  const Ball* b() const { return ValueOf(b_); }

 private:
  const Ball& Operand(TermId id) const { return values_[place_[id]]; }
  const Ball* ValueOf(TermId id) const { return defined_[place_[id]] ? &values_[place_[id]] : nullptr; }
  bool Evaluate(TermId id, Domain domain, int index, int64_t bits);
  bool Many(TermId id, int64_t bits, Ball& out);
  bool Power(TermId id, int64_t bits, Ball& out);

  const TermGraph& graph_;
  TermId a_, b_;
  WorkBudget& work_;
  std::vector<int32_t> place_;  // by term: its place in what follows
  std::vector<TermId> order_;   // operands before what they are operands of
  std::vector<Ball> values_;
  std::vector<char> defined_;
  TermId fixed_ = kNoTerm;
  Rational fixed_place_;
};

}  // namespace hone

#endif  // HONE_REWARDS_MATH_BALL_TERM_H_
