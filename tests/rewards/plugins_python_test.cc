// rewards/plugins/python_host: TRL's signature, sync and async, and every way a Python reward can fail.
#include <doctest/doctest.h>

#include <chrono>
#include <set>
#include <thread>

#include "rewards/plugins/python_host.h"
#include "tests/rewards/scoring.h"

using namespace hone;

namespace {

std::vector<Score> Run(const std::string& code, const Group& group = GroupOfTexts("4", {"it is 4", "no"}),
                       double deadline = 10.0) {
  const ScratchDir dir;
  return PythonReward(dir.Write("my.py", code), "reward", "python3", deadline).Score(group);
}

}  // namespace

TEST_CASE("a function with TRL's signature scores a group") {
  Group group = GroupOfTexts("4", {"it is 4", "no"});
  group.prompt.columns = "{\"level\":2}";
  // As rewards/README.md shows it.
  const std::vector<Score> scores = Run(
      "def reward(prompts, completions, completion_ids, gold, **columns):\n"
      "    assert prompts == ['Q:4?'] * 2 and completion_ids[1] == [110, 111], (prompts, completion_ids)\n"
      "    assert columns == {'kind': ['test', 'test'], 'level': [2, 2]}, columns\n"
      "    return [float(answer in text) for text, answer in zip(completions, gold)]\n",
      group);
  CHECK(scores.at(0).explanation == "");
  CHECK(scores.at(0).value == 1.0);
  CHECK(scores.at(1).value == 0.0);
  CHECK(Run("def reward(completions):\n    return [len(c) for c in completions]\n").at(0).value == 7.0);
  CHECK(Run("import asyncio\n"
            "async def one(text):\n    await asyncio.sleep(0.01)\n    return len(text)\n"
            "async def reward(completions, **_):\n"
            "    return await asyncio.gather(*[one(c) for c in completions])\n")
            .at(1)
            .value == 2.0);
  CHECK(Run("class R:\n    def __call__(self, completions, **_):\n        return [True] * len(completions)\n"
            "reward = R()\n")
            .at(0)
            .value == 1.0);
  const std::vector<Score> none = Run("def reward(completions, **_):\n    return [None, 0.5]\n");
  CHECK(none.at(0).status == Score::Status::kNotApplicable);
  CHECK(none.at(1).value == 0.5);
}

TEST_CASE("printing, reading standard input and children of the function disturb nothing") {
  const std::vector<Score> scores =
      Run("import os, subprocess, sys\n"
          "print('loading')\n"
          "def reward(completions, **_):\n"
          "    print('{\"id\":1,\"scores\":[9,9]}'); sys.stdout.flush()\n"
          "    os.write(1, b'raw bytes\\n'); subprocess.run(['echo', 'child'])\n"
          "    return [float(len(sys.stdin.read())), 1.0]\n");
  CHECK(scores.at(0).explanation == "");
  CHECK(scores.at(0).value == 0.0);
  CHECK(scores.at(1).value == 1.0);
}

TEST_CASE("what goes wrong in the function is a fault that shows where") {
  const Score raised =
      Run("def helper(x):\n    return 1 / x\ndef reward(completions, **_):\n    return [helper(0)]\n").at(1);
  CHECK(IsFault(raised));
  CHECK(raised.explanation.find("ZeroDivisionError: division by zero\n") == 0);
  CHECK(Says(raised, "my.py\", line 2, in helper"));
  CHECK(Says(raised, "my.py\", line 4, in reward"));
  CHECK_FALSE(Says(raised, "<string>"));  // the worker's own frames tell nobody anything
  const std::pair<const char*, const char*> cases[] = {
      {"def reward(completions, **_):\n    return [1.0]\n", "returned 1 scores for 2 completions"},
      {"def reward(completions, **_):\n    return None\n", "TypeError"},
      {"def reward(completions, **_):\n    return [float('nan')] * 2\n", "returned nan"},
      {"def reward(completions, **_):\n    return [float('-inf')] * 2\n", "returned -inf"},
      {"def reward(completions, **_):\n    return ['1.0'] * 2\n", "returned '1.0'"},
      {"def reward(completions, **_):\n    return [[1]] * 2\n", "returned [1]"},
      {"def reward(completions, solution, **_):\n    return [1] * 2\n", "'solution'"},
      {"import sys\ndef reward(completions, **_):\n    sys.exit(3)\n", "SystemExit"},
      {"import os\ndef reward(completions, **_):\n    os._exit(5)\n", "the worker exited with status 5"},
      {"import os, sys\ndef reward(completions, **_):\n    print('last words', file=sys.stderr, "
       "flush=True)\n    os.abort()\n",
       "last words"},
      {"import os, signal\ndef reward(completions, **_):\n    os.kill(os.getpid(), signal.SIGSEGV)\n",
       "signal 11"}};
  for (const auto& [code, why] : cases) {
    CAPTURE(code);
    const std::vector<Score> scores = Run(code);
    REQUIRE(scores.size() == 2);
    CAPTURE(scores[1].explanation);
    CHECK(IsFault(scores[1]));
    CHECK(Says(scores[1], why));
  }
  const auto start = std::chrono::steady_clock::now();
  const std::vector<Score> late =
      Run("import time\ndef reward(completions, **_):\n    time.sleep(60)\n", GroupOfTexts("4", {"a"}), 0.4);
  CHECK(Says(late.at(0), "no answer within 0.4 s: the worker was killed"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("a worker that died is started again, and several work at once") {
  const ScratchDir dir;
  const std::string code =
      "import os, time\n"
      "def reward(completions, **_):\n"
      "    if completions[0] == 'die': os._exit(1)\n"
      "    time.sleep(0.2)\n"
      "    return [os.getpid()] * len(completions)\n";
  const PythonReward reward(dir.Write("my.py", code), "reward", "python3", 10.0);
  const double first = reward.Score(GroupOfTexts("4", {"a"})).at(0).value;
  CHECK(reward.Score(GroupOfTexts("4", {"a"})).at(0).value == first);
  CHECK(IsFault(reward.Score(GroupOfTexts("4", {"die"})).at(0)));
  const double second = reward.Score(GroupOfTexts("4", {"a"})).at(0).value;
  CHECK(second != first);
  std::vector<double> pids(3);
  std::vector<std::thread> threads;
  for (double& pid : pids) {
    threads.emplace_back([&] { pid = reward.Score(GroupOfTexts("4", {"a"})).at(0).value; });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(std::set<double>(pids.begin(), pids.end()).size() == 3);
}

TEST_CASE("what cannot be imported is an error before anything runs") {
  const ScratchDir dir;
  const auto error = [&](const std::string& code, const std::string& function,
                         const std::string& python = "python3") {
    const std::string file = dir.Write("my.py", code);
    return ErrorText([&] { PythonReward(file, function, python, 1.0); });
  };
  const std::string syntax = error("def reward(:\n", "reward");
  CHECK(syntax.find("the reward cannot start: SyntaxError") != std::string::npos);
  CHECK(syntax.find("my.py") != std::string::npos);
  CHECK(error("import nothing_of_this_name\n", "reward").find("No module named 'nothing_of_this_name'") !=
        std::string::npos);
  CHECK(error("def a(): pass\ndef b(): pass\n", "c").find("has no function 'c'; its functions: a, b") !=
        std::string::npos);
  CHECK(error("reward = 3\n", "reward").find("is not a function") != std::string::npos);
  CHECK(error("import os\nos._exit(7)\n", "reward").find("exited with status 7") != std::string::npos);
  CHECK(error("", "reward", "/nowhere/python").find("/nowhere/python") != std::string::npos);
  CHECK(ErrorText([] {
          PythonReward("/nowhere/my.py", "f", "python3", 1.0);
        }).find("there is no file /nowhere/my.py") != std::string::npos);
}
