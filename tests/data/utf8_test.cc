// data/utf8: every code point round-trips; broken sequences are replaced as Rust's from_utf8_lossy does.
#include "data/utf8.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

using namespace hone;

TEST_CASE("every code point round-trips, and surrogates do not") {
  int wrong = 0;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    const std::string text = EncodeUtf8(c);
    const Utf8Char back = NextUtf8(text, 0);
    wrong += !(back.valid && back.code_point == c && back.size == text.size());
  }
  CHECK(wrong == 0);
}

TEST_CASE("broken sequences become one U+FFFD per maximal subpart") {
  const std::string r(kReplacementUtf8);
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},
      {"abc", "abc"},
      {"\x80", r},
      {"\xc0\xaf", r + r},                  // overlong
      {"\xe0\x80\xaf", r + r + r},          // overlong
      {"\xed\xa0\x80", r + r + r},          // surrogate
      {"\xf4\x91\x92\x93", r + r + r + r},  // beyond U+10FFFF
      {"\xff"
       "a",
       r + "a"},
      {"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf"
       "A",
       r + r + r + r + "A"},  // the example of Unicode 3.9, table 3-11
      {"\xe2\x82", r},        // cut off
      {"\xe2\x82\xac", "\xe2\x82\xac"},
  };
  for (const auto& [in, out] : cases) {
    CAPTURE(out);
    CHECK(ValidUtf8(in) == out);
  }
}

TEST_CASE("characters are described for people") {
  CHECK(DescribeUtf8("B", 0) == "'B' (U+0042)");
  CHECK(DescribeUtf8("a\xc3\xa9", 1) == "'\xc3\xa9' (U+00E9)");
  CHECK(DescribeUtf8("\t", 0) == "U+0009");
  CHECK(DescribeUtf8("\xff", 0) == "byte 0xff");
}

TEST_CASE("one line: controls and broken bytes are spelled, a long text keeps its ends") {
  CHECK(OneLine("caf\xC3\xA9 1+2") == "caf\xC3\xA9 1+2");
  CHECK(OneLine("a\nb\x1b[31m\x7f\xff") == "a\\x0ab\\x1b[31m\\x7f\\xff");
  CHECK(OneLine(std::string("\0z", 2)) == "\\x00z");
  const std::string longer = OneLine("begin" + std::string(5000, 'x') + "end");
  CHECK(longer.size() < 2100);
  CHECK(longer.starts_with("begin"));
  CHECK(longer.ends_with("end"));
}
