// Where a step's groups come from: sampled and scored, or stored ones, replayed; what is refused and what stops a run.
#include "rl/group_source.h"

#include <filesystem>

#include "rl/metrics.h"
#include "tests/rl/grpo_bench.h"

using namespace hone;

TEST_CASE("dynamic sampling: groups without a signal are replaced by later prompts', also when replayed") {
  // Every other prompt tells nothing.
  const auto odd = [](const Group& group, const Completion& c) {
    return group.prompt.index % 2 == 0 ? ValueScore("fake", 1.0, "") : EvenShare(group, c);
  };
  Bench b(odd), other(odd);
  for (Bench* x : {&b, &other}) x->grpo.objective.refill_rounds = 8;
  GrpoStage& stage = b.Start();
  const Metrics first = stage.Step(1);
  const double groups = MetricValue(first, "groups");
  CHECK(groups > 6);
  CHECK(MetricValue(first, "groups_without_signal") >= groups - 4);
  std::filesystem::create_directories(b.dir / "saved");
  stage.Save(b.dir / "saved");
  stage.Step(2);
  CHECK(b.store->Groups(2)[0].group.prompt.index == static_cast<int64_t>(groups));  // where step 1 stopped
  const auto after_two = b.weights();

  // Killed between two commits, then replayed; and step 2 from the checkpoint after step 1.
  auto stored = b.store->Groups(1);
  stored.erase(stored.begin() + 5);
  GrpoStage& replaying = other.Start();
  other.store->PutGroups(stored);
  replaying.Step(1);
  GrpoStage& resumed = other.Restart();
  resumed.Load(b.dir / "saved");
  resumed.Step(2);
  CHECK(SameBits(other.weights(), after_two));
  CHECK(b.store->RolloutDigest() == other.store->RolloutDigest());

  Bench nothing([](const Group&, const Completion&) { return ValueScore("fake", 1.0, ""); });
  nothing.grpo.objective.refill_rounds = 2;
  const auto before = TinyPolicy(nothing.dir / "t");
  CHECK(MetricValue(nothing.Start().Step(1), "groups") == 12.0);
  CHECK(SameBits(nothing.weights(), CopyOf(before->weights())));
}

TEST_CASE("stored groups are learnt from as if sampled: same weights, same metrics, nothing stored twice") {
  Bench b(Mixed), other(Mixed);
  for (Bench* x : {&b, &other}) x->grpo.minibatches = 2;
  GrpoStage& stage = b.Start();
  GrpoStage& replaying = other.Start();
  for (int step = 1; step <= 3; ++step) {
    stage.Step(step);
    auto groups = b.store->Groups(step);
    if (step == 2) groups.erase(groups.begin() + 1);  // killed between two commits
    if (step != 3) other.store->PutGroups(groups);
    replaying.Step(step);
    CHECK(other.store->Groups(step).size() == 4);
  }
  CHECK(SameBits(b.weights(), other.weights()));
  CHECK(b.store->RolloutDigest() == other.store->RolloutDigest());
}

TEST_CASE("stored log-probs that are not this policy's stop the run, also in a step without a signal") {
  for (const bool signal : {true, false}) {
    Bench b(signal ? FakeReward::Fn(EvenShare)
                   : [](const Group&, const Completion&) { return ValueScore("fake", 1.0, ""); });
    Bench other(EvenShare);
    b.Start();
    other.Start().Step(1);
    auto groups = other.store->Groups(1);
    for (ScoredGroup& g : groups) {
      g.group.completions[0].logprobs[0] = std::nextafter(g.group.completions[0].logprobs[0], 0.0f);
      if (!signal) {
        for (Score& s : g.scores) s = ValueScore("fake", 1.0, "");
      }
    }
    b.store->PutGroups(groups);
    CHECK(Mentions(ErrorOf([&] { b.stage->Step(1); }), "learner and sampler disagree"));
  }
}

TEST_CASE(
    "rewards that are faults throughout stop the run, which scores the step anew once they are mended") {
  bool broken = true;
  const auto score = [&](const Group& group, const Completion& completion) {
    return broken ? FaultScore("no module named 'verifier'") : EvenShare(group, completion);
  };
  Bench b(score), fine(EvenShare);
  GrpoStage& stage = b.Start();
  const std::string message = ErrorOf([&] { stage.Step(1); });
  CHECK(Mentions(message, "every completion of step 1 is a fault"));
  CHECK(Mentions(message, "no module named 'verifier'"));
  CHECK(b.store->Groups(1).empty());
  broken = false;
  b.Restart().Step(1);
  fine.Start().Step(1);
  CHECK(SameBits(b.weights(), fine.weights()));
  CHECK(b.store->RolloutDigest() == fine.store->RolloutDigest());
}
