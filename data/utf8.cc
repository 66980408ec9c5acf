// UTF-8 by the table of well-formed sequences (Unicode 3-7). Covered by tests/data/utf8_test.cc.
#include "data/utf8.h"

#include <cstdint>
#include <cstdio>

namespace hone {

Utf8Char NextUtf8(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return {lead, 1, true};
  const size_t size = lead >= 0xc2 && lead <= 0xdf   ? 2
                      : lead >= 0xe0 && lead <= 0xef ? 3
                      : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                     : 0;
  if (size == 0) return {0xfffd, 1, false};
  // The second byte's range shuts out overlong forms, surrogates and what lies beyond U+10FFFF.
  unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  char32_t code_point = lead & (0xff >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    if (at + i >= text.size() || byte(at + i) < low || byte(at + i) > high) return {0xfffd, i, false};
    code_point = (code_point << 6) | (byte(at + i) & 0x3f);
    low = 0x80;
    high = 0xbf;
  }
  return {code_point, size, true};
}

std::string EncodeUtf8(char32_t c) {
  const auto tail = [c](int shift) { return static_cast<char>(0x80 | ((c >> shift) & 0x3f)); };
  if (c < 0x80) return {static_cast<char>(c)};
  if (c < 0x800) return {static_cast<char>(0xc0 | (c >> 6)), tail(0)};
  if (c < 0x10000) return {static_cast<char>(0xe0 | (c >> 12)), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | (c >> 18)), tail(12), tail(6), tail(0)};
}

std::string ValidUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = NextUtf8(text, at);
    out += c.valid ? text.substr(at, c.size) : kReplacementUtf8;
    at += c.size;
  }
  return out;
}

std::string DescribeUtf8(std::string_view text, size_t at) {
  const Utf8Char c = NextUtf8(text, at);
  char number[24];
  if (!c.valid) {
    std::snprintf(number, sizeof number, "byte 0x%02x", static_cast<unsigned char>(text[at]));
    return number;
  }
  std::snprintf(number, sizeof number, "U+%04X", static_cast<unsigned>(c.code_point));
  if (c.code_point < 0x20 || (c.code_point >= 0x7f && c.code_point < 0xa0)) return number;
  return "'" + std::string(text.substr(at, c.size)) + "' (" + number + ")";
}

std::string OneLine(std::string_view text) {
  constexpr size_t kEnd = 1000;  // bytes shown of each
  if (text.size() > 3 * kEnd)
    return OneLine(text.substr(0, kEnd)) + " [..] " + OneLine(text.substr(text.size() - kEnd));
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = NextUtf8(text, at);
    if (c.valid && c.code_point >= 0x20 && (c.code_point < 0x7f || c.code_point > 0x9f)) {
      out += text.substr(at, c.size);
    } else {
      for (size_t i = at; i < at + c.size; ++i) {
        char escaped[8];
        std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(text[i]));
        out += escaped;
      }
    }
    at += c.size;
  }
  return out;
}

}  // namespace hone
