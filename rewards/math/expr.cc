#include "rewards/math/expr.h"

#include <array>

namespace hone {
namespace {

constexpr auto kKindNames = std::to_array<const char*>({
    "number",  "base",      "constant", "symbol",   "index",     "add",          "mul",        "div",
    "neg",     "pm",        "pow",      "root",     "factorial", "apply",        "call",       "sum",
    "product", "mixed",     "percent",  "degrees",  "quantity",  "labeled",      "residue",    "det",
    "rel",     "congruent", "in",       "interval", "union",     "intersection", "difference", "set",
    "builder", "numbers",   "tuple",    "list",     "comma",     "matrix",       "ratio",      "time",
    "cases",   "...",       "choice",   "text",
});
static_assert(kKindNames.size() == static_cast<size_t>(ExprKind::kText) + 1);

constexpr auto kFunctionNames = std::to_array<const char*>({
    "sin",    "cos",    "tan",   "cot",  "sec",  "csc",   "arcsin", "arccos", "arctan", "arccot",
    "arcsec", "arccsc", "sinh",  "cosh", "tanh", "coth",  "sech",   "csch",   "arsinh", "arcosh",
    "artanh", "exp",    "ln",    "log",  "abs",  "floor", "ceil",   "sign",   "re",     "im",
    "arg",    "conj",   "binom", "mod",  "gcd",  "lcm",   "min",    "max",
});
static_assert(kFunctionNames.size() == static_cast<size_t>(Function::kMax) + 1);

constexpr auto kRelationNames = std::to_array<const char*>({"=", "!=", "<", "<=", ">", ">=", "~=", "~"});
constexpr auto kConstantNames = std::to_array<const char*>({"pi", "e", "i", "oo"});

std::string NumberText(const Expr& expr, ExprId id) {
  const Expr::Node& node = expr[id];
  std::string out(expr.digits(id));
  if (node.repeating != 0) out += "r" + std::to_string(node.repeating);
  if (node.exponent != 0) out += "e" + std::to_string(node.exponent);
  return out;
}

// What tells nodes of one kind apart besides their children.
std::string Label(const Expr& expr, ExprId id) {
  const Expr::Node& node = expr[id];
  const auto has = [&](int flag) { return (node.flags & flag) != 0; };
  switch (node.kind) {
    case ExprKind::kApply:
      return FunctionName(node.function);
    case ExprKind::kCall:
    case ExprKind::kChoice:
      return std::string(kKindNames[static_cast<int>(node.kind)]) + " " + std::string(expr.text(id));
    case ExprKind::kLabeled:
      return "labeled \"" + std::string(expr.text(id)) + "\"";
    case ExprKind::kRelation: {
      std::string out = "rel";
      for (const Relation op : expr.ops(id)) out += std::string(" ") + RelationName(op);
      return out;
    }
    case ExprKind::kQuantity: {
      std::string out = "quantity ";
      for (const UnitPower& unit : expr.units(id)) {
        if (out.back() != ' ') out += "*";
        out += unit.unit->name;
        if (unit.power != 1) out += "^" + std::to_string(unit.power);
      }
      return out;
    }
    case ExprKind::kInterval:
      return std::string("interval") + (has(Expr::kOpenLow) ? "(" : "[") + (has(Expr::kOpenHigh) ? ")" : "]");
    case ExprKind::kPlusMinus:
      return has(Expr::kMinusPlus) ? "mp" : "pm";
    case ExprKind::kFactorial:
      return has(Expr::kDouble) ? "double-factorial" : "factorial";
    case ExprKind::kMember:
      return has(Expr::kNot) ? "not-in" : "in";
    case ExprKind::kTuple:
      return has(Expr::kSquare) ? "tuple[]" : "tuple";
    case ExprKind::kList: {
      const char* const joiner = node.joiner == Joiner::kComma ? ","
                                 : node.joiner == Joiner::kAnd ? "and"
                                                               : "or";
      return std::string("list") + (has(Expr::kBraced) ? "{}" : "") + " " + joiner;
    }
    case ExprKind::kMatrix:
      return "matrix " + std::to_string(node.rows) + "x" + std::to_string(node.columns);
    case ExprKind::kTime:
      return std::string("time") + (has(Expr::kAm) ? " am" : has(Expr::kPm) ? " pm" : "");
    default:
      return kKindNames[static_cast<int>(node.kind)];
  }
}

void Write(const Expr& expr, ExprId id, std::string& out) {
  const Expr::Node& node = expr[id];
  switch (node.kind) {
    case ExprKind::kNumber:
      out += NumberText(expr, id);
      return;
    case ExprKind::kBaseNumber:
      out += std::string(expr.digits(id)) + "_" + std::to_string(node.base);
      return;
    case ExprKind::kConstant:
      out += kConstantNames[static_cast<int>(node.constant)];
      return;
    case ExprKind::kSymbol:
      out += "'";
      out += expr.text(id);
      return;
    case ExprKind::kText:
    case ExprKind::kNamedSet:
      out += "\"" + std::string(expr.text(id)) + "\"";
      return;
    case ExprKind::kEllipsis:
      out += "...";
      return;
    default:
      break;
  }
  out += "(" + Label(expr, id);
  for (const ExprId child : expr.children(id)) {
    out += ' ';
    Write(expr, child, out);
  }
  out += ')';
}

}  // namespace

std::string ToString(const Expr& expr, ExprId id) {
  std::string out;
  Write(expr, id, out);
  return out;
}

const char* FunctionName(Function function) { return kFunctionNames[static_cast<int>(function)]; }
const char* RelationName(Relation relation) { return kRelationNames[static_cast<int>(relation)]; }

}  // namespace hone
