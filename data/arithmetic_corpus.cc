// The three styles of document. Covered by tests/data/arithmetic_corpus_test.cc.
#include "data/arithmetic_corpus.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>
#include <vector>

#include "data/error.h"

namespace hone {
namespace {

// Digits of a number, lowest first, as the columns are walked.
std::vector<int> Digits(int64_t n) {
  std::vector<int> digits;
  do {
    digits.push_back(static_cast<int>(n % 10));
    n /= 10;
  } while (n > 0);
  return digits;
}

int64_t FromDigits(const std::vector<int>& digits) {
  int64_t n = 0;
  for (auto it = digits.rbegin(); it != digits.rend(); ++it) n = n * 10 + *it;
  return n;
}

// Writes equations and makes the slips: everything after a slip goes on from what was written.
class Scribe {
 public:
  Scribe(double slip, DataRandom& random) : slip_(slip), random_(random) {}

  // Begins a column (or a coarse step) with its first operand.
  void Begin(int64_t value) {
    if (!text_.empty() && text_.back() != ';') text_ += ',';
    text_ += std::to_string(value);
    value_ = value;
  }
  void Add(int64_t operand) { Step('+', operand, value_ + operand); }
  void Subtract(int64_t operand) { Step('-', operand, value_ - operand); }
  void Multiply(int64_t operand) { Step('*', operand, value_ * operand); }
  void Restate() { Equals(value_); }                                  // a column of one digit: `6=6`
  void Result(int64_t n) { text_ += ':' + std::to_string(n) + ';'; }  // a partial product, for use further on

  int64_t value() const { return value_; }
  const std::string& text() const { return text_; }

 private:
  void Step(char op, int64_t operand, int64_t result) {
    text_ += op;
    text_ += std::to_string(operand);
    Equals(result);
  }

  void Equals(int64_t result) {
    if (random_.Chance(slip_)) result = Slipped(result);
    text_ += '=' + std::to_string(result);
    value_ = result;
  }

  // Off by a little in one of its two lowest digits, and on the same side of zero.
  int64_t Slipped(int64_t result) {
    constexpr int64_t kShifts[] = {-20, -10, -2, -1, 1, 2, 10, 20};
    const bool negative = result < 0;
    while (true) {
      const int64_t shift =
          std::llabs(result) < 10 ? kShifts[2 + random_.Uniform(4)] : kShifts[random_.Uniform(8)];
      const int64_t slipped = result + shift;
      if ((slipped < 0) == negative) return slipped;
    }
  }

  const double slip_;
  DataRandom& random_;
  std::string text_;
  int64_t value_ = 0;
};

// A finished column's digit goes to the result; the last column keeps its tens as well.
void Keep(int64_t value, bool last, std::vector<int>& result, int64_t& carry) {
  if (last) {
    for (int d : Digits(value)) result.push_back(d);
  } else {
    result.push_back(static_cast<int>(value % 10));
    carry = value / 10;
  }
}

int64_t AddColumns(const std::vector<int64_t>& numbers, Scribe& scribe) {
  std::vector<std::vector<int>> rows;
  size_t columns = 0;
  for (int64_t n : numbers) {
    rows.push_back(Digits(n));
    columns = std::max(columns, rows.back().size());
  }
  std::vector<int> result;
  int64_t carry = 0;
  for (size_t c = 0; c < columns; ++c) {
    int seen = 0;
    for (const std::vector<int>& row : rows) {
      if (c >= row.size()) continue;
      if (seen++ == 0) {
        scribe.Begin(row[c]);
      } else {
        scribe.Add(row[c]);
      }
    }
    if (carry > 0) {
      scribe.Add(carry);
    } else if (seen == 1) {
      scribe.Restate();
    }
    Keep(scribe.value(), c + 1 == columns, result, carry);
  }
  return FromDigits(result);
}

// Digit difference first, then the borrow, then ten more if that is negative: `3-7=-4-1=-5+10=5`. The borrow
// is written when both digits have been seen, since a small model cannot decide it earlier. a >= b.
int64_t SubtractColumns(int64_t a, int64_t b, Scribe& scribe) {
  const std::vector<int> upper = Digits(a), lower = Digits(b);
  std::vector<int> result;
  bool borrow = false;
  for (size_t c = 0; c < upper.size(); ++c) {
    scribe.Begin(upper[c]);
    if (c < lower.size()) scribe.Subtract(lower[c]);
    if (borrow) {
      scribe.Subtract(1);
    } else if (c >= lower.size()) {
      scribe.Restate();
    }
    borrow = scribe.value() < 0;
    if (borrow) scribe.Add(10);
    // Only a slip can leave the range 0..9.
    result.push_back(static_cast<int>(((scribe.value() % 10) + 10) % 10));
  }
  return FromDigits(result);
}

int64_t MultiplyColumns(int64_t a, int64_t digit, Scribe& scribe) {
  const std::vector<int> upper = Digits(a);
  std::vector<int> result;
  int64_t carry = 0;
  for (size_t c = 0; c < upper.size(); ++c) {
    scribe.Begin(upper[c]);
    scribe.Multiply(digit);
    if (carry > 0) scribe.Add(carry);
    Keep(scribe.value(), c + 1 == upper.size(), result, carry);
  }
  return FromDigits(result);
}

// A slip can push a product below the number to take away: the smaller is then taken from the larger.
int64_t CombineColumns(int64_t product, int64_t term, Scribe& scribe) {
  if (term >= 0) return AddColumns({product, term}, scribe);
  return SubtractColumns(std::max(product, -term), std::min(product, -term), scribe);
}

bool IsHarder(ArithmeticKind kind) {
  return kind == ArithmeticKind::kSum3 || kind == ArithmeticKind::kTimesTwoDigits ||
         kind == ArithmeticKind::kTimesThenAdd;
}

// One or two digits changed; a number of several digits keeps a leading digit that is not zero.
std::string ShiftDigits(std::string number, DataRandom& random) {
  const uint64_t changes = number.size() == 1 ? 1 : 1 + random.Uniform(2);
  size_t previous = number.size();
  for (uint64_t i = 0; i < changes; ++i) {
    size_t at = random.Uniform(number.size());
    while (at == previous) at = random.Uniform(number.size());
    previous = at;
    const char old = number[at];
    do {
      number[at] = static_cast<char>('0' + random.Uniform(10));
    } while (number[at] == old || (at == 0 && number.size() > 1 && number[at] == '0'));
  }
  return number;
}

std::string Tagged(const std::string& thought, const std::string& answer) {
  return "<think>" + thought + "</think><answer>" + answer + "</answer>";
}

}  // namespace

Working WorkByColumns(const ArithmeticQuestion& question, double slip, DataRandom& random) {
  const std::vector<int64_t>& n = question.operands;
  Scribe scribe(slip, random);
  int64_t answer = 0;
  switch (question.kind) {
    case ArithmeticKind::kSum2:
    case ArithmeticKind::kSum3:
      answer = AddColumns(n, scribe);
      break;
    case ArithmeticKind::kDifference:
      answer = SubtractColumns(n.at(0), -n.at(1), scribe);
      break;
    case ArithmeticKind::kTimesDigit:
      answer = MultiplyColumns(n.at(0), n.at(1), scribe);
      break;
    case ArithmeticKind::kTimesTwoDigits: {
      const int64_t ones = MultiplyColumns(n.at(0), n.at(1) % 10, scribe);
      scribe.Result(ones);
      const int64_t tens = 10 * MultiplyColumns(n.at(0), n.at(1) / 10, scribe);
      scribe.Result(tens);
      answer = AddColumns({ones, tens}, scribe);
      break;
    }
    case ArithmeticKind::kTimesThenAdd: {
      const int64_t product = MultiplyColumns(n.at(0), n.at(1), scribe);
      scribe.Result(product);
      answer = CombineColumns(product, n.at(2), scribe);
      break;
    }
  }
  return {scribe.text(), std::to_string(answer)};
}

Working WorkCoarsely(const ArithmeticQuestion& question, double slip, DataRandom& random) {
  const std::vector<int64_t>& n = question.operands;
  Scribe scribe(slip, random);
  scribe.Begin(n.at(0));
  switch (question.kind) {
    case ArithmeticKind::kSum2:
    case ArithmeticKind::kSum3:
      for (size_t i = 1; i < n.size(); ++i) scribe.Add(n[i]);
      break;
    case ArithmeticKind::kDifference:
      scribe.Subtract(-n.at(1));
      break;
    case ArithmeticKind::kTimesDigit:
      scribe.Multiply(n.at(1));
      break;
    case ArithmeticKind::kTimesTwoDigits: {
      scribe.Multiply(n.at(1) / 10 * 10);
      const int64_t tens = scribe.value();
      scribe.Begin(n.at(0));
      scribe.Multiply(n.at(1) % 10);
      const int64_t ones = scribe.value();
      scribe.Begin(tens);
      scribe.Add(ones);
      break;
    }
    case ArithmeticKind::kTimesThenAdd:
      scribe.Multiply(n.at(1));
      if (n.at(2) < 0) {
        scribe.Subtract(-n.at(2));
      } else {
        scribe.Add(n.at(2));
      }
      break;
  }
  return {scribe.text(), std::to_string(scribe.value())};
}

ArithmeticCorpus::ArithmeticCorpus(ArithmeticCorpusConfig config, uint64_t seed,
                                   PromptTemplate prompt_template)
    : config_(config), seed_(seed), template_(std::move(prompt_template)) {
  const std::pair<const char*, double> shares[] = {
      {"direct_share", config.direct_share},
      {"coarse_share", config.coarse_share},
      {"wrong_share", config.wrong_share},
      {"untagged_share", config.untagged_share},
      {"slip", config.slip},
      {"coarse_slip", config.coarse_slip},
      {"direct_share + coarse_share", config.direct_share + config.coarse_share}};
  for (const auto& [name, value] : shares) {
    if (!(value >= 0.0 && value <= 1.0)) {
      throw Error(std::string(name) + " is " + std::to_string(value), "", "give a value from 0 to 1");
    }
  }
}

ArithmeticDocument ArithmeticCorpus::DocumentAt(int64_t index) const {
  DataRandom random(KeyHash().Add("arithmetic corpus").Add(seed_).Add(static_cast<uint64_t>(index)).value());
  ArithmeticQuestion question = DrawArithmeticQuestion(random);
  while (IsHeldOut(question.Text())) question = DrawArithmeticQuestion(random);

  const double style = random.Unit();
  ArithmeticDocument document{template_.Apply(question.Text()), "", question, DocumentStyle::kWorked, ""};
  if (style < config_.direct_share) {
    document.style = DocumentStyle::kDirect;
    document.answer = std::to_string(question.Answer());
    if (random.Chance(config_.wrong_share)) document.answer = ShiftDigits(document.answer, random);
    const bool untagged = random.Chance(config_.untagged_share);
    document.completion = untagged ? document.answer : Tagged("easy", document.answer);
  } else {
    const bool coarse = IsHarder(question.kind) && style < config_.direct_share + config_.coarse_share;
    document.style = coarse ? DocumentStyle::kCoarse : DocumentStyle::kWorked;
    const Working working = coarse ? WorkCoarsely(question, config_.coarse_slip, random)
                                   : WorkByColumns(question, config_.slip, random);
    document.answer = working.answer;
    document.completion = Tagged(working.text, working.answer);
  }
  document.completion += "<eos>";
  return document;
}

}  // namespace hone
