// rewards/code/checkers: what each checker forgives and what it does not, and words against a stream of strings.
#include "rewards/code/checkers.h"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#include "data/error.h"
#include "data/random.h"

using namespace hone;

namespace {

Match Compare(const char* checker, const std::string& expected, const std::string& actual) {
  CheckerSpec spec;
  spec.kind = CheckerKindOf(checker, "");
  return CompareOutput(spec, expected, actual);
}

}  // namespace

TEST_CASE("what each checker forgives") {
  constexpr Match kYes = Match::kAccepted, kNo = Match::kWrong, kPe = Match::kPresentation;
  struct Row {
    const char *checker, *expected, *actual;
    Match match;
  };
  const Row rows[] = {
      {"exact", "6\n3\n", "6\n3\n", kYes},
      {"exact", "6\n3\n", "6\n3", kPe},
      {"exact", "6\n3\n", "6 3\n", kPe},
      {"exact", "6\n3\n", "63\n", kNo},
      {"exact", "a\n", "A\n", kNo},
      {"exact", "", "", kYes},
      {"exact", "", "\n", kPe},
      {"token", "6\n3\n", " 6\t3\r\n\n", kYes},
      {"token", "6 3", "6 3 1", kNo},
      {"token", "6 3", "6", kNo},
      {"token", "1.0", "1.00", kNo},
      {"token", "", " \n", kYes},
      {"float", "1.0 x", "1.00000099 x", kYes},
      {"float", "1.0", "1.000002", kNo},
      {"float", "1e9", "1000000999", kYes},
      {"float", "0", "-0.0000009", kYes},
      {"float", "1", "nan", kNo},
      {"float", "1", "inf", kNo},
      {"float", "nan", "nan", kYes},  // the same word
      {"float", "1", "0x1", kNo},
      {"float", "1", "1e999", kNo},
      {"float", "yes", "yes", kYes},
      {"float", "+5", "5", kYes},
      {"unordered", "a b\nc\n", "c\na  b", kYes},
      {"unordered", "a\na\nb", "a\nb\nb", kNo},
      {"unordered", "a b", "b a", kNo},
      {"unordered", "a", "a\n\n\n", kYes},
  };
  for (const Row& row : rows) {
    CAPTURE(row.checker);
    CAPTURE(row.expected);
    CAPTURE(row.actual);
    CHECK(Compare(row.checker, row.expected, row.actual) == row.match);
  }
  const std::string nul = std::string("6\0", 2) + "\n3\n";
  CHECK(Compare("token", "6\n3\n", nul) == kNo);
  CHECK_THROWS_WITH_AS(CheckerKindOf("tokens", "x"), doctest::Contains("did you mean 'token'?"), Error);
}

TEST_CASE("the words of random texts are those of a string stream") {
  const uint64_t seed = 77;
  CAPTURE(seed);
  DataRandom random(seed);
  int accepted = 0, different = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string sides[2];
    for (std::string& side : sides) {
      for (uint64_t n = random.Uniform(6); n > 0; --n) side += "ab \n\t"[random.Uniform(5)];
    }
    std::vector<std::string> words[2];
    for (int s = 0; s < 2; ++s) {
      std::istringstream in(sides[s]);
      for (std::string word; in >> word;) words[s].push_back(word);
    }
    const bool same = words[0] == words[1];
    accepted += same;
    different += same != (Compare("token", sides[0], sides[1]) == Match::kAccepted);
    different += same != (Compare("exact", sides[0], sides[1]) != Match::kWrong);
  }
  CHECK(different == 0);
  CHECK(accepted > 500);
}

TEST_CASE("megabytes of blanks, lines and digits take linear time") {
  for (const std::string unit : {" ", "\n", "1 ", "1\n", "9"}) {
    std::string text;
    while (text.size() < 4000000) text += unit;
    for (const char* checker : {"token", "exact", "float", "unordered"}) {
      CHECK(Compare(checker, text, text) == Match::kAccepted);
      CHECK(Compare(checker, text, text + "x") == Match::kWrong);
    }
  }
}
