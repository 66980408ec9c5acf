// Sums, products, powers and functions of the parser. Covered by tests/rewards/math_parse_test.cc.
#include <algorithm>

#include "rewards/math/parser.h"

namespace hone {

ExprId MathParser::ParseSum() {
  std::vector<ExprId> terms;
  const auto close = [&] {
    const ExprId sum = Combine(ExprKind::kAdd, terms);
    terms.assign(1, sum);
    return sum;
  };
  for (bool first = true;; first = false) {
    bool negative = false, sign = false;
    ExprKind kind = ExprKind::kAdd;
    const Tok type = Now().type;
    if (type == Tok::kPlusMinus || type == Tok::kMinusPlus) {
      kind = ExprKind::kPlusMinus;
      ++at_;
    }
    while (kind == ExprKind::kAdd && (Is(Tok::kPlus) || Is(Tok::kMinus))) {
      negative ^= Is(Tok::kMinus);
      sign = true;
      ++at_;
    }
    if (!first && !sign && kind == ExprKind::kAdd) return close();
    const ExprId term = ParseTerm();
    if (term == kNoExpr) return kNoExpr;
    if (kind == ExprKind::kPlusMinus) {
      const ExprId both = first ? builder_.Add(kind, {term}) : builder_.Add(kind, {close(), term});
      builder_.node(both).flags = type == Tok::kMinusPlus ? Expr::kMinusPlus : 0;
      terms.assign(1, both);
    } else {
      terms.push_back(negative ? Negate(term) : term);
    }
  }
}

bool MathParser::StartsFactor() const {
  switch (Now().type) {
    case Tok::kLetter:
    case Tok::kConstant:
    case Tok::kFunction:
    case Tok::kOpen:
    case Tok::kOpenGroup:
    case Tok::kOpenFloor:
    case Tok::kOpenCeil:
    case Tok::kFraction:
    case Tok::kBinomial:
    case Tok::kRoot:
    case Tok::kSum:
    case Tok::kProduct:
    case Tok::kRepeat:
    case Tok::kBegin:
    case Tok::kNumber:
    case Tok::kEllipsis:
      return true;
    case Tok::kOpenSquare:  // 2[x+1], but ]1,2[ ends there
      return !Now().space && Ahead().type != Tok::kEnd && Ahead().type != Tok::kComma &&
             Ahead().type != Tok::kUnion && Ahead().type != Tok::kIntersection;
    case Tok::kBar:
    case Tok::kDoubleBar:
      return scope_.bars == 0 && !scope_.builder;
    default:
      return false;
  }
}

bool MathParser::IsWholeNumber(ExprId id) const {
  const Expr::Node& node = builder_.expr()[id];
  return node.kind == ExprKind::kNumber && node.exponent == 0 && node.fraction_digits == 0;
}

// 3 1/2 or 3\frac{1}{2}: makes the whole part, which was just read as the last factor, a mixed number if the fraction is
// a proper one. True when anything was read.
bool MathParser::TakeMixed(std::vector<ExprId>& factors, size_t token) {
  if (tokens_[token].type != Tok::kNumber || token + 1 != at_ || !IsWholeNumber(factors.back())) return false;
  const size_t start = at_;
  const bool plain =
      Is(Tok::kNumber) && Now().space && Ahead(1).type == Tok::kSlash && Ahead(2).type == Tok::kNumber;
  if (!plain && !Is(Tok::kFraction)) return false;
  ExprId fraction = kNoExpr;
  if (plain) {
    const ExprId over = ParseNumber();
    ++at_;
    const ExprId under = failed() ? kNoExpr : ParseNumber();
    if (!failed()) fraction = builder_.Add(ExprKind::kDivide, {over, under});
  } else {
    fraction = ParseFraction();
  }
  if (failed()) return true;
  const Expr& expr = builder_.expr();
  const ExprId over = expr.child(fraction, 0), under = expr.child(fraction, 1);
  const bool whole_parts = IsWholeNumber(over) && IsWholeNumber(under);
  const std::string_view a = whole_parts ? expr.digits(over) : "", b = whole_parts ? expr.digits(under) : "";
  if (a.size() < b.size() || (a.size() == b.size() && a < b)) {
    factors.back() = ParsePostfix(builder_.Add(ExprKind::kMixed, {factors.back(), fraction}));
    return true;
  }
  if (plain) {
    at_ = start;
    return false;
  }
  factors.push_back(ParsePostfix(fraction));
  return true;
}

// 2x cm is (2x) cm: the unit after the last of several operands belongs to them all.
ExprId MathParser::Combine(ExprKind kind, std::vector<ExprId>& operands) {
  if (operands.size() == 1) return operands[0];
  const Expr& expr = builder_.expr();
  const auto is_quantity = [&](ExprId id) { return expr.kind(id) == ExprKind::kQuantity; };
  const ExprId last = operands.back();
  if (!is_quantity(last) || std::any_of(operands.begin(), operands.end() - 1, is_quantity)) {
    return builder_.Add(kind, operands);
  }
  operands.back() = expr.child(last, 0);
  const std::vector<UnitPower> units(expr.units(last).begin(), expr.units(last).end());
  return builder_.AddQuantity(builder_.Add(kind, operands), units);
}

ExprId MathParser::Negate(ExprId id) {
  const Expr& expr = builder_.expr();
  if (expr.kind(id) != ExprKind::kQuantity) return builder_.Add(ExprKind::kNegate, {id});
  const std::vector<UnitPower> units(expr.units(id).begin(), expr.units(id).end());
  return builder_.AddQuantity(builder_.Add(ExprKind::kNegate, {expr.child(id, 0)}), units);
}

ExprId MathParser::ParseTerm() {
  const size_t first = at_;
  ExprId left = ParseOperand();
  if (left == kNoExpr) return kNoExpr;
  std::vector<ExprId> factors = {left};
  size_t last = first;  // where the last factor began
  const auto close = [&] {
    const ExprId product = Combine(ExprKind::kMultiply, factors);
    factors.assign(1, product);
    return product;
  };
  while (!failed()) {
    if (TakeMixed(factors, last)) {
      last = at_;
      continue;
    }
    const Tok type = Now().type;
    const bool written = type == Tok::kTimes || type == Tok::kSlash || type == Tok::kMod;
    if (failed() || (!written && !StartsFactor())) break;
    if (written) ++at_;
    if (type == Tok::kNumber && (tokens_[at_ - 1].type == Tok::kNumber))
      return Fail("two numbers stand side by side");
    last = at_;
    const ExprId right = written ? ParseOperand() : ParsePower();
    if (right == kNoExpr) return kNoExpr;
    if (type == Tok::kSlash) {
      const ExprId over = close();
      factors.assign(1, builder_.Add(ExprKind::kDivide, {over, right}));
    } else if (type == Tok::kMod) {
      const ExprId over = close();
      factors.assign(1, builder_.AddApply(Function::kMod, {over, right}));
    } else {
      factors.push_back(right);
    }
  }
  return failed() ? kNoExpr : close();
}

ExprId MathParser::ParseOperand() {
  bool negative = false;
  while (Is(Tok::kPlus) || Is(Tok::kMinus)) {
    negative ^= Is(Tok::kMinus);
    ++at_;
  }
  const ExprId operand = ParsePower();
  return operand == kNoExpr || !negative ? operand : Negate(operand);
}

ExprId MathParser::ParsePower() {
  const ExprId base = ParsePrimary();
  return base == kNoExpr ? kNoExpr : ParsePostfix(base);
}

ExprId MathParser::ParsePostfix(ExprId base) {
  while (!failed()) {
    switch (Now().type) {
      case Tok::kCaret:
      case Tok::kSuperscript: {
        const ExprId exponent = ParseExponent();
        if (exponent == kNoExpr) return kNoExpr;
        base = Power(base, exponent);
        break;
      }
      case Tok::kBang: {
        const bool twice = Ahead().type == Tok::kBang && !Ahead().space;
        at_ += twice ? 2 : 1;
        base = builder_.Add(ExprKind::kFactorial, {base});
        builder_.node(base).flags = twice ? Expr::kDouble : 0;
        break;
      }
      case Tok::kPercent:
        ++at_;
        base = builder_.Add(ExprKind::kPercent, {base});
        break;
      case Tok::kDegree:
        base = ParseDegrees(base);
        break;
      case Tok::kWord:
      case Tok::kText:
      case Tok::kCurrency:
      case Tok::kLetter:
      case Tok::kFunction: {
        const size_t before = at_;
        base = ParseUnits(base);
        if (at_ == before) return base;
        break;
      }
      default:
        return base;
    }
  }
  return kNoExpr;
}

// A power; of a matrix with the exponent T, the transpose.
ExprId MathParser::Power(ExprId base, ExprId exponent) {
  const Expr& expr = builder_.expr();
  const bool transpose = expr.kind(base) == ExprKind::kMatrix && expr.kind(exponent) == ExprKind::kSymbol &&
                         (expr.text(exponent) == "T" || expr.text(exponent) == "top");
  if (!transpose) return builder_.Add(ExprKind::kPower, {base, exponent});
  const int rows = expr[base].rows, columns = expr[base].columns;
  std::vector<ExprId> elements;
  for (int column = 0; column < columns; ++column) {
    for (int row = 0; row < rows; ++row) elements.push_back(expr.child(base, row * columns + column));
  }
  const ExprId out = builder_.Add(ExprKind::kMatrix, elements);
  builder_.node(out).rows = columns;
  builder_.node(out).columns = rows;
  return out;
}

// After the base: ^ and its argument, or unicode superscripts.
ExprId MathParser::ParseExponent() {
  const Level level(*this);
  if (!level) return kNoExpr;
  if (Is(Tok::kSuperscript)) {
    NumberLiteral literal;
    bool negative = false;
    ExprId symbol = kNoExpr;
    for (; Is(Tok::kSuperscript); ++at_) {
      const char c = Now().text[0];
      if (IsDigit(c)) literal.digits += c;
      negative |= c == '-';
      if (c == 'n') symbol = builder_.AddText(ExprKind::kSymbol, "n");
    }
    if (literal.digits.empty() == (symbol == kNoExpr)) return Fail("a superscript is not clear");
    const ExprId value = symbol != kNoExpr ? symbol : AddNumber(literal);
    return negative ? builder_.Add(ExprKind::kNegate, {value}) : value;
  }
  ++at_;
  bool negative = false;
  while (Is(Tok::kPlus) || Is(Tok::kMinus)) {
    negative ^= Is(Tok::kMinus);
    ++at_;
  }
  ExprId exponent = Is(Tok::kNumber) ? ParseNumber() : ParseArgument();
  if (exponent != kNoExpr && Is(Tok::kCaret)) {
    const ExprId higher = ParseExponent();
    exponent = higher == kNoExpr ? kNoExpr : Power(exponent, higher);
  }
  return exponent == kNoExpr || !negative ? exponent : builder_.Add(ExprKind::kNegate, {exponent});
}

// 30^\circ, and 7^\circ 30' 15'' in minutes and seconds.
ExprId MathParser::ParseDegrees(ExprId value) {
  if (Ahead().type == Tok::kWord ||
      (Ahead().type == Tok::kLetter && (Ahead().value == kUpright || !Ahead().space))) {
    const Unit* scale = FindUnit(Ahead().text);
    if (scale != nullptr && (scale->name == "celsius" || scale->name == "fahrenheit")) {
      at_ += 2;
      const UnitPower unit{scale, 1};
      return builder_.AddQuantity(value, {&unit, 1});
    }
  }
  ++at_;
  std::vector<ExprId> parts = {value};
  for (int64_t divisor = 60; divisor <= 3600 && Is(Tok::kNumber) && Ahead().type == Tok::kPrime;
       divisor *= 60) {
    const bool seconds = Ahead(2).type == Tok::kPrime;
    const ExprId part = ParseNumber();
    if (part == kNoExpr) return kNoExpr;
    at_ += seconds ? 2 : 1;
    NumberLiteral literal;
    literal.digits = seconds ? "3600" : "60";
    parts.push_back(builder_.Add(ExprKind::kDivide, {part, AddNumber(literal)}));
    if (seconds) break;
  }
  if (parts.size() > 1) value = builder_.Add(ExprKind::kAdd, parts);
  return builder_.Add(ExprKind::kDegrees, {value});
}

namespace {

// arcsin for sin, and so on; the function itself when there is none.
Function InverseOf(Function function) {
  const int f = static_cast<int>(function);
  if (function <= Function::kCsc) return static_cast<Function>(f + static_cast<int>(Function::kArcsin));
  if (function >= Function::kSinh && function <= Function::kTanh) {
    return static_cast<Function>(f - static_cast<int>(Function::kSinh) + static_cast<int>(Function::kArsinh));
  }
  return function;
}

bool TakesSeveral(Function function) {
  return function == Function::kLog || function == Function::kBinomial || function >= Function::kMod;
}

}  // namespace

ExprId MathParser::ParseFunction() {
  const size_t begin = at_;
  Function function = static_cast<Function>(Now().value);
  ++at_;
  ExprId base = kNoExpr, power = kNoExpr;
  while (!failed() && (Is(Tok::kUnderscore) || Is(Tok::kCaret) || Is(Tok::kSuperscript))) {
    if (Is(Tok::kUnderscore)) {
      ++at_;
      base = Is(Tok::kNumber) && Ahead().type != Tok::kEnd ? ParseNumber() : ParseArgument();
    } else {
      power = ParseExponent();
    }
  }
  // log2(8)
  if (function == Function::kLog && base == kNoExpr && Is(Tok::kNumber) && !Now().space &&
      Ahead().type == Tok::kOpen) {
    base = ParseNumber();
  }
  if (failed()) return kNoExpr;
  const Expr& expr = builder_.expr();
  if (power != kNoExpr && expr.kind(power) == ExprKind::kNegate && InverseOf(function) != function) {
    const ExprId one = expr.child(power, 0);
    if (IsWholeNumber(one) && expr.digits(one) == "1") {
      function = InverseOf(function);
      power = kNoExpr;
    }
  }
  std::vector<ExprId> arguments;
  ParseFunctionArgument(arguments, TakesSeveral(function));
  if (failed()) return kNoExpr;
  if (base != kNoExpr) arguments.push_back(base);
  const size_t most =
      function == Function::kLog || function == Function::kMod || function == Function::kBinomial ? 2
      : function >= Function::kGcd                                                                ? 1000
                                                                                                  : 1;
  const size_t least = function == Function::kMod || function == Function::kBinomial ? 2 : 1;
  if (arguments.size() > most || arguments.size() < least) {
    return FailAt("a function has another number of arguments", tokens_[begin].begin);
  }
  const ExprId applied = builder_.AddApply(function, arguments);
  return power == kNoExpr ? applied : Power(applied, power);
}

// What stands in brackets after the function's name, or the product after it.
ExprId MathParser::ParseFunctionArgument(std::vector<ExprId>& arguments, bool several) {
  const Tok type = Now().type;
  if (type == Tok::kOpen ||
      (several && (type == Tok::kOpenBrace || type == Tok::kOpenGroup || type == Tok::kOpenSquare))) {
    const size_t open = at_;
    ++at_;
    const Scope outer = scope_;
    scope_ = Scope();
    const bool ok = ParseElements(arguments);
    scope_ = outer;
    if (!ok) return kNoExpr;
    if (!Is(Tok::kClose) && !Is(Tok::kCloseBrace) && !Is(Tok::kCloseGroup) && !Is(Tok::kCloseSquare)) {
      return FailAt("a bracket is not closed", tokens_[open].begin);
    }
    ++at_;
    if (arguments.size() > 1 && !several)
      return FailAt("a function has another number of arguments", tokens_[open].begin);
    return arguments[0];
  }
  bool negative = false;
  while (Is(Tok::kMinus) || Is(Tok::kPlus)) {
    negative ^= Is(Tok::kMinus);
    ++at_;
  }
  std::vector<ExprId> factors;
  do {
    if (Is(Tok::kFunction) && !factors.empty()) break;
    const ExprId factor = ParsePower();
    if (factor == kNoExpr) return kNoExpr;
    factors.push_back(factor);
  } while (StartsFactor());
  ExprId product = factors.size() == 1 ? factors[0] : builder_.Add(ExprKind::kMultiply, factors);
  if (negative) product = builder_.Add(ExprKind::kNegate, {product});
  arguments.push_back(product);
  return product;
}

}  // namespace hone
