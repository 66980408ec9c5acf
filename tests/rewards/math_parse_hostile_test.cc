// The parser on hostile input, within its bounds; and, on demand, on every reference answer of the shared data.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "data/json.h"
#include "rewards/math/extract.h"
#include "rewards/math/parse.h"
#include "tests/rewards/math_trees.h"

namespace hone {
namespace {

std::string Repeat(const std::string& what, size_t times) {
  std::string out;
  out.reserve(what.size() * times);
  for (size_t i = 0; i < times; ++i) out += what;
  return out;
}

TEST_CASE("hostile answers are refused at once, with the bound that they pass") {
  const auto refused = [](const std::string& text, const std::string& reason) {
    const ParseResult result = ParseMath(text, {});
    CAPTURE(text.substr(0, 40));
    CHECK(!result.ok);
    CHECK(result.reason == reason);
  };
  refused(Repeat("(", 100000), "longer than 16384 bytes");
  refused(Repeat("9", 10000000), "longer than 16384 bytes");
  refused(Repeat("9", 16000), "a number has more than 4000 digits");
  refused(Repeat("(", 10000) + "1" + Repeat(")", 6000), "nested deeper than 128");
  refused("2" + Repeat("^2", 5000), "nested deeper than 128");
  refused("x" + Repeat("!", 5000), "nested deeper than 128");
  refused("1" + Repeat("/2", 5000), "nested deeper than 128");
  refused(Repeat("\\sqrt", 3000) + "2", "nested deeper than 128");
  refused(Repeat("|", 8000), "nested deeper than 128");
  refused("1" + Repeat("+1", 8000), "more than 4096 nodes");
  refused(Repeat("\\frac{", 2500), "nested deeper than 128");
}

TEST_CASE("no input takes long, and every tree stays within the bounds") {
  const std::vector<std::string> bits = {"(",
                                         ")",
                                         "{",
                                         "}",
                                         "[",
                                         "]",
                                         "|",
                                         "\\{",
                                         "\\}",
                                         "\\frac",
                                         "\\sqrt",
                                         "^",
                                         "_",
                                         "$",
                                         "\\text{",
                                         "1",
                                         "x",
                                         " ",
                                         ",",
                                         "1,",
                                         "\\left",
                                         "\\begin{pmatrix}",
                                         "&",
                                         "\\\\",
                                         "\\end{pmatrix}",
                                         "-",
                                         "=",
                                         "cm",
                                         "and ",
                                         "3\\frac",
                                         "\\sum_{i=",
                                         "sin",
                                         "\\overline{",
                                         "%",
                                         ":",
                                         "\xE2\x88\x9A",
                                         "\xF0",
                                         "5 ",
                                         ".",
                                         "e",
                                         "i",
                                         "/",
                                         "**",
                                         "!",
                                         "'",
                                         "\u00BD",
                                         "\uFF13",
                                         "+/-",
                                         "\\frac{d",
                                         "y}{dx}",
                                         "dy/dx",
                                         "(mod ",
                                         "\\pmod",
                                         "A|B)",
                                         "[[1,2],",
                                         "5th",
                                         "^{\\text{th}}",
                                         "72 apples ",
                                         "isn't ",
                                         "1.5 x 10^",
                                         "I"};
  for (uint64_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::string text;
    if (seed < bits.size()) {
      text = Repeat(bits[seed], 16384 / bits[seed].size());
    } else {
      const size_t few = 1 + random() % 4;  // mostly the same bits again and again
      std::vector<std::string> chosen;
      for (size_t i = 0; i < few; ++i) chosen.push_back(bits[random() % bits.size()]);
      while (text.size() < 16000) text += chosen[random() % few];
    }
    const ParseResult result = ParseMath(text, {});
    PlainText(text);
    if (result.ok) CHECK(result.expr.size() <= 2 * kMaxExprNodes);
  }
}

TEST_CASE("opt-in: every reference answer of the shared data is read") {
  const char* const shared = std::getenv("HONE_SHARED");
  if (shared == nullptr) {
    MESSAGE("HONE_SHARED is unset: skipped");
    return;
  }
  const std::string root = shared;
  for (const auto& [file, field] : {std::pair<std::string, std::string>{"/data/math500/test.jsonl", "answer"},
                                    {"/data/math500/test.jsonl", "solution"},
                                    {"/data/gsm8k/test.jsonl", "answer"},
                                    {"/data/gsm8k/train.jsonl", "answer"},
                                    {"/cases/math_examples.jsonl", "gold"}}) {
    std::ifstream lines(root + file);
    REQUIRE(lines.good());
    size_t rows = 0;
    for (std::string line; std::getline(lines, line); ++rows) {
      const std::string answer = nlohmann::json::parse(line)[field];
      const Extraction found = ExtractAnswer(answer, {});
      CAPTURE(answer);
      REQUIRE(found.found);
      CHECK(!Tree(found.text).starts_with("!!"));
    }
    MESSAGE(file << " " << field << ": " << rows << " rows");
  }
}

}  // namespace
}  // namespace hone
