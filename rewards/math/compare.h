// Typed comparison of two answers: which kinds may agree, under which policy. Covered by tests/rewards/math_verify_test.cc.
#ifndef HONE_REWARDS_MATH_COMPARE_H_
#define HONE_REWARDS_MATH_COMPARE_H_

#include <optional>
#include <string>

#include "rewards/math/compare_scalar.h"
#include "rewards/math/compare_value.h"
#include "rewards/math/policy.h"

namespace hone {

struct Outcome {
  bool equal = false;
  Method method = Method::kNone;
  std::string reason;  // why not, or what was allowed for
};

class Comparer {
 public:
  // All values are of this graph. Each of these outlives the comparer.
  Comparer(TermGraph& graph, const MathPolicy& policy)
      : graph_(graph), policy_(policy), rounding_(ParseRounding(policy.rounding)), work_(graph.work()) {}

  Outcome Compare(const Value& gold, const Value& pred);

 private:
  Outcome Scalars(const Value& gold, const Value& pred);
  Outcome Numbers(const Value& gold, const Value& pred);
  void InRadians(Value& v);
  bool ReadOtherwise(Value& gold, Value& pred);
  bool SameUnits(Value& gold, Value& pred, std::string& reason);
  bool SameModulus(Value& gold, Value& pred);
  bool Rounded(const Value& gold, const Value& pred);
  bool EnoughDigits(const Value& gold, const Value& pred);
  Outcome Texts(const Value& gold, const Value& pred);
  Outcome InOrder(const Value& gold, const Value& pred);
  Outcome AnyOrder(const std::vector<Value>& gold, const std::vector<Value>& pred);
  Outcome Lists(const Value& gold, const Value& pred);
  // Values with names against values without; none when that is not what they are.
  std::optional<Outcome> Named(const Value& gold, const Value& pred);
  Outcome Relations(const Value& gold, const Value& pred);
  Outcome Congruences(const Value& gold, const Value& pred);
  Outcome RelationsAsWritten(const Value& gold, const Value& pred);
  Outcome SidesInTurn(const Value& gold, const Value& pred);
  bool IsTrueChain(const Value& chain);
  Outcome EquationAgainst(const Value& equation, const Value& other, bool gold_is_equation);
  Outcome RelationAgainst(const Value& relation, const Value& other, bool gold_is_relation);
  Outcome Sets(const Value& gold, const Value& pred);
  bool Distinct(const std::vector<Value>& values, std::vector<Value>& out);

  TermGraph& graph_;
  const MathPolicy& policy_;
  const RoundingRule rounding_;
  WorkBudget& work_;
  int depth_ = 0;
};

}  // namespace hone

#endif  // HONE_REWARDS_MATH_COMPARE_H_
