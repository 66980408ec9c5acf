// Drawing questions and their tests. Covered by tests/data/code_tasks_test.cc.
#include "data/code_tasks.h"

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace hone {
namespace {

constexpr char kArithmetic[] = "+-*", kComparisons[] = "<>lg=";

template <size_t n>
char DrawFrom(const char (&characters)[n], DataRandom& random) {
  return characters[random.Uniform(n - 1)];
}

char DrawVariable(int parameters, DataRandom& random) {
  return static_cast<char>('a' + random.Uniform(static_cast<uint64_t>(parameters)));
}

// The operator and the operand: a variable in one case of three.
CodeTerm DrawStep(int parameters, DataRandom& random) {
  CodeTerm term;
  term.op = DrawFrom(kArithmetic, random);
  if (random.Uniform(3) == 0) {
    term.other = DrawVariable(parameters, random);
  } else {
    term.number = static_cast<int>(term.op == '*' ? random.Range(2, 9) : random.Range(1, 12));
  }
  return term;
}

// A variable, alone in one case of four.
CodeTerm DrawTerm(int parameters, DataRandom& random) {
  CodeTerm term = DrawStep(parameters, random);
  term.variable = DrawVariable(parameters, random);
  if (random.Uniform(4) == 0) return {term.variable, 0, 0, 0};
  if (term.op == '-' && term.other == term.variable) {  // always 0
    term.other = 0;
    term.number = static_cast<int>(random.Range(1, 12));
  }
  return term;
}

CodeTerm DrawCondition(int parameters, DataRandom& random) {
  CodeTerm term = DrawTerm(parameters, random);
  term.op = DrawFrom(kComparisons, random);
  // A variable against itself would decide nothing.
  if (term.other == term.variable) term.other = 0;
  if (term.other == 0) term.number = static_cast<int>(random.Range(0, 12));
  return term;
}

void DrawSeries(CodeQuestion& q, DataRandom& random) {
  q.choice = random.Uniform(4) == 0 ? kProduct : kSum;
  q.second.variable = DrawVariable(q.parameters, random);
  q.low = static_cast<int>(random.Range(0, 5));
  q.high = static_cast<int>(random.Uniform(2));  // 1: the end belongs to it
  q.step = random.Uniform(3) == 0 ? static_cast<int>(random.Range(2, 4)) : 1;
  q.first = DrawTerm(q.parameters, random);
  q.first.variable = 'i';
  if (q.choice == kProduct) {  // its values stay small
    q.low = static_cast<int>(random.Range(1, 3));
    if (q.first.op != 0) q.first = {'i', '+', 0, static_cast<int>(random.Range(1, 4))};
  } else if (q.first.op == '*' && random.Uniform(2) == 0) {
    q.first.other = 'i';
  }
}

CodeKind DrawKind(DataRandom& random) {
  int64_t at = random.Range(0, 99);
  for (const CodeKindInfo& info : kCodeKinds) {
    at -= info.weight;
    if (at < 0) return info.kind;
  }
  std::abort();
}

void DrawParts(CodeQuestion& q, DataRandom& random) {
  q.first = DrawTerm(q.parameters, random);
  q.second = DrawTerm(q.parameters, random);
  switch (q.kind) {
    case CodeKind::kChain:
      while (q.first.op == 0) q.first = DrawTerm(q.parameters, random);
      q.second = DrawStep(q.parameters, random);
      break;
    case CodeKind::kChoose:
      q.condition = DrawCondition(q.parameters, random);
      while (q.second.Code() == q.first.Code()) q.second = DrawTerm(q.parameters, random);
      break;
    case CodeKind::kPick:
      q.choice = static_cast<int>(random.Uniform(3));
      while (q.second.Code() == q.first.Code()) q.second = DrawTerm(q.parameters, random);
      break;
    case CodeKind::kClamp:
      q.low = static_cast<int>(random.Range(0, 9));
      q.high = q.low + static_cast<int>(random.Range(3, 15));
      break;
    case CodeKind::kSeries:
      DrawSeries(q, random);
      break;
    case CodeKind::kCount:
      q.low = static_cast<int>(random.Range(0, 5));
      q.high = static_cast<int>(random.Range(3, 9));
      q.step = static_cast<int>(random.Range(0, q.high - 1));
      break;
    case CodeKind::kDigits:
      q.choice = static_cast<int>(random.Uniform(4));
      q.high = static_cast<int>(random.Range(3, 10));
      q.low = static_cast<int>(random.Range(1, q.high - 1));
      break;
    case CodeKind::kPower:
      q.first.op = random.Uniform(2) == 0 ? '+' : '\0';
      q.first.other = 0;
      q.first.number = static_cast<int>(random.Range(1, 3));
      break;
  }
}

// `index` 0 tries a boundary of the question.
CodeArguments DrawArguments(const CodeQuestion& q, int index, DataRandom& random) {
  const bool product = q.kind == CodeKind::kSeries && q.choice == kProduct;
  const bool loop = q.kind == CodeKind::kSeries || q.kind == CodeKind::kCount;
  const auto [least, most] = product                       ? std::pair(0, 8)
                             : loop                        ? std::pair(0, 30)
                             : q.kind == CodeKind::kPower  ? std::pair(0, 6)
                             : q.kind == CodeKind::kDigits ? std::pair(-9, 9)
                                                           : std::pair(-20, 20);
  CodeArguments arguments{};
  for (int64_t& value : arguments) value = random.Range(least, most);
  const auto at = [&](char variable) -> int64_t& {
    return arguments.at(static_cast<size_t>(variable - 'a'));
  };
  if (q.kind == CodeKind::kDigits) {
    int64_t below = 10;
    for (int64_t i = random.Range(0, 4); i > 0; --i) below *= 10;
    at(q.first.variable) = random.Range(1, below - 1);
  }
  if (index == 0 && q.kind == CodeKind::kChoose) {
    at(q.condition.variable) = q.condition.OperandValue(arguments);
  } else if (index == 0 && q.kind == CodeKind::kSeries) {
    at(q.second.variable) = q.low + q.step;
  } else if (index == 0 && q.kind == CodeKind::kCount) {
    at(q.second.variable) = 2 * q.high + q.step;
  }
  return arguments;
}

struct Tests {
  std::vector<CodeArguments> arguments;
  std::set<int64_t> values;
};

// Decided by the question's text alone.
Tests TestsOf(const CodeQuestion& question) {
  DataRandom random(KeyHash().Add("code tests").Add(question.Text()).value());
  Tests tests;
  // Several values tell programs apart; some questions have few.
  for (int attempt = 0; attempt < 50 && tests.values.size() < 3; ++attempt) {
    tests = {};
    for (int i = 0; i < kCodeTests; ++i) {
      tests.arguments.push_back(DrawArguments(question, i, random));
      tests.values.insert(question.Value(tests.arguments.back()));
    }
  }
  return tests;
}

}  // namespace

CodeQuestion DrawCodeQuestion(DataRandom& random) {
  CodeQuestion question;
  question.kind = DrawKind(random);
  question.parameters = static_cast<int>(random.Range(1, 3));
  DrawParts(question, random);
  if (random.Uniform(5) < 3) question.last = DrawStep(question.parameters, random);
  return question;
}

std::string CodeGold(const CodeQuestion& question) {
  nlohmann::ordered_json gold = {{"lang", "cpp"}, {"score", "all"}, {"limits", {{"cpu_s", 0.5}}}};
  for (const CodeArguments& test : TestsOf(question).arguments) {
    nlohmann::ordered_json args(test);
    while (args.size() > static_cast<size_t>(question.parameters)) args.erase(args.size() - 1);
    gold["tests"].push_back({{"call", "f"}, {"args", args}, {"returns", question.Value(test)}});
  }
  return gold.dump();
}

CodeQuestion CodeTask::QuestionAt(int64_t index) const {
  const bool held_out = split_ == Split::kHeldOut;
  DataRandom random(KeyHash()
                        .Add(held_out ? "code held out" : "code train")
                        .Add(seed_)
                        .Add(static_cast<uint64_t>(index))
                        .value());
  CodeQuestion question = DrawCodeQuestion(random);
  // A constant would pass where all values are the same (`a plus 2, minus a`).
  while (IsHeldOut(question.Text()) != held_out || TestsOf(question).values.size() < 2)
    question = DrawCodeQuestion(random);
  return question;
}

Prompt CodeTask::PromptAt(int64_t index) const {
  const CodeQuestion question = QuestionAt(index);
  Prompt prompt;
  prompt.index = index;
  prompt.text = template_.Apply(question.Text());
  prompt.gold = CodeGold(question);
  prompt.kind = CodeKindName(question.kind);
  prompt.columns = "{\"question\":\"" + question.Text() + "\"}";  // no quotes and no backslashes in it
  return prompt;
}

void WriteCodeTokenizer(const std::string& directory) {
  WriteCharacterTokenizer(
      {.pad = "<pad>",
       .bos = "<bos>",
       .eos = "<eos>",
       .tags = {"<think>", "</think>", "<answer>",  "</answer>", "int ",   "return ",  "while",  "for(",
                "if(",     " // ",     " plus",     " minus",    " times", " is",      " less",  " greater",
                " than",   " at",      " least",    " most",     " then",  " else",    "the",    " the",
                " larger", " smaller", " distance", " of",       " and",   " kept",    " from",  " to",
                " below",  " sum",     " product",  " for",      " by",    "how many", " leave", " largest",
                " digits", " digit",   " number",   " in",       " base",  " are",     " power"},
       .characters = "0123456789+-*/%=<>?:;,.(){}QA \nabcdefghijklmnopqrstuvwxyz"},
      directory);
}

}  // namespace hone
