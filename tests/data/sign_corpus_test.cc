// data/sign_corpus: the documents read by a grammar of its own: shares, giving up, and signs that depend on nothing.
#include "data/sign_corpus.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <regex>

#include "data/error.h"
#include "data/tokenizer.h"

namespace hone {
namespace {

const PromptTemplate kBare("{question}");

struct ReadTry {
  uint64_t minus = 0;  // bit i: before the i-th number after the first
  bool hit = false;
  bool yes = false;
};

// Requires that all it writes is true.
ReadTry Read(const std::string& text, const std::vector<int64_t>& numbers, int64_t target) {
  static const std::regex first("(-?[0-9]+)(.*)([yn])"), step("([+-])(-?[0-9]+)");
  std::smatch m;
  REQUIRE(std::regex_match(text, m, first));
  REQUIRE(std::stoll(m[1]) == target - numbers[0]);
  ReadTry read;
  const std::string rest = m[2];
  int64_t total = numbers[0];
  size_t i = 0;
  for (std::sregex_iterator at(rest.begin(), rest.end(), step), end; at != end; ++at) {
    const bool minus = (*at)[1] == "-";
    ++i;
    REQUIRE(i < numbers.size());
    total += minus ? -numbers[i] : numbers[i];
    REQUIRE(std::stoll((*at)[2]) == target - total);
    read.minus |= uint64_t{minus} << (i - 1);
  }
  REQUIRE(i + 1 == numbers.size());
  read.hit = total == target;
  read.yes = m[3] == "y";
  return read;
}

std::vector<std::string> Parted(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::string Between(const std::string& text, const std::string& before, const std::string& after) {
  const size_t begin = text.find(before) + before.size();
  return text.substr(begin, text.find(after, begin) - begin);
}

bool Near(double n, double share, double of) { return std::abs(n - share * of) < 5 * std::sqrt(share * of); }

TEST_CASE("a try lists each sign with what is left to the target") {
  CHECK(WriteSignTry({{8, 2, 2, 3}, {true, true, false}}, 15, false) == "7-9-11+8n");
  CHECK(WriteSignTry({{8, 2, 2, 3}, {false, false, false}}, 15, true) == "7+5+3+0y");
  CHECK(WriteSignTry({{9, 1, 2}, {true, false}}, 4, false) == "-5--4+-6n");
}

TEST_CASE(
    "the corpus: shares as a reader finds them; each try's signs are uniform, whatever was tried and asked") {
  const uint64_t seed = 4;
  CAPTURE(seed);
  const SignCorpusConfig config;
  const SignCorpus corpus(config, seed, kBare);
  const int count = 30000;
  int direct = 0, tries = 0, hits = 0, wrong_verdicts = 0, early_no = 0, early_stop = 0, patient = 0,
      gave_up_late = 0;
  int repeats_of_last = 0, follow_ups = 0;
  double chance = 0, repeat_chance = 0;
  std::map<std::string, int> signs_of_five;
  for (int i = 0; i < count; ++i) {
    const SignDocument d = corpus.DocumentAt(i);
    CAPTURE(d.prompt + d.completion);
    REQUIRE(d.prompt == d.question.Text());
    REQUIRE_FALSE(IsHeldOut(d.question.Text()));
    const std::string thinking = Between(d.completion, "<think>", "</think>"),
                      answer = Between(d.completion, "<answer>", "</answer>");
    REQUIRE(d.completion == "<think>" + thinking + "</think><answer>" + answer + "</answer><eos>");
    REQUIRE(answer == d.answer.Text());
    const std::vector<int64_t>& numbers = d.question.solution.numbers;
    REQUIRE(d.answer.numbers == numbers);
    const int64_t target = d.question.solution.Value();
    if (thinking == "easy") {
      REQUIRE(d.tries == 0);
      ++direct;
      continue;
    }
    const std::vector<std::string> parts = Parted(thinking);
    REQUIRE(std::ssize(parts) == d.tries);
    REQUIRE(d.tries <= config.max_tries);
    const auto choices = static_cast<double>(uint64_t{1} << (numbers.size() - 1));
    ReadTry last, before;
    for (size_t t = 0; t < parts.size(); ++t) {
      before = last;
      last = Read(parts[t], numbers, target);
      REQUIRE(last.yes <= (t + 1 == parts.size()));  // nothing follows a yes
      hits += last.hit;
      wrong_verdicts += last.hit != last.yes;
      chance += static_cast<double>(CountSignChoices(numbers, target)) / choices;
      if (t > 0) {
        ++follow_ups;
        repeats_of_last += last.minus == before.minus;
        repeat_chance += 1.0 / choices;
      }
      if (numbers.size() == 5) ++signs_of_five[std::to_string(last.minus)];
    }
    tries += static_cast<int>(parts.size());
    REQUIRE((d.answer.Value() == target) == last.hit);
    early_no += parts.size() > 1 || !last.yes;
    early_stop += parts.size() == 1 && !last.yes;
    patient += parts.size() > 12;
    gave_up_late += parts.size() > 12 && !last.yes && std::ssize(parts) < config.max_tries;
  }
  CHECK(Near(direct, config.direct_share, count));
  CHECK(Near(wrong_verdicts, config.wrong_verdict, tries));
  CHECK(Near(hits, chance / tries, tries));  // Wald: stopping at a hit does not change the ratio
  CHECK(Near(repeats_of_last, repeat_chance / follow_ups, follow_ups));
  CHECK(Near(early_stop, config.give_up * (1 - config.patient_share), early_no));
  CHECK(patient > 40);
  CHECK(gave_up_late < patient / 10);  // whoever tried so often does not give up
  REQUIRE(signs_of_five.size() == 16);
  double of_five = 0;
  for (const auto& [signs, times] : signs_of_five) of_five += times;
  for (const auto& [signs, times] : signs_of_five) CHECK(Near(times, 1 / 16.0, of_five));
}

TEST_CASE("every document is written by the tokenizer and fits; the same again from the same seed") {
  std::string path = (std::filesystem::temp_directory_path() / "hone_signs_XXXXXX").string();
  REQUIRE(::mkdtemp(path.data()) != nullptr);
  WriteSignTokenizer(path);
  const Tokenizer tokenizer = Tokenizer::Load(path);
  std::filesystem::remove_all(path);
  const PromptTemplate prompt("<bos>{question}?");
  const SignCorpus corpus({}, 3, prompt), again({}, 3, prompt);
  size_t tokens = 0, longest = 0;
  const int count = 20000;
  for (int i = 0; i < count; ++i) {
    const SignDocument d = corpus.DocumentAt(i);
    const std::vector<int32_t> ids = tokenizer.Encode(d.prompt + d.completion);
    REQUIRE(tokenizer.Decode(ids, false) == d.prompt + d.completion);
    REQUIRE(ids.back() == tokenizer.eos_id());
    tokens += ids.size();
    longest = std::max(longest, ids.size());
  }
  MESSAGE(tokenizer.vocab_size() << " tokens; documents of " << static_cast<double>(tokens) / count
                                 << " tokens, at most " << longest);
  CHECK(longest <= 512);
  CHECK(again.DocumentAt(77).completion == corpus.DocumentAt(77).completion);
  CHECK_THROWS_WITH_AS(SignCorpus({.give_up = 1.5}, 1, kBare), doctest::Contains("give_up"), Error);
  CHECK_THROWS_AS(SignCorpus({.wrong_verdict = NAN}, 1, kBare), Error);
  CHECK_THROWS_WITH_AS(SignCorpus({.max_tries = 0}, 1, kBare), doctest::Contains("max_tries"), Error);
}

}  // namespace
}  // namespace hone
