// Sums, products and powers of the parser. Covered by tests/rewards/math_parse_test.cc.
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
  if (expr.kind(fraction) != ExprKind::kDivide) {  // 3\frac{dy}{dx}
    factors.push_back(ParsePostfix(fraction));
    return true;
  }
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

// 2x cm is (2x) cm: the unit or label after the last of several operands belongs to them all.
ExprId MathParser::Combine(ExprKind kind, std::vector<ExprId>& operands) {
  if (operands.size() == 1) return operands[0];
  const ExprId last = operands.back();
  const auto is_marked = [&](ExprId id) { return IsMarked(id); };
  if (!IsMarked(last) || std::any_of(operands.begin(), operands.end() - 1, is_marked)) {
    return builder_.Add(kind, operands);
  }
  ExprId bare = last;
  while (IsMarked(bare)) bare = builder_.expr().child(bare, 0);
  operands.back() = bare;
  return MarkAs(last, builder_.Add(kind, operands));
}

bool MathParser::IsMarked(ExprId id) const {
  const ExprKind kind = builder_.expr().kind(id);
  return kind == ExprKind::kQuantity || kind == ExprKind::kLabeled;
}

// `value` with the unit and the label of `like`.
ExprId MathParser::MarkAs(ExprId like, ExprId value) {
  const Expr& expr = builder_.expr();
  if (!IsMarked(like)) return value;
  const ExprId inner = MarkAs(expr.child(like, 0), value);
  if (expr.kind(like) == ExprKind::kLabeled) {
    return builder_.AddText(ExprKind::kLabeled, std::string(expr.text(like)), {inner});
  }
  const std::vector<UnitPower> units(expr.units(like).begin(), expr.units(like).end());
  return builder_.AddQuantity(inner, units);
}

ExprId MathParser::Negate(ExprId id) {
  ExprId bare = id;
  while (IsMarked(bare)) bare = builder_.expr().child(bare, 0);
  return MarkAs(id, builder_.Add(ExprKind::kNegate, {bare}));
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
    if (type == Tok::kNumber && builder_.expr().kind(factors.back()) == ExprKind::kLabeled)
      return Fail("words stand between two numbers");
    const bool measured = type == Tok::kNumber && builder_.expr().kind(factors.back()) == ExprKind::kQuantity;
    last = at_;
    const ExprId right = written ? ParseOperand() : ParsePower();
    if (right == kNoExpr) return kNoExpr;
    if (measured) {
      const ExprId sum = factors.size() == 1 ? AddQuantities(factors[0], right) : kNoExpr;
      if (sum == kNoExpr) return FailAt("a quantity and a number stand side by side", tokens_[last].begin);
      factors[0] = sum;
    } else if (type == Tok::kSlash) {
      const ExprId over = close();
      ExprId bare = right;
      while (IsMarked(bare)) bare = builder_.expr().child(bare, 0);
      // 1/2 hour is half an hour
      const bool shared = bare != right && IsWholeNumber(over) && IsWholeNumber(bare);
      factors.assign(1, shared ? MarkAs(right, builder_.Add(ExprKind::kDivide, {over, bare}))
                               : builder_.Add(ExprKind::kDivide, {over, right}));
    } else if (type == Tok::kMod) {
      const ExprId over = close();
      factors.assign(1, Modulo(over, right));
    } else {
      factors.push_back(right);
    }
  }
  return failed() ? kNoExpr : close();
}

// 17 mod 5 is a value; 2 mod 5 has nothing to work out, and says what it is modulo.
ExprId MathParser::Modulo(ExprId value, ExprId modulus) {
  const Expr& expr = builder_.expr();
  const bool whole = IsWholeNumber(value) && IsWholeNumber(modulus);
  const std::string_view a = whole ? expr.digits(value) : "", b = whole ? expr.digits(modulus) : "";
  if (a.size() < b.size() || (a.size() == b.size() && a < b)) {
    return builder_.Add(ExprKind::kResidue, {value, modulus});
  }
  return builder_.AddApply(Function::kMod, {value, modulus});
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

}  // namespace hone
