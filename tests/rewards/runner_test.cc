// rewards/runner: the same scores as one by one, whatever the threads; deadlines, faults that stop, and hanging rewards.
#include "rewards/runner.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <thread>

#include "tests/rewards/scoring.h"

using namespace hone;

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

class FnReward : public RewardFn {
 public:
  using Fn = std::function<std::vector<hone::Score>(const Group&)>;
  explicit FnReward(Fn fn, bool keeps = false) : fn_(std::move(fn)), keeps_(keeps) {}
  const std::string& name() const override { return name_; }
  std::vector<hone::Score> Score(const Group& group) const override { return fn_(group); }
  bool KeepsDeadline() const override { return keeps_; }

 private:
  const std::string name_ = "fn";
  const Fn fn_;
  const bool keeps_;
};

std::vector<Score> SlotScores(const Group& group) {
  return {group.completions.size(), ValueScore("x", static_cast<double>(group.slot), "")};
}

RunnerReward Reward(const std::string& name, FnReward::Fn fn, double deadline = 60.0,
                    int64_t concurrency = 1) {
  return {name, 1.0, deadline, concurrency, OnFault::kDrop, std::make_shared<FnReward>(std::move(fn))};
}

Group GroupAt(int64_t slot) {
  Group group = GroupOfTexts("4", {"a", "b"});
  group.slot = slot;
  return group;
}

std::vector<ScoredGroup> InOrder(std::vector<ScoredGroup> groups) {
  std::sort(groups.begin(), groups.end(),
            [](const auto& a, const auto& b) { return a.group.slot < b.group.slot; });
  return groups;
}

}  // namespace

TEST_CASE(
    "every group comes back once, scored as if one by one, for any concurrency and more groups than fit") {
  for (const int64_t concurrency : {1, 4}) {
    RewardRunner runner({Reward("slot", SlotScores, 60.0, concurrency),
                         Reward(
                             "jitter",
                             [](const Group& g) {
                               std::this_thread::sleep_for(std::chrono::microseconds(g.slot * 7919 % 300));
                               return SlotScores(g);
                             },
                             60.0, 2)});
    CHECK(runner.names() == std::vector<std::string>{"slot", "jitter"});
    for (int round = 0; round < 2; ++round) {
      std::vector<ScoredGroup> all;
      for (int64_t slot = 0; slot < 300; ++slot) {
        runner.Submit(GroupAt(slot));
        for (ScoredGroup& g : runner.TakeFinished()) all.push_back(std::move(g));
      }
      for (ScoredGroup& g : runner.WaitForAll()) all.push_back(std::move(g));
      CHECK(runner.WaitForAll().empty());
      all = InOrder(std::move(all));
      REQUIRE(all.size() == 300);
      for (int64_t slot = 0; slot < 300; ++slot) {
        CHECK(all[slot].group.slot == slot);
        REQUIRE(all[slot].scores.size() == 2);
        CHECK(all[slot].scores[1].value == 2.0 * static_cast<double>(slot));
      }
      const std::vector<RewardLatency> latencies = runner.TakeLatencies();
      REQUIRE(latencies.size() == 2);
      CHECK(latencies[0].name == "slot");
      CHECK(latencies[1].calls == 300);
      CHECK(latencies[1].p50 <= latencies[1].p99);
      CHECK(std::isnan(runner.TakeLatencies()[0].p50));
    }
  }
}

TEST_CASE("scoring goes on while the next groups are made") {
  std::atomic<int> scored = 0;
  RewardRunner runner({Reward("slow", [&](const Group& g) {
    std::this_thread::sleep_for(milliseconds(30));
    ++scored;
    return SlotScores(g);
  })});
  runner.Submit(GroupAt(0));
  for (int i = 0; i < 200 && scored == 0; ++i) std::this_thread::sleep_for(milliseconds(10));
  CHECK(scored == 1);
}

TEST_CASE("exceptions and wrong counts are faults of their reward alone") {
  RewardRunner runner(
      {Reward("bad", [](const Group&) -> std::vector<Score> { throw std::runtime_error("no luck"); }),
       Reward("odd", [](const Group&) -> std::vector<Score> { throw 3; }),
       Reward("few", [](const Group&) { return std::vector<Score>(); })});
  runner.Submit(GroupAt(1));
  const auto groups = runner.WaitForAll();
  CHECK(groups.at(0).scores.at(1).explanation ==
        "bad: exception: no luck; odd: exception; few: returned 0 scores for 2 completions");
}

TEST_CASE(
    "a call in this process that is overdue is a fault; the queue goes on; a reward that hangs is given up") {
  const auto release = std::make_shared<std::atomic<bool>>(false);  // outlives the threads left to themselves
  {
    RewardRunner runner({Reward(
        "hangs",
        [release](const Group& g) {
          while (g.slot % 2 == 1 && !*release) std::this_thread::sleep_for(milliseconds(5));
          return SlotScores(g);
        },
        0.15)});
    const auto start = Clock::now();
    for (const int64_t slot : {1, 2, 3, 4}) runner.Submit(GroupAt(slot));
    const auto groups = InOrder(runner.WaitForAll());
    CHECK(Clock::now() - start < std::chrono::seconds(3));
    REQUIRE(groups.size() == 4);
    CHECK(groups[0].scores[0].explanation == "hangs: no answer within 0.15 s");
    CHECK(groups[1].scores[0].value == 2.0);
    CHECK(IsFault(groups[2].scores[0]));
    CHECK(groups[3].scores[0].value == 4.0);
    for (const int64_t slot : {5, 7}) runner.Submit(GroupAt(slot));
    CHECK(ErrorText([&] {
            runner.WaitForAll();
          }).find("rewards.hangs: the reward hangs: 4 calls took longer") == 0);
  }
  *release = true;
  std::this_thread::sleep_for(milliseconds(50));
}

TEST_CASE("waiting in a queue is not being overdue, and a reward that keeps its own deadline is left to it") {
  RewardRunner queue({Reward(
      "steady",
      [](const Group& g) {
        std::this_thread::sleep_for(milliseconds(20));
        return SlotScores(g);
      },
      0.2)});
  for (int64_t slot = 0; slot < 20; ++slot) queue.Submit(GroupAt(slot));
  for (const ScoredGroup& g : queue.WaitForAll()) CHECK_FALSE(IsFault(g.scores[0]));
  RunnerReward own = Reward("own", SlotScores, 0.05);
  own.reward = std::make_shared<FnReward>(
      [](const Group& g) {
        std::this_thread::sleep_for(milliseconds(200));
        return SlotScores(g);
      },
      true);
  RewardRunner runner({own});
  runner.Submit(GroupAt(3));
  CHECK(runner.WaitForAll().at(0).scores.at(0).value == 3.0);
}

TEST_CASE("on_fault = stop ends with one line that names reward, step and reason") {
  RunnerReward reward = Reward("strict", [](const Group& g) {
    return std::vector<Score>(g.completions.size(), FaultScore("ValueError: bad\nTraceback"));
  });
  reward.on_fault = OnFault::kStop;
  RewardRunner runner({Reward("slot", SlotScores), reward});
  runner.Submit(GroupAt(0));
  CHECK(ErrorText([&] { runner.WaitForAll(); }) ==
        "rewards: a reward with on_fault = stop has a fault at step 0, prompt 0: strict: ValueError: bad; "
        "mend it and "
        "continue with --resume");
}

TEST_CASE("a runner may go while work is waiting") {
  RewardRunner runner({Reward("slow", [](const Group& g) {
    std::this_thread::sleep_for(milliseconds(20));
    return SlotScores(g);
  })});
  for (int64_t slot = 0; slot < 50; ++slot) runner.Submit(GroupAt(slot));
}

TEST_CASE("a runner that goes does not wait for long deadlines") {
  const auto release = std::make_shared<std::atomic<bool>>(false);
  const auto start = Clock::now();
  {
    RewardRunner runner({Reward("long", [release](const Group& g) {
      while (!*release) std::this_thread::sleep_for(milliseconds(5));
      return SlotScores(g);
    })});
    runner.Submit(GroupAt(0));
    std::this_thread::sleep_for(milliseconds(50));
  }
  *release = true;
  CHECK(Clock::now() - start < std::chrono::seconds(20));
  std::this_thread::sleep_for(milliseconds(50));
}

TEST_CASE("lists no recipe can mean are refused") {
  CHECK(ErrorText([] { RewardRunner({}); }).find("no reward is given") != std::string::npos);
  CHECK(ErrorText([] {
          RewardRunner({Reward("a", SlotScores), Reward("a", SlotScores)});
        }).find("twice") != std::string::npos);
}
