// See literals.h. Covered by tests/data/chat_template_test.cc.
#include "data/jinja/literals.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>

#include "data/jinja/value.h"
#include "data/utf8.h"

namespace hone::jinja {
namespace {

// The character at `at`, or NUL behind the end.
char At(std::string_view source, size_t at) { return at < source.size() ? source[at] : '\0'; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Digits, with single underscores between them, from `at` on; where they end.
size_t Digits(std::string_view source, size_t at) {
  while (IsDigit(At(source, at)) || (At(source, at) == '_' && IsDigit(At(source, at + 1)))) ++at;
  return at;
}

// Where a fraction and an exponent that follow the digits end; `end` itself when there is neither.
size_t FloatEnd(std::string_view source, size_t end) {
  if (At(source, end) == '.' && IsDigit(At(source, end + 1))) end = Digits(source, end + 1);
  if (At(source, end) != 'e' && At(source, end) != 'E') return end;
  const bool sign = At(source, end + 1) == '+' || At(source, end + 1) == '-';
  const size_t exponent = end + (sign ? 2 : 1);
  return IsDigit(At(source, exponent)) ? Digits(source, exponent) : end;
}

// The character that `digits` digits at `at` name, appended.
void AppendCodePoint(std::string_view source, size_t at, size_t digits, int base, std::string& text) {
  uint32_t code = 0;
  const std::string_view number = source.substr(at, digits);
  const auto result = std::from_chars(number.data(), number.data() + number.size(), code, base);
  const bool whole = result.ec == std::errc() && result.ptr == number.data() + digits;
  if (!whole || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff)
    throw Fault("an escape names no character");
  text += EncodeUtf8(code);
}

// What the escape behind a backslash means, appended; where it ends.
size_t Escape(std::string_view source, size_t at, std::string& text) {
  static constexpr std::string_view kLetters = "\\'\"abfnrtv", kMeans = "\\'\"\a\b\f\n\r\t\v";
  const char c = At(source, at);
  const size_t known = c == '\0' ? std::string_view::npos : kLetters.find(c);
  if (known != std::string_view::npos) {
    text += kMeans[known];
    return at + 1;
  }
  if (c == '\n') return at + 1;
  if (c == 'x' || c == 'u' || c == 'U') {
    const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : 8;
    AppendCodePoint(source, at + 1, digits, 16, text);
    return at + 1 + digits;
  }
  if (c >= '0' && c <= '7') {
    size_t digits = 1;
    while (digits < 3 && At(source, at + digits) >= '0' && At(source, at + digits) <= '7') ++digits;
    AppendCodePoint(source, at, digits, 8, text);
    return at + digits;
  }
  if (c == 'N' || (c & 0x80) != 0)
    throw Fault("an escape with names or letters beyond ASCII is not supported");
  text += '\\';  // as Python has it: no escape
  return at;
}

}  // namespace

LiteralToken ReadNumber(std::string_view source, size_t at) {
  const size_t digits_end = Digits(source, at);
  const bool may_be_float = at == 0 || source[at - 1] != '.';
  const size_t end = may_be_float ? FloatEnd(source, digits_end) : digits_end;
  const bool is_float = end != digits_end;
  Token token;
  token.type = is_float ? Token::Type::kFloat : Token::Type::kInteger;
  token.text = source.substr(at, end - at);
  token.text.erase(std::remove(token.text.begin(), token.text.end(), '_'), token.text.end());
  const char *first = token.text.data(), *last = first + token.text.size();
  const auto result =
      is_float ? std::from_chars(first, last, token.number) : std::from_chars(first, last, token.integer);
  if (result.ec != std::errc()) throw Fault("the number " + token.text + " is out of range");
  if (!is_float && token.text[0] == '0' && token.integer != 0) throw Fault("a number begins with 0");
  if (token.text == "0" && std::string_view("xXoObB").find(At(source, end)) != std::string_view::npos)
    throw Fault("numbers are written in decimals");
  return {token, end};
}

LiteralToken ReadString(std::string_view source, size_t at) {
  Token token;
  token.type = Token::Type::kString;
  const char quote = source[at++];
  while (at < source.size() && source[at] != quote) {
    if (source[at] == '\\') {
      at = Escape(source, at + 1, token.text);
    } else {
      token.text += source[at++];
    }
  }
  if (at >= source.size()) throw Fault("a string has no end");
  return {token, at + 1};
}

}  // namespace hone::jinja
