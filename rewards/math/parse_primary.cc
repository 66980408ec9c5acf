// Numbers, letters and LaTeX constructs of the parser. Covered by tests/rewards/math_parse_test.cc.
#include <array>
#include <string>
#include <utility>

#include "rewards/math/parser.h"

namespace hone {

ExprId MathParser::ParsePrimary() {
  const Level level(*this);
  if (!level) return kNoExpr;
  switch (Now().type) {
    case Tok::kNumber:
      return ParseNumber();
    case Tok::kLetter:
      return ParseLetter();
    case Tok::kConstant:
      return builder_.AddConstant(static_cast<Constant>(tokens_[at_++].value));
    case Tok::kFunction:
      return ParseFunction();
    case Tok::kWord:
      return ParseWordSymbol();
    case Tok::kNamedSet:
      return builder_.AddText(ExprKind::kNamedSet, tokens_[at_++].text);
    case Tok::kEmptySet:
      ++at_;
      return builder_.Add(ExprKind::kSet, {});
    case Tok::kEllipsis:
      ++at_;
      return builder_.Add(ExprKind::kEllipsis, {});
    case Tok::kCurrency:
      return ParseCurrency();
    case Tok::kFraction:
      return ParseFraction();
    case Tok::kBinomial:
      return ParseBinomial();
    case Tok::kRoot:
      return ParseRoot();
    case Tok::kSum:
      return ParseSeries(ExprKind::kSum);
    case Tok::kProduct:
      return ParseSeries(ExprKind::kProduct);
    case Tok::kRepeat: {
      ++at_;
      const ExprId inner = ParseArgument();
      return inner == kNoExpr ? kNoExpr : builder_.AddApply(Function::kConjugate, {inner});
    }
    case Tok::kOpenGroup:
      return ParseGroup();
    case Tok::kUnsupported:
      return Fail(kNotRead);
    case Tok::kText:
      return Fail("words where a value should be");
    case Tok::kEnd:
      return Fail("the text ends where a value should be");
    default:
      return ParseBrackets();
  }
}

ExprId MathParser::ParseBinomial() {
  ++at_;
  const ExprId n = ParseArgument(), k = failed() ? kNoExpr : ParseArgument();
  return failed() ? kNoExpr : builder_.AddApply(Function::kBinomial, {n, k});
}

ExprId MathParser::AddNumber(const NumberLiteral& literal) {
  const size_t zeros = std::min(literal.digits.find_first_not_of('0'), literal.digits.size() - 1);
  // Zeros in front may be among the digits that repeat: 0.\overline{03}. The count goes by place, so they may go.
  const ExprId id = builder_.AddText(ExprKind::kNumber, std::string_view(literal.digits).substr(zeros));
  Expr::Node& node = builder_.node(id);
  node.fraction_digits = literal.fraction_digits;
  node.exponent = static_cast<int32_t>(literal.exponent) - literal.fraction_digits;
  node.repeating = static_cast<uint8_t>(literal.repeating);
  return id;
}

ExprId MathParser::AddWhole(int64_t number) {
  NumberLiteral literal;
  literal.digits = std::to_string(number);
  return AddNumber(literal);
}

// Also a number with a decimal comma, one in another base, 1011_2, and one without end, 0.333...
ExprId MathParser::ParseNumber() {
  const NumberLiteral& literal = Literal(Now());
  if (Ahead().type == Tok::kEllipsis && !Ahead().space && literal.fraction_digits > 0) {
    if (const int repeating = RepeatingDigits(literal); repeating != 0) {
      NumberLiteral endless = literal;
      endless.repeating = repeating;
      at_ += 2;
      return AddNumber(endless);
    }
  }
  if (Ahead().type == Tok::kUnderscore && literal.whole) {
    const std::string digits = literal.digits;
    at_ += 2;
    return ParseBaseNumber(digits);
  }
  if (literal.end != 0 && !IsDigit(literal.digits.back()) && literal.whole)
    return Fail("digits that need a base");
  if (decimal_commas_ && Ahead().type == Tok::kComma && Ahead().value == 1 && Ahead(2).type == Tok::kNumber &&
      literal.whole) {
    const NumberLiteral& fraction = Literal(Ahead(2));
    if (fraction.whole) {
      NumberLiteral both = literal;
      both.digits += fraction.digits;
      both.fraction_digits = static_cast<int>(fraction.digits.size());
      at_ += 3;
      return AddNumber(both);
    }
  }
  ++at_;
  return AddNumber(literal);
}

namespace {

int BaseByName(std::string_view name) {
  constexpr auto kNames = std::to_array<std::pair<std::string_view, int>>({{"two", 2},
                                                                           {"three", 3},
                                                                           {"four", 4},
                                                                           {"five", 5},
                                                                           {"six", 6},
                                                                           {"seven", 7},
                                                                           {"eight", 8},
                                                                           {"nine", 9},
                                                                           {"ten", 10},
                                                                           {"eleven", 11},
                                                                           {"twelve", 12},
                                                                           {"sixteen", 16}});
  for (const auto& [word, base] : kNames) {
    if (word == name) return base;
  }
  return 0;
}

}  // namespace

ExprId MathParser::ParseBaseNumber(std::string_view digits) {
  const bool group = Take(Tok::kOpenGroup);
  int base = 0;
  if (Is(Tok::kNumber) && Literal(Now()).whole && Literal(Now()).digits.size() <= 2) {
    for (const char c : Literal(Now()).digits) base = base * 10 + (c - '0');
  } else if (Is(Tok::kText) || Is(Tok::kWord)) {
    base = BaseByName(Now().text);
  }
  ++at_;
  if (base < 2 || base > 36) return FailAt("a number has an index that is no base", tokens_[at_ - 1].begin);
  if (group && !Take(Tok::kCloseGroup) && !Take(Tok::kCloseBrace)) return Fail("a brace is not closed");
  for (const char c : digits) {
    const int value = IsDigit(c) ? c - '0' : c >= 'A' && c <= 'Z' ? c - 'A' + 10 : 99;
    if (value >= base) return FailAt("a digit is too large for the base", tokens_[at_ - 1].begin);
  }
  const size_t zeros = std::min(digits.find_first_not_of('0'), digits.size() - 1);
  const ExprId id = builder_.AddText(ExprKind::kBaseNumber, digits.substr(zeros));
  builder_.node(id).base = static_cast<uint8_t>(base);
  return id;
}

namespace {

bool IsFunctionName(std::string_view name) {
  return name.size() == 1 && std::string_view("fghFGH").find(name[0]) != name.npos;
}
bool MayBeFunctionName(std::string_view name) {
  return name.size() == 1 && std::string_view("PQpq").find(name[0]) != name.npos;
}

}  // namespace

ExprId MathParser::ParseLetter() {
  const Token letter = Now();
  const std::string_view name = letter.text;
  ++at_;
  const bool index_follows = Is(Tok::kUnderscore);
  if (letter.value != kAccented && !index_follows) {
    const bool bound = std::find(bound_.begin(), bound_.end(), name) != bound_.end();
    if (name == "e" && !bound) return builder_.AddConstant(Constant::kE);
    if (name == "i" && !bound && !in_index_ && !list_.has_letter_j) return builder_.AddConstant(Constant::kI);
  }
  std::string full(name);
  ExprId index = kNoExpr;
  if (Take(Tok::kUnderscore)) {
    const bool group = Is(Tok::kOpenGroup);
    const bool closed = Ahead(2).type == Tok::kCloseGroup || Ahead(2).type == Tok::kCloseBrace;
    const bool digits = Is(Tok::kNumber) || (group && Ahead().type == Tok::kNumber && closed);
    const size_t word = at_ + group;
    if (digits) {
      at_ += group;
      full += "_" + Literal(Now()).digits;
      at_ += 1 + group;
    } else if ((!group || closed) && (tokens_[word].type == Tok::kText || tokens_[word].type == Tok::kWord)) {
      full += "_" + std::string(tokens_[word].text);
      at_ = word + 1 + group;
    } else {
      const bool outer = std::exchange(in_index_, true);
      index = ParseArgument();
      in_index_ = outer;
      if (index == kNoExpr) return kNoExpr;
    }
  }
  for (; Is(Tok::kPrime); ++at_) full += "'";
  const Tok argument = Ahead().type;
  const bool lone = Ahead(2).type == Tok::kClose && argument == Tok::kLetter && Ahead().text != name;
  if (Is(Tok::kOpen) && index == kNoExpr && (IsFunctionName(name) || (MayBeFunctionName(name) && lone))) {
    std::vector<ExprId> arguments;
    if (ParseFunctionArgument(arguments, /*several=*/true) == kNoExpr) return kNoExpr;
    return builder_.AddText(ExprKind::kCall, full, arguments);
  }
  const ExprId symbol = builder_.AddText(ExprKind::kSymbol, full);
  return index == kNoExpr ? symbol : builder_.Add(ExprKind::kIndexed, {symbol, index});
}

// "total cost = 5": words are a variable where they are all there is on one side of a relation.
ExprId MathParser::ParseWordSymbol() {
  const size_t begin = at_;
  std::string name;
  for (; Is(Tok::kWord); ++at_) name += (name.empty() ? "" : " ") + std::string(Now().text);
  const bool alone =
      begin == 0 || tokens_[begin - 1].type == Tok::kRelation || tokens_[begin - 1].type == Tok::kComma;
  const bool single = at_ == begin + 1;  // "100, not counting the host" is no list
  if (alone && (Is(Tok::kRelation) || (single && begin != 0 && (Is(Tok::kEnd) || Is(Tok::kComma)))))
    return builder_.AddText(ExprKind::kSymbol, name);
  const bool operand = at_ == begin + 1 && source_.find('=') == source_.npos && name.size() <= 12;
  const Tok next = Now().type;
  if (operand && (next == Tok::kPlus || next == Tok::kTimes || next == Tok::kSlash || next == Tok::kCaret)) {
    return builder_.AddText(ExprKind::kSymbol, name);
  }
  return FailAt("words where a value should be", tokens_[begin].begin);
}

ExprId MathParser::ParseArgument() {
  switch (Now().type) {
    case Tok::kOpenGroup:
      return ParseGroup();
    case Tok::kNumber: {  // \frac12: one digit, and the rest is left
      NumberLiteral& literal = list_.numbers[Now().number];
      if (!literal.whole || literal.digits.size() == 1) return ParseNumber();
      NumberLiteral digit;
      digit.digits = literal.digits.substr(0, 1);
      literal.digits.erase(0, 1);
      ++tokens_[at_].begin;
      tokens_[at_].space = false;
      return AddNumber(digit);
    }
    case Tok::kLetter: {
      const Token letter = Now();
      if (in_index_ || Ahead().type == Tok::kUnderscore) return ParseLetter();
      ++at_;
      const bool constant = letter.value != kAccented && !list_.has_letter_j;
      if (letter.text == "e" && letter.value != kAccented) return builder_.AddConstant(Constant::kE);
      if (letter.text == "i" && constant) return builder_.AddConstant(Constant::kI);
      return builder_.AddText(ExprKind::kSymbol, letter.text);
    }
    case Tok::kTimes:  // x^*
      ++at_;
      return builder_.AddText(ExprKind::kSymbol, "*");
    default:
      return ParsePrimary();
  }
}

// {...} of LaTeX, which prints nothing: a value, {n \choose k}, {a \over b}, or a list.
ExprId MathParser::ParseGroup() {
  const size_t open = at_;
  ++at_;
  const Scope outer = scope_;
  scope_ = Scope();
  ExprId inner = ParseList();
  if (inner != kNoExpr && (Is(Tok::kOver) || Is(Tok::kChoose))) {
    const bool over = Is(Tok::kOver);
    ++at_;
    const ExprId under = ParseList();
    if (under == kNoExpr) return kNoExpr;
    inner = over ? builder_.Add(ExprKind::kDivide, {inner, under})
                 : builder_.AddApply(Function::kBinomial, {inner, under});
  }
  scope_ = outer;
  if (inner == kNoExpr) return kNoExpr;
  if (!Is(Tok::kCloseGroup) && !Is(Tok::kCloseBrace))
    return FailAt("a brace is not closed", tokens_[open].begin);
  ++at_;
  if (builder_.expr().kind(inner) == ExprKind::kList) builder_.node(inner).flags |= Expr::kBraced;
  return inner;
}

ExprId MathParser::ParseFraction() {
  if (const ExprId derivative = ParseDerivative(); derivative != kNoExpr || failed()) return derivative;
  ++at_;
  const ExprId over = ParseArgument();
  const ExprId under = over == kNoExpr ? kNoExpr : ParseArgument();
  return under == kNoExpr ? kNoExpr : builder_.Add(ExprKind::kDivide, {over, under});
}

// \frac{dy}{dx}, \frac{\partial^2 f}{\partial x^2}: a variable of that name; kNoExpr without failing when it is none.
ExprId MathParser::ParseDerivative() {
  const auto is_d = [](const Token& token) {
    return token.type == Tok::kLetter && (token.text == "d" || token.text == "partial");
  };
  size_t at = at_ + 1;
  const auto token = [&](size_t i) -> const Token& { return tokens_[std::min(i, tokens_.size() - 1)]; };
  std::string name;
  bool bare = false;  // \frac{d}{dx}
  for (int part = 0; part < 2; ++part) {
    if (token(at).type != Tok::kOpenGroup || !is_d(token(at + 1))) return kNoExpr;
    name += (part == 1 ? "/" : "") + std::string(token(at + 1).text);
    size_t letters = 0;
    for (at += 2; token(at).type == Tok::kLetter || token(at).type == Tok::kNumber ||
                  token(at).type == Tok::kCaret || is_d(token(at));
         ++at) {
      letters += token(at).type == Tok::kLetter;
      name += token(at).type == Tok::kCaret
                  ? "^"
                  : source_.substr(token(at).begin, token(at).end - token(at).begin);
    }
    if (token(at++).type != Tok::kCloseGroup || (part == 1 && letters == 0)) return kNoExpr;
    bare |= letters == 0;
  }
  if (bare) return Fail(kDerivative);
  at_ = at;
  return builder_.AddText(ExprKind::kSymbol, name);
}

ExprId MathParser::ParseRoot() {
  const bool cube = Now().value == 3;
  ++at_;
  ExprId degree = kNoExpr;
  if (cube) {
    NumberLiteral three;
    three.digits = "3";
    degree = AddNumber(three);
  } else if (Take(Tok::kOpenSquare)) {
    degree = ParseSum();
    if (degree != kNoExpr && !Take(Tok::kCloseSquare)) return Fail("a bracket is not closed");
  }
  if (failed()) return kNoExpr;
  const bool negative = Take(Tok::kMinus);  // √−1
  ExprId radicand = Is(Tok::kNumber)                          ? ParseNumber()
                    : Is(Tok::kLetter) || Is(Tok::kOpenGroup) ? ParseArgument()
                                                              : ParsePrimary();
  if (radicand == kNoExpr) return kNoExpr;
  if (negative) radicand = Negate(radicand);
  return degree == kNoExpr ? builder_.Add(ExprKind::kRoot, {radicand})
                           : builder_.Add(ExprKind::kRoot, {radicand, degree});
}

// \sum_{k=1}^{n} body, with the product after it as its body.
ExprId MathParser::ParseSeries(ExprKind kind) {
  const size_t begin = at_;
  ++at_;
  ExprId index = kNoExpr, lower = kNoExpr, upper = kNoExpr;
  std::string_view name;
  for (int part = 0; part < 2 && !failed(); ++part) {
    if (Is(Tok::kCaret)) {
      upper = ParseExponent();
    } else if (Take(Tok::kUnderscore) && Take(Tok::kOpenGroup) && Is(Tok::kLetter)) {
      name = Now().text;
      ++at_;
      if (!Is(Tok::kRelation) || Now().value != static_cast<uint8_t>(Relation::kEqual)) break;
      ++at_;
      index = builder_.AddText(ExprKind::kSymbol, name);
      lower = ParseSum();
      if (!Take(Tok::kCloseGroup) && !Take(Tok::kCloseBrace)) break;
    }
  }
  if (failed()) return kNoExpr;
  if (lower == kNoExpr || upper == kNoExpr) return FailAt("a sum without bounds", tokens_[begin].begin);
  bound_.push_back(name);
  const ExprId body = ParseTerm();
  bound_.pop_back();
  return body == kNoExpr ? kNoExpr : builder_.Add(kind, {body, index, lower, upper});
}

ExprId MathParser::ParseCurrency() {
  const UnitPower unit{FindUnit(Now().text), 1};
  ++at_;
  const ExprId amount = ParsePower();
  if (amount == kNoExpr) return kNoExpr;
  const Expr& expr = builder_.expr();
  ExprId bare = amount;
  if (expr.kind(bare) == ExprKind::kLabeled) bare = expr.child(bare, 0);
  if (expr.kind(bare) == ExprKind::kQuantity) return amount;  // $5 dollars
  const ExprId money = builder_.AddQuantity(bare, {&unit, 1});
  return bare == amount ? money
                        : builder_.AddText(ExprKind::kLabeled, std::string(expr.text(amount)), {money});
}

}  // namespace hone
