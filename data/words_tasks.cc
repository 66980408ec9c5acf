// Drawing questions, their wording in both languages, and their answers. Covered by tests/data/words_test.cc.
#include "data/words_tasks.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

namespace hone {
namespace {

constexpr char kLetters[] = "bcdf";  // none of them is a word of either language

// `digits` uniform in [least, most], then the number uniform among those without a leading zero.
int64_t DrawNumber(DataRandom& random, int least, int most) {
  const int64_t digits = random.Range(least, most);
  int64_t low = 1;
  for (int64_t i = 1; i < digits; ++i) low *= 10;
  return random.Range(low, 10 * low - 1);
}

WordsKind DrawKind(DataRandom& random) {
  int64_t at = random.Range(0, 99);
  for (const WordsKindInfo& info : kWordsKinds) {
    at -= info.weight;
    if (at < 0) return info.kind;
  }
  std::abort();
}

// Different digits of 1..9: the answer to sorting them is then a number of as many digits.
std::vector<int64_t> DrawDigits(DataRandom& random) {
  std::vector<int64_t> digits = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  const auto count = static_cast<size_t>(random.Range(3, 6));
  for (size_t i = 0; i < count; ++i) std::swap(digits[i], digits[i + random.Uniform(digits.size() - i)]);
  digits.resize(count);
  return digits;
}

std::string DrawLetters(DataRandom& random) {
  std::string letters;
  for (int64_t i = random.Range(5, 9); i > 0; --i) letters += kLetters[random.Uniform(4)];
  return letters;
}

std::string Joined(const std::vector<int64_t>& numbers, const char* between) {
  std::string text;
  for (const int64_t n : numbers) text += (text.empty() ? "" : between) + std::to_string(n);
  return text;
}

bool Belongs(WordsKind kind, WordsSubset subset) {
  return subset == WordsSubset::kAll || InfoOf(kind).reasoning == (subset == WordsSubset::kReasoning);
}

}  // namespace

const WordsKindInfo& InfoOf(WordsKind kind) {
  for (const WordsKindInfo& info : kWordsKinds) {
    if (info.kind == kind) return info;
  }
  std::abort();
}

const char* LanguageCode(WordsLanguage language) { return language == WordsLanguage::kGerman ? "de" : "en"; }

std::string WordsQuestion::Key() const {
  return std::string(InfoOf(kind).name) + " " + Joined(numbers, " ") + letters;
}

std::string WordsQuestion::Text() const {
  const bool german = language == WordsLanguage::kGerman;
  const std::string what = german ? "was ist " : "what is ";
  switch (kind) {
    case WordsKind::kAdd:
      return what + Joined(numbers, " + ");
    case WordsKind::kSubtract:
      return what + Joined(numbers, " - ");
    case WordsKind::kTimes:
      return what + Joined(numbers, " * ");
    case WordsKind::kCopy:
      return (german ? "kopiere " : "copy ") + Joined(numbers, "");
    case WordsKind::kSort:
      return (german ? "sortiere " : "sort ") + Joined(numbers, " ");
    case WordsKind::kCount:
      return (german ? "wie viele " : "how many ") + letters.substr(0, 1) + " in " + letters.substr(1);
    case WordsKind::kCompare:
      return (german ? "was ist mehr " : "which is more ") + Joined(numbers, german ? " oder " : " or ");
  }
  std::abort();
}

std::string WordsQuestion::Answer() const {
  switch (kind) {
    case WordsKind::kAdd:
      return std::to_string(numbers.at(0) + numbers.at(1));
    case WordsKind::kSubtract:
      return std::to_string(numbers.at(0) - numbers.at(1));
    case WordsKind::kTimes:
      return std::to_string(numbers.at(0) * numbers.at(1));
    case WordsKind::kCopy:
      return std::to_string(numbers.at(0));
    case WordsKind::kSort: {
      std::vector<int64_t> sorted = numbers;
      std::sort(sorted.begin(), sorted.end());
      return Joined(sorted, "");
    }
    case WordsKind::kCount:
      return std::to_string(std::count(letters.begin() + 1, letters.end(), letters.at(0)));
    case WordsKind::kCompare:
      return std::to_string(std::max(numbers.at(0), numbers.at(1)));
  }
  std::abort();
}

WordsQuestion DrawWordsQuestion(DataRandom& random) {
  WordsQuestion q{DrawKind(random), WordsLanguage::kEnglish, {}, ""};
  if (random.Uniform(2) == 1) q.language = WordsLanguage::kGerman;
  if (q.kind == WordsKind::kSort) {
    q.numbers = DrawDigits(random);
  } else if (q.kind == WordsKind::kCount) {
    q.letters = DrawLetters(random);
  } else if (q.kind == WordsKind::kCopy) {
    q.numbers = {DrawNumber(random, 3, 6)};
  } else {
    const int most = q.kind == WordsKind::kCompare ? 4 : 3;
    q.numbers = {DrawNumber(random, 2, most), 0};
    do {
      q.numbers[1] = q.kind == WordsKind::kTimes ? random.Range(2, 9) : DrawNumber(random, 2, most);
    } while (q.numbers[0] == q.numbers[1]);
    if (q.kind == WordsKind::kSubtract && q.numbers[0] < q.numbers[1]) std::swap(q.numbers[0], q.numbers[1]);
  }
  return q;
}

WordsQuestion WordsTask::QuestionAt(int64_t index) const {
  const bool held_out = split_ == Split::kHeldOut;
  DataRandom random(KeyHash()
                        .Add(held_out ? "words held out" : "words train")
                        .Add(seed_)
                        .Add(static_cast<uint64_t>(index))
                        .value());
  WordsQuestion question = DrawWordsQuestion(random);
  while (IsHeldOut(question.Key()) != held_out || !Belongs(question.kind, subset_))
    question = DrawWordsQuestion(random);
  return question;
}

Prompt WordsTask::PromptAt(int64_t index) const {
  const WordsQuestion question = QuestionAt(index);
  Prompt prompt;
  prompt.index = index;
  prompt.text = template_.Apply(question.Text());
  prompt.gold = question.Answer();
  prompt.kind = InfoOf(question.kind).name;
  prompt.columns = "{\"question\":\"" + question.Text() + "\",\"language\":\"" +
                   LanguageCode(question.language) + "\"}";  // nothing in it to escape
  return prompt;
}

void WriteWordsTokenizer(const std::string& directory) {
  WriteCharacterTokenizer(
      {.pad = "<pad>",
       .bos = "<bos>",
       .eos = "<eos>",
       .tags = {"<think>", "</think>", "<answer>", "</answer>", ". ", ", ", " + ", " - ", " * ", " in ",
                // questions
                "what is ", "was ist ", "copy ", "kopiere ", "sort ", "sortiere ", "how many ", "wie viele ",
                "which is more ", "was ist mehr ", " or ", " oder ",
                // worked steps
                " is ", " ist ", "ones ", "einer ", "tens ", "zehner ", "hundreds ", "hunderter ",
                "the digits", " are ", "die ziffern", " sind ", "first", "erst", "then ", "dann ", "it", "es",
                "more than ", "mehr als ", "so the answer", "also", "die antwort ", "easy", "klar",
                // asides
                "let ", "me ", "see", "wir ", "sehen ", "nach", "now ", "we ", "go ", "on", "nun ", "geht ",
                " weiter", "this", "not ", "hard", "das", "nicht ", "schwer", "one ", "more ", "look",
                "noch ", "ein ", "blick"},
       .characters = "0123456789+-*=?,;:.QA \nabcdefghijklmnopqrstuvwxyz"},
      directory);
}

}  // namespace hone
