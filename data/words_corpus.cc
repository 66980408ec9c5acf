// Working a question in words, and the styles of document. Covered by tests/data/words_test.cc.
#include "data/words_corpus.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "data/error.h"

namespace hone {
namespace {

using Words = std::array<const char*, 2>;  // English, German
constexpr Words kIs = {" is ", " ist "}, kEasy = {"easy", "klar"};
constexpr Words kColumns[] = {{"ones ", "einer "}, {"tens ", "zehner "}, {"hundreds ", "hunderter "}};
constexpr Words kAsides[] = {{"let me see", "wir sehen nach"},
                             {"now we go on", "nun geht es weiter"},
                             {"this is not hard", "das ist nicht schwer"},
                             {"one more look", "noch ein blick"}};

// Writes sentences in both languages at once, and makes the slips: everything after a slip goes on from what was written.
class Writer {
 public:
  Writer(double slip, DataRandom& random) : slip_(slip), random_(random) {}

  void Say(const Words& words) {
    for (size_t i = 0; i < 2; ++i) sentence_[i] += words[i];
  }
  void SayBoth(const std::string& both) {
    for (std::string& text : sentence_) text += both;
  }
  void Begin(const Words& column, int64_t digit) {
    Say(column);
    SayBoth(std::to_string(digit));
    value_ = digit;
  }
  // `operation` and then what comes out.
  void Step(const char* operation, int64_t operand, int64_t result) {
    SayBoth(operation + std::to_string(operand));
    Say(kIs);
    value_ = Slipped(result);
    SayBoth(std::to_string(value_));
  }
  void Add(int64_t operand) { Step(" + ", operand, value_ + operand); }
  void Subtract(int64_t operand) { Step(" - ", operand, value_ - operand); }
  void Multiply(int64_t operand) { Step(" * ", operand, value_ * operand); }
  void End() { sentences_.push_back(std::exchange(sentence_, {})); }

  // Off by one or two, and on the same side of zero; never without a slip.
  int64_t Slipped(int64_t result) {
    if (!random_.Chance(slip_)) return result;
    const int64_t shift = random_.Range(1, 2);
    const bool down = random_.Uniform(2) == 1 && (result < 0 || result >= shift);
    return down || (result < 0 && result + shift >= 0) ? result - shift : result + shift;
  }

  int64_t value() const { return value_; }
  std::vector<WordsSentence> TakeSentences() { return std::move(sentences_); }

 private:
  const double slip_;
  DataRandom& random_;
  WordsSentence sentence_;
  std::vector<WordsSentence> sentences_;
  int64_t value_ = 0;
};

// Digits of a number, lowest first.
std::vector<int> DigitsOf(int64_t n) {
  const std::string text = std::to_string(n);
  std::vector<int> digits;
  for (auto it = text.rbegin(); it != text.rend(); ++it) digits.push_back(*it - '0');
  return digits;
}

std::string WithoutLeadingZeros(std::string number) {
  number.erase(0, std::min(number.find_first_not_of('0'), number.size() - 1));
  return number;
}

// The column's digit goes before what was written so far; the last column keeps its tens as well.
void Keep(int64_t value, bool last, std::string& answer, int64_t& carry) {
  answer = std::to_string(last ? value : value % 10) + answer;
  carry = value / 10;
}

std::string AddColumns(const std::vector<int64_t>& numbers, Writer& writer) {
  const std::vector<int> a = DigitsOf(std::max(numbers.at(0), numbers.at(1))),
                         b = DigitsOf(std::min(numbers.at(0), numbers.at(1)));
  std::string answer;
  int64_t carry = 0;
  for (size_t c = 0; c < a.size(); ++c) {
    writer.Begin(kColumns[c], a[c]);
    if (c < b.size()) writer.Add(b[c]);
    if (carry > 0) writer.Add(carry);
    Keep(writer.value(), c + 1 == a.size(), answer, carry);
    writer.End();
  }
  return answer;
}

// The digits' difference first, then the borrow, then ten more if that is negative: a small model cannot decide it earlier.
std::string SubtractColumns(const std::vector<int64_t>& numbers, Writer& writer) {
  const std::vector<int> a = DigitsOf(numbers.at(0)), b = DigitsOf(numbers.at(1));
  std::string answer;
  bool borrow = false;
  for (size_t c = 0; c < a.size(); ++c) {
    writer.Begin(kColumns[c], a[c]);
    if (c < b.size()) writer.Subtract(b[c]);
    if (borrow) writer.Subtract(1);
    borrow = writer.value() < 0;
    if (borrow) writer.Add(10);
    answer = std::to_string(((writer.value() % 10) + 10) % 10) + answer;  // only a slip can leave 0..9
    writer.End();
  }
  return WithoutLeadingZeros(answer);
}

std::string MultiplyColumns(const std::vector<int64_t>& numbers, Writer& writer) {
  const std::vector<int> a = DigitsOf(numbers.at(0));
  std::string answer;
  int64_t carry = 0;
  for (size_t c = 0; c < a.size(); ++c) {
    writer.Begin(kColumns[c], a[c]);
    writer.Multiply(numbers.at(1));
    if (carry > 0) writer.Add(carry);
    Keep(writer.value(), c + 1 == a.size(), answer, carry);
    writer.End();
  }
  return answer;
}

// "it is b1, c1, b2": every letter with the count so far.
std::string CountLetters(const std::string& letters, Writer& writer) {
  writer.Say({"it is ", "es ist "});
  int64_t count = 0;
  for (size_t i = 1; i < letters.size(); ++i) {
    if (letters[i] == letters[0]) count = writer.Slipped(count + 1);
    writer.SayBoth((i == 1 ? "" : ", ") + std::string(1, letters[i]) + std::to_string(count));
  }
  writer.End();
  return std::to_string(count);
}

std::string WorkGeneral(const WordsQuestion& question, Writer& writer) {
  const std::string answer = question.Answer();
  if (question.kind == WordsKind::kCopy) {
    writer.Say({"the digits are", "die ziffern sind"});
    for (const char digit : answer) writer.SayBoth(std::string(" ") + digit);
  } else if (question.kind == WordsKind::kSort) {
    writer.Say({"first is ", "erst ist "});
    for (size_t i = 0; i < answer.size(); ++i) {
      if (i > 0) writer.Say({", then ", ", dann "});
      writer.SayBoth(answer.substr(i, 1));
    }
  } else {
    writer.SayBoth(answer);
    writer.Say({" is more than ", " ist mehr als "});
    writer.SayBoth(std::to_string(std::min(question.numbers.at(0), question.numbers.at(1))));
  }
  writer.End();
  return answer;
}

// Another answer: one or two digits changed, the leading one not to zero.
std::string ShiftDigits(std::string number, DataRandom& random) {
  const std::string right = number;
  for (uint64_t i = 1 + random.Uniform(2); i > 0 || number == right; i -= i > 0) {
    const size_t at = random.Uniform(number.size());
    number[at] =
        static_cast<char>('0' + (at == 0 && number.size() > 1 ? 1 + random.Uniform(9) : random.Uniform(10)));
  }
  return number;
}

// The sentences as a document of that style says them.
class Speaker {
 public:
  Speaker(const WordsWorking& working, WordsLanguage language, WordsStyle style, DataRandom& random)
      : working_(working), language_(static_cast<size_t>(language)), style_(style), random_(random) {}

  std::string Say() {
    const size_t other_first =
        random_.Uniform(2);  // a mixed document has the other language here at the latest
    const size_t twice = random_.Uniform(working_.sentences.size());
    for (size_t i = 0; i < working_.sentences.size(); ++i) {
      if (style_ == WordsStyle::kRambling) Ramble(i == 0);
      const bool other = style_ == WordsStyle::kMixed && (i == other_first || random_.Uniform(2) == 1);
      Append(working_.sentences[i], other);
      if (style_ == WordsStyle::kRepetitive && (i == twice || random_.Uniform(2) == 1))
        Append(working_.sentences[i], false);
    }
    const bool other =
        style_ == WordsStyle::kMixed && (other_first >= working_.sentences.size() || random_.Uniform(2) == 1);
    const bool restates = style_ == WordsStyle::kClean || style_ == WordsStyle::kMixed ||
                          (style_ == WordsStyle::kRepetitive && random_.Uniform(2) == 1);
    if (restates)
      Append({"so the answer is " + working_.answer, "also ist die antwort " + working_.answer}, other);
    return text_;
  }

 private:
  void Append(const WordsSentence& sentence, bool in_other_language) {
    text_ += (text_.empty() ? "" : ". ") + sentence[in_other_language ? 1 - language_ : language_];
  }

  // One or two asides, sometimes none.
  void Ramble(bool at_least_one) {
    for (uint64_t i = at_least_one ? 1 + random_.Uniform(2) : random_.Uniform(3); i > 0; --i) {
      const Words& aside = kAsides[random_.Uniform(std::size(kAsides))];
      Append({aside[0], aside[1]}, false);
    }
  }

  const WordsWorking& working_;
  const size_t language_;
  const WordsStyle style_;
  DataRandom& random_;
  std::string text_;
};

std::string Tagged(const std::string& thought, const std::string& answer) {
  return "<think>" + thought + "</think><answer>" + answer + "</answer>";
}

}  // namespace

WordsWorking WorkInWords(const WordsQuestion& question, double slip, DataRandom& random) {
  Writer writer(slip, random);
  std::string answer;
  switch (question.kind) {
    case WordsKind::kAdd:
      answer = AddColumns(question.numbers, writer);
      break;
    case WordsKind::kSubtract:
      answer = SubtractColumns(question.numbers, writer);
      break;
    case WordsKind::kTimes:
      answer = MultiplyColumns(question.numbers, writer);
      break;
    case WordsKind::kCount:
      answer = CountLetters(question.letters, writer);
      break;
    case WordsKind::kCopy:
    case WordsKind::kSort:
    case WordsKind::kCompare:
      answer = WorkGeneral(question, writer);
      break;
  }
  return {writer.TakeSentences(), answer};
}

WordsCorpus::WordsCorpus(WordsCorpusConfig config, uint64_t seed, PromptTemplate prompt_template)
    : config_(config), seed_(seed), template_(std::move(prompt_template)) {
  const std::pair<const char*, double> shares[] = {
      {"direct_share", config.direct_share},
      {"wrong_share", config.wrong_share},
      {"untagged_share", config.untagged_share},
      {"bare_share", config.bare_share},
      {"mixed_share", config.mixed_share},
      {"rambling_share", config.rambling_share},
      {"repetitive_share", config.repetitive_share},
      {"slip", config.slip},
      {"bare_share + mixed_share + rambling_share + repetitive_share",
       config.bare_share + config.mixed_share + config.rambling_share + config.repetitive_share}};
  for (const auto& [name, value] : shares) {
    if (!(value >= 0.0 && value <= 1.0 + 1e-9))
      throw Error(std::string(name) + " is " + std::to_string(value), "", "give a value from 0 to 1");
  }
}

WordsStyle WordsCorpus::DrawWorkedStyle(DataRandom& random) const {
  double at = random.Unit();
  const std::pair<double, WordsStyle> styles[] = {{config_.bare_share, WordsStyle::kBare},
                                                  {config_.mixed_share, WordsStyle::kMixed},
                                                  {config_.rambling_share, WordsStyle::kRambling},
                                                  {config_.repetitive_share, WordsStyle::kRepetitive}};
  for (const auto& [share, style] : styles) {
    at -= share;
    if (at < 0) return style;
  }
  return WordsStyle::kClean;
}

WordsDocument WordsCorpus::DocumentAt(int64_t index) const {
  DataRandom random(KeyHash().Add("words corpus").Add(seed_).Add(static_cast<uint64_t>(index)).value());
  WordsQuestion question = DrawWordsQuestion(random);
  while (IsHeldOut(question.Key())) question = DrawWordsQuestion(random);

  WordsDocument document{template_.Apply(question.Text()), "", question, WordsStyle::kDirect, ""};
  if (random.Chance(config_.direct_share)) {
    document.answer = question.Answer();
    if (random.Chance(config_.wrong_share)) document.answer = ShiftDigits(document.answer, random);
    const bool untagged = random.Chance(config_.untagged_share);
    const char* easy = kEasy[static_cast<size_t>(question.language)];
    document.completion = untagged ? document.answer : Tagged(easy, document.answer);
  } else {
    document.style = DrawWorkedStyle(random);
    const WordsWorking working = WorkInWords(question, config_.slip, random);
    document.answer = working.answer;
    document.completion =
        Tagged(Speaker(working, question.language, document.style, random).Say(), working.answer);
  }
  document.completion += "<eos>";
  return document;
}

}  // namespace hone
