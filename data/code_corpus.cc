// Both styles of document, and the mistakes. Covered by tests/data/code_tasks_test.cc.
#include "data/code_corpus.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "data/error.h"

namespace hone {
namespace {

// Where a mistake can be made, and what is written there instead.
struct Slip {
  size_t at;
  size_t size;
  std::vector<std::string> instead;
};

// Longest first: the lexer takes the first that fits. Each is mistaken for one of its row.
const std::vector<std::vector<std::string>>& OperatorRows() {
  static const std::vector<std::vector<std::string>> rows = {
      {"+=", "-=", "*="}, {"<=", "<", ">"}, {">=", ">", "<"}, {"==", ">", "<"}, {"++"},
      {"/=", "*="},       {"+", "-", "*"},  {"-", "+", "*"},  {"*", "+", "-"},  {"<", "<=", ">"},
      {">", "<", ">="},   {"%", "/"}};
  return rows;
}

bool IsLetter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool IsDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

size_t RunOf(std::string_view text, size_t at, bool (*is)(char)) {
  size_t end = at;
  while (end < text.size() && is(text[end])) ++end;
  return end - at;
}

Slip NumberSlip(const std::string& program, size_t at) {
  const size_t size = RunOf(program, at, IsDigit);
  const int n = std::stoi(program.substr(at, size));
  Slip slip{at, size, {std::to_string(n + 1), std::to_string(n + 2), std::to_string(n + 10)}};
  if (n > 0) slip.instead.push_back(std::to_string(n - 1));
  return slip;
}

// A variable is mistaken for another one; words of C++ stay.
Slip VariableSlip(const std::string& program, size_t at) {
  const size_t size = RunOf(program, at, IsLetter);
  Slip slip{at, size, {}};
  if (size > 1) return slip;
  for (const char* name : {"a", "b", "c", "r", "i"}) {
    if (name[0] != program[at]) slip.instead.push_back(name);
  }
  return slip;
}

std::vector<Slip> FindSlips(const std::string& program) {
  std::vector<Slip> slips;
  for (size_t at = program.find('{') + 1; at < program.size();) {
    Slip slip{at, 1, {}};
    if (IsDigit(program[at])) {
      slip = NumberSlip(program, at);
    } else if (IsLetter(program[at])) {
      slip = VariableSlip(program, at);
    } else if (std::string_view(";()}").find(program[at]) != std::string_view::npos) {
      slip.instead = {""};
    } else {
      for (const std::vector<std::string>& row : OperatorRows()) {
        if (program.compare(at, row[0].size(), row[0]) != 0) continue;
        slip = {at, row[0].size(), {row.begin() + 1, row.end()}};
        break;
      }
    }
    at += slip.size;
    if (!slip.instead.empty()) slips.push_back(std::move(slip));
  }
  return slips;
}

}  // namespace

std::string SpoilProgram(const std::string& program, DataRandom& random) {
  std::string spoiled = program;
  // A later mistake may mend an earlier one.
  for (int64_t mistakes = random.Range(1, 3); mistakes > 0 || spoiled == program; --mistakes) {
    const std::vector<Slip> slips = FindSlips(spoiled);
    const Slip& slip = slips.at(random.Uniform(slips.size()));
    spoiled.replace(slip.at, slip.size, slip.instead[random.Uniform(slip.instead.size())]);
  }
  return spoiled;
}

CodeCorpus::CodeCorpus(CodeCorpusConfig config, uint64_t seed, PromptTemplate prompt_template)
    : config_(config), seed_(seed), template_(std::move(prompt_template)) {
  const std::pair<const char*, double> shares[] = {{"direct_share", config.direct_share},
                                                   {"wrong_share", config.wrong_share},
                                                   {"untagged_share", config.untagged_share},
                                                   {"slip", config.slip}};
  for (const auto& [name, value] : shares) {
    if (!(value >= 0.0 && value <= 1.0)) {
      throw Error(std::string(name) + " is " + std::to_string(value), "", "give a value from 0 to 1");
    }
  }
}

CodeDocument CodeCorpus::DocumentAt(int64_t index) const {
  DataRandom random(KeyHash().Add("code corpus").Add(seed_).Add(static_cast<uint64_t>(index)).value());
  CodeDocument document;
  document.question = DrawCodeQuestion(random);
  while (IsHeldOut(document.question.Text())) document.question = DrawCodeQuestion(random);
  document.prompt = template_.Apply(document.question.Text());
  document.program = document.question.Program();
  document.planned = !random.Chance(config_.direct_share);
  document.spoiled = random.Chance(document.planned ? config_.slip : config_.wrong_share);
  if (document.spoiled) document.program = SpoilProgram(document.program, random);
  if (!document.planned && random.Chance(config_.untagged_share)) {
    document.completion = document.program + "<eos>";
    return document;
  }
  const std::string thought = document.planned ? document.question.Plan() : "easy";
  document.completion = "<think>" + thought + "</think><answer>" + document.program + "</answer><eos>";
  return document;
}

}  // namespace hone
