// Typed comparison of equations, inequalities and chains, with each other and with what they are worth.
// Covered by tests/rewards/math_verify_test.cc.
#include <algorithm>
#include <utility>

#include "rewards/math/compare.h"
#include "rewards/math/compare_set.h"

namespace hone {
namespace {

using Kind = Value::Kind;

bool IsEquality(RelationOp op) { return op == RelationOp::kEqual || op == RelationOp::kApproximate; }

bool AllEqualities(const Value& v) { return std::all_of(v.relations.begin(), v.relations.end(), IsEquality); }

RelationOp Flipped(RelationOp op) {
  switch (op) {
    case RelationOp::kLess:
      return RelationOp::kGreater;
    case RelationOp::kLessEqual:
      return RelationOp::kGreaterEqual;
    case RelationOp::kGreater:
      return RelationOp::kLess;
    case RelationOp::kGreaterEqual:
      return RelationOp::kLessEqual;
    default:
      return op;
  }
}

RelationOp Settled(RelationOp op) { return op == RelationOp::kApproximate ? RelationOp::kEqual : op; }

// A term that names something: symbols, functions of anything, their sums; no numbers of its own.
bool IsName(const TermGraph& graph, TermId id) {
  if (id == kNoTerm) return false;
  switch (graph.op(id)) {
    case TermOp::kSymbol:
    case TermOp::kOpaque:
      return true;
    case TermOp::kAdd:
    case TermOp::kMultiply:
    case TermOp::kAbs:
    case TermOp::kPower: {
      const auto operands = graph.operands(id);
      return std::all_of(operands.begin(), operands.end(), [&](TermId o) {
        return IsName(graph, o) || (graph.IsNumber(o) && graph.number(o) == Rational(-1));
      });
    }
    default:
      return false;
  }
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

Outcome Comparer::Relations(const Value& whole_gold, const Value& whole_pred) {
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
      const bool direction = a == Flipped(a) || (sign > 0 ? a == b : Flipped(a) == b);
      const bool equal = verdict.equal && direction;
      return {equal, verdict.method, equal ? "" : "another equation or inequality"};
    }
  }
  if (count != pred.relations.size()) return {false, Method::kIdentical, "a chain of another length"};
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
  if (straight.equal) return straight;
  std::vector<RelationOp> ops;
  for (auto op = pred.relations.rbegin(); op != pred.relations.rend(); ++op) ops.push_back(Flipped(*op));
  const Outcome turned = match({pred.items.rbegin(), pred.items.rend()}, ops);
  return turned.equal ? turned : straight;
}

// What an equation is worth against something that is none: the right side of `x = 5`, of `2 + 3 = 5` when that is true.
Outcome Comparer::RelationAgainst(const Value& relation, const Value& other, bool gold_is_relation) {
  const auto compare = [&](const Value& worth) {
    return gold_is_relation ? Compare(worth, other) : Compare(other, worth);
  };
  if (relation.kind == Kind::kRelation && relation.relations[0] == RelationOp::kCongruent) {
    return compare(relation.items[1]);  // 3 of 17 = 3 (mod 7)
  }
  if (relation.kind == Kind::kRelation && AllEqualities(relation)) {
    const Value& last = relation.items.back();
    const Value& before = relation.items[relation.items.size() - 2];
    for (size_t i = 0; i + 1 < relation.items.size(); ++i) {
      const Value& item = relation.items[i];
      if (IsConstant(graph_, item)) {
        const bool rounded = relation.relations[i] == RelationOp::kApproximate ||
                             (relation.items[i + 1].decimal && i + 2 == relation.items.size());
        if (!rounded && !gold_is_relation && IsConstant(graph_, last) &&
            !CompareScalars(graph_, item.term, last.term, work_).equal) {
          return {false, Method::kIdentical, "the chain of equations is false"};
        }
      } else if (relation.items.size() == 2 && !IsName(graph_, item) && item.term != last.term) {
        return {false, Method::kIdentical, "an equation is not a value"};
      }
    }
    Outcome worth = compare(last);
    // a = 2/3 = 0.667: the decimal must round what stands before it, which then is what is meant.
    const bool rounding =
        !gold_is_relation && last.kind == Kind::kScalar && last.decimal && IsConstant(graph_, before);
    if (!rounding) return worth;
    const TermId half = graph_.Divide(graph_.Power(graph_.Number(10), graph_.Number(-last.decimal->places)),
                                      graph_.Number(2));
    if (!WithinBound(graph_, before.term, last.term, half, work_)) {
      return {false, Method::kIdentical, "the chain of equations is false"};
    }
    return worth.equal ? worth : compare(before);
  }
  const bool allowed = policy_.relation_as_set == RelationAsSetRule::kBoth ||
                       (policy_.relation_as_set == RelationAsSetRule::kGoldRelation && gold_is_relation);
  Pieces a, b;
  TermId unknown = kNoTerm;
  if (!RelationPieces(graph_, relation, a, unknown, work_) || !SetPieces(graph_, other, b, work_)) {
    return {false, Method::kIdentical, "a relation is not a value"};
  }
  if (!allowed) return {false, Method::kIdentical, "the policy takes no relation for a set here"};
  const ScalarVerdict verdict = CompareSets(graph_, std::move(a), std::move(b), work_);
  return {verdict.equal, verdict.method, verdict.equal ? "" : "the sets of numbers differ"};
}

}  // namespace hone
