// Units after a value. Covered by tests/rewards/math_label_test.cc.
#include <string>

#include "rewards/math/parser.h"

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

ExprId MathParser::ParseUnits(ExprId value) {
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
