// See code_adapters.h. Covered by tests/data/adapters_test.cc.
#include "data/code_adapters.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace hone {
namespace {

using json = Row;

json AssertTest(const std::string& test) { return {{"assert", test}}; }

// The JSON that the reward `code` reads. Empty without a test.
std::string CodeTask(const std::string& language, json tests, json limits) {
  if (tests.empty()) return "";
  return json{{"lang", language}, {"tests", std::move(tests)}, {"limits", std::move(limits)}}.dump();
}

// What stands before each test: of the whole set a text, of the sanitized one a list of imports.
std::string MbppSetup(const RowReader& row) {
  if (row.Has("test_setup_code")) return row.Text(row.At("test_setup_code"), "test_setup_code") + "\n";
  std::string setup;
  if (!row.Has("test_imports")) return setup;
  for (const std::string& line : row.TextList(row.At("test_imports"), "test_imports")) setup += line + "\n";
  return setup;
}

// {"input":[..],"output":[..]}, or with the names in the plural.
void AddContestTests(const RowReader& row, const json& group, json& tests) {
  const auto part = [&](const char* one, const char* many) -> const json& {
    const json* value = FindColumn(group, one);
    if (value == nullptr) value = FindColumn(group, many);
    if (value == nullptr || !value->is_array())
      row.Refuse("tests without a list of inputs or outputs", "write {\"input\":[..],\"output\":[..]}");
    return *value;
  };
  const json &inputs = part("input", "inputs"), &outputs = part("output", "outputs");
  if (inputs.size() != outputs.size())
    row.Refuse("tests with " + std::to_string(inputs.size()) + " inputs and " +
                   std::to_string(outputs.size()) + " outputs",
               "write as many of both");
  for (size_t i = 0; i < inputs.size() && tests.size() < kMostContestTests; ++i)
    tests.push_back(
        {{"stdin", row.Text(inputs[i], "an input")}, {"stdout", row.Text(outputs[i], "an output")}});
}

// The problem's own time, twice as much of it in an interpreted language; no less than the judge gives by itself.
json ContestLimits(const RowReader& row, const std::string& language) {
  double seconds = row.Number("time_limit.seconds", 1.0) + row.Number("time_limit.nanos", 0.0) * 1e-9;
  const double megabytes = row.Number("memory_limit_bytes", 0.0) / (1 << 20);
  if (language == "python" || language == "javascript") seconds *= 2.0;
  seconds = std::clamp(seconds, 1.0, 60.0);
  return {{"cpu_s", seconds}, {"memory_mb", static_cast<int64_t>(std::clamp(megabytes, 256.0, 4096.0))}};
}

}  // namespace

// HumanEval's test defines check(candidate); HumanEval-X's calls what it tests itself, and its task_id names the language.
void ReadHumanEval(const RowReader& row, FileQuestion& question) {
  question.text = row.PromptText({"prompt"});
  std::string test = row.GoldText({"test"});
  if (row.Has("entry_point")) test += "\ncheck(" + row.Text(row.At("entry_point"), "entry_point") + ")";
  const bool is_cpp = row.Has("task_id") && row.Text(row.At("task_id"), "task_id").starts_with("CPP/");
  question.gold = CodeTask(is_cpp ? "cpp" : "python", json::array({AssertTest(test)}),
                           {{"cpu_s", 10}, {"wall_s", 20}, {"memory_mb", 512}});
}

// The question says the first test, without which the function would have no name; the others are hidden.
void ReadMbpp(const RowReader& row, FileQuestion& question) {
  const std::vector<std::string> tests =
      row.TextList(row.Choose(row.columns.gold, {"test_list"}), "test_list");
  question.text = Trimmed(row.PromptText({"text", "prompt"}));
  if (tests.empty() || question.text.empty()) return;
  question.text += "\nIt must pass this test and others:\n" + Trimmed(tests[0]);
  const std::string setup = MbppSetup(row);
  json list = json::array();
  for (const std::string& test : tests) list.push_back(AssertTest(setup + test));
  question.gold = CodeTask("python", std::move(list), {{"cpu_s", 10}, {"wall_s", 20}, {"memory_mb", 512}});
}

void ReadContest(const RowReader& row, const std::string& language, FileQuestion& question) {
  question.text = Trimmed(row.PromptText({"description", "problem", "question"}));
  json tests = json::array();
  bool any = false;
  for (const char* column : {"public_tests", "private_tests", "generated_tests", "tests"}) {
    if (!row.columns.gold.empty() || !row.Has(column)) continue;
    any = true;
    AddContestTests(row, row.At(column), tests);
  }
  if (!any) {
    const json& named = row.Choose(row.columns.gold, {"public_tests"});
    if (!named.is_null()) AddContestTests(row, named, tests);
  }
  question.gold = CodeTask(language, std::move(tests), ContestLimits(row, language));
}

}  // namespace hone
