// data/sign_puzzle: expressions against a reader of its own, counting against trying all signs, the splits.
#include "data/sign_puzzle.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "data/tokenizer.h"

namespace hone {
namespace {

const PromptTemplate kBare("{question}");

// Another way to read what Text writes.
bool IsExpression(const std::string& text) {
  static const std::regex form("(0|[1-9][0-9]{0,5})([+-](0|[1-9][0-9]{0,5})){1,19}");
  return std::regex_match(text, form);
}

SignExpression WithSigns(const std::vector<int64_t>& numbers, uint64_t bits) {
  SignExpression expression{numbers, {}};
  for (size_t i = 1; i < numbers.size(); ++i) expression.minus.push_back((bits >> (i - 1) & 1) == 1);
  return expression;
}

TEST_CASE("expressions: what Text writes is read back, anything else is refused") {
  const SignExpression e{{8, 2, 12, 0}, {false, true, true}};
  CHECK(e.Text() == "8+2-12-0");
  CHECK(e.Value() == -2);
  for (const char* wrong : {"", "8", "+8+2", "-8+2", "8+", "8++2", "8+-2", "8+02", "8 +2", " 8+2", "8+2 ",
                            "8+2=10", "8+1234567", "8*2", "00+1", "8+2\n"}) {
    CAPTURE(wrong);
    CHECK_FALSE(ParseSignExpression(wrong));
  }
  std::string twenty = "1";
  for (size_t i = 1; i < kMostSignNumbers; ++i) twenty += "+999999";
  CHECK(ParseSignExpression(twenty)->Value() == 1 + 19 * 999999);
  CHECK_FALSE(ParseSignExpression(twenty + "+1"));
  const uint64_t seed = 5;
  CAPTURE(seed);
  DataRandom random(seed);
  int read = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (int64_t length = random.Range(1, 9); length > 0; --length) text += "0012379+-+-"[random.Uniform(11)];
    CAPTURE(text);
    const auto parsed = ParseSignExpression(text);
    REQUIRE(parsed.has_value() == IsExpression(text));
    if (parsed) REQUIRE(parsed->Text() == text);
    read += parsed.has_value();
  }
  CHECK(read > 1000);
}

TEST_CASE("the number of sign choices is what trying them all finds") {
  const uint64_t seed = 6;
  CAPTURE(seed);
  DataRandom random(seed);
  for (int i = 0; i < 300; ++i) {
    std::vector<int64_t> numbers;
    for (int64_t n = random.Range(1, 8); n > 0; --n) numbers.push_back(random.Range(0, 9));
    std::map<int64_t, int64_t> counts;
    for (uint64_t bits = 0; bits < uint64_t{1} << (numbers.size() - 1); ++bits)
      ++counts[WithSigns(numbers, bits).Value()];
    for (int64_t target = -80; target <= 80; ++target)
      REQUIRE(CountSignChoices(numbers, target) == counts[target]);
  }
}

TEST_CASE("20,000 prompts: solvable digits, kinds equally likely, gold and columns of the question asked") {
  const uint64_t seed = 7;
  CAPTURE(seed);
  for (const Split split : {Split::kTrain, Split::kHeldOut}) {
    const SignTask task(seed, split, kBare);
    const int count = 20000;
    std::map<std::string, int> kinds;
    for (int i = 0; i < count; ++i) {
      const Prompt prompt = task.PromptAt(i);
      CAPTURE(prompt.text);
      static const std::regex form("[1-9](,[1-9]){2,4}=([0-9]|[1-4][0-9])");
      REQUIRE(std::regex_match(prompt.text, form));
      const size_t numbers = (prompt.text.find('=') + 1) / 2;
      REQUIRE(prompt.kind == "signs" + std::to_string(numbers));
      ++kinds[prompt.kind];
      const auto gold = ParseSignExpression(prompt.gold);
      REQUIRE(gold.has_value());
      REQUIRE(SignQuestion{*gold}.Text() == prompt.text);
      REQUIRE(CountSignChoices(gold->numbers, gold->Value()) >= 1);
      REQUIRE(nlohmann::json::parse(prompt.columns) == nlohmann::json{{"question", prompt.text}});
    }
    REQUIRE(kinds.size() == 3);
    for (const auto& [kind, times] : kinds)
      CHECK(std::abs(times - count / 3.0) < 5 * std::sqrt(count * 2 / 9.0));
  }
}

TEST_CASE("splits of any seeds are disjoint; prompt #i is a function of seed and i") {
  std::set<std::string> held_out;
  for (const uint64_t seed : {1, 2}) {
    const SignTask task(seed, Split::kHeldOut, kBare);
    for (int i = 0; i < 3000; ++i) held_out.insert(task.QuestionAt(i).Text());
  }
  CHECK(held_out.size() > 1500);
  const SignTask train(1, Split::kTrain, kBare), other(2, Split::kTrain, kBare);
  for (int i = 0; i < 20000; ++i) REQUIRE_FALSE(held_out.contains(train.QuestionAt(i).Text()));
  int same = 0;
  for (int i = 99; i >= 0; --i) {
    const Prompt p = train.PromptAt(i), again = SignTask(1, Split::kTrain, kBare).PromptAt(i);
    CHECK((p.text == again.text && p.gold == again.gold && p.index == i));
    same += p.text == other.PromptAt(i).text;
  }
  CHECK(same < 5);
}

}  // namespace
}  // namespace hone
