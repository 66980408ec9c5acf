// From the parser's tree to values. Covered by tests/rewards/math_verify_test.cc.
#include "rewards/math/compare_value.h"

#include <algorithm>

#include "rewards/math/compare_build.h"
#include "rewards/math/parse.h"

namespace hone {
namespace {

using Kind = Value::Kind;

RelationOp OpOf(Relation relation) {
  switch (relation) {
    case Relation::kEqual:
      return RelationOp::kEqual;
    case Relation::kNotEqual:
      return RelationOp::kNotEqual;
    case Relation::kLess:
      return RelationOp::kLess;
    case Relation::kLessEqual:
      return RelationOp::kLessEqual;
    case Relation::kGreater:
      return RelationOp::kGreater;
    case Relation::kGreaterEqual:
      return RelationOp::kGreaterEqual;
    case Relation::kApproximate:
      return RelationOp::kApproximate;
    default:
      return RelationOp::kSimilar;
  }
}

class ValueBuilder {
 public:
  ValueBuilder(const Expr& expr, TermGraph& graph, const ValueOptions& options)
      : expr_(expr), graph_(graph), options_(options), terms_(expr, graph, options) {
    both_.resize(expr.size());
    for (ExprId id = 0; id < expr.size(); ++id) {
      MarkBoth(id);
      has_matrix_ |= expr.kind(id) == ExprKind::kMatrix;
    }
  }

  Value Build(ExprId id) {
    switch (expr_.kind(id)) {
      case ExprKind::kList:
      case ExprKind::kSet:
        return Collection(id, expr_.kind(id) == ExprKind::kList ? Kind::kList : Kind::kSet);
      case ExprKind::kCommaNumber:
        return Build(expr_.child(id, options_.comma_is_list ? 0 : 1));
      default:
        return Both(id) ? Twice(id) : Plain(id);
    }
  }

 private:
  // Whether the subtree has a plus-minus. Bottom up would do if children always came first; they need not.
  bool MarkBoth(ExprId id) {
    if (both_[id] != 0) return both_[id] == 2;
    both_[id] = 1;
    bool both = expr_.kind(id) == ExprKind::kPlusMinus;
    for (const ExprId child : expr_.children(id)) both = MarkBoth(child) || both;
    both_[id] = both ? 2 : 1;
    return both;
  }
  bool Both(ExprId id) const { return both_[id] == 2; }

  // Both values of plus-minus, as a list; all the signs of one expression go together.
  Value Twice(ExprId id) {
    Value list;
    list.kind = Kind::kList;
    for (const int sign : {1, -1}) {
      terms_.set_sign(sign);
      list.items.push_back(Plain(id));
    }
    terms_.set_sign(1);
    return list;
  }

  // Lists in lists, such as those plus-minus makes, are their elements.
  Value Collection(ExprId id, Kind kind) {
    Value out;
    out.kind = kind;
    out.disjunction = kind == Kind::kList && expr_[id].joiner == Joiner::kOr;
    for (const ExprId child : expr_.children(id)) {
      Value item = Build(child);
      if (item.kind == Kind::kList) {
        for (Value& inner : item.items) out.items.push_back(std::move(inner));
      } else {
        out.items.push_back(std::move(item));
      }
    }
    return out;
  }

  Value Items(ExprId id, Kind kind) {
    Value out;
    out.kind = kind;
    for (const ExprId child : expr_.children(id)) out.items.push_back(Inner(child));
    return out;
  }
  // As Build, but the sign of plus-minus is already chosen.
  Value Inner(ExprId id) {
    const ExprKind kind = expr_.kind(id);
    return kind == ExprKind::kList || kind == ExprKind::kSet || kind == ExprKind::kCommaNumber ? Build(id)
                                                                                               : Plain(id);
  }

  Value Plain(ExprId id) {
    const Expr::Node& node = expr_[id];
    if (has_matrix_ && node.kind >= ExprKind::kAdd && node.kind <= ExprKind::kNegate) {
      if (std::optional<Value> matrix = Matrix(id)) return *std::move(matrix);
    }
    switch (node.kind) {
      case ExprKind::kText:
      case ExprKind::kChoice:
        return Text(id);
      case ExprKind::kTuple: {
        Value out = Items(id, Kind::kTuple);
        out.square = (node.flags & Expr::kSquare) != 0;
        return out;
      }
      case ExprKind::kRatio:
      case ExprKind::kTime: {
        Value out = Items(id, Kind::kRatio);
        out.columns = node.kind == ExprKind::kTime ? node.flags : 0;
        return out;
      }
      case ExprKind::kMatrix: {
        Value out = Items(id, Kind::kMatrix);
        out.columns = node.columns;
        return out;
      }
      case ExprKind::kCases:
        return Items(id, Kind::kCases);
      case ExprKind::kRelation:
      case ExprKind::kCongruence:
      case ExprKind::kMember:
        return Statement(id);
      default:
        return IsSet(node.kind) ? SetOf(id) : Scalar(id);
    }
  }

  // Sums, differences and multiples of matrices, worked out; none when it is something else.
  std::optional<Value> Matrix(ExprId id) {
    const ExprKind kind = expr_.kind(id);
    const auto children = expr_.children(id);
    if (kind == ExprKind::kMatrix) return Plain(id);
    if (kind != ExprKind::kAdd && kind != ExprKind::kMultiply && kind != ExprKind::kDivide &&
        kind != ExprKind::kNegate)
      return std::nullopt;
    std::optional<Value> out;
    TermId factor = graph_.Number(kind == ExprKind::kNegate ? -1 : 1);
    for (size_t i = 0; i < children.size(); ++i) {
      std::optional<Value> matrix = Matrix(children[i]);
      if (matrix && !std::all_of(matrix->items.begin(), matrix->items.end(), IsEntry)) return std::nullopt;
      if (!matrix) {
        if (kind == ExprKind::kAdd) return std::nullopt;
        const TermId scalar = terms_.Build(children[i]);
        factor =
            kind == ExprKind::kDivide ? graph_.Divide(factor, scalar) : graph_.Multiply({factor, scalar});
      } else if (!out) {
        if (kind == ExprKind::kDivide && i > 0) return std::nullopt;
        out = std::move(matrix);
      } else if (kind != ExprKind::kAdd || out->columns != matrix->columns ||
                 out->items.size() != matrix->items.size()) {
        return std::nullopt;
      } else {
        for (size_t k = 0; k < out->items.size(); ++k) {
          out->items[k].term = graph_.Add({out->items[k].term, matrix->items[k].term});
          out->items[k].decimal.reset();
        }
      }
    }
    if (!out || factor == graph_.Number(1)) return out;
    for (Value& item : out->items) {
      item.term = graph_.Multiply({factor, item.term});
      item.decimal.reset();
    }
    return out;
  }
  static bool IsEntry(const Value& v) {
    return v.kind == Kind::kScalar && v.infinity == 0 && !v.percent && !v.has_unit && !v.degrees;
  }

  bool IsSet(ExprKind kind) const {
    return (kind >= ExprKind::kInterval && kind <= ExprKind::kDifference) || kind == ExprKind::kSetBuilder ||
           kind == ExprKind::kNamedSet;
  }

  Value SetOf(ExprId id) {
    const Expr::Node& node = expr_[id];
    switch (node.kind) {
      case ExprKind::kInterval: {
        Value out = Items(id, Kind::kInterval);
        out.open_low = (node.flags & Expr::kOpenLow) != 0;
        out.open_high = (node.flags & Expr::kOpenHigh) != 0;
        return out;
      }
      case ExprKind::kUnion:
        return Items(id, Kind::kUnion);
      case ExprKind::kIntersection:
        return Items(id, Kind::kIntersection);
      case ExprKind::kDifference:
        return Items(id, Kind::kDifference);
      case ExprKind::kSetBuilder:
        return Items(id, Kind::kSetBuilder);
      default: {
        Value out = Scalar(id);
        if (expr_.text(id) == "R") out.kind = Kind::kReals;
        return out;
      }
    }
  }

  Value Text(ExprId id) {
    Value out;
    out.kind = Kind::kText;
    if (expr_.kind(id) == ExprKind::kChoice) {
      out.choice = expr_.text(id).empty() ? 0 : expr_.text(id)[0];
      if (expr_[id].count > 0 && expr_.kind(expr_.child(id, 0)) == ExprKind::kText) {
        out.text = PlainText(expr_.text(expr_.child(id, 0)));
      }
    } else {
      out.text = PlainText(expr_.text(id));
    }
    return out;
  }

  Value Statement(ExprId id) {
    if (expr_.kind(id) == ExprKind::kMember) return Member(id);
    Value out = Items(id, Kind::kRelation);
    if (expr_.kind(id) == ExprKind::kCongruence) {
      out.relations = {RelationOp::kCongruent, RelationOp::kModulo};
    } else {
      for (const Relation relation : expr_.ops(id)) {
        out.relations.push_back(OpOf(relation));
        out.one_way |= options_.one_way && out.relations.back() == RelationOp::kSimilar;
      }
    }
    return out;
  }

  // x in S says S; x not in S says all other numbers.
  Value Member(ExprId id) {
    Value set = Inner(expr_.child(id, 1));
    if ((expr_[id].flags & Expr::kNot) == 0) return set;
    Value reals, out;
    reals.kind = Kind::kReals;
    out.kind = Kind::kDifference;
    out.items = {std::move(reals), std::move(set)};
    return out;
  }

  Value Scalar(ExprId id) {
    Value out;
    bool negate = false;
    for (;; id = expr_.child(id, 0)) {
      const Expr::Node& node = expr_[id];
      if (node.kind == ExprKind::kNegate) {
        negate = !negate;
      } else if (node.kind == ExprKind::kPercent) {
        out.percent = true;
      } else if (node.kind == ExprKind::kDegrees) {
        out.degrees = true;
      } else if (node.kind == ExprKind::kQuantity) {
        SetUnit(id, out);
      } else if (node.kind == ExprKind::kLabeled) {
        out.label = expr_.text(id);
      } else if (node.kind == ExprKind::kResidue && out.modulus == kNoTerm) {
        out.modulus = terms_.Build(expr_.child(id, 1));
      } else {
        break;
      }
    }
    const Expr::Node& node = expr_[id];
    if (node.kind == ExprKind::kConstant && node.constant == Constant::kInfinity) {
      out.infinity = negate ? -1 : 1;
      return out;
    }
    out.term = terms_.Build(id);
    if (negate) out.term = graph_.Negate(out.term);
    out.degrees = out.degrees || HasDegrees(id, 0);
    if (node.kind == ExprKind::kSymbol && node.size == 1 && !negate && expr_.text(id)[0] >= 'A' &&
        expr_.text(id)[0] <= 'Z') {
      out.choice = expr_.text(id)[0];
    }
    if (node.kind == ExprKind::kNumber && node.repeating == 0 &&
        (node.fraction_digits > 0 || node.exponent < 0)) {
      Decimal decimal;
      if (terms_.Literal(id, decimal.value)) {
        if (negate) fmpq_neg(decimal.value.get(), decimal.value.get());
        decimal.significant = node.size;
        decimal.places = -int64_t{node.exponent};
        out.decimal = std::move(decimal);
      }
    }
    return out;
  }

  // 50^\circ + 40^\circ, outside functions.
  bool HasDegrees(ExprId id, int depth) const {
    const ExprKind kind = expr_.kind(id);
    if (kind == ExprKind::kDegrees) return true;
    if (depth > 8 || (kind != ExprKind::kAdd && kind != ExprKind::kMultiply && kind != ExprKind::kNegate &&
                      kind != ExprKind::kDivide)) {
      return false;
    }
    const auto children = expr_.children(id);
    return std::any_of(children.begin(), children.end(), [&](ExprId c) { return HasDegrees(c, depth + 1); });
  }

  void SetUnit(ExprId id, Value& out) {
    WorkBudget work(1000000);
    Rational size(1);
    for (const UnitPower& unit : expr_.units(id)) {
      Rational one;
      fmpq_set_si(one.get(), unit.unit->numerator, static_cast<uint64_t>(unit.unit->denominator));
      if (!ExactPower(one, one, Rational(unit.power), work) || !ExactMultiply(size, size, one, work)) return;
      out.currency = out.currency || unit.unit->IsCurrency();
      for (int d = 0; d < kDimensionCount; ++d) {
        out.dimension[d] = static_cast<int8_t>(out.dimension[d] + unit.unit->dimension[d] * unit.power);
      }
    }
    out.has_unit = true;
    out.unit_size = std::move(size);
  }

  const Expr& expr_;
  TermGraph& graph_;
  const ValueOptions& options_;
  TermBuilder terms_;
  bool has_matrix_ = false;
  std::vector<char> both_;  // 0 not looked at, 1 no, 2 yes
};

}  // namespace

Value BuildValue(const Expr& expr, TermGraph& graph, const ValueOptions& options) {
  return ValueBuilder(expr, graph, options).Build(expr.root());
}

}  // namespace hone
