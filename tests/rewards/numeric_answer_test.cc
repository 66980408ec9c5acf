// rewards/numeric_answer: every notation, exact comparison against 128-bit integers, hostile answers in
// linear time, and faults for golds.
#include "rewards/numeric_answer.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "data/random.h"

using namespace hone;

namespace {

bool Same(const std::string& answer, const std::string& gold) {
  const auto a = ParseWrittenNumber(answer), g = ParseWrittenNumber(gold);
  REQUIRE(g);
  return a && SameNumber(*a, *g);
}

Group GroupOf(const std::string& gold, const std::vector<std::string>& answers) {
  Group group;
  group.prompt.gold = gold;
  for (const std::string& answer : answers) {
    group.completions.emplace_back();
    group.completions.back().text = "<think>x</think><answer>" + answer + "</answer>";
  }
  return group;
}

}  // namespace

TEST_CASE("notations of the same number are the same, near misses are not") {
  const std::vector<std::vector<std::string>> classes = {
      {"0", "-0", "+0", "0.0", "000", ".0", "0.", "0/7", "-0/1"},
      {"5", "+5", "005", " 5\n", "5.0", "5.", "10/2", "5/1", "5.000", "005/001"},
      {"-5", "-5.0", "-10/2", "-005"},
      {"1000", "1,000", "+1,000.0", "2,000/2", "01,000"},
      {"1234567", "1,234,567", "1,234,567.00"},
      {"1/2", "0.5", ".5", "2/4", "50/100", "0.50"},
      {"1/3", "2/6", "333/999"},
      {"0.3333333333333333", "3333333333333333/10000000000000000"},
      {"1000000000", "1000000000/1", "1,000,000,000"},
      {"1000000001", "2000000002/2"},
      {"0.1", "1/10"},
      {"0.1000000000000000000000000000000000000001"},
      {"123456789012345678901234567890", "246913578024691357802469135780/2"},
  };
  for (size_t i = 0; i < classes.size(); ++i) {
    for (size_t j = 0; j < classes.size(); ++j) {
      for (const std::string& a : classes[i]) {
        for (const std::string& b : classes[j]) {
          CAPTURE(a);
          CAPTURE(b);
          CHECK(Same(a, b) == (i == j));
        }
      }
    }
  }
}

TEST_CASE("what is not a number is not read as one") {
  for (const char* text : {"",
                           " ",
                           "-",
                           "+",
                           ".",
                           "/",
                           "1/0",
                           "1/00",
                           "1//2",
                           "1/",
                           "/2",
                           "1/-2",
                           "1/+2",
                           "1/2/3",
                           "--5",
                           "+-5",
                           "5-",
                           "- 5",
                           "1 000",
                           "1 / 2",
                           "1,00",
                           "1,0000",
                           ",1",
                           "1,",
                           "1,,000",
                           "1000,000",
                           "1.2.3",
                           "1.5/2",
                           "0.1,000",
                           "1e3",
                           "0x10",
                           "5x",
                           "x",
                           "five",
                           "1+1",
                           "5%",
                           "$5",
                           "\xe2\x88\x92"
                           "5",
                           "nan",
                           "inf",
                           "1_000",
                           "5 6"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseWrittenNumber(text));
  }
  CHECK_FALSE(ParseWrittenNumber(std::string("5\0", 2)));
}

TEST_CASE("random rationals agree with 128-bit cross-multiplication") {
  const uint64_t seed = 99;
  CAPTURE(seed);
  DataRandom random(seed);
  int equal = 0, different = 0;
  for (int i = 0; i < 50000; ++i) {
    const int64_t size = random.Chance(0.5) ? 12 : 4000000000000000000;
    const int64_t a = random.Range(-size, size), e = random.Range(-size, size);
    const int64_t b = random.Range(1, size), d = random.Range(1, size);
    if (random.Chance(0.3)) {  // an equal pair: both sides scaled
      const int64_t p = random.Range(1, 1000000), q = random.Range(1, 1000000),
                    n = random.Range(-1000000, 1000000), m = random.Range(1, 1000000);
      const bool same = Same(std::to_string(n * p) + "/" + std::to_string(m * p),
                             std::to_string(n * q) + "/" + std::to_string(m * q));
      REQUIRE(same);
      continue;
    }
    const bool expected = static_cast<__int128>(a) * d == static_cast<__int128>(e) * b;
    const bool same =
        Same(std::to_string(a) + "/" + std::to_string(b), std::to_string(e) + "/" + std::to_string(d));
    different += same != expected;
    equal += expected;
  }
  CHECK(different == 0);
  CHECK(equal > 100);
}

TEST_CASE("answers are scored only in the right format, against a gold that can be read") {
  Group group = GroupOf("1000", {"1,000", "1001", "abc", " 1000 ", "1/0"});
  group.completions.emplace_back();
  group.completions.back().text = "1000";
  const std::vector<Score> scores = NumericAnswerReward().Score(group);
  REQUIRE(scores.size() == 6);
  const std::vector<double> expected = {1, 0, 0, 1, 0, 0};
  for (size_t i = 0; i < scores.size(); ++i) {
    CAPTURE(i);
    CHECK(scores[i].status == Score::Status::kValue);
    CHECK(scores[i].value == expected[i]);
    CHECK(scores[i].parts == std::vector<std::pair<std::string, double>>{{"answer", expected[i]}});
  }
  CHECK(scores[1].explanation == "'1001' is not 1000");
  CHECK(scores[2].explanation == "'abc' is not a number");
  CHECK(scores[5].explanation == "no answer: no <think>");

  for (const std::string& gold :
       {std::string(""), std::string("x+1"), std::string("1/0"), std::string(1001, '7')}) {
    CAPTURE(gold);
    for (const Score& score : NumericAnswerReward().Score(GroupOf(gold, {"1", gold + "7"}))) {
      CHECK(score.status == Score::Status::kFault);
      CHECK(score.explanation.find("gold") != std::string::npos);
      CHECK(score.parts.empty());
    }
  }
}

TEST_CASE("hostile answers take linear time") {
  const size_t n = 1000000;
  const std::string ones(n, '1'), zeros(n, '0');
  std::string groups = "1";
  while (groups.size() < n) groups += ",000";
  const std::vector<std::string> answers = {ones,
                                            zeros,
                                            zeros + "7",
                                            std::string(n, '/'),
                                            "1/" + ones,
                                            ones + "/" + ones,
                                            "7" + zeros + "/1" + zeros,
                                            "0." + zeros + "1",
                                            ones + "." + ones,
                                            groups,
                                            std::string(n, ','),
                                            std::string(n, '-'),
                                            std::string(n, '.'),
                                            std::string(n, ' '),
                                            "1/" + zeros,
                                            std::string(n, '\n') + "7"};
  const std::vector<double> right = {0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  for (const std::string& gold : {std::string("7"), "7000/" + std::string(997, '0') + "1000"}) {
    const Group group = GroupOf(gold, answers);
    const std::vector<Score> scores = NumericAnswerReward().Score(group);
    for (size_t i = 0; i < answers.size(); ++i) {
      CAPTURE(i);
      CHECK(scores[i].value == right[i]);
      CHECK(scores[i].explanation.size() < 200);
    }
  }
  // The longest gold allowed, with a fraction that cannot be told apart by its length.
  const std::string gold = std::string(999, '3') + "7/" + std::string(999, '9') + "1";
  const Group group = GroupOf(gold, {std::string(n, '3') + "/" + std::string(n, '9'), gold});
  const auto start = std::chrono::steady_clock::now();
  const std::vector<Score> scores = NumericAnswerReward().Score(group);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  CHECK(scores[0].value == 0.0);
  CHECK(scores[1].value == 1.0);
  MESSAGE("2 MB fraction against a gold of 2,000 digits: " << seconds.count() << " s");
}
