// Drawing sign puzzles, and reading and counting what solves them. Covered by tests/data/sign_puzzle_test.cc.
#include "data/sign_puzzle.h"

#include <algorithm>
#include <map>

#include "data/tokenizer.h"

namespace hone {
namespace {

// The digits at `at`, which moves behind them; nullopt unless they are a number as Text writes it.
std::optional<int64_t> TakeNumber(std::string_view text, size_t& at) {
  const size_t begin = at;
  int64_t number = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9' && at - begin <= kMostSignDigits; ++at)
    number = number * 10 + (text[at] - '0');
  const size_t digits = at - begin;
  if (digits == 0 || digits > kMostSignDigits || (digits > 1 && text[begin] == '0')) return std::nullopt;
  return number;
}

}  // namespace

int64_t SignExpression::Value() const {
  int64_t value = numbers.at(0);
  for (size_t i = 1; i < numbers.size(); ++i) value += minus.at(i - 1) ? -numbers[i] : numbers[i];
  return value;
}

std::string SignExpression::Text() const {
  std::string text = std::to_string(numbers.at(0));
  for (size_t i = 1; i < numbers.size(); ++i)
    text += (minus.at(i - 1) ? '-' : '+') + std::to_string(numbers[i]);
  return text;
}

std::optional<SignExpression> ParseSignExpression(std::string_view text) {
  SignExpression expression;
  for (size_t at = 0; at < text.size();) {
    if (!expression.numbers.empty()) {
      if ((text[at] != '+' && text[at] != '-') || expression.numbers.size() == kMostSignNumbers)
        return std::nullopt;
      expression.minus.push_back(text[at++] == '-');
    }
    const std::optional<int64_t> number = TakeNumber(text, at);
    if (!number) return std::nullopt;
    expression.numbers.push_back(*number);
  }
  if (expression.numbers.size() < 2) return std::nullopt;
  return expression;
}

int64_t CountSignChoices(const std::vector<int64_t>& numbers, int64_t target) {
  std::map<int64_t, int64_t> ways = {{numbers.at(0), 1}};  // by sum so far
  for (size_t i = 1; i < numbers.size(); ++i) {
    std::map<int64_t, int64_t> next;
    for (const auto& [sum, count] : ways) {
      next[sum + numbers[i]] += count;
      next[sum - numbers[i]] += count;
    }
    ways = std::move(next);
  }
  const auto found = ways.find(target);
  return found == ways.end() ? 0 : found->second;
}

std::vector<bool> DrawSigns(size_t count, DataRandom& random) {
  std::vector<bool> minus;
  for (size_t i = 0; i < count; ++i) minus.push_back(random.Uniform(2) == 1);
  return minus;
}

std::string SignQuestion::Text() const {
  std::string text;
  for (const int64_t number : solution.numbers) text += (text.empty() ? "" : ",") + std::to_string(number);
  return text + "=" + std::to_string(solution.Value());
}

std::string SignQuestion::Kind() const { return "signs" + std::to_string(solution.numbers.size()); }

SignQuestion DrawSignQuestion(DataRandom& random) {
  SignExpression solution;
  for (int64_t i = random.Range(3, 5); i > 0; --i) solution.numbers.push_back(random.Range(1, 9));
  do {
    solution.minus = DrawSigns(solution.numbers.size() - 1, random);
  } while (solution.Value() < 0);
  return {solution};
}

SignQuestion DrawSignQuestion(Split split, DataRandom& random) {
  SignQuestion question = DrawSignQuestion(random);
  while (IsHeldOut(question.Text()) != (split == Split::kHeldOut)) question = DrawSignQuestion(random);
  return question;
}

SignQuestion SignTask::QuestionAt(int64_t index) const {
  DataRandom random(KeyHash()
                        .Add(split_ == Split::kHeldOut ? "signs held out" : "signs train")
                        .Add(seed_)
                        .Add(static_cast<uint64_t>(index))
                        .value());
  return DrawSignQuestion(split_, random);
}

Prompt SignTask::PromptAt(int64_t index) const {
  const SignQuestion question = QuestionAt(index);
  Prompt prompt;
  prompt.index = index;
  prompt.text = template_.Apply(question.Text());
  prompt.gold = question.solution.Text();
  prompt.kind = question.Kind();
  prompt.columns = "{\"question\":\"" + question.Text() + "\"}";  // nothing in it to escape
  return prompt;
}

void WriteSignTokenizer(const std::string& directory) {
  WriteCharacterTokenizer({.pad = "<pad>",
                           .bos = "<bos>",
                           .eos = "<eos>",
                           .tags = {"<think>", "</think>", "<answer>", "</answer>", "easy"},
                           .characters = "0123456789+-=,?:;QA \nyn"},
                          directory);
}

}  // namespace hone
