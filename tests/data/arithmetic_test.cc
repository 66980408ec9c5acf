// data/arithmetic: golds against an evaluator of the question's text, ranges and frequencies of the kinds,
// and splits that cannot overlap.
#include "data/arithmetic.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

using namespace hone;

namespace {

// Evaluates + - * with the usual precedence from the text alone.
int64_t Evaluate(const std::string& text) {
  size_t at = 0;
  const auto number = [&] {
    int64_t n = 0;
    REQUIRE(at < text.size());
    REQUIRE(std::isdigit(static_cast<unsigned char>(text[at])));
    while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])))
      n = n * 10 + (text[at++] - '0');
    return n;
  };
  const auto product = [&] {
    int64_t n = number();
    while (at < text.size() && text[at] == '*') {
      ++at;
      n *= number();
    }
    return n;
  };
  int64_t n = product();
  while (at < text.size()) {
    const char op = text[at++];
    REQUIRE((op == '+' || op == '-'));
    const int64_t next = product();
    n += op == '+' ? next : -next;
  }
  return n;
}

std::vector<int64_t> Numbers(const std::string& text) {
  std::vector<int64_t> numbers;
  bool inside = false;
  for (char c : text) {
    const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (digit && !inside) numbers.push_back(0);
    if (digit) numbers.back() = numbers.back() * 10 + (c - '0');
    inside = digit;
  }
  return numbers;
}

bool HasDigits(int64_t n, int least, int most) {
  const int digits = static_cast<int>(std::to_string(n).size());
  return digits >= least && digits <= most;
}

bool InRange(const std::string& kind, const std::vector<int64_t>& n) {
  const auto all = [&](int least, int most) {
    return std::all_of(n.begin(), n.end(), [=](int64_t v) { return HasDigits(v, least, most); });
  };
  if (kind == "sum2" || kind == "difference") return n.size() == 2 && all(2, 4);
  if (kind == "sum3") return n.size() == 3 && all(2, 3);
  if (kind == "times1") return n.size() == 2 && HasDigits(n[0], 2, 4) && n[1] >= 2 && n[1] <= 9;
  if (kind == "times2") return n.size() == 2 && n[0] >= 10 && n[0] <= 99 && n[1] >= 11 && n[1] <= 99;
  return kind == "times_add" && n.size() == 3 && HasDigits(n[0], 2, 3) && n[1] >= 2 && n[1] <= 9 &&
         HasDigits(n[2], 2, 3);
}

}  // namespace

TEST_CASE("100,000 golds agree with an evaluator of the text; kinds keep their ranges and weights") {
  const uint64_t seed = 2026;
  CAPTURE(seed);
  const int count = 100000;
  for (const Split split : {Split::kTrain, Split::kHeldOut}) {
    const ArithmeticTask task(seed, split, PromptTemplate("<bos>Q:{question}=?A:"));
    const int n = split == Split::kTrain ? count : count / 10;
    std::map<std::string, int> kinds;
    int wrong = 0, outside = 0, in_other_split = 0;
    for (int i = 0; i < n; ++i) {
      const Prompt prompt = task.PromptAt(i);
      const std::string question = prompt.text.substr(7, prompt.text.size() - 7 - 4);
      REQUIRE(prompt.text == "<bos>Q:" + question + "=?A:");
      REQUIRE(prompt.index == i);
      REQUIRE(prompt.ids.empty());
      const int64_t value = Evaluate(question);
      wrong += std::to_string(value) != prompt.gold || value < 0;
      outside += !InRange(prompt.kind, Numbers(question));
      in_other_split += IsHeldOut(question) != (split == Split::kHeldOut);
      ++kinds[prompt.kind];
    }
    CHECK(wrong == 0);
    CHECK(outside == 0);
    CHECK(in_other_split == 0);
    CHECK(kinds.size() == std::size(kArithmeticKinds));
    for (const ArithmeticKindInfo& info : kArithmeticKinds) {
      CAPTURE(info.name);
      const double share = info.weight / 100.0;
      const double error = std::sqrt(share * (1 - share) / n);
      CHECK(std::abs(kinds[info.name] / static_cast<double>(n) - share) < 4 * error);
    }
  }
}

TEST_CASE("splits of different seeds share no question, prompts depend on seed and index only") {
  const PromptTemplate bare("{question}");
  std::set<std::string> held_out;
  for (uint64_t seed : {1, 2, 3}) {
    for (int i = 0; i < 5000; ++i) {
      held_out.insert(ArithmeticTask(seed, Split::kHeldOut, bare).PromptAt(i).text);
    }
  }
  CHECK(held_out.size() > 10000);
  int shared = 0;
  for (uint64_t seed : {1, 2, 9}) {
    const ArithmeticTask train(seed, Split::kTrain, bare);
    for (int i = 0; i < 20000; ++i) shared += static_cast<int>(held_out.count(train.PromptAt(i).text));
  }
  CHECK(shared == 0);

  const ArithmeticTask a(5, Split::kTrain, bare), b(5, Split::kTrain, bare);
  const ArithmeticTask other(6, Split::kTrain, bare);
  int same = 0;
  for (int i = 999; i >= 0; --i) {
    REQUIRE(a.PromptAt(i).text == b.PromptAt(i).text);
    same += a.PromptAt(i).text == other.PromptAt(i).text;
  }
  CHECK(same < 10);
}

TEST_CASE("one in sixteen is held out") {
  DataRandom random(4);
  int held_out = 0;
  for (int i = 0; i < 50000; ++i) held_out += IsHeldOut(DrawArithmeticQuestion(random).Text());
  CHECK(std::abs(held_out / 50000.0 - 1.0 / 16) < 0.006);
}

TEST_CASE("the first prompts of seed 1 are pinned: another platform must draw the same") {
  const ArithmeticTask task(1, Split::kTrain, PromptTemplate("{question}"));
  std::string drawn;
  for (int i = 0; i < 6; ++i) drawn += task.PromptAt(i).text + "=" + task.PromptAt(i).gold + " ";
  CHECK(drawn == "96*7-15=657 121*4=484 554*2=1108 811+22+193=1026 6628-11=6617 814+24+15=853 ");
}
