// data/class_pattern, data/pattern, data/code_points: the patterns of the known tokenizers matched by hand against Oniguruma over
// random text, sets against Oniguruma's own matches, and everything that has to be left to Oniguruma or refused.
#include "data/pattern.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "data/code_points.h"
#include "data/error.h"
#include "data/random.h"
#include "data/utf8.h"

using namespace hone;

namespace {

std::vector<Span> Matches(const Pattern& pattern, std::string_view text) {
  std::vector<Span> spans = {{7, 7}};  // must be overwritten
  pattern.Matches(text, spans);
  return spans;
}

// Text full of what the patterns look at: blanks, newlines, digits, contractions, marks, other scripts, and any character at all.
std::string RandomText(DataRandom& random) {
  static const std::vector<std::string> parts = {" ",
                                                 "  ",
                                                 "\n",
                                                 "\r\n",
                                                 "\t",
                                                 "'s",
                                                 "'S",
                                                 "'\xc5\xbf",
                                                 "'ll",
                                                 "'lL",
                                                 "'Re",
                                                 "'",
                                                 "a",
                                                 "Z",
                                                 "word",
                                                 "12",
                                                 "3456",
                                                 "\xc2\xbd",
                                                 "!",
                                                 "?!",
                                                 "$",
                                                 "-",
                                                 "_",
                                                 "\xc3\xa9",
                                                 "e\xcc\x81",
                                                 "\xe4\xb8\xad\xe6\x96\x87",
                                                 "\xe3\x81\x82",
                                                 "\xe3\x80\x80",
                                                 "\xc2\xa0",
                                                 "\xe2\x80\x94",
                                                 "\xf0\x9f\x9a\x80",
                                                 "\xd8\xa7",
                                                 "\xe0\xa4\xa8\xe0\xa4\xbf",
                                                 "\xed\x95\x9c",
                                                 "\xe1\xa0\x8e",
                                                 "\xc2\x85",
                                                 "<|",
                                                 "\xef\xbc\x81"};
  std::string text;
  for (uint64_t n = random.Uniform(24); n > 0; --n) {
    if (random.Chance(0.15)) {
      char32_t c = static_cast<char32_t>(1 + random.Uniform(random.Chance(0.5) ? 0x3000 : 0x10ffff));
      if (c >= 0xd800 && c < 0xe000) c = U'x';
      text += EncodeUtf8(c);
    } else {
      text += parts[random.Uniform(parts.size())];
    }
  }
  return text;
}

}  // namespace

TEST_CASE("patterns matched by hand give the spans that Oniguruma gives") {
  const std::vector<std::string> patterns = {
      R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
      R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
      R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
      "[\r\n]",
      R"(\s?\p{L}+)",
      R"(\s?\p{P}+)",
      R"(\s+$)",
      "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+",
      R"(\p{N}{1,3})",
      R"(\p{N}+)",
      R"([\S]{2,2}\d?|\P{L}\D*)",
      R"(a$|[^a\P{L}]\s{0,2}$)",
      R"(\s\s?\s*(?!\S))"};
  const uint64_t seed = 5;
  CAPTURE(seed);
  for (const std::string& text : patterns) {
    CAPTURE(text);
    REQUIRE(ClassPattern::Compile(text));
    const Pattern by_hand = Pattern::Regex(text, "");
    const Pattern oniguruma = Pattern::RegexByOniguruma(text, "");
    DataRandom random(seed);
    for (int round = 0; round < 3000; ++round) {
      const std::string sample = RandomText(random);
      CAPTURE(sample);
      REQUIRE(Matches(by_hand, sample) == Matches(oniguruma, sample));
    }
  }
}

TEST_CASE("a set holds the characters that Oniguruma matches with its name") {
  for (const char* name : {"L", "N", "P", "S", "M", "Nd", "Space", "Alphabetic"}) {
    CAPTURE(name);
    const CodePoints set = *CodePoints::Named(name);
    const CodePoints rest = set.Complement();
    const CodePointMasks masks({set, rest});
    const Pattern pattern = Pattern::RegexByOniguruma("\\p{" + std::string(name) + "}", "");
    std::string text;
    size_t members = 0, wrong = 0;  // counted, because a CHECK for each character takes seconds
    for (char32_t c = 0; c <= 0x10ffff; ++c) {
      const bool member = set.Has(c);
      wrong += rest.Has(c) == member || masks.Of(c) != (member ? 1u : 2u);
      if (c >= 0xd800 && c < 0xe000) continue;
      members += member;
      if (member) text += EncodeUtf8(c);
    }
    CHECK(wrong == 0);
    CHECK(Matches(pattern, text).size() == members);
  }
  CHECK_FALSE(CodePoints::Named("NoSuchProperty"));
}

TEST_CASE("a pattern that is more than runs of classes goes to Oniguruma, and means the same") {
  for (const char* text : {"(ab)+",   "a+?",         "a++",     "a{2}{3}", ".",          "^a",      "\\bword",
                           "(?<=a)b", "[[:alpha:]]", "[a&&b]",  "(?i:ss)", "a*",         "\\x41",   "a$b",
                           "a|",      "a*b*c*d",     "\\p{^L}", "[^a-]",   "(?i:'s|'t)", "a{1,100}"}) {
    CAPTURE(text);
    CHECK_FALSE(ClassPattern::Compile(text));
    CHECK_NOTHROW(Pattern::Regex(text, ""));
  }
  CHECK(Matches(Pattern::Regex("(ab)+", ""), "xababyab") == std::vector<Span>{{1, 5}, {6, 8}});
  CHECK(Matches(Pattern::Regex("(?i:straSSe)", ""),
                "stra\xc3\x9f"
                "e") == std::vector<Span>{{0, 7}});
  // Empty matches, but none right behind another match.
  CHECK(Matches(Pattern::Regex("a*", ""), "baac") == std::vector<Span>{{0, 0}, {1, 3}, {4, 4}});
  CHECK(Matches(Pattern::Regex("x*", ""), "\xc3\xa9") == std::vector<Span>{{0, 0}, {2, 2}});
}

TEST_CASE("a literal is searched as it is written") {
  const Pattern dots = Pattern::Literal("..", "");
  CHECK(Matches(dots, "a....b.") == std::vector<Span>{{1, 3}, {3, 5}});
  CHECK(Matches(dots, "") == std::vector<Span>{});
}

TEST_CASE("long runs take linear time by hand; a regex that does not end is stopped") {
  const std::string blanks(1 << 20, ' ');
  CHECK(Matches(Pattern::Regex(R"(\s+$)", ""), blanks + "x") == std::vector<Span>{});
  CHECK(Matches(Pattern::Regex(R"(\s*[\r\n]+|\s+(?!\S)|\s+)", ""), blanks + "x").size() == 2);
  CHECK_THROWS_WITH_AS(Matches(Pattern::Regex("(a|aa)+\\Z(?<=b)", ""), std::string(200, 'a') + "c"),
                       doctest::Contains("cannot be matched"), Error);
  CHECK_THROWS_WITH_AS(Pattern::Regex("(", "here.json"),
                       doctest::Contains("here.json: '(' is not a regular expression"), Error);
  CHECK_THROWS_WITH_AS(Pattern::Regex("", "here.json"), doctest::Contains("0 bytes"), Error);
  CHECK_THROWS_WITH_AS(Pattern::Literal("", "here.json"), doctest::Contains("0 bytes"), Error);
  CHECK_THROWS_WITH_AS(Pattern::Regex(std::string(70000, 'a'), ""), doctest::Contains("70000 bytes"), Error);
}
