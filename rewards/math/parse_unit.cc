// Units after a value. Covered by tests/rewards/math_label_test.cc.
#include <numeric>
#include <string>

#include "rewards/math/parser.h"
#include "rewards/math/scale_words.h"

namespace hone {
namespace {

bool IsWordToken(const Token& token) {
  return token.type == Tok::kWord || token.type == Tok::kText || token.type == Tok::kFunction ||
         (token.type == Tok::kLetter && token.value == kUpright);
}

bool IsTimeMark(const Token& token) {
  return token.type == Tok::kWord &&
         (token.text == "am" || token.text == "pm" || token.text == "AM" || token.text == "PM");
}

}  // namespace

// The power after a unit: cm^2, cm^{2}, cm².
int MathParser::TakeUnitPower() {
  const auto small = [&](const Token& token) {
    const std::string& digits = Literal(token).digits;
    return digits.size() == 1 && digits[0] >= '1' ? digits[0] - '0' : 0;
  };
  if (Is(Tok::kSuperscript) && Now().text.size() == 1 && Now().text[0] >= '1' && Now().text[0] <= '9') {
    return tokens_[at_++].text[0] - '0';
  }
  if (!Is(Tok::kCaret)) return 1;
  const bool group = Ahead().type == Tok::kOpenGroup;
  const bool negative = Ahead(1 + group).type == Tok::kMinus;
  const Token& number = Ahead(1 + group + negative);
  if (number.type != Tok::kNumber || small(number) == 0) return 1;
  const int power = small(number);
  at_ += 2 + group + negative;
  if (group && !Take(Tok::kCloseGroup)) Take(Tok::kCloseBrace);
  return negative ? -power : power;
}

// One unit with its power: "square inches", "cm^2", "\text{m}^3".
bool MathParser::TakeUnit(std::vector<UnitPower>& units, int sign) {
  int power = 1;
  const size_t begin = at_;
  if (Is(Tok::kText)) return TakeText(units, sign);
  if (Is(Tok::kWord)) {
    const std::string_view word = Now().text;
    power = word == "square" || word == "sq" ? 2 : word == "cubic" || word == "cu" ? 3 : 1;
    if (power != 1) ++at_;
  }
  const bool after_slash = at_ > 0 && tokens_[at_ - 1].type == Tok::kSlash;
  if (Is(Tok::kWord) && Now().text == "in" && IsWordToken(Ahead())) return false;  // 5 in total
  const bool single = Is(Tok::kLetter) && (Now().value == kUpright || after_slash || power != 1);
  const Unit* unit = single || Is(Tok::kWord) || Is(Tok::kFunction) ? FindUnit(Now().text) : nullptr;
  if (Is(Tok::kCurrency)) unit = FindUnit(Now().text);
  if (unit == nullptr || units.size() >= 8) {
    at_ = begin;
    return false;
  }
  ++at_;
  power *= TakeUnitPower();
  if (Is(Tok::kWord) && (Now().text == "squared" || Now().text == "cubed")) {
    power *= Now().text == "squared" ? 2 : 3;
    ++at_;
  }
  units.push_back({unit, sign * std::clamp(power, -12, 12)});
  return true;
}

// The inside of \text{...}, with a power behind it: \text{ km/h}, \mbox{ cm}^2. All of it must be a unit.
bool MathParser::TakeText(std::vector<UnitPower>& units, int sign) {
  TokenList inner = Tokenize(Now().text, policy_, /*prose=*/true);
  if (inner.reason != nullptr) return false;
  for (Token& token : inner.tokens) {
    if (token.type == Tok::kLetter) token.value = kUpright;
    if (token.type == Tok::kText) return false;  // never one text within another
  }
  MathParser parser(std::move(inner), Now().text, policy_, false);
  std::vector<UnitPower> found;
  if (!parser.TakeUnitProduct(found) || !parser.Is(Tok::kEnd)) return false;
  ++at_;
  found.back().power = std::clamp(found.back().power * TakeUnitPower(), -12, 12);
  for (UnitPower& unit : found) units.push_back({unit.unit, sign * unit.power});
  return true;
}

bool MathParser::TakeUnitProduct(std::vector<UnitPower>& units) {
  if (!TakeUnit(units, 1)) return false;
  while (true) {
    const size_t before = at_;
    const bool per = Is(Tok::kSlash) || (Is(Tok::kWord) && Now().text == "per");
    if (!per && !Is(Tok::kTimes)) return true;
    ++at_;
    if (!TakeUnit(units, per ? -1 : 1)) {
      at_ = before;
      return true;
    }
  }
}

// 1.5 million, 2 thirds, 3 squared, 5 per cent.
ExprId MathParser::ParseScale(ExprId value) {
  if (!Is(Tok::kWord) && !Is(Tok::kText)) return value;
  std::string_view& said = tokens_[at_].text;
  const size_t begin = std::min(said.find_first_not_of(" ~"), said.size());
  const size_t end = std::min(said.find_first_of(" ~,.", begin), said.size());
  const std::string_view word = said.substr(begin, end - begin), rest = said.substr(end);
  const auto take = [&](size_t size) {  // of the text, in which more may follow
    said.remove_prefix(size);
    if (said.find_first_not_of(" ~") == said.npos) ++at_;
  };
  if (word == "per" && (rest.starts_with(" cent") || (rest.empty() && Ahead().text == "cent"))) {
    take(rest.empty() ? said.size() : end + 5);
    if (rest.empty()) ++at_;
    return builder_.Add(ExprKind::kPercent, {value});
  }
  const ScaleWord* scale = FindScaleWord(word);
  const Expr& expr = builder_.expr();
  const ExprKind kind = expr.kind(value);
  if (scale == nullptr || IsMarked(value)) return value;
  const bool number = kind == ExprKind::kNumber || kind == ExprKind::kMixed || kind == ExprKind::kMultiply;
  const bool whole = IsWholeNumber(value);
  using Kind = ScaleWord::Kind;
  if ((scale->kind == Kind::kTimes && !number) || (scale->kind == Kind::kPart && !number) ||
      (scale->kind == Kind::kOnePart && !(whole && expr.digits(value) == "1")))
    return value;
  take(end);
  if (scale->kind == Kind::kFactorial) return builder_.Add(ExprKind::kFactorial, {value});
  const ExprId size = AddWhole(scale->number);
  if (scale->kind == Kind::kPower) return builder_.Add(ExprKind::kPower, {value, size});
  return builder_.Add(scale->kind == Kind::kTimes ? ExprKind::kMultiply : ExprKind::kDivide, {value, size});
}

ExprId MathParser::AddQuantities(ExprId left, ExprId right) {
  const Expr& expr = builder_.expr();
  const ExprId label = expr.kind(right) == ExprKind::kLabeled ? right : kNoExpr;
  if (label != kNoExpr) right = expr.child(right, 0);
  for (const ExprId id : {left, right}) {
    if (expr.kind(id) != ExprKind::kQuantity || expr.units(id).size() != 1 || expr.units(id)[0].power != 1)
      return kNoExpr;
  }
  const UnitPower unit = expr.units(left)[0];
  const Unit &large = *unit.unit, &small = *expr.units(right)[0].unit;
  if (large.dimension != small.dimension) return kNoExpr;
  const int64_t shared_top = std::gcd(small.numerator, large.numerator);
  const int64_t shared_below = std::gcd(small.denominator, large.denominator);
  const int64_t top = small.numerator / shared_top * (large.denominator / shared_below);
  const int64_t below = large.numerator / shared_top * (small.denominator / shared_below);
  const ExprId whole = expr.child(left, 0), part = expr.child(right, 0);
  const bool counts = expr.kind(whole) == ExprKind::kNumber || expr.kind(whole) == ExprKind::kAdd;
  const ExprKind kind = expr.kind(part);
  const bool adds = kind == ExprKind::kNumber || kind == ExprKind::kMixed || kind == ExprKind::kDivide;
  if (top >= below || !counts || !adds) return kNoExpr;
  const ExprId share = builder_.Add(ExprKind::kDivide, {AddWhole(top), AddWhole(below)});
  const ExprId more = builder_.Add(ExprKind::kMultiply, {part, share});
  const ExprId sum = builder_.AddQuantity(builder_.Add(ExprKind::kAdd, {whole, more}), {&unit, 1});
  return label == kNoExpr ? sum : builder_.AddText(ExprKind::kLabeled, std::string(expr.text(label)), {sum});
}

ExprId MathParser::ParseUnits(ExprId value) {
  if (const ExprId scaled = ParseScale(value); scaled != value) return scaled;
  const size_t begin = at_;
  if (Is(Tok::kFunction)) {  // 5 min, 20 sec: with an argument it is a function
    const Tok next = Ahead().type;
    if (FindUnit(Now().text) == nullptr || (next != Tok::kEnd && next != Tok::kWord && next != Tok::kComma))
      return value;
  }
  if (Is(Tok::kLetter) && Now().value != kUpright) return value;
  if (Is(Tok::kCurrency) && Ahead().type == Tok::kNumber) return value;
  if (Is(Tok::kText) && (Now().text == "%" || Now().text.starts_with("percent"))) {
    ++at_;
    return builder_.Add(ExprKind::kPercent, {value});
  }
  if (Is(Tok::kText) && (Now().text.starts_with("degree") || Now().text == "deg")) {
    ++at_;
    return builder_.Add(ExprKind::kDegrees, {value});
  }
  if (IsTimeMark(Now())) return value;
  std::vector<UnitPower> units;
  if (TakeUnitProduct(units)) {
    return ParseLabel(builder_.AddQuantity(value, units));
  }
  at_ = begin;
  const ExprKind kind = builder_.expr().kind(value);
  const bool letter = kind == ExprKind::kSymbol || kind == ExprKind::kConstant;  // "a number" is no a
  return Is(Tok::kLetter) || letter ? value : ParseLabel(value);
}

}  // namespace hone
