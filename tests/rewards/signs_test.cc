// The reward `signs` and what it reads of a completion's tries (rewards/signs/): rows by hand, a twin made of regular expressions over
// random and mangled texts, and long hostile ones.
#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <regex>
#include <set>

#include "data/random.h"
#include "data/sign_corpus.h"
#include "data/sign_puzzle.h"
#include "rewards/signs/sign_reward.h"
#include "rewards/signs/sign_tries.h"
#include "tests/rewards/scoring.h"

namespace hone {
namespace {

std::map<std::string, double> PartsOf(const Score& score) { return {score.parts.begin(), score.parts.end()}; }

std::string Tagged(const std::string& thinking, const std::string& answer) {
  return "<think>" + thinking + "</think><answer>" + answer + "</answer>";
}

Score ScoreOf(const std::string& gold, const std::string& text) {
  return SignReward().Score(GroupOfTexts(gold, {text})).at(0);
}

// The same by regular expressions and long division into parts; slow, and for short texts.
std::map<std::string, double> PartsByRegex(const std::string& text, const std::vector<int64_t>& numbers,
                                           int64_t target) {
  std::smatch m;
  std::string rest = text;
  if (std::regex_search(rest, m, std::regex("<think>"))) rest = m.suffix();
  const bool ended = std::regex_search(rest, m, std::regex("</think>"));
  if (ended) rest = m.prefix();
  const std::string count = std::to_string(numbers.size() - 1);
  const std::regex form("-?[0-9]{1,6}(?:[+-]-?[0-9]{1,6}){" + count + "}[yn]"), step("([+-])(-?[0-9]{1,6})");
  std::map<std::string, double> parts = {{"thinking", static_cast<double>(rest.size())}};
  for (const char* name : {"tries", "hits", "repeats", "steps", "wrong_steps"}) parts[name] = 0;
  std::set<std::string> seen;
  bool last_hits = false;
  const std::regex comma(",");
  for (std::sregex_token_iterator at(rest.begin(), rest.end(), comma, -1), end; at != end; ++at) {
    const std::string part = *at;
    if (!std::regex_match(part, form)) continue;
    std::string signs, text = "+" + part;  // so that the first rest is read like the others
    std::vector<int64_t> lefts = {target};
    int64_t value = 0;
    for (std::sregex_iterator s(text.begin(), text.end(), step), none; s != none; ++s) {
      const bool minus = (*s)[1] == "-";
      const int64_t number = numbers[lefts.size() - 1] * (minus ? -1 : 1);
      value += number;
      parts["wrong_steps"] += lefts.back() - std::stoll((*s)[2]) != number;
      lefts.push_back(std::stoll((*s)[2]));
      signs += (*s)[1];
    }
    ++parts["tries"];
    parts["steps"] += static_cast<double>(lefts.size() - 1);
    last_hits = value == target;
    parts["hits"] += last_hits;
    parts["repeats"] += seen.count(signs);
    seen.insert(signs);
  }
  parts["gave_up"] = ended && !last_hits;
  double hitting = 0, choices = 0;
  for (uint64_t bits = 0; bits < uint64_t{1} << (numbers.size() - 1); ++bits) {
    int64_t value = numbers[0];
    for (size_t i = 1; i < numbers.size(); ++i)
      value += (bits >> (i - 1) & 1) == 1 ? -numbers[i] : numbers[i];
    hitting += value == target;
    ++choices;
  }
  parts["chance"] = parts["tries"] * hitting / choices;
  return parts;
}

TEST_CASE("an answer is right when it has the numbers in order and the value") {
  const std::string gold = "8+2+2+3";
  for (const auto& [answer, right] : std::map<std::string, bool>{{"8+2+2+3", true},
                                                                 {"8+2-2+3", false},
                                                                 {"15", false},
                                                                 {"2+8+2+3", false},
                                                                 {"8+2+5", false},
                                                                 {"8+2+2+3=15", false},
                                                                 {"+8+2+2+3", false},
                                                                 {" 8+2+2+3", false},
                                                                 {"8+2+2+3+0", false},
                                                                 {"8 + 2 + 2 + 3", false},
                                                                 {"08+2+2+3", false}}) {
    CAPTURE(answer);
    const Score score = ScoreOf(gold, Tagged("easy", answer));
    CHECK(score.status == Score::Status::kValue);
    CHECK((score.value == 1.0) == right);
    CHECK(!score.explanation.empty());
  }
  CHECK(ScoreOf("5+1-1", Tagged("easy", "5-1+1")).value == 1.0);  // another way to the same value
  CHECK(ScoreOf(gold, "8+2+2+3").value == 0.0);
  CHECK(ScoreOf(gold, Tagged("easy", "8+2+2+3") + "!").value == 0.0);
  CHECK(ScoreOf(gold, "").value == 0.0);
  for (const char* broken : {"", "15", "8,2,2,3=15", "-8+2", "8+2+x"}) {
    CAPTURE(broken);
    for (const Score& score : SignReward().Score(GroupOfTexts(broken, {Tagged("easy", "8+2+2+3"), "x"}))) {
      CHECK(IsFault(score));
      CHECK(Says(score, "gold of prompt 0"));
    }
  }
}

TEST_CASE("what a completion did, counted by hand") {
  // 8-2-2+3 = 7 twice, 8+2+2+3 = 15 with two wrong rests; of 8 choices one hits
  const auto parts = PartsOf(ScoreOf("8+2+2+3", Tagged("7-9-11+8n,7-9-11+8n,7+5+4+0y", "8+2+2+3")));
  const std::map<std::string, double> want = {{"tries", 3},       {"hits", 1},     {"chance", 3 / 8.0},
                                              {"repeats", 1},     {"steps", 12},   {"gave_up", 0},
                                              {"wrong_steps", 2}, {"thinking", 28}};
  CHECK(parts == want);
  CHECK(PartsOf(ScoreOf("8+2", Tagged("2-4n", "8-2"))).at("gave_up") == 1);
  CHECK(PartsOf(ScoreOf("8+2", Tagged("easy", "8+2"))).at("gave_up") == 1);
  CHECK(PartsOf(ScoreOf("8+2", "<think>2-4n,2-")).at("gave_up") == 0);  // cut off, not given up
  CHECK(PartsOf(ScoreOf("8+2", "<think>2-4n,2-")).at("tries") == 1);
  CHECK(PartsOf(ScoreOf("1-8", Tagged("-8-0y", "1-8"))).at("hits") == 1);
  CHECK(PartsOf(ScoreOf("1-8", Tagged("-8-0y", "1-8"))).at("wrong_steps") == 0);
}

TEST_CASE("random, mangled and broken completions: the same as by regular expressions") {
  const uint64_t seed = 8;
  CAPTURE(seed);
  DataRandom random(seed);
  const SignCorpus corpus({.give_up = 0.2}, seed, PromptTemplate("{question}"));
  const std::string alphabet = "+-0123456789yn,<>/thinkeasy ";
  int tries = 0, wrong_steps = 0, others = 0;
  for (int i = 0; i < 4000; ++i) {
    const SignDocument d = corpus.DocumentAt(i);
    std::string text = d.completion.substr(0, d.completion.size() - std::string("<eos>").size());
    for (int64_t changes = random.Range(0, 4); changes > 0 && !text.empty(); --changes) {
      const size_t at = random.Uniform(text.size());
      const uint64_t how = random.Uniform(4);
      if (how == 0) text.erase(at, 1);
      if (how == 1) text.insert(at, 1, alphabet[random.Uniform(alphabet.size())]);
      if (how == 2) text[at] = alphabet[random.Uniform(alphabet.size())];
      if (how == 3 && random.Uniform(4) == 0) text.resize(at);
    }
    CAPTURE(text);
    const std::vector<int64_t>& numbers = d.question.solution.numbers;
    const auto parts = PartsOf(ScoreOf(d.question.solution.Text(), text));
    const auto want = PartsByRegex(text, numbers, d.question.solution.Value());
    REQUIRE(parts == want);
    tries += static_cast<int>(parts.at("tries"));
    wrong_steps += static_cast<int>(parts.at("wrong_steps"));
    others += parts.at("tries") < static_cast<double>(d.tries);
  }
  CHECK(tries > 5000);
  CHECK(wrong_steps > 200);
  CHECK(others > 300);
}

TEST_CASE("long hostile texts are read in one pass and never throw") {
  std::string many = "<think>", longest;
  for (int i = 0; i < 200000; ++i) many += "2-4n,";
  const auto parts = PartsOf(ScoreOf("8+2", many));
  CHECK(parts.at("tries") == 200000);
  CHECK(parts.at("repeats") == 199999);
  const std::vector<std::string> units = {"<think>", "</think>", ",",        "+9999999",
                                          "-",       "+-",       "<answer>", "\xff\x00"};
  for (const std::string& unit : units) {
    std::string text;
    while (text.size() < 300000) text += unit;
    CAPTURE(unit);
    for (const Score& score :
         SignReward().Score(GroupOfTexts("8+2-3", {text, "<think>" + text, Tagged(text, text)}))) {
      CHECK(score.status == Score::Status::kValue);
      CHECK(score.value == 0.0);
      CHECK(PartsOf(score).at("tries") == 0);
    }
  }
}

}  // namespace
}  // namespace hone
