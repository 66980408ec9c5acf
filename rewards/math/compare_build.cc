// From the parser's tree to terms. Covered by tests/rewards/math_verify_test.cc.
#include "rewards/math/compare_build.h"

#include <algorithm>

namespace hone {
namespace {

constexpr int64_t kMostRepeats = 10000;
constexpr int kMostRows = 5;              // of a determinant that is expanded
constexpr int64_t kMostExponent = 15000;  // of ten, in exact numbers

bool IsTrigonometric(Function f) { return f <= Function::kCsc; }

}  // namespace

bool TermBuilder::Literal(ExprId id, Rational& out) {
  const Expr::Node& node = expr_[id];
  Rational value;
  if (node.kind == ExprKind::kBaseNumber) {
    if (!SetDigits(value.num(), std::string(expr_.digits(id)), node.base)) return false;
    out = std::move(value);
    return true;
  }
  if (node.kind != ExprKind::kNumber) return false;
  const std::string digits(expr_.digits(id));
  const int64_t exponent = int64_t{node.exponent} + node.repeating;
  if (!SetDigits(value.num(), digits, 10) || std::abs(exponent) > kMostExponent) return false;
  fmpz_t power;
  fmpz_init(power);
  if (node.repeating > 0) {
    fmpz_set_ui(power, 10);
    fmpz_pow_ui(power, power, node.repeating);
    fmpz_t head;
    fmpz_init(head);
    fmpz_tdiv_q(head, value.num(), power);
    fmpz_sub(value.num(), value.num(), head);
    fmpz_clear(head);
    fmpz_sub_ui(power, power, 1);
    fmpz_set(value.den(), power);
  }
  if (exponent != 0) {
    fmpz_set_ui(power, 10);
    fmpz_pow_ui(power, power, std::abs(exponent));
    fmpz* part = exponent > 0 ? value.num() : value.den();
    fmpz_mul(part, part, power);
  }
  fmpz_clear(power);
  fmpq_canonicalise(value.get());
  if (!graph_.work().Spend(250 + 3 * value.Bits() + value.Bits() * value.Bits() / 512)) return false;
  out = std::move(value);
  return true;
}

TermId TermBuilder::Number(ExprId id) {
  Rational value;
  if (Literal(id, value)) return graph_.Number(value);
  const Expr::Node& node = expr_[id];
  if (node.kind == ExprKind::kBaseNumber || node.repeating > 0) return kNoTerm;
  if (!SetDigits(value.num(), std::string(expr_.digits(id)), 10)) return kNoTerm;
  return graph_.Multiply(
      {graph_.Number(value), graph_.Power(graph_.Number(10), graph_.Number(node.exponent))});
}

TermId TermBuilder::Symbol(std::string_view name) {
  for (auto bound = bound_.rbegin(); bound != bound_.rend(); ++bound) {
    if (bound->first == name) return bound->second;
  }
  for (const auto& [from, to] : options_.renames) {
    if (from == name) return graph_.Symbol(to);
  }
  return graph_.Symbol(name);
}

// The letters of a product in their order. Behind an angle or triangle sign, and if `turned` as a segment
// between points, ABC is CBA.
TermId TermBuilder::Word(ExprId id, bool turned) {
  if (expr_.kind(id) != ExprKind::kMultiply) return kNoTerm;
  std::string sign, word;
  for (const ExprId child : expr_.children(id)) {
    const Expr::Node& node = expr_[child];
    if (node.kind == ExprKind::kConstant &&
        (node.constant == Constant::kE || node.constant == Constant::kI)) {
      word += node.constant == Constant::kE ? 'e' : 'i';
      continue;
    }
    if (node.kind != ExprKind::kSymbol) return kNoTerm;
    const std::string_view name = expr_.text(child);
    if (word.empty() && sign.empty() && (name == "angle" || name == "triangle" || name == "measuredangle")) {
      sign = name;
    } else if (name.size() == 1) {
      word += name;
    } else {
      return kNoTerm;
    }
  }
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (turned && !std::all_of(word.begin(), word.end(), capital)) return kNoTerm;
  if (word == "YES" || word == "NO") word = word == "NO" ? "no" : "yes";
  if (turned || !sign.empty()) word = std::min(word, std::string(word.rbegin(), word.rend()));
  return graph_.Symbol("'" + sign + " " + word);
}

std::vector<TermId> TermBuilder::BuildAll(ExprId id) {
  std::vector<TermId> out;
  for (const ExprId child : expr_.children(id)) out.push_back(Build(child));
  return out;
}

// Known only by its name and what it is made of.
TermId TermBuilder::Opaque(ExprId id, std::string_view name) { return graph_.Opaque(name, BuildAll(id)); }

TermId TermBuilder::Build(ExprId id) {
  if (!graph_.work().Spend(30)) return kNoTerm;
  const Expr::Node& node = expr_[id];
  switch (node.kind) {
    case ExprKind::kNumber:
    case ExprKind::kBaseNumber:
      return Number(id);
    case ExprKind::kConstant:
      if (node.constant == Constant::kPi) return graph_.Constant(TermOp::kPi);
      if (node.constant == Constant::kE) return graph_.Constant(TermOp::kE);
      return node.constant == Constant::kI ? graph_.Constant(TermOp::kI) : graph_.Symbol("infinity");
    case ExprKind::kSymbol:
      return Symbol(expr_.text(id));
    case ExprKind::kText:
    case ExprKind::kChoice:
    case ExprKind::kNamedSet:
      return graph_.Symbol("'" + std::string(expr_.text(id)));
    case ExprKind::kIndexed:
      return Opaque(id, "_");
    case ExprKind::kCall:
      return Opaque(id, expr_.text(id));
    case ExprKind::kApply:
      return Apply(id);
    case ExprKind::kFactorial:
      return Factorial(id);
    case ExprKind::kSum:
    case ExprKind::kProduct:
      return Repeated(id);
    case ExprKind::kDeterminant:
      return Determinant(id);
    case ExprKind::kEllipsis:
      return graph_.Opaque("...", {});
    case ExprKind::kQuantity:
    case ExprKind::kLabeled:
      return Build(expr_.child(id, 0));
    case ExprKind::kCommaNumber:
      return Build(expr_.child(id, 1));
    case ExprKind::kPlusMinus:
      return PlusMinus(id);
    case ExprKind::kResidue:
      return graph_.Function(TermOp::kMod, BuildAll(id));
    default:
      return Arithmetic(id);
  }
}

TermId TermBuilder::PlusMinus(ExprId id) {
  const int sign = (expr_[id].flags & Expr::kMinusPlus) != 0 ? -sign_ : sign_;
  const TermId last = Build(expr_.child(id, expr_[id].count - 1));
  const TermId signed_last = sign < 0 ? graph_.Negate(last) : last;
  return expr_[id].count == 1 ? signed_last : graph_.Add({Build(expr_.child(id, 0)), signed_last});
}

TermId TermBuilder::Arithmetic(ExprId id) {
  const auto child = [&](int i) { return Build(expr_.child(id, i)); };
  switch (expr_[id].kind) {
    case ExprKind::kAdd:
    case ExprKind::kMixed:
      return graph_.Add(BuildAll(id));
    case ExprKind::kMultiply: {
      const TermId word = options_.words ? Word(id, false) : kNoTerm;
      return word != kNoTerm ? word : graph_.Multiply(BuildAll(id));
    }
    case ExprKind::kDivide:
      return graph_.Divide(child(0), child(1));
    case ExprKind::kNegate:
      return graph_.Negate(child(0));
    case ExprKind::kPower:
      return graph_.Power(child(0), child(1));
    case ExprKind::kRoot: {
      const TermId degree = expr_[id].count > 1 ? child(1) : graph_.Number(2);
      return graph_.Power(child(0), graph_.Power(degree, graph_.Number(-1)));
    }
    case ExprKind::kPercent:
      return graph_.Divide(child(0), graph_.Number(100));
    case ExprKind::kDegrees:
      if (in_angle_ == 0) return child(0);
      return graph_.Divide(graph_.Multiply({child(0), graph_.Constant(TermOp::kPi)}), graph_.Number(180));
    default:
      return Opaque(id, "#" + std::to_string(static_cast<int>(expr_[id].kind)) + "." +
                            std::to_string(expr_[id].small) + "." + std::to_string(expr_[id].flags));
  }
}

TermId TermBuilder::Apply(ExprId id) {
  const Function function = expr_[id].function;
  if (function >= Function::kBinomial || function == Function::kLog || function == Function::kAbs) {
    return ApplyMany(id);
  }
  if (options_.words && function == Function::kConjugate) {  // \overline{AB}
    if (const TermId segment = Word(expr_.child(id, 0), true); segment != kNoTerm) return segment;
  }
  in_angle_ += IsTrigonometric(function);
  const TermId x = Build(expr_.child(id, 0));
  in_angle_ -= IsTrigonometric(function);
  return ApplyOne(function, x);
}

TermId TermBuilder::ApplyOne(Function function, TermId x) {
  const auto of = [&](TermOp op) { return graph_.Function(op, {x}); };
  const auto inverse = [&](TermId y) { return graph_.Power(y, graph_.Number(-1)); };
  const auto of_inverse = [&](TermOp op) { return graph_.Function(op, {inverse(x)}); };
  switch (function) {
    case Function::kSin:
      return of(TermOp::kSin);
    case Function::kCos:
      return of(TermOp::kCos);
    case Function::kTan:
      return of(TermOp::kTan);
    case Function::kCot:
      return graph_.Divide(of(TermOp::kCos), of(TermOp::kSin));
    case Function::kSec:
      return inverse(of(TermOp::kCos));
    case Function::kCsc:
      return inverse(of(TermOp::kSin));
    case Function::kArcsin:
      return of(TermOp::kAsin);
    case Function::kArccos:
      return of(TermOp::kAcos);
    case Function::kArctan:
      return of(TermOp::kAtan);
    case Function::kArccot:
      return of_inverse(TermOp::kAtan);
    case Function::kArcsec:
      return of_inverse(TermOp::kAcos);
    case Function::kArccsc:
      return of_inverse(TermOp::kAsin);
    case Function::kSinh:
      return of(TermOp::kSinh);
    case Function::kCosh:
      return of(TermOp::kCosh);
    case Function::kTanh:
      return of(TermOp::kTanh);
    case Function::kCoth:
      return graph_.Divide(of(TermOp::kCosh), of(TermOp::kSinh));
    case Function::kSech:
      return inverse(of(TermOp::kCosh));
    case Function::kCsch:
      return inverse(of(TermOp::kSinh));
    case Function::kArsinh:
      return of(TermOp::kAsinh);
    case Function::kArcosh:
      return of(TermOp::kAcosh);
    case Function::kArtanh:
      return of(TermOp::kAtanh);
    case Function::kExp:
      return graph_.Power(graph_.Constant(TermOp::kE), x);
    case Function::kLn:
      return of(TermOp::kLog);
    case Function::kFloor:
      return of(TermOp::kFloor);
    case Function::kCeil:
      return of(TermOp::kCeil);
    case Function::kSign:
      return of(TermOp::kSign);
    case Function::kRe:
      return of(TermOp::kRe);
    case Function::kIm:
      return of(TermOp::kIm);
    case Function::kArg:
      return of(TermOp::kArg);
    case Function::kConjugate:
      return of(TermOp::kConjugate);
    default:
      return kNoTerm;
  }
}

TermId TermBuilder::ApplyMany(ExprId id) {
  const auto children = expr_.children(id);
  const Function function = expr_[id].function;
  if (function == Function::kLog) {
    const TermId log = graph_.Function(TermOp::kLog, {Build(children[0])});
    return children.size() < 2 ? log
                               : graph_.Divide(log, graph_.Function(TermOp::kLog, {Build(children[1])}));
  }
  if (function == Function::kAbs) return Norm(id);
  std::vector<TermId> arguments;
  for (const ExprId child : children) {
    if (expr_.kind(child) == ExprKind::kSet || expr_.kind(child) == ExprKind::kList) {
      for (const TermId element : BuildAll(child)) arguments.push_back(element);
    } else {
      arguments.push_back(Build(child));
    }
  }
  switch (function) {
    case Function::kBinomial:
      return graph_.Function(TermOp::kBinomial, std::move(arguments));
    case Function::kMod:
      return graph_.Function(TermOp::kMod, std::move(arguments));
    case Function::kGcd:
      return graph_.Function(TermOp::kGcd, std::move(arguments));
    case Function::kLcm:
      return graph_.Function(TermOp::kLcm, std::move(arguments));
    case Function::kMin:
      return graph_.Function(TermOp::kMin, std::move(arguments));
    case Function::kMax:
      return graph_.Function(TermOp::kMax, std::move(arguments));
    default:
      return kNoTerm;
  }
}

// Of a number, a vector, or the size of a set.
TermId TermBuilder::Norm(ExprId id) {
  const ExprId of = expr_.child(id, 0);
  switch (expr_.kind(of)) {
    case ExprKind::kTuple:
    case ExprKind::kMatrix: {
      std::vector<TermId> squares;
      for (const TermId element : BuildAll(of)) squares.push_back(graph_.Power(element, graph_.Number(2)));
      return graph_.Power(graph_.Add(std::move(squares)), graph_.Divide(graph_.Number(1), graph_.Number(2)));
    }
    case ExprKind::kSet:
      return Opaque(id, "size");
    default:
      return graph_.Function(TermOp::kAbs, {Build(of)});
  }
}

TermId TermBuilder::Factorial(ExprId id) {
  const TermId n = Build(expr_.child(id, 0));
  if ((expr_[id].flags & Expr::kDouble) == 0) return graph_.Function(TermOp::kFactorial, {n});
  if (!graph_.IsNumber(n) || !graph_.number(n).FitsInt64() || graph_.number(n).ToInt64() > 300 ||
      graph_.number(n).Sign() < 0) {
    return graph_.Opaque("!!", {n});
  }
  std::vector<TermId> factors = {graph_.Number(1)};
  for (int64_t k = graph_.number(n).ToInt64(); k > 1; k -= 2) factors.push_back(graph_.Number(k));
  return graph_.Multiply(std::move(factors));
}

TermId TermBuilder::Repeated(ExprId id) {
  const bool sum = expr_.kind(id) == ExprKind::kSum;
  const ExprId body = expr_.child(id, 0);
  const std::string index(expr_.text(expr_.child(id, 1)));
  const TermId low = Build(expr_.child(id, 2)), high = Build(expr_.child(id, 3));
  const bool numeric = graph_.IsNumber(low) && graph_.IsNumber(high) && graph_.number(low).FitsInt64() &&
                       graph_.number(high).FitsInt64();
  const int64_t from = numeric ? graph_.number(low).ToInt64() : 0,
                to = numeric ? graph_.number(high).ToInt64() : 0;
  const bool near = numeric && std::abs(from) < (int64_t{1} << 40) && std::abs(to) < (int64_t{1} << 40);
  if (!near || to - from >= kMostRepeats) {
    bound_.emplace_back(index, graph_.Symbol("#" + std::to_string(bound_.size())));
    const TermId inner = Build(body);
    bound_.pop_back();
    return graph_.Opaque(sum ? "sum" : "product", {inner, low, high});
  }
  std::vector<TermId> terms = {graph_.Number(sum ? 0 : 1)};
  for (int64_t k = from; k <= to; ++k) {
    bound_.emplace_back(index, graph_.Number(k));
    terms.push_back(Build(body));
    bound_.pop_back();
    if (terms.back() == kNoTerm) return kNoTerm;
  }
  return sum ? graph_.Add(std::move(terms)) : graph_.Multiply(std::move(terms));
}

TermId TermBuilder::Determinant(ExprId id) {
  const ExprId matrix = expr_.child(id, 0);
  const int rows = expr_[matrix].rows;
  if (expr_.kind(matrix) != ExprKind::kMatrix || rows != expr_[matrix].columns || rows > kMostRows) {
    return Opaque(id, "determinant");
  }
  return Minor(matrix, 0, (1u << rows) - 1);
}

// Of the rows from `row` on and the columns in the mask, along its first row.
TermId TermBuilder::Minor(ExprId id, int row, unsigned columns) {
  const int size = expr_[id].columns;
  if (row == size) return graph_.Number(1);
  std::vector<TermId> terms;
  int sign = 1;
  for (int column = 0; column < size; ++column) {
    if ((columns & (1u << column)) == 0) continue;
    const TermId element = Build(expr_.child(id, row * size + column));
    const TermId product = graph_.Multiply({element, Minor(id, row + 1, columns & ~(1u << column))});
    terms.push_back(sign > 0 ? product : graph_.Negate(product));
    sign = -sign;
  }
  return graph_.Add(std::move(terms));
}

}  // namespace hone
