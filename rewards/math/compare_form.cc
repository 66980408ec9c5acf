// How an answer is written, for the flag `form`. Covered by tests/rewards/math_flags_test.cc.
#include <algorithm>

#include "rewards/math/compare_build.h"
#include "rewards/math/compare_value.h"

namespace hone {
namespace {

constexpr int64_t kWorthWritingOut = 64;  // bits: 2^100 may stay as it is

class FormReader {
 public:
  FormReader(const Expr& expr, TermGraph& graph)
      : expr_(expr), terms_(expr, graph, options_), graph_(graph) {}

  // A number as one writes it: digits, a fraction in lowest terms, a mixed number, a power of ten times digits.
  bool IsLiteral(ExprId id, bool lowest) {
    switch (expr_.kind(id)) {
      case ExprKind::kNumber:
      case ExprKind::kBaseNumber:
      case ExprKind::kMixed:
      case ExprKind::kCommaNumber:
        return true;
      case ExprKind::kNegate:
      case ExprKind::kPercent:
      case ExprKind::kDegrees:
      case ExprKind::kQuantity:
      case ExprKind::kLabeled:
        return IsLiteral(expr_.child(id, 0), lowest);
      case ExprKind::kDivide: {
        const ExprId top = Unsigned(expr_.child(id, 0)), below = Unsigned(expr_.child(id, 1));
        Rational a, b;
        if (!terms_.Literal(top, a) || !terms_.Literal(below, b) || !a.IsInteger() || !b.IsInteger())
          return false;
        if (!lowest) return true;
        fmpz_gcd(a.num(), a.num(), b.num());
        return fmpz_is_one(a.num()) && !fmpz_is_one(b.num());
      }
      case ExprKind::kMultiply:
        return IsScientific(id);
      default:
        return false;
    }
  }

  bool Evaluated(ExprId id) {
    if (IsLiteral(id, true)) return true;
    const ExprKind kind = expr_.kind(id);
    if (kind <= ExprKind::kDeterminant) {
      const TermId term = terms_.Build(id);
      if (graph_.IsNumber(term) && graph_.number(term).Bits() <= kWorthWritingOut) return false;
      if ((kind == ExprKind::kAdd || kind == ExprKind::kMultiply) && Numbers(id) > 1) return false;
    }
    const auto children = expr_.children(id);
    return std::all_of(children.begin(), children.end(), [&](ExprId child) { return Evaluated(child); });
  }

  std::string Shape(ExprId id) {
    if (IsLiteral(id, false)) {
      const TermId term = terms_.Build(id);
      if (graph_.IsNumber(term)) return "n" + std::to_string(term);
    }
    const Expr::Node& node = expr_[id];
    std::vector<std::string> parts;
    for (const ExprId child : expr_.children(id)) parts.push_back(Shape(child));
    const bool unordered = node.kind == ExprKind::kAdd || node.kind == ExprKind::kMultiply ||
                           node.kind == ExprKind::kSet || node.kind == ExprKind::kList ||
                           node.kind == ExprKind::kUnion;
    if (unordered) std::sort(parts.begin(), parts.end());
    std::string out = "(" + std::to_string(static_cast<int>(node.kind)) + "." + std::to_string(node.small) +
                      "." + std::to_string(node.flags);
    if (HasText(node.kind)) out += ":" + std::string(expr_.text(id));
    for (const std::string& part : parts) out += part;
    return out + ")";
  }

 private:
  ExprId Unsigned(ExprId id) const { return expr_.kind(id) == ExprKind::kNegate ? expr_.child(id, 0) : id; }
  static bool HasText(ExprKind kind) {
    return kind == ExprKind::kSymbol || kind == ExprKind::kCall || kind == ExprKind::kNamedSet ||
           kind == ExprKind::kChoice || kind == ExprKind::kText || kind == ExprKind::kNumber;
  }
  bool IsScientific(ExprId id) {
    if (expr_[id].count != 2 || !IsLiteral(expr_.child(id, 0), true)) return false;
    const ExprId power = expr_.child(id, 1);
    Rational ten;
    return expr_.kind(power) == ExprKind::kPower && terms_.Literal(expr_.child(power, 0), ten) &&
           ten == Rational(10);
  }
  int Numbers(ExprId id) {
    int count = 0;
    for (const ExprId child : expr_.children(id)) count += graph_.IsNumber(terms_.Build(child));
    return count;
  }

  const Expr& expr_;
  const ValueOptions options_;
  TermBuilder terms_;
  TermGraph& graph_;
};

}  // namespace

bool IsEvaluated(const Expr& expr, TermGraph& graph, bool gold_is_number) {
  FormReader reader(expr, graph);
  ExprId id = expr.root();
  // x = 5 is written out when 5 is.
  if (expr.kind(id) == ExprKind::kRelation) id = expr.child(id, expr[id].count - 1);
  return gold_is_number ? reader.IsLiteral(id, true) : reader.Evaluated(id);
}

std::string ShapeOf(const Expr& expr, TermGraph& graph) { return FormReader(expr, graph).Shape(expr.root()); }

}  // namespace hone
