// data/words_tasks and data/words_corpus: answers against a reading of the question's own words, steps that are true, splits that
// cannot overlap in either language, shares as configured, and the tokenizer on every document.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "data/error.h"
#include "data/words_corpus.h"
#include "data/words_tasks.h"

using namespace hone;

namespace {

const PromptTemplate kBare("{question}");

std::vector<std::string> WordsIn(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// The answer as a reader of the question works it out, and the language it is asked in.
std::pair<std::string, std::string> ReadQuestion(const std::string& text) {
  const std::vector<std::string> w = WordsIn(text);
  const auto n = [&](size_t i) { return std::stoll(w.at(i)); };
  if (w[0] == "copy" || w[0] == "kopiere") return {w.at(1), w[0] == "copy" ? "en" : "de"};
  if (w[0] == "sort" || w[0] == "sortiere") {
    std::string digits;
    for (char d = '1'; d <= '9'; ++d) {
      for (size_t i = 1; i < w.size(); ++i) digits += w[i] == std::string(1, d) ? w[i] : "";
    }
    return {digits, w[0] == "sort" ? "en" : "de"};
  }
  if (w[0] == "how" || w[0] == "wie") {
    int64_t count = 0;
    for (const char c : w.at(4)) count += c == w.at(2).at(0);
    return {std::to_string(count), w[0] == "how" ? "en" : "de"};
  }
  if (w[0] == "which" || w.at(2) == "mehr") {
    REQUIRE(w.at(4) == (w[0] == "which" ? "or" : "oder"));
    return {n(3) > n(5) ? w[3] : w.at(5), w[0] == "which" ? "en" : "de"};
  }
  const int64_t a = n(2), b = n(4);
  const int64_t result = w.at(3) == "+" ? a + b : w.at(3) == "-" ? a - b : a * b;
  return {std::to_string(result), w[0] == "what" ? "en" : "de"};
}

// How many of the results written after "is" or "ist" do not follow from the two numbers before.
int FalseSteps(const std::string& sentence) {
  static const std::regex step(R"((-?\d+) ([-+*]) (\d+) (?:is|ist) (-?\d+))");
  int wrong = 0;
  // Steps share numbers: each is looked for from the number that the one before gave.
  for (std::string rest = sentence;;) {
    std::smatch m;
    if (!std::regex_search(rest, m, step)) return wrong;
    const int64_t a = std::stoll(m[1]), b = std::stoll(m[3]);
    wrong += (m[2] == "+" ? a + b : m[2] == "-" ? a - b : a * b) != std::stoll(m[4]);
    const auto next = static_cast<size_t>(m.position(4));
    rest.erase(0, next);
  }
}

std::string Between(const std::string& s, const std::string& open, const std::string& close) {
  const size_t from = s.find(open);
  return from == std::string::npos ? "" : s.substr(from + open.size(), s.find(close) - from - open.size());
}

// Which languages the sentences of a document are in, by their own words, and what else a reader notices.
struct Reading {
  bool english = false, german = false, twice = false, restated = false, asides = false;
};

Reading Read(const std::string& thinking, const std::string& answer) {
  static const std::set<std::string> german = {"ist",       "sind", "also", "einer", "zehner",
                                               "hunderter", "wir",  "nun",  "noch",  "das"};
  static const std::set<std::string> english = {"is",       "are", "so",  "ones", "tens",
                                                "hundreds", "let", "now", "one",  "this"};
  static const std::set<std::string> asides = {"let", "wir", "now", "nun", "this", "das", "one", "noch"};
  Reading reading;
  std::set<std::string> seen;
  std::string last;
  for (size_t at = 0; at <= thinking.size();) {
    const size_t end = std::min(thinking.find(". ", at), thinking.size());
    last = thinking.substr(at, end - at);
    reading.twice |= !seen.insert(last).second;
    const std::vector<std::string> words = WordsIn(last);
    reading.asides |= asides.contains(words.at(0));
    for (const std::string& word : words) {
      reading.german |= german.contains(word);
      reading.english |= english.contains(word);
    }
    at = end + 2;
  }
  reading.restated = last == "so the answer is " + answer || last == "also ist die antwort " + answer;
  return reading;
}

struct Scratch {
  Scratch() {
    path = (std::filesystem::temp_directory_path() / "hone_words_XXXXXX").string();
    REQUIRE(mkdtemp(path.data()) != nullptr);
  }
  ~Scratch() { std::filesystem::remove_all(path); }
  std::string path;
};

}  // namespace

TEST_CASE("20,000 prompts: the answer is what their words ask for, in the language they name") {
  const uint64_t seed = 7;
  CAPTURE(seed);
  const WordsTask task(seed, Split::kTrain, kBare);
  const int count = 20000;
  std::map<std::string, int> kinds, languages;
  for (int i = 0; i < count; ++i) {
    const Prompt prompt = task.PromptAt(i);
    CAPTURE(prompt.text);
    const auto [answer, language] = ReadQuestion(prompt.text);
    REQUIRE(prompt.gold == answer);
    REQUIRE((prompt.gold == "0" || prompt.gold[0] != '0'));  // so that numbers compare as texts do
    const nlohmann::json columns = nlohmann::json::parse(prompt.columns);
    REQUIRE(columns.at("language") == language);
    REQUIRE(columns.at("question") == prompt.text);
    ++kinds[prompt.kind];
    ++languages[language];
  }
  CHECK(std::abs(languages["de"] - count / 2) < 5 * std::sqrt(count / 4.0));
  for (const WordsKindInfo& info : kWordsKinds) {
    const double expected = count * info.weight / 100.0;
    CHECK(std::abs(kinds[info.name] - expected) < 5 * std::sqrt(expected));
  }
}

TEST_CASE("splits of any seeds are disjoint, also between the languages; subsets hold their kinds") {
  std::set<std::string> held_out;
  for (const uint64_t seed : {1, 2}) {
    const WordsTask task(seed, Split::kHeldOut, kBare);
    for (int i = 0; i < 3000; ++i) {
      WordsQuestion q = task.QuestionAt(i);
      for (const WordsLanguage language : {WordsLanguage::kEnglish, WordsLanguage::kGerman}) {
        q.language = language;
        held_out.insert(q.Text());
      }
    }
  }
  CHECK(held_out.size() > 4000);
  const WordsTask train(1, Split::kTrain, kBare);
  const WordsCorpus corpus({}, 1, kBare);
  for (int i = 0; i < 20000; ++i) {
    REQUIRE_FALSE(held_out.contains(train.QuestionAt(i).Text()));
    REQUIRE_FALSE(held_out.contains(corpus.DocumentAt(i).question.Text()));
  }
  for (const WordsSubset subset : {WordsSubset::kReasoning, WordsSubset::kGeneral}) {
    const WordsTask task(3, Split::kTrain, kBare, subset);
    std::set<std::string> kinds;
    for (int i = 0; i < 500; ++i) {
      REQUIRE(InfoOf(task.QuestionAt(i).kind).reasoning == (subset == WordsSubset::kReasoning));
      kinds.insert(task.PromptAt(i).kind);
    }
    CHECK(kinds.size() == (subset == WordsSubset::kReasoning ? 3 : 4));
  }
  const WordsTask a(5, Split::kTrain, kBare), b(5, Split::kTrain, kBare), other(6, Split::kTrain, kBare);
  int same = 0;
  for (int i = 99; i >= 0; --i) {
    const Prompt p = a.PromptAt(i), q = b.PromptAt(i);
    CHECK((p.text == q.text && p.gold == q.gold && p.columns == q.columns));
    same += p.text == other.PromptAt(i).text;
  }
  CHECK(same < 5);
}

TEST_CASE("worked steps, letter by letter, in both languages") {
  DataRandom random(0);
  const auto work = [&](WordsKind kind, std::vector<int64_t> numbers, const std::string& letters = "") {
    const WordsWorking w = WorkInWords({kind, WordsLanguage::kEnglish, numbers, letters}, 0.0, random);
    std::string text;
    for (size_t i = 0; i < 2; ++i) {
      for (const WordsSentence& s : w.sentences) text += s[i] + ". ";
    }
    return text + w.answer;
  };
  using K = WordsKind;
  CHECK(work(K::kAdd, {47, 585}) ==
        "ones 5 + 7 is 12. tens 8 + 4 is 12 + 1 is 13. hundreds 5 + 1 is 6. "
        "einer 5 + 7 ist 12. zehner 8 + 4 ist 12 + 1 ist 13. hunderter 5 + 1 ist 6. 632");
  CHECK(work(K::kSubtract, {804, 798}) ==
        "ones 4 - 8 is -4 + 10 is 6. tens 0 - 9 is -9 - 1 is -10 + 10 is 0. hundreds 8 - 7 is 1 - 1 is 0. "
        "einer 4 - 8 ist -4 + 10 ist 6. zehner 0 - 9 ist -9 - 1 ist -10 + 10 ist 0. "
        "hunderter 8 - 7 ist 1 - 1 ist 0. 6");
  CHECK(work(K::kTimes, {74, 9}) ==
        "ones 4 * 9 is 36. tens 7 * 9 is 63 + 3 is 66. einer 4 * 9 ist 36. zehner 7 * 9 ist 63 + 3 ist 66. "
        "666");
  CHECK(work(K::kCopy, {7391}) == "the digits are 7 3 9 1. die ziffern sind 7 3 9 1. 7391");
  CHECK(work(K::kSort, {7, 3, 9}) == "first is 3, then 7, then 9. erst ist 3, dann 7, dann 9. 379");
  CHECK(work(K::kCount, {}, "bcbb") == "it is c0, b1, b2. es ist c0, b1, b2. 2");
  CHECK(work(K::kCompare, {47, 85}) == "85 is more than 47. 85 ist mehr als 47. 85");
}

TEST_CASE("without slips every step is true and every answer right; a slip is carried on") {
  const uint64_t seed = 17;
  CAPTURE(seed);
  DataRandom random(seed);
  int wrong = 0, false_steps = 0, slipped = 0, unnoticed = 0;
  for (int i = 0; i < 20000; ++i) {
    const WordsQuestion question = DrawWordsQuestion(random);
    const WordsWorking clean = WorkInWords(question, 0.0, random), bad = WorkInWords(question, 0.1, random);
    wrong += clean.answer != question.Answer();
    int falses = 0;
    for (const WordsSentence& s : clean.sentences) false_steps += FalseSteps(s[0]) + FalseSteps(s[1]);
    for (const WordsSentence& s : bad.sentences) falses += FalseSteps(s[0]);
    if (!InfoOf(question.kind).reasoning) continue;
    slipped += falses > 0;
    unnoticed += falses == 0 && bad.answer != question.Answer();
    REQUIRE(std::all_of(bad.answer.begin(), bad.answer.end(), [](char c) { return c >= '0' && c <= '9'; }));
  }
  CHECK(wrong == 0);
  CHECK(false_steps == 0);
  CHECK(slipped > 3000);
  CHECK(unnoticed == 0);
  for (int i = 0; i < 3000; ++i) {
    for (const WordsSentence& s : WorkInWords(DrawWordsQuestion(random), 1.0, random).sentences)
      REQUIRE(s[0].size() < 80);
  }
}

TEST_CASE("the corpus: shares and styles as a reader finds them, every document written by the tokenizer") {
  Scratch scratch;
  WriteWordsTokenizer(scratch.path);
  const Tokenizer tokenizer = Tokenizer::Load(scratch.path);
  const uint64_t seed = 3;
  CAPTURE(seed);
  const WordsCorpusConfig config;
  const WordsCorpus corpus(config, seed, PromptTemplate("<bos>{question}?"));
  const int count = 20000;
  std::map<WordsStyle, int> styles;
  int right_direct = 0, untagged = 0, right_worked = 0, mixed_both = 0;
  size_t tokens = 0, longest = 0;
  for (int i = 0; i < count; ++i) {
    const WordsDocument d = corpus.DocumentAt(i);
    CAPTURE(d.prompt + d.completion);
    const std::vector<int32_t> ids = tokenizer.Encode(d.prompt + d.completion);
    REQUIRE(ids.back() == tokenizer.eos_id());
    REQUIRE(tokenizer.Decode(ids, false) == d.prompt + d.completion);
    tokens += ids.size();
    longest = std::max(longest, ids.size());
    ++styles[d.style];
    const bool right = d.answer == d.question.Answer();
    const std::string thinking = Between(d.completion, "<think>", "</think>");
    if (d.style == WordsStyle::kDirect) {
      right_direct += right;
      untagged += thinking.empty();
      REQUIRE((d.completion == d.answer + "<eos>" || thinking == "easy" || thinking == "klar"));
      continue;
    }
    right_worked += right;
    REQUIRE(d.completion == "<think>" + thinking + "</think><answer>" + d.answer + "</answer><eos>");
    const Reading r = Read(thinking, d.answer);
    const bool asked_in_german = d.question.language == WordsLanguage::kGerman;
    const bool foreign = asked_in_german ? r.english : r.german;
    REQUIRE(foreign == (d.style == WordsStyle::kMixed));
    mixed_both += r.english && r.german;
    REQUIRE(r.asides == (d.style == WordsStyle::kRambling));
    if (d.style != WordsStyle::kRambling) REQUIRE(r.twice == (d.style == WordsStyle::kRepetitive));
    const bool clean = d.style == WordsStyle::kClean;
    if (d.style != WordsStyle::kRepetitive) REQUIRE(r.restated == (clean || d.style == WordsStyle::kMixed));
  }
  MESSAGE(tokenizer.vocab_size() << " tokens; documents of " << static_cast<double>(tokens) / count
                                 << " tokens, at most " << longest);
  const auto near = [](int n, double share, int of) {
    return std::abs(n - share * of) < 5 * std::sqrt(share * of);
  };
  const int direct = styles[WordsStyle::kDirect], worked = count - direct;
  CHECK(near(direct, config.direct_share, count));
  CHECK(near(right_direct, 1 - config.wrong_share, direct));
  CHECK(near(untagged, config.untagged_share, direct));
  CHECK(near(styles[WordsStyle::kBare], config.bare_share, worked));
  CHECK(near(styles[WordsStyle::kMixed], config.mixed_share, worked));
  CHECK(near(styles[WordsStyle::kRambling], config.rambling_share, worked));
  CHECK(near(styles[WordsStyle::kRepetitive], config.repetitive_share, worked));
  CHECK(right_worked > worked * 96 / 100);
  CHECK(mixed_both > styles[WordsStyle::kMixed] / 2);
  CHECK(longest <= 150);
  const WordsCorpus again(config, seed, PromptTemplate("<bos>{question}?"));
  CHECK(again.DocumentAt(77).completion == corpus.DocumentAt(77).completion);
  CHECK_THROWS_WITH_AS(WordsCorpus({.wrong_share = 1.5}, 1, kBare), doctest::Contains("wrong_share"), Error);
  CHECK_THROWS_AS(WordsCorpus({.slip = NAN}, 1, kBare), Error);
  CHECK_THROWS_WITH_AS(WordsCorpus({.mixed_share = 0.6}, 1, kBare), doctest::Contains("mixed_share"), Error);
}
