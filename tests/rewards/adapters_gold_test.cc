// The golds that the adapters of data sets give, against the rewards that read them: reference answers and solutions are right, others are
// not. Over small rows; and, where HONE_SHARED names the directory that has them, over the public data.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/adapters.h"
#include "data/error.h"
#include "data/table_file.h"
#include "rewards/code/code_reward.h"
#include "rewards/code/submission.h"
#include "rewards/reward.h"
#include "tests/rewards/shared_judge.h"

namespace hone {
namespace {

using json = nlohmann::ordered_json;

Group GroupOf(const std::string& gold, const std::vector<std::string>& completions) {
  Group group;
  group.prompt.gold = gold;
  for (const std::string& text : completions) group.completions.emplace_back().text = text;
  return group;
}

// Whether the first completion scores 1 and the second, with another answer, 0.
bool Tells(const RewardFn& reward, const std::string& gold, const std::string& right,
           const std::string& wrong) {
  const std::vector<Score> scores = reward.Score(GroupOf(gold, {right, wrong}));
  for (const Score& score : scores) {
    if (score.status != Score::Status::kValue) MESSAGE(score.explanation);
  }
  return scores[0].status == Score::Status::kValue && scores[0].value == 1.0 &&
         scores[1].status == Score::Status::kValue && scores[1].value == 0.0;
}

std::string Boxed(const std::string& answer) { return "So it is $\\boxed{" + answer + "}$."; }

std::string Tagged(const std::string& answer) { return "<think>so</think><answer>" + answer + "</answer>"; }

FileQuestion Read(const json& row, RowAdapter adapter, const std::string& where) {
  return ReadQuestion(row, adapter, {}, "python", where);
}

// Visits every `stride`-th row; returns how many, 0 without the data.
int ForSharedRows(const std::string& file, int stride, const RowVisitor& visit) {
  const char* shared = std::getenv("HONE_SHARED");
  if (shared == nullptr) {
    MESSAGE("skipped: HONE_SHARED is not set");
    return 0;
  }
  int number = 0, visited = 0;
  ForEachRow(std::string(shared) + "/data/" + file, [&](const json& row, const std::string& where) {
    if (number++ % stride != 0) return;
    ++visited;
    visit(row, where);
  });
  return visited;
}

// A reward `code` whose cache is of this test; null, with a message, where nothing can be isolated.
struct CodeJudge {
  std::string cache =
      (std::filesystem::temp_directory_path() / ("hone-gold-test-" + std::to_string(::getpid()))).string();
  CodeJudge() { ::setenv("XDG_CACHE_HOME", cache.c_str(), 1); }
  ~CodeJudge() {
    ::unsetenv("XDG_CACHE_HOME");
    std::filesystem::remove_all(cache);
  }
  bool Tells(const json& row, RowAdapter adapter, const std::string& where,
             const std::string& program) const {
    const std::string language = adapter == RowAdapter::kCodeContests ? "cpp" : "python";
    const FileQuestion question = ReadQuestion(row, adapter, {}, language, where);
    CHECK(question.text != "");
    const CodeReward reward({});
    return hone::Tells(reward, question.gold, "Here:\n```\n" + program + "\n```\n", "```\n\n```\n");
  }
};

json WithTests(const char* key, const char* text, const char* tests) {
  json row = json::parse(tests);
  row[key] = text;
  return row;
}

TEST_CASE("golds of GSM8K and MATH as the rewards math and answer read them: small rows") {
  const auto math = MakeReward("math"), answer = MakeReward("answer");
  const json gsm8k = {{"question", "q"}, {"answer", "16 - 3 = <<16-3=13>>13.\n#### 1,013"}};
  const FileQuestion question = Read(gsm8k, RowAdapter::kGsm8k, "row");
  CHECK(Tells(*math, question.gold, Boxed("1013"), Boxed("1012")));
  CHECK(Tells(*answer, question.gold, Tagged("1013"), Tagged("13")));
  const json solution = {{"problem", "p"}, {"solution", "It is $\\boxed{\\left[0, \\frac{1}{2}\\right)}$."}};
  CHECK(Tells(*math, Read(solution, RowAdapter::kMath, "row").gold, Boxed("[0, 0.5)"), Boxed("[0, 0.5]")));
}

TEST_CASE("golds of HumanEval, MBPP and CodeContests as the reward code reads them: small rows") {
  if (TheJudge() == nullptr) return;
  const CodeJudge judge;
  const json human = {{"task_id", "HumanEval/0"},
                      {"prompt", "def inc(x):\n"},
                      {"entry_point", "inc"},
                      {"test", "def check(candidate):\n    assert candidate(1) == 2\n"}};
  CHECK(judge.Tells(human, RowAdapter::kHumanEval, "row", "def inc(x):\n    return x + 1"));
  CHECK_FALSE(judge.Tells(human, RowAdapter::kHumanEval, "row", "def inc(x):\n    return x + 2"));
  const json mbpp = {{"text", "Scale."},
                     {"test_setup_code", "k = 3"},
                     {"test_list", {"assert f(k) == 6", "assert f(0) == 0"}}};
  CHECK(judge.Tells(mbpp, RowAdapter::kMbpp, "row", "def f(x): return 2 * x"));
  CHECK_FALSE(judge.Tells(mbpp, RowAdapter::kMbpp, "row", "def f(x): return 6"));
  const json contest = WithTests("description", "Double.",
                                 R"({"public_tests":{"input":["2\n"],"output":["4\n"]},"private_tests":null,
                                     "generated_tests":{"input":["5\n"],"output":["10\n"]},"time_limit":{"seconds":1,"nanos":0}})");
  CHECK(judge.Tells(contest, RowAdapter::kCodeContests, "row",
                    "#include <iostream>\nint main(){int a;std::cin>>a;std::cout<<2*a;}"));
  CHECK_FALSE(judge.Tells(contest, RowAdapter::kCodeContests, "row", "int main(){}"));
}

TEST_CASE("every gold of GSM8K and MATH-500 is right against itself") {
  const auto math = MakeReward("math"), answer = MakeReward("answer");
  int wrong = 0;
  const auto check = [&](RowAdapter adapter) {
    return [&, adapter](const json& row, const std::string& where) {
      const std::string gold = Read(row, adapter, where).gold;
      const bool is_number = adapter == RowAdapter::kGsm8k;
      if (gold.empty() || !Tells(*math, gold, Boxed(gold), Boxed("-17/1009")) ||
          (is_number && !Tells(*answer, gold, Tagged(gold), Tagged("-17/1009")))) {
        ++wrong;
        MESSAGE(where << ": " << gold);
      }
    };
  };
  const int train = ForSharedRows("gsm8k/train.jsonl", 1, check(RowAdapter::kGsm8k));
  if (train == 0) return;
  CHECK(train == 7473);
  CHECK(ForSharedRows("gsm8k/test.jsonl", 1, check(RowAdapter::kGsm8k)) == 1319);
  CHECK(ForSharedRows("math500/test.jsonl", 1, check(RowAdapter::kMath)) == 500);
  CHECK(wrong == 0);
}

TEST_CASE("MATH-500: what is boxed in the solution is the answer") {
  const auto math = MakeReward("math");
  ForSharedRows("math500/test.jsonl", 1, [&](json row, const std::string& where) {
    const std::string answer = Read(row, RowAdapter::kMath, where).gold;
    row.erase("answer");
    const std::string boxed = Read(row, RowAdapter::kMath, where).gold;
    CAPTURE(where);
    CAPTURE(boxed);
    CHECK(math->Score(GroupOf(answer, {Boxed(boxed)}))[0].value == 1.0);
  });
}

TEST_CASE("reference solutions of HumanEval, HumanEval-X and MBPP pass: a sample") {
  if (TheJudge() == nullptr) return;
  const CodeJudge judge;
  const auto human = [&](const json& row, const std::string& where) {
    CAPTURE(where);
    CHECK(judge.Tells(row, RowAdapter::kHumanEval, where,
                      row["prompt"].get<std::string>() + row["canonical_solution"].get<std::string>()));
  };
  ForSharedRows("humaneval/HumanEval.jsonl", 12, human);
  ForSharedRows("humaneval-x/humaneval_python.jsonl", 24, human);
  ForSharedRows("mbpp/mbpp.jsonl", 50, [&](const json& row, const std::string& where) {
    CAPTURE(where);
    CHECK(judge.Tells(row, RowAdapter::kMbpp, where, row["code"].get<std::string>()));
  });
}

TEST_CASE("every problem of the sample of CodeContests gives a task that the judge reads") {
  const int rows = ForSharedRows("code-contests-sample/code_contests.json", 1,
                                 [&](const json& row, const std::string& where) {
                                   CAPTURE(where);
                                   const FileQuestion question = Read(row, RowAdapter::kCodeContests, where);
                                   CHECK(question.text != "");
                                   const JudgeTask task = ParseTask(question.gold, where);
                                   const size_t there_are = row["tests"]["inputs"].size();
                                   CHECK(task.tests.size() == std::min<size_t>(there_are, kMostContestTests));
                                   CHECK(task.tests.back().stdout_text != "");
                                 });
  if (rows > 0) CHECK(rows == 165);
}

}  // namespace
}  // namespace hone
