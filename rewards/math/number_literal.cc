#include "rewards/math/number_literal.h"

#include <algorithm>

#include "rewards/math/expr.h"

namespace hone {
namespace {

// How many digits stand at `at`; counting stops at `most`.
size_t DigitsAt(std::string_view text, size_t at, size_t most) {
  size_t count = 0;
  while (count < most && at + count < text.size() && IsDigit(text[at + count])) ++count;
  return count;
}

bool At(std::string_view text, size_t at, std::string_view what) {
  return at <= text.size() && text.substr(at).starts_with(what);
}

// The length of what may part thousands at `at`, 0 if nothing does. `blank`: it is but a blank.
size_t SeparatorAt(std::string_view text, size_t at, bool list_commas, bool& blank) {
  blank = false;
  if (at >= text.size()) return 0;
  for (const std::string_view escaped : {"{,}", ",\\!", "\\,", "\\!", "{,\\!}"}) {
    if (At(text, at, escaped)) return SkipBlanks(text, at + escaped.size()) - at;
  }
  if (text[at] == ',') return list_commas ? 0 : 1;
  for (const std::string_view space : {" ", "~", "\u00A0", "\u2009", "\u202F"}) {
    if (At(text, at, space)) {
      blank = true;
      return space.size();
    }
  }
  return 0;
}

// Groups of three after a first group of one to three digits that does not begin with 0.
size_t ScanThousands(std::string_view text, size_t at, bool list_commas, NumberLiteral& out) {
  if (out.digits.empty() || out.digits.size() > 3 || out.digits[0] == '0') return at;
  char first = 0;
  while (true) {
    bool blank = false;
    const size_t separator = SeparatorAt(text, at, list_commas, blank);
    if (separator == 0 || (first != 0 && text[at] != first)) return at;
    const size_t group = at + separator;
    if (DigitsAt(text, group, 4) != 3) return at;
    const size_t after = group + 3;
    if (blank && At(text, SkipBlanks(text, after), "/")) return at;  // 1 125/1000
    first = text[at];
    out.digits += text.substr(group, 3);
    at = after;
  }
}

void AddFraction(std::string_view digits, NumberLiteral& out) {
  out.digits += digits;
  out.fraction_digits += static_cast<int>(digits.size());
}

// \overline{3}, \bar 3, \dot{3} or (3) after the point.
size_t ScanRepeating(std::string_view text, size_t at, NumberLiteral& out) {
  size_t open = std::string_view::npos;
  for (const std::string_view command : {"\\overline", "\\bar", "\\dot"}) {
    if (At(text, at, command)) open = SkipBlanks(text, at + command.size());
  }
  if (At(text, at, "(")) open = at;
  if (open == std::string_view::npos || open >= text.size()) return at;
  const char close = text[open] == '{' ? '}' : text[open] == '(' ? ')' : 0;
  const size_t begin = open + (close != 0);
  const size_t count = DigitsAt(text, begin, close != 0 ? 100 : 1);
  const size_t end = begin + count;
  if (count == 0 || (close != 0 && (end >= text.size() || text[end] != close))) return at;
  AddFraction(text.substr(begin, count), out);
  out.repeating = static_cast<int>(count);
  return end + (close != 0);
}

size_t ScanFraction(std::string_view text, size_t at, NumberLiteral& out) {
  const bool escaped = At(text, at, "{,}");  // a decimal comma in LaTeX: the thousands are already read
  if (!escaped && (at >= text.size() || text[at] != '.')) return at;
  size_t next = at + (escaped ? 3 : 1);
  const size_t begin = next;
  while (true) {
    const size_t count = DigitsAt(text, next, text.size());
    AddFraction(text.substr(next, count), out);
    next += count;
    if (!At(text, next, "\\,") && !At(text, next, "\\!")) break;
    if (count == 0 || DigitsAt(text, next + 2, 1) == 0) break;
    next += 2;
  }
  if (!escaped) next = ScanRepeating(text, next, out);
  if (next == begin) return at;  // a full stop
  out.whole = false;
  return next;
}

size_t ScanExponent(std::string_view text, size_t at, NumberLiteral& out) {
  if (at >= text.size() || (text[at] != 'e' && text[at] != 'E') || out.repeating != 0) return at;
  size_t next = at + 1;
  const bool negative = next < text.size() && text[next] == '-';
  if (negative || (next < text.size() && text[next] == '+')) ++next;
  const size_t count = DigitsAt(text, next, text.size());
  if (count == 0) return at;
  for (const char c : text.substr(next, count)) {
    out.exponent = std::min<int64_t>(out.exponent * 10 + (c - '0'), 10 * kMaxDecimalExponent);
  }
  if (negative) out.exponent = -out.exponent;
  out.whole = false;
  return next + count;
}

// 1A3F before an index, which says the base.
size_t BaseDigits(std::string_view text, size_t at) {
  size_t end = at;
  bool letter = false;
  while (end < text.size() && (IsDigit(text[end]) || (text[end] >= 'A' && text[end] <= 'Z'))) {
    letter |= !IsDigit(text[end]);
    ++end;
  }
  return letter && end < text.size() && text[end] == '_' ? end : at;
}

}  // namespace

size_t SkipBlanks(std::string_view text, size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r'))
    ++at;
  return at;
}

bool IsDate(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\n\r$*");
  if (begin == text.npos) return false;
  text = text.substr(begin, text.find_last_not_of(" \t\n\r$*.") + 1 - begin);
  if (text.size() != 10 || (text[4] != '-' && text[4] != '/') || text[7] != text[4]) return false;
  for (const size_t i : {0, 1, 2, 3, 5, 6, 8, 9}) {
    if (!IsDigit(text[i])) return false;
  }
  const auto two = [&](size_t i) { return (text[i] - '0') * 10 + (text[i + 1] - '0'); };
  return two(5) >= 1 && two(5) <= 12 && two(8) >= 1 && two(8) <= 31;
}

NumberLiteral ScanNumber(std::string_view text, size_t at, bool list_commas) {
  NumberLiteral out;
  out.end = BaseDigits(text, at);
  if (out.end != at) {
    out.digits = text.substr(at, out.end - at);
    return out;
  }
  const size_t count = DigitsAt(text, at, text.size());
  out.digits = text.substr(at, count);
  at = ScanThousands(text, at + count, list_commas, out);
  at = ScanFraction(text, at, out);
  out.end = ScanExponent(text, at, out);
  return out;
}

int RepeatingDigits(const NumberLiteral& literal) {
  const std::string_view digits = literal.digits;
  const size_t after_point = static_cast<size_t>(literal.fraction_digits);
  if (literal.repeating != 0 || digits.size() < after_point) return 0;
  const std::string_view fraction = digits.substr(digits.size() - after_point);
  for (size_t period = 1; 2 * period <= fraction.size() && period <= 16; ++period) {
    const size_t times = period == 1 ? 3 : 2;
    if (times * period > fraction.size()) continue;
    const std::string_view seen = fraction.substr(fraction.size() - times * period);
    if (seen.substr(period) == seen.substr(0, seen.size() - period)) return static_cast<int>(period);
  }
  return 0;
}

}  // namespace hone
