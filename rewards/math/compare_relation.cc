// Typed comparison of equations, inequalities and chains, with each other and with what they are worth.
// Covered by tests/rewards/math_verify_test.cc.
#include <algorithm>
#include <utility>

#include "rewards/math/compare.h"
#include "rewards/math/compare_named.h"
#include "rewards/math/compare_set.h"

namespace hone {
namespace {

using Kind = Value::Kind;

bool IsEquality(RelationOp op) { return op == RelationOp::kEqual || op == RelationOp::kApproximate; }

bool AllEqualities(const Value& v) { return std::all_of(v.relations.begin(), v.relations.end(), IsEquality); }

RelationOp Settled(RelationOp op) { return op == RelationOp::kApproximate ? RelationOp::kEqual : op; }

// A term that names something: symbols, functions of anything unknown, their sums, products and quotients; but no
// multiple or power of them, which says something about them.
bool IsName(const TermGraph& graph, TermId id) {
  if (id == kNoTerm || !graph.HasVariables(id)) return false;
  const TermOp op = graph.op(id);
  if (op != TermOp::kAdd && op != TermOp::kMultiply && op != TermOp::kPower) return true;
  const auto operands = graph.operands(id);
  return std::all_of(operands.begin(), operands.end(), [&](TermId o) {
    return IsName(graph, o) || (graph.IsNumber(o) && graph.number(o) == Rational(-1));
  });
}

bool IsName(const TermGraph& graph, const Value& v) {
  if (v.kind == Kind::kText) return true;
  if (v.kind == Kind::kScalar) return v.infinity == 0 && IsName(graph, v.term);
  return v.IsContainer() && v.kind != Kind::kRelation && !v.items.empty() &&
         std::all_of(v.items.begin(), v.items.end(), [&](const Value& item) { return IsName(graph, item); });
}

bool IsConstant(const TermGraph& graph, const Value& v) {
  return v.kind == Kind::kScalar && v.infinity == 0 && v.term != kNoTerm && !graph.HasVariables(v.term);
}

// left - right; kNoTerm unless both are plain scalars.
TermId Gap(TermGraph& graph, const Value& left, const Value& right) {
  if (left.kind != Kind::kScalar || right.kind != Kind::kScalar || left.infinity != 0 ||
      right.infinity != 0) {
    return kNoTerm;
  }
  return graph.Subtract(left.term, right.term);
}

// An equation that says a = ... = z as a = z.
Value Ends(const Value& v) {
  if (v.items.size() <= 2 || !AllEqualities(v)) return v;
  Value out = v;
  out.items = {v.items.front(), v.items.back()};
  out.relations = {v.relations.back()};
  return out;
}

}  // namespace

Outcome Comparer::RelationsAsWritten(const Value& whole_gold, const Value& whole_pred) {
  const Value gold = Ends(whole_gold), pred = Ends(whole_pred);
  const size_t count = gold.relations.size();
  if (count == 1 && pred.relations.size() == 1) {
    const RelationOp a = Settled(gold.relations[0]), b = Settled(pred.relations[0]);
    const TermId left = Gap(graph_, gold.items[0], gold.items[1]),
                 right = Gap(graph_, pred.items[0], pred.items[1]);
    if (left != kNoTerm && right != kNoTerm && a < RelationOp::kSimilar && b < RelationOp::kSimilar) {
      if (a != b && Flipped(a) != b) return {false, Method::kIdentical, "another relation"};
      int sign = 1;
      const ScalarVerdict verdict = CompareUpToFactor(graph_, left, right, &sign, work_);
      // x = x and 2 = 3 say nothing that another equation could say: they are what is written.
      const bool empty = verdict.equal && (!graph_.HasVariables(left) || !graph_.HasVariables(right) ||
                                           CompareScalars(graph_, left, graph_.Number(0), work_).equal);
      if (empty) return SidesInTurn(gold, pred);
      const bool direction = a == Flipped(a) || (sign > 0 ? a == b : Flipped(a) == b);
      const bool equal = verdict.equal && direction;
      return {equal, verdict.method, equal ? "" : "another equation or inequality"};
    }
  }
  if (count != pred.relations.size()) return {false, Method::kIdentical, "a chain of another length"};
  return SidesInTurn(gold, pred);
}

// Side by side, from either end; both have as many.
Outcome Comparer::SidesInTurn(const Value& gold, const Value& pred) {
  const size_t count = gold.relations.size();
  const auto match = [&](const std::vector<Value>& items, const std::vector<RelationOp>& ops) -> Outcome {
    Outcome all = {true, Method::kIdentical, {}};
    for (size_t i = 0; i < count; ++i) {
      if (Settled(ops[i]) != Settled(gold.relations[i]))
        return {false, Method::kIdentical, "another relation"};
    }
    for (size_t i = 0; i < items.size(); ++i) {
      const Outcome one = Compare(gold.items[i], items[i]);
      if (!one.equal) return {false, one.method, "side " + std::to_string(i + 1) + ": " + one.reason};
      all.method = std::max(all.method, one.method);
    }
    return all;
  };
  Outcome straight = match(pred.items, pred.relations);
  if (straight.equal || gold.one_way || pred.one_way) return straight;
  std::vector<RelationOp> ops;
  for (auto op = pred.relations.rbegin(); op != pred.relations.rend(); ++op) ops.push_back(Flipped(*op));
  const Outcome turned = match({pred.items.rbegin(), pred.items.rend()}, ops);
  return turned.equal ? turned : straight;
}

// Inequalities that are not alike may still allow the same numbers.
Outcome Comparer::Relations(const Value& gold, const Value& pred) {
  if (gold.relations[0] == RelationOp::kCongruent && pred.relations[0] == RelationOp::kCongruent) {
    return Congruences(gold, pred);
  }
  const auto of_gold = NamedValues(graph_, gold), of_pred = NamedValues(graph_, pred);
  if (of_gold && of_pred) {  // (x,y) = (1,2) and (y,x) = (2,1)
    const auto equations = [](const std::vector<NamedValue>& named) {
      std::vector<Value> out;
      for (const NamedValue& v : named) out.push_back(v.equation);
      return out;
    };
    return AnyOrder(equations(*of_gold), equations(*of_pred));
  }
  const Outcome written = RelationsAsWritten(gold, pred);
  Pieces a, b;
  TermId unknown = kNoTerm;
  if (written.equal || !RelationPieces(graph_, gold, a, unknown, work_) ||
      !RelationPieces(graph_, pred, b, unknown, work_)) {
    return written;
  }
  const ScalarVerdict verdict = CompareSets(graph_, std::move(a), std::move(b), work_);
  return {verdict.equal, verdict.method, verdict.equal ? "" : "the inequalities differ"};
}

// The residue that a congruence gives, with its modulus.
Value Residue(const Value& congruence) {
  Value out = congruence.items[1];
  if (out.kind == Kind::kScalar && congruence.items[2].kind == Kind::kScalar)
    out.modulus = congruence.items[2].term;
  return out;
}

Outcome Comparer::Congruences(const Value& gold, const Value& pred) {
  const Outcome left = Compare(gold.items[0], pred.items[0]);
  if (!left.equal) return {false, left.method, "side 1: " + left.reason};
  const Outcome right = Compare(Residue(gold), Residue(pred));
  return {right.equal, std::max(left.method, right.method), right.reason};
}

// Whether no two constants next to each other contradict: `2 = 3` is worth nothing. The last may be rounded.
bool Comparer::IsTrueChain(const Value& chain) {
  for (size_t i = 0; i + 1 < chain.items.size(); ++i) {
    const Value &left = chain.items[i], &right = chain.items[i + 1];
    if (!IsConstant(graph_, left) || !IsConstant(graph_, right)) continue;
    if (right.decimal && i + 2 == chain.items.size()) {
      const TermId unit = graph_.Power(graph_.Number(10), graph_.Number(-right.decimal->places));
      if (!WithinBound(graph_, left.term, right.term, graph_.Divide(unit, graph_.Number(2)), work_))
        return false;
    } else if (chain.relations[i] == RelationOp::kEqual &&
               !CompareScalars(graph_, left.term, right.term, work_).equal) {
      return false;
    }
  }
  return true;
}

// What an equation is worth against something that is none: the right side of `x = 5`, of `2 + 3 = 5` when that is true.
Outcome Comparer::EquationAgainst(const Value& equation, const Value& other, bool gold_is_equation) {
  const auto compare = [&](const Value& worth) {
    return gold_is_equation ? Compare(worth, other) : Compare(other, worth);
  };
  const std::vector<Value>& items = equation.items;
  const Value& first = items.front();
  if (const auto named = NamedValues(graph_, equation)) {
    if (other.kind == Kind::kList) {
      Value list;
      list.kind = Kind::kList;
      for (const NamedValue& v : *named) list.items.push_back(v.equation);
      return compare(list);
    }
    Value tuple = items.back();
    tuple.items.clear();
    for (const NamedValue& v : InCoordinateOrder(*named)) tuple.items.push_back(v.value);
    return compare(tuple);
  }
  if (items.size() == 2 && !IsName(graph_, first) && IsName(graph_, items[1]))
    return compare(first);  // 5 = x
  if (items.size() == 2 && !IsName(graph_, first) && !IsConstant(graph_, first)) {
    return {false, Method::kIdentical, "an equation is not a value"};
  }
  if (!gold_is_equation && !IsTrueChain(equation))
    return {false, Method::kIdentical, "the equation is false"};
  const Outcome worth = compare(items.back());
  // 2/3 = 0.667, or about 0.667: what stands before the rounding is what is meant.
  const Value& before = items[items.size() - 2];
  const bool rounded = items.back().decimal && IsConstant(graph_, before);
  return worth.equal || !rounded ? worth : compare(before);
}

Outcome Comparer::RelationAgainst(const Value& relation, const Value& other, bool gold_is_relation) {
  if (relation.kind == Kind::kRelation && relation.relations[0] == RelationOp::kCongruent) {
    const Value residue = Residue(relation);  // 3 (mod 7) of 17 = 3 (mod 7)
    return gold_is_relation ? Compare(residue, other) : Compare(other, residue);
  }
  if (relation.kind == Kind::kRelation && AllEqualities(relation)) {
    return EquationAgainst(relation, other, gold_is_relation);
  }
  const bool allowed = policy_.relation_as_set == RelationAsSetRule::kBoth ||
                       (policy_.relation_as_set == RelationAsSetRule::kGoldRelation && gold_is_relation);
  Pieces a, b;
  TermId unknown = kNoTerm;
  if (!RelationPieces(graph_, relation, a, unknown, work_)) {
    return {false, Method::kIdentical, "a relation is not a value"};
  }
  const bool statements = RelationPieces(graph_, other, b, unknown, work_);
  if (!statements && !SetPieces(graph_, other, b, work_)) {
    return {false, Method::kIdentical, "a relation is not a value"};
  }
  if (!statements && !allowed) {
    return {false, Method::kIdentical, "the policy takes no relation for a set here"};
  }
  const ScalarVerdict verdict = CompareSets(graph_, std::move(a), std::move(b), work_);
  return {verdict.equal, verdict.method, verdict.equal ? "" : "the sets of numbers differ"};
}

}  // namespace hone
