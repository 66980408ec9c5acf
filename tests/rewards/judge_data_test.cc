// The judge on public data sets, when HONE_SHARED names a directory that holds
// them: reference solutions pass, changed ones do not, hostile programs get an
// allowed verdict.
#include <doctest/doctest.h>

#include <cctype>
#include <cstdlib>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "data/text_file.h"
#include "rewards/code/judge_lines.h"
#include "tests/rewards/shared_judge.h"

using namespace hone;

namespace {

constexpr const char *kLimits = R"(,"limits":{"cpu_s":10,"wall_s":20,"memory_mb":512})";

// The rows of a JSONL file; none, with a message, when there is no data.
std::vector<TypedValue> Rows(const std::string &file) {
  const char *shared = std::getenv("HONE_SHARED");
  if (shared == nullptr || TheJudge() == nullptr) {
    MESSAGE("skipped: HONE_SHARED names no directory with " << file);
    return {};
  }
  std::istringstream in(ReadFile(std::string(shared) + "/" + file));
  std::vector<TypedValue> rows;
  for (std::string line; std::getline(in, line);) rows.push_back(ParseJsonValue(line, file));
  return rows;
}

const std::string &Text(const TypedValue &row, const char *key) { return row.Find(key)->text; }

std::string Assert(const std::string &text) { return "{\"assert\":" + Quoted(text) + "}"; }

// Judges all at once and names those whose verdict is not the wanted one.
size_t CountVerdict(const std::vector<std::string> &submissions, const std::set<std::string> &wanted) {
  std::string in;
  for (const std::string &line : submissions) in += line + "\n";
  std::istringstream input(in);
  std::ostringstream output;
  JudgeLines(input, output, *TheJudge(), 2);
  std::istringstream lines(output.str());
  size_t right = 0;
  for (std::string line; std::getline(lines, line);) {
    const TypedValue verdict = ParseJsonValue(line, "");
    if (wanted.contains(verdict.Find("verdict")->text)) {
      ++right;
    } else {
      MESSAGE(line.substr(0, 1500));
    }
  }
  return right;
}

// The program with another value, or an end, at every return.
std::string Mutated(const std::string &language, std::string code) {
  const std::string wrong =
      language == "python" ? "return [None], " : "if (1) __builtin_abort(); else return ";
  for (size_t at = code.find("return"); at != std::string::npos;
       at = code.find("return", at + wrong.size())) {
    const char next = at + 6 < code.size() ? code[at + 6] : ' ';
    if (std::isalnum(static_cast<unsigned char>(next)) || next == '_') continue;
    code.replace(at, 6, wrong);
  }
  return code;
}

std::string Includes(const std::string &code) {
  std::istringstream in(code);
  std::string includes;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#include")) includes += line + "\n";
  }
  return includes;
}

}  // namespace

TEST_CASE("hostile examples get an allowed verdict in time") {
  const std::vector<TypedValue> rows = Rows("cases/hostile_examples.jsonl");
  for (const TypedValue &row : rows) {
    const std::string id = Text(row, "id");
    CAPTURE(id);
    const bool is_call = Text(row, "mode") == "call";
    const std::string tests =
        is_call ? R"({"call":"f","args":[21],"returns":42},{"call":"f","args":[4],"returns":8})"
                : R"({"stdin":"3\n1 2 3\n","stdout":"6\n3\n"},{"stdin":"4\n1 2 3 4\n","stdout":"10\n4\n"})";
    const Outcome outcome =
        JudgeJson(*TheJudge(), SubmissionJson(Text(row, "lang"), Text(row, "code"), tests));
    const std::string verdict = VerdictOf(outcome);
    CAPTURE(verdict);
    bool allowed = false;
    for (const TypedValue &expected : row.Find("expect")->items)
      allowed = allowed || expected.text == verdict;
    CHECK(allowed);
    for (const TestOutcome &test : outcome.tests) CHECK(test.wall_ms < 3100.0);
  }
  if (!rows.empty()) CHECK(rows.size() == 24);
}

TEST_CASE("HumanEval: reference solutions pass, changed ones do not") {
  std::vector<std::string> right, wrong;
  for (const TypedValue &row : Rows("data/humaneval/HumanEval.jsonl")) {
    const std::string test = Assert(Text(row, "test") + "\ncheck(" + Text(row, "entry_point") + ")");
    const std::string solution = Text(row, "canonical_solution");
    const std::string id = ",\"id\":" + Quoted(Text(row, "task_id"));
    right.push_back(SubmissionJson("python", Text(row, "prompt") + solution, test, kLimits + id));
    wrong.push_back(
        SubmissionJson("python", Text(row, "prompt") + Mutated("python", solution), test, kLimits + id));
  }
  if (right.empty()) return;
  CHECK(CountVerdict(right, {"AC"}) == 164);
  CHECK(CountVerdict(wrong, {"WA", "RE"}) == 164);
}

TEST_CASE("HumanEval-X in Python and C++") {
  for (const std::string language : {"python", "cpp"}) {
    std::vector<std::string> right, wrong;
    for (const TypedValue &row : Rows("data/humaneval-x/humaneval_" + language + ".jsonl")) {
      const std::string solution = Text(row, "canonical_solution");
      const std::string id = ",\"id\":" + Quoted(Text(row, "task_id")), test = Assert(Text(row, "test"));
      // Some tests need headers that only the declaration has.
      const std::string head =
          (language == "cpp" ? Includes(Text(row, "declaration")) : "") + Text(row, "prompt");
      right.push_back(SubmissionJson(language, head + solution, test, kLimits + id));
      wrong.push_back(SubmissionJson(language, head + Mutated(language, solution), test, kLimits + id));
    }
    if (right.empty()) return;
    CHECK(CountVerdict(right, {"AC"}) == 164);
    CHECK(CountVerdict(wrong, {"WA", "RE"}) == 164);
  }
}

TEST_CASE("MBPP: reference solutions pass, changed ones do not") {
  std::vector<std::string> right, wrong;
  for (const TypedValue &row : Rows("data/mbpp/mbpp.jsonl")) {
    std::string tests;
    for (const TypedValue &test : row.Find("test_list")->items) {
      tests += (tests.empty() ? "" : ",") + Assert(Text(row, "test_setup_code") + "\n" + test.text);
    }
    const std::string id = ",\"id\":" + row.Find("task_id")->text;
    right.push_back(SubmissionJson("python", Text(row, "code"), tests, kLimits + id));
    wrong.push_back(SubmissionJson("python", Mutated("python", Text(row, "code")), tests, kLimits + id));
  }
  if (right.empty()) return;
  CHECK(CountVerdict(right, {"AC"}) >= 970);
  CHECK(CountVerdict(wrong, {"WA", "RE"}) >= 970);
}
