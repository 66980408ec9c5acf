// UTF-8, one character at a time, never throwing on broken input. Covered by tests/data/utf8_test.cc.
#ifndef HONE_DATA_UTF8_H_
#define HONE_DATA_UTF8_H_

#include <string>
#include <string_view>

namespace hone {

inline constexpr std::string_view kReplacementUtf8 = "\xEF\xBF\xBD";  // U+FFFD

struct Utf8Char {
  char32_t code_point;  // U+FFFD when broken
  size_t size;          // bytes it takes; of a broken sequence its maximal well-begun part, at least 1
  bool valid;
};

// The character at `at` < text.size().
Utf8Char NextUtf8(std::string_view text, size_t at);

std::string EncodeUtf8(char32_t code_point);

// Each broken sequence (maximal subpart, as Unicode and Rust's from_utf8_lossy have it) becomes one U+FFFD.
std::string ValidUtf8(std::string_view text);

// `text` on one line for a terminal: control characters and broken bytes as \\x1b and the like, and of a long text its two ends.
std::string OneLine(std::string_view text);

// The character at `at` for an error message: `'x' (U+0078)`, or `byte 0xff` when broken.
std::string DescribeUtf8(std::string_view text, size_t at);

}  // namespace hone

#endif  // HONE_DATA_UTF8_H_
