// hone reward try and audit, and runs whose rewards are the user's own: resumed exactly, stopped by a fault, mended.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "data/run_store.h"
#include "recipes/reward_rows.h"
#include "rl/metrics.h"
#include "tests/policy/random_model.h"
#include "tests/recipes/binary.h"

using namespace hone;

namespace {

const char* const kRows =
    R"({"prompt":"2+2=","gold":"4","completion":"<think>2+2</think><answer>4</answer>","level":1})"
    "\n\n"
    R"({"prompt":"2+3=","gold":"5","completions":["5","<think>a</think><answer>6</answer>"],"completion_ids":[[1],[2,3]]})"
    "\n";

const char* const kReward =
    "def even(completions, completion_ids, **columns):\n"
    "    return [sum(i % 2 == 0 for i in ids) / len(ids) for ids in completion_ids]\n"
    "def picky(completions, gold, **columns):\n"
    "    if '6' in ''.join(completions): raise ValueError('a six')\n"
    "    return [float(g in c) for g, c in zip(gold, completions)]\n";

}  // namespace

TEST_CASE("rows become groups with their columns; mistakes name the line") {
  const Group group = ParseRewardRow(
      R"({"prompt":"p","gold":"4","kind":"k","completions":["a","b"],"completion_ids":[[1],[]],"level":3})",
      "x:1");
  CHECK(group.prompt.text == "p");
  CHECK(group.prompt.gold == "4");
  CHECK(group.prompt.kind == "k");
  CHECK(group.prompt.columns == "{\"level\":3}");
  REQUIRE(group.completions.size() == 2);
  CHECK(group.completions[0].ids == std::vector<int32_t>{1});
  CHECK(ParseRewardRow(R"({"completion":"a","completion_ids":[7]})", "").completions[0].ids ==
        std::vector<int32_t>{7});
  const std::pair<const char*, const char*> cases[] = {
      {"[]", "x:1: a row is a JSON object"},
      {"{}", "either 'completion' or 'completions'"},
      {R"({"completion":"a","completions":["b"]})", "either"},
      {R"({"completion":3})", "'completion' holds no string"},
      {R"({"completion":"a","gold":4})", "'gold' is no string"},
      {R"({"completions":["a"],"completion_ids":[1]})", "no list of ids"},
      {R"({"completions":["a"],"completion_ids":[]})", "does not go with"},
      {R"({"completion":"a","completion_ids":["x"]})", "no integer"},
      {"{", "not valid JSON"}};
  for (const auto& [line, why] : cases) {
    CAPTURE(line);
    CHECK(Mentions(ErrorOf([&] { ParseRewardRow(line, "x:1"); }), why));
  }
}

TEST_CASE("hone reward try: a built-in reward and a Python one, with faults shown") {
  const Workplace at;
  at.Write("rows.jsonl", kRows);
  at.Write("my.py", kReward);
  const Said plain = at.Hone("reward try answer --data rows.jsonl");
  CAPTURE(plain.err);
  CHECK(plain.status == 0);
  CHECK(plain.Prints("1  <think>2+2</think><answer>4</answer>\n    value 1  answer: '4' equals 4\n"));
  CHECK(plain.Says("3 values (mean 0.333333), 0 not applicable, 0 faults"));
  const Said python = at.Hone("reward try my.py:picky --data rows.jsonl --json --set deadline=20");
  CHECK(python.status == 1);
  std::istringstream lines(python.out);
  std::vector<nlohmann::json> rows;
  for (std::string line; std::getline(lines, line);) rows.push_back(nlohmann::json::parse(line));
  REQUIRE(rows.size() == 3);
  CHECK(rows[0]["value"] == 1.0);
  CHECK(rows[2]["row"] == 2);
  CHECK(rows[2]["completion"] == 1);
  CHECK(rows[2]["status"] == "fault");
  CHECK(Mentions(rows[2]["explanation"], "ValueError: a six"));
  CHECK(Mentions(rows[2]["explanation"], "line 4, in picky"));
  const Said shown =
      at.Hone("reward try my.py:picky --data rows.jsonl --set deadline=20");  // both of a group fail
  CHECK(shown.Prints("ValueError: a six (as in row 2)\n"));
  CHECK(shown.out.find("line 4, in picky") == shown.out.rfind("line 4, in picky"));
  CHECK(python.Says("1 values"));
  for (const auto& [arguments, why] : std::vector<std::pair<std::string, std::string>>{
           {"reward try answr --data rows.jsonl", "did you mean 'answer'"},
           {"reward try my.py:nothing --data rows.jsonl", "its functions: even, picky"},
           {"reward try answer --data nowhere.jsonl", "nowhere.jsonl"},
           {"reward try answer --data my.py", "my.py:1: not valid JSON"},
           {"reward try answer --data rows.jsonl --set max=3", "unknown key"}}) {
    CAPTURE(arguments);
    const Said said = at.Hone(arguments);
    CAPTURE(said.err);
    CHECK(said.status == 1);
    CHECK(said.Says("hone: "));
    CHECK(said.Says(why));
  }
}

TEST_CASE("hone reward audit: where two disagree, with both explanations, in a file and in a run") {
  const Workplace at;
  at.Write("rows.jsonl", kRows);
  at.Write("my.py", kReward);
  const Said file = at.Hone("reward audit rows.jsonl --rewards answer,format");
  CAPTURE(file.err);
  CHECK(file.status == 0);
  CHECK(file.Says("3 completions, 1 disagreement, 0 faults"));
  CHECK(file.Prints("value 0  answer: '6' is not 5"));
  CHECK(file.Prints("value 1  format: the format is kept"));
  CHECK_FALSE(file.Prints("2+2="));

  at.Write("tiny.toml", TinyRecipe("grpo") + "[rewards.even]\nuse = \"my.py:even\"\n");
  REQUIRE(at.Hone("run tiny.toml --set grpo.steps=2").status == 0);
  const Said run = at.Hone("reward audit runs/tiny --rewards my.py:even,format --json");
  CHECK(run.status == 0);
  CHECK(run.Says("32 completions, "));
  std::istringstream lines(run.out);
  std::string line;
  REQUIRE(std::getline(lines, line));
  const auto first = nlohmann::json::parse(line);
  CHECK(first["scores"]["my.py:even"]["status"] == "value");
  CHECK(first["scores"]["format"]["value"] == 0.0);
  CHECK(at.Hone("reward audit rows.jsonl --rewards answer").status == 2);
  const Said faulty = at.Hone("reward audit rows.jsonl --rewards answer,my.py:picky");
  CHECK(faulty.status == 1);
  CHECK(faulty.Says(" 2 faults"));
  const Said no_ids = at.Hone("reward try overlong --data rows.jsonl");
  CHECK(no_ids.status == 1);
  CHECK(no_ids.Prints("fault  overlong: it counts tokens, and the completion came without its ids"));
  CHECK(no_ids.Says("2 values (mean 0), 0 not applicable, 1 faults"));
  CHECK(at.Hone("reward try math --data rows.jsonl --limit -1").Says("--limit: Value -1 not in range 0 to "));
  CHECK(at.Hone("reward audit . --rewards answer,format")
            .Says("this directory is no run's: it holds no hone.db"));
  CHECK(at.Hone("reward --help").Prints("hone reward audit runs/r1_zero"));
}

TEST_CASE(
    "a run with a Python reward scores as a built-in would, reports its times, and resumes byte for byte") {
  const Workplace at;
  at.Write("recipes/my.py", kReward);
  at.Write("recipes/tiny.toml",
           TinyRecipe("grpo") + "[rewards.even]\nuse = \"my.py:even\"\nconcurrency = 2\n");
  REQUIRE(at.Hone("run recipes/tiny.toml --run-dir whole").status == 0);
  const RunStore whole = RunStore::OpenReadOnly(at / "whole/hone.db");
  for (const ScoredGroup& g : whole.Groups(3)) {
    for (size_t i = 0; i < g.scores.size(); ++i) {
      double even = 0;
      for (const int32_t id : g.group.completions[i].ids) even += id % 2 == 0;
      CHECK(g.scores[i].value == even / static_cast<double>(g.group.completions[i].ids.size()));
    }
    CHECK(Mentions(g.group.prompt.columns, "question"));
  }
  const std::vector<StepMetrics> history = whole.AllMetrics();
  CHECK(MetricValue(history.at(3).values, "rewards/even/seconds_p99") > 0);
  CHECK(MetricValue(history.at(3).values, "rewards/even/faults") == 0);
  CHECK(Mentions(at.Read("whole/report.html"), "<td>even</td>"));
  CHECK(at.Hone("run recipes/tiny.toml --run-dir cut", [&](pid_t pid) {
            at.AwaitErr("step=3");
            kill(pid, SIGKILL);
          }).status == 128 + SIGKILL);
  REQUIRE(at.Hone("run recipes/tiny.toml --run-dir cut --resume").status == 0);
  CHECK(at.Read("cut/model/model.safetensors") == at.Read("whole/model/model.safetensors"));
  CHECK(RunStore::OpenReadOnly(at / "cut/hone.db").RolloutDigest() == whole.RolloutDigest());
}

TEST_CASE(
    "a fault is dropped and shown, or stops the run with one line; mended, it resumes as if nothing was") {
  const Workplace at;
  const std::string table = "[rewards.even]\nuse = \"my.py:even\"\non_fault = \"stop\"\n";
  const std::string broken =
      "import os\n"
      "def even(completions, completion_ids, **columns):\n"
      "    open('calls', 'a').write('x')\n"
      "    if os.path.getsize('calls') == 10: raise ValueError('tenth')\n"
      "    return [sum(i % 2 == 0 for i in ids) / len(ids) for ids in completion_ids]\n";
  at.Write("tiny.toml", TinyRecipe("grpo") + table);
  at.Write("my.py", kReward);
  REQUIRE(at.Hone("run tiny.toml --run-dir whole").status == 0);
  at.Write("my.py", broken);
  const Said stopped = at.Hone("run tiny.toml --run-dir stops");
  CAPTURE(stopped.err);
  CHECK(stopped.status == 1);
  CHECK(stopped.Says("hone: rewards: a reward with on_fault = stop has a fault at step"));
  CHECK(stopped.Says("even: ValueError: tenth; mend it and continue with --resume"));
  at.Write("my.py", kReward);
  REQUIRE(at.Hone("run tiny.toml --run-dir stops --resume").status == 0);
  CHECK(at.Read("stops/model/model.safetensors") == at.Read("whole/model/model.safetensors"));

  at.Write("my.py", broken);
  at.Write("calls", "");
  at.Write("tiny.toml", TinyRecipe("grpo") + "[rewards.even]\nuse = \"my.py:even\"\n");
  const Said dropped = at.Hone("run tiny.toml --run-dir drops");
  CHECK(dropped.status == 0);
  CHECK(dropped.Says("scores that were faults: 4; the first: even: ValueError: tenth"));
  CHECK(dropped.Says("rewards/even/faults=4"));
}

TEST_CASE("a reward that cannot start is said before a run directory is made") {
  const Workplace at;
  at.Write("tiny.toml", TinyRecipe("grpo") + "[rewards.mine]\nuse = \"my.py:even\"\n");
  const Said missing = at.Hone("run tiny.toml");
  CHECK(missing.status == 1);
  CHECK(missing.Says("there is no file " + (at / "my.py")));
  at.Write("my.py", "import nothing_of_this_name\n");
  CHECK(at.Hone("run tiny.toml").Says("No module named 'nothing_of_this_name'"));
  CHECK_FALSE(at.Has("runs"));
}

TEST_CASE("hone judge: bad lines are answered in their place, the sandbox says itself on one line") {
  const Workplace at;
  at.Write(
      "in",
      "nonsense\n\n"
      R"({"id":1,"lang":"python","code":"def f(x): return 2*x","tests":[{"call":"f","args":[21],"returns":42}]})"
      "\n");
  const Said said = at.Hone("judge --cache '' < in");
  CAPTURE(said.err);
  if (said.Says("cannot isolate programs")) return;
  CHECK(said.status == 1);
  CHECK(said.Says("1 of 2 lines could not be read; the first: line 1: not valid JSON"));
  CHECK(said.err.find("sandbox: ") == said.err.rfind("sandbox: "));
  CHECK(said.Prints(R"("verdict":"IE","score":null,"tests":[],"error":"line 1: not valid JSON)"));
  CHECK(said.Prints(R"({"id":1,"verdict":"AC","score":1.0)"));
  at.Write("in", "\n");
  CHECK(at.Hone("judge --cache '' < in").status == 0);
  CHECK(at.Hone("judge --no-such-flag < in").status == 2);
}
