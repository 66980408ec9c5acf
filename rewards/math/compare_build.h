// From the parser's tree to terms and values. Covered by tests/rewards/math_verify_test.cc.
#ifndef HONE_REWARDS_MATH_COMPARE_BUILD_H_
#define HONE_REWARDS_MATH_COMPARE_BUILD_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rewards/math/compare_value.h"

namespace hone {

// Scalars of the parser's tree as terms. One per tree.
class TermBuilder {
 public:
  TermBuilder(const Expr& expr, TermGraph& graph, const ValueOptions& options)
      : expr_(expr), graph_(graph), options_(options) {}

  TermId Build(ExprId id);
  void set_sign(int sign) { sign_ = sign; }  // which of the two values of plus-minus
  // The number as written; false where it has more digits than exact arithmetic takes.
  bool Literal(ExprId id, Rational& out);

 private:
  TermId Number(ExprId id);
  TermId Symbol(std::string_view name);
  TermId Word(ExprId id, bool turned);  // kNoTerm when it is no product of letters
  TermId Arithmetic(ExprId id);
  TermId PlusMinus(ExprId id);
  TermId Apply(ExprId id);
  TermId ApplyOne(Function function, TermId x);
  TermId ApplyMany(ExprId id);
  TermId Norm(ExprId id);
  TermId Factorial(ExprId id);
  TermId Repeated(ExprId id);  // sums and products
  TermId Determinant(ExprId id);
  TermId Minor(ExprId id, int row, unsigned columns);
  TermId Opaque(ExprId id, std::string_view name);
  std::vector<TermId> BuildAll(ExprId id);

  const Expr& expr_;
  TermGraph& graph_;
  const ValueOptions& options_;
  int sign_ = 1;
  int in_angle_ = 0;                                   // inside trigonometric functions degrees are degrees
  std::vector<std::pair<std::string, TermId>> bound_;  // indices of sums, innermost last
};

}  // namespace hone

#endif  // HONE_REWARDS_MATH_COMPARE_BUILD_H_
