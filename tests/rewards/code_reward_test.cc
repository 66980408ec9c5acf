// rewards/code/code_reward: where the program is in a completion, scores in
// order, faults that are no zeros.
#include "rewards/code/code_reward.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/rewards/shared_judge.h"

using namespace hone;

namespace {

Group GroupOf(const std::string &gold, const std::vector<std::string> &completions) {
  Group group;
  group.prompt.gold = gold;
  for (const std::string &text : completions) group.completions.emplace_back().text = text;
  return group;
}

// What the reward keeps goes into a directory of this test.
struct Scratch {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("hone-reward-test-" + std::to_string(::getpid()))).string();
  Scratch() { ::setenv("XDG_CACHE_HOME", path.c_str(), 1); }
  ~Scratch() {
    ::unsetenv("XDG_CACHE_HOME");
    std::filesystem::remove_all(path);
  }
};

}  // namespace

TEST_CASE("the program in a completion") {
  const std::pair<const char *, const char *> rows[] = {
      {"print(1)", "print(1)"},
      {"Here:\n```python\nprint(1)\n```\nDone.", "print(1)\n"},
      {"```\na\n```\n and then\n```c\nb\n```", "b\n"},
      {"```\na\n```\n```c\nb", "b"},
      {"```c", ""},
      {"```", ""},
      {"", ""},
      {"x = '```'", "x = '```'"},  // not at the beginning of a line
      {"<think>```\nbad\n```</think><answer>print(1)</answer>", "print(1)"},
      {"<think>```\nbad\n```</think><answer>\n```python\nprint(2)\n```\n</"
       "answer>",
       "print(2)\n"},
      {"<answer>a</answer><answer>b", "b"},
  };
  for (const auto &[completion, code] : rows) {
    CAPTURE(completion);
    CHECK(ExtractCode(completion) == code);
  }
  // Not linear would be hours.
  for (const std::string unit : {"```", "```\n", "<answer>", "`"}) {
    std::string text;
    while (text.size() < 4000000) text += unit;
    CHECK(ExtractCode(text).size() <= text.size());
  }
}

TEST_CASE("a gold that cannot be used is a fault of the whole group") {
  const std::pair<const char *, const char *> golds[] = {
      {"", "not valid JSON"},
      {"42", "not a JSON object"},
      {R"({"lang":"python","tests":[]})", "'tests' must be"},
      {R"({"lang":"cpp","tests":[{"assert":"f(1) == 1"}]})", "can be forged"},
  };
  for (const auto &[gold, why] : golds) {
    CAPTURE(gold);
    const std::vector<Score> scores = CodeReward({}).Score(GroupOf(gold, {"a", "b"}));
    REQUIRE(scores.size() == 2);
    for (const Score &score : scores) {
      CHECK(score.status == Score::Status::kFault);
      CHECK(score.explanation.find(why) != std::string::npos);
    }
  }
}

TEST_CASE("scores in order, with a line that explains each") {
  if (TheJudge() == nullptr) return;
  const std::string gold =
      R"({"lang":"python","tests":[{"call":"f","args":[2],"returns":4},{"call":"f","args":[3],"returns":6}]})";
  const Group group = GroupOf(
      gold, {"```python\ndef f(x): return 2 * x\n```", "def f(x): return x + 2", "I do not know.", ""});
  const Scratch scratch;
  const CodeReward reward({});
  const std::vector<Score> scores = reward.Score(group);
  REQUIRE(scores.size() == 4);
  const double expected[] = {1.0, 0.5, 0.0, 0.0};
  for (size_t i = 0; i < 4; ++i) {
    CAPTURE(scores[i].explanation);
    CHECK(scores[i].status == Score::Status::kValue);
    CHECK(scores[i].value == expected[i]);
  }
  CHECK(scores[0].explanation == "AC, 2 of 2 tests");
  CHECK(scores[1].explanation == "WA in test 2: returned 5");
  CHECK(scores[0].parts == std::vector<std::pair<std::string, double>>{{"code", 1.0}});
  const std::vector<Score> strict = CodeReward({.all_or_nothing = true}).Score(group);
  CHECK(strict[0].value == 1.0);
  CHECK(strict[1].value == 0.0);
  CHECK(reward.Score(GroupOf(gold, {})).empty());
  CHECK_FALSE(reward.KeepsDeadline());
  const CodeReward hurried({}, 0.5);
  CHECK(hurried.KeepsDeadline());
  hurried.Score(group);  // the sandbox has started
  const std::vector<Score> late = hurried.Score(GroupOf(
      R"({"lang":"python","tests":[{"call":"f","args":[],"returns":1}],"limits":{"cpu_s":3600,"wall_s":7200}})",
      {"import time\ndef f(): time.sleep(7000)", "import time\ndef f(): time.sleep(7000)"}));
  for (const Score &score : late) {
    CHECK(score.status == Score::Status::kFault);
    CHECK(score.explanation == "IE: no verdict within the deadline");
  }
  const std::string broken = R"({"lang":"python","tests":[{"assert":"this is no python"}]})";
  CHECK(reward.Score(GroupOf(broken, {"def f(x): return 4"}))[0].status == Score::Status::kFault);
}
