// Drawing questions and splitting them. Covered by tests/data/arithmetic_test.cc.
#include "data/arithmetic.h"

#include <algorithm>
#include <cstdlib>

namespace hone {
namespace {

// `digits` uniform in [least, most], then the number uniform among those without a leading zero.
int64_t DrawNumber(DataRandom& random, int least, int most) {
  const int64_t digits = random.Range(least, most);
  int64_t low = 1;
  for (int64_t i = 1; i < digits; ++i) low *= 10;
  return random.Range(low, 10 * low - 1);
}

ArithmeticKind DrawKind(DataRandom& random) {
  int total = 0;
  for (const ArithmeticKindInfo& info : kArithmeticKinds) total += info.weight;
  int64_t at = random.Range(0, total - 1);
  for (const ArithmeticKindInfo& info : kArithmeticKinds) {
    at -= info.weight;
    if (at < 0) return info.kind;
  }
  std::abort();
}

}  // namespace

const char* ArithmeticKindName(ArithmeticKind kind) {
  for (const ArithmeticKindInfo& info : kArithmeticKinds) {
    if (info.kind == kind) return info.name;
  }
  std::abort();
}

std::string ArithmeticQuestion::Text() const {
  const bool times = kind == ArithmeticKind::kTimesDigit || kind == ArithmeticKind::kTimesTwoDigits ||
                     kind == ArithmeticKind::kTimesThenAdd;
  std::string text = std::to_string(operands.at(0));
  for (size_t i = 1; i < operands.size(); ++i) {
    if (times && i == 1) {
      text += "*";
    } else if (operands[i] >= 0) {
      text += "+";  // a negative number brings its own sign
    }
    text += std::to_string(operands[i]);
  }
  return text;
}

int64_t ArithmeticQuestion::Answer() const {
  switch (kind) {
    case ArithmeticKind::kSum2:
    case ArithmeticKind::kDifference:
      return operands.at(0) + operands.at(1);
    case ArithmeticKind::kSum3:
      return operands.at(0) + operands.at(1) + operands.at(2);
    case ArithmeticKind::kTimesDigit:
    case ArithmeticKind::kTimesTwoDigits:
      return operands.at(0) * operands.at(1);
    case ArithmeticKind::kTimesThenAdd:
      return operands.at(0) * operands.at(1) + operands.at(2);
  }
  std::abort();
}

ArithmeticQuestion DrawArithmeticQuestion(DataRandom& random) {
  const ArithmeticKind kind = DrawKind(random);
  switch (kind) {
    case ArithmeticKind::kSum2: {
      const int64_t a = DrawNumber(random, 2, 4);
      return {kind, {a, DrawNumber(random, 2, 4)}};
    }
    case ArithmeticKind::kSum3: {
      const int64_t a = DrawNumber(random, 2, 3), b = DrawNumber(random, 2, 3);
      return {kind, {a, b, DrawNumber(random, 2, 3)}};
    }
    case ArithmeticKind::kDifference: {
      const int64_t a = DrawNumber(random, 2, 4), b = DrawNumber(random, 2, 4);
      return {kind, {std::max(a, b), -std::min(a, b)}};
    }
    case ArithmeticKind::kTimesDigit: {
      const int64_t a = DrawNumber(random, 2, 4);
      return {kind, {a, random.Range(2, 9)}};
    }
    case ArithmeticKind::kTimesTwoDigits: {
      const int64_t a = random.Range(10, 99);
      return {kind, {a, random.Range(11, 99)}};
    }
    case ArithmeticKind::kTimesThenAdd: {
      const int64_t a = DrawNumber(random, 2, 3), b = random.Range(2, 9);
      const bool minus = random.Uniform(2) == 1;
      int64_t c = DrawNumber(random, 2, 3);
      while (minus && c > a * b) c = DrawNumber(random, 2, 3);  // a * b >= 20, so this ends
      return {kind, {a, b, minus ? -c : c}};
    }
  }
  std::abort();
}

ArithmeticQuestion ArithmeticTask::QuestionAt(int64_t index) const {
  const bool held_out = split_ == Split::kHeldOut;
  DataRandom random(KeyHash()
                        .Add(held_out ? "arithmetic held out" : "arithmetic train")
                        .Add(seed_)
                        .Add(static_cast<uint64_t>(index))
                        .value());
  ArithmeticQuestion question = DrawArithmeticQuestion(random);
  while (IsHeldOut(question.Text()) != held_out) question = DrawArithmeticQuestion(random);
  return question;
}

Prompt ArithmeticTask::PromptAt(int64_t index) const {
  const ArithmeticQuestion question = QuestionAt(index);
  Prompt prompt;
  prompt.index = index;
  prompt.text = template_.Apply(question.Text());
  prompt.gold = std::to_string(question.Answer());
  prompt.kind = ArithmeticKindName(question.kind);
  prompt.columns = "{\"question\":\"" + question.Text() + "\"}";  // digits and operators: nothing to escape
  return prompt;
}

void WriteArithmeticTokenizer(const std::string& directory) {
  WriteCharacterTokenizer({.pad = "<pad>",
                           .bos = "<bos>",
                           .eos = "<eos>",
                           .tags = {"<think>", "</think>", "<answer>", "</answer>"},
                           .characters = "0123456789+-*=?,;:QA \nabcdefghijklmnopqrstuvwxyz"},
                          directory);
}

}  // namespace hone
