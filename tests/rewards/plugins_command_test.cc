// rewards/plugins: child processes, the JSON between hone and a scorer, and commands that crash, hang, lie or babble.
#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "rewards/plugins/child_process.h"
#include "rewards/plugins/command_reward.h"
#include "rewards/plugins/score_json.h"
#include "tests/rewards/scoring.h"

using namespace hone;

namespace {

using Clock = ChildProcess::Clock;
using Status = ChildProcess::Answer::Status;

Clock::time_point In(double seconds) {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

std::vector<Score> ScoresOf(const std::string& command, double deadline = 10.0) {
  return CommandReward(command, "", deadline).Score(GroupOfTexts("4", {"a", "b"}));
}

bool Lives(pid_t pid) { return kill(pid, 0) == 0; }

}  // namespace

TEST_CASE("a child process: lines in order, big ones too, its end and its words") {
  ChildProcess cat({"cat"}, "");
  CHECK(cat.Exchange("one\ntwo\n", In(5)).line == "one");
  CHECK(cat.Exchange("", In(5)).line == "two");
  const std::string big(5 << 20, 'x');
  CHECK(cat.Exchange(big + "\n", In(20)).line == big);
  const auto start = Clock::now();
  CHECK(cat.Exchange("no end", In(0.2)).status == Status::kTimeout);
  CHECK(Clock::now() - start < std::chrono::seconds(2));

  ChildProcess ends({"/bin/sh", "-c", "echo last; echo 'oh dear' >&2; exit 3"}, "");
  CHECK(ends.Exchange("", In(5)).line == "last");
  CHECK(ends.Exchange("more\n", In(5)).status == Status::kEnded);
  CHECK(ends.HowItEnded() == "exited with status 3");
  CHECK(ends.errors() == "oh dear\n");
  ChildProcess killed({"/bin/sh", "-c", "kill -SEGV $$"}, "");
  CHECK(killed.Exchange("", In(5)).status == Status::kEnded);
  CHECK(killed.HowItEnded() == "was killed by signal 11 (Segmentation fault)");
  ChildProcess where({"pwd"}, "/usr");
  CHECK(where.Exchange("", In(5)).line == "/usr");
  CHECK(ErrorText([] { ChildProcess({"/nowhere/program"}, ""); }).find("/nowhere/program") !=
        std::string::npos);
  CHECK(ErrorText([] { ChildProcess({"true"}, "/nowhere"); }) != "");
}

TEST_CASE("a child goes with all it started, and Ctrl-C at the terminal is not its own") {
  pid_t child = 0, grandchild = 0;
  {
    ChildProcess process({"/bin/sh", "-c", "sleep 100 & echo $$ $!; read x"}, "");
    const std::string line = process.Exchange("", In(5)).line;
    child = std::stoi(line);
    grandchild = std::stoi(line.substr(line.find(' ')));
    CHECK(Lives(grandchild));
    CHECK(getpgid(child) != getpgrp());
  }
  CHECK_FALSE(Lives(child));
  for (int i = 0; i < 100 && Lives(grandchild); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK_FALSE(Lives(grandchild));
  std::thread([&] {
    auto* const lost =
        new ChildProcess({"/bin/sh", "-c", "echo $$; sleep 100"}, "");  // as if never destroyed
    child = std::stoi(lost->Exchange("", In(5)).line);
    static ChildProcess* kept = nullptr;
    kept = lost;
    CHECK(kept != nullptr);
  }).join();
  // Killed with its thread; a zombie until reaped, so its state tells.
  std::string state;
  for (int i = 0; i < 100 && state != "Z"; ++i) {
    std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
    std::string pid, name;
    stat >> pid >> name >> state;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  CHECK(state == "Z");
}

TEST_CASE("what a scorer is asked, and every answer it may give") {
  Group group = GroupOfTexts("4", {"a\"\n", "\xFF"});
  group.prompt.columns = "{\"level\":3}";
  group.completions[1].finish = FinishReason::kLength;
  const auto request = nlohmann::json::parse(ScoreRequestJson(group, 7));
  CHECK(request["id"] == 7);
  CHECK(request["gold"] == "4");
  CHECK(request["columns"]["level"] == 3);
  CHECK(request["completions"][0]["text"] == "a\"\n");
  CHECK(request["completions"][0]["ids"].size() == 3);
  CHECK(request["completions"][1]["text"] == "\xEF\xBF\xBD");
  CHECK(request["completions"][1]["finish"] == "length");
  CHECK(ScoreRequestJson(group, 7).find('\n') == std::string::npos);

  const std::vector<Score> all = ParseScoreReply(
      R"({"id":7,"scores":[0.5,null,{"value":2,"explanation":"fine"},{"not_applicable":"no"},{"fault":"bad"},"x",{},true]})",
      7, 8, "r");
  CHECK(all[0].value == 0.5);
  CHECK(all[1].status == Score::Status::kNotApplicable);
  CHECK(all[2].value == 2.0);
  CHECK(all[2].explanation == "fine");
  CHECK(all[2].parts == std::vector<std::pair<std::string, double>>{{"r", 2.0}});
  CHECK(all[3].explanation == "no");
  CHECK((IsFault(all[4]) && all[4].explanation == "bad"));
  for (size_t i = 5; i < 8; ++i) CHECK(IsFault(all[i]));

  const std::pair<const char*, const char*> broken[] = {
      {"", "not valid JSON"},
      {"[]", "no object"},
      {"{\"scores\":[1]}", "another id"},
      {"{\"id\":8,\"scores\":[1]}", "another id"},
      {"{\"id\":7}", "no list of scores"},
      {"{\"id\":7,\"scores\":{}}", "no list of scores"},
      {"{\"id\":7,\"scores\":[]}", "0 scores for 1 completions"},
      {"{\"id\":7,\"scores\":[1,2]}", "2 scores for 1 completions"},
      {"{\"id\":7,\"scores\":[NaN]}", "not valid JSON"},
      {"{\"id\":7,\"scores\":[1e999]}", "not valid JSON"},
      {"{\"id\":7,\"id\":7,\"scores\":[1]}", "duplicate key"},
      {"{\"id\":7,\"fault\":\"no luck\"}", "no luck"}};
  for (const auto& [text, why] : broken) {
    CAPTURE(text);
    const std::vector<Score> scores = ParseScoreReply(text, 7, 1, "r");
    REQUIRE(scores.size() == 1);
    CHECK(IsFault(scores[0]));
    CHECK(Says(scores[0], why));
  }
}

TEST_CASE("a command that speaks JSON lines is a reward; what it does wrong is a fault with its words") {
  // As rewards/README.md shows it.
  const ScratchDir dir;
  dir.Write("score.py",
            "import json, sys\n"
            "for line in sys.stdin:\n"
            "    group = json.loads(line)\n"
            "    scores = [float(group['gold'] in c['text']) for c in group['completions']]\n"
            "    print(json.dumps({'id': group['id'], 'scores': scores}), flush=True)\n");
  const CommandReward reward("python3 score.py", dir.path(), 10.0);
  for (int round = 0; round < 3; ++round) {
    const std::vector<Score> scores = reward.Score(GroupOfTexts("4", {"it is 4", "5"}));
    CHECK(scores.at(0).value == 1.0);
    CHECK(scores.at(1).value == 0.0);
  }
  CHECK(Says(ScoresOf("echo oops >&2; exit 3").at(1), "the worker exited with status 3\noops"));
  CHECK(Says(ScoresOf("read x; kill -KILL $$").at(0), "was killed by signal 9"));
  CHECK(Says(ScoresOf("read x; echo hello; read y").at(0), "not valid JSON"));
  CHECK(Says(ScoresOf("/nowhere/program").at(0), "exited with status 127"));
  const auto start = Clock::now();
  CHECK(Says(ScoresOf("read x; echo waiting >&2; sleep 60", 0.3).at(0), "no answer within 0.3 s"));
  CHECK(Clock::now() - start < std::chrono::seconds(3));
}

TEST_CASE("a worker that fails is replaced; one that is out of step too") {
  const ScratchDir dir;
  // Fails on its first life, babbles on the second, works from the third on.
  const std::string script = dir.Write("s.sh",
                                       "echo x >> lives; n=$(wc -l < lives)\n"
                                       "while read line; do\n"
                                       "  [ $n = 1 ] && exit 1\n"
                                       "  [ $n = 2 ] && echo '{\"id\":999,\"scores\":[1]}'\n"
                                       "  id=$(echo \"$line\" | sed 's/^{\"id\":\\([0-9]*\\).*/\\1/')\n"
                                       "  echo \"{\\\"id\\\":$id,\\\"scores\\\":[$n]}\"\n"
                                       "done\n");
  const CommandReward reward("sh s.sh", dir.path(), 10.0);
  const Group group = GroupOfTexts("4", {"a"});
  CHECK(Says(reward.Score(group).at(0), "exited with status 1"));
  CHECK(Says(reward.Score(group).at(0), "another id"));
  CHECK(reward.Score(group).at(0).value == 3.0);
  CHECK(reward.Score(group).at(0).value == 3.0);
}
