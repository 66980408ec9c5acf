// Verdicts on synthetic histories (rl/verdict.h).
#include "rl/verdict.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <random>

namespace hone {
namespace {

using Kind = Verdict::Kind;

std::vector<StepMetrics> History(int steps, const std::function<Metrics(double)>& at) {
  std::vector<StepMetrics> history;
  for (int i = 0; i < steps; ++i) history.push_back({i + 1, at(i / (steps - 1.0))});
  return history;
}

bool Says(const Verdict& verdict, const char* text) { return verdict.why.find(text) != std::string::npos; }

TEST_CASE("a rise beyond the noise is learning, the same noise alone is flat") {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::normal_distribution<double> noise(0, 0.03);
    const auto with_gain = [&](double gain) {
      return History(100, [&](double t) { return Metrics{{"accuracy", 0.3 + gain * t + noise(random)}}; });
    };
    CHECK(JudgeRun(with_gain(0.5)).kind == Kind::kLearning);
    const Verdict flat = JudgeRun(with_gain(0.0));
    CAPTURE(flat.Line());
    CHECK(flat.kind == Kind::kFlat);
    CHECK(JudgeRun(with_gain(-0.25)).kind == Kind::kCollapsing);
  }
}

TEST_CASE("a saturated curve is still learning, and held-out pass@1 is named") {
  auto history = History(80, [](double t) { return Metrics{{"accuracy", std::min(0.95, 0.3 + 2 * t)}}; });
  history.front().values.push_back({"held_out/pass@1", 0.31});
  history.back().values.push_back({"held_out/pass@1", 0.94});
  const Verdict verdict = JudgeRun(history);
  CHECK(verdict.kind == Kind::kLearning);
  CHECK(Says(verdict, "held-out pass@1 31 % → 94 %"));
  CHECK(verdict.Line().rfind("learning: accuracy", 0) == 0);
}

TEST_CASE("a fall after a rise is a collapse, with entropy as its cause") {
  const Verdict verdict = JudgeRun(History(60, [](double t) {
    return Metrics{{"accuracy", t < 0.5 ? 0.3 + t : 0.8 - 1.4 * (t - 0.5)}, {"entropy", std::exp(-6 * t)}};
  }));
  CHECK(verdict.kind == Kind::kCollapsing);
  CHECK(Says(verdict, "entropy collapsed"));
}

TEST_CASE("completions that run into the cap without getting better are a collapse") {
  const Verdict verdict = JudgeRun(History(60, [](double t) {
    return Metrics{{"accuracy", 0.3}, {"truncated", 0.9 * t}, {"length", 20 + 200 * t}};
  }));
  CHECK(verdict.kind == Kind::kCollapsing);
  CHECK(Says(verdict, "hit the cap"));
}

TEST_CASE("a reward that rises while accuracy falls is gamed") {
  const Verdict verdict = JudgeRun(History(60, [](double t) {
    return Metrics{{"reward", t}, {"accuracy", 0.5 - 0.4 * t}};
  }));
  CHECK(verdict.kind == Kind::kCollapsing);
  CHECK(Says(verdict, "gamed"));
}

TEST_CASE("flat for a reason: no signal, or nothing left to learn") {
  const Verdict no_signal = JudgeRun(History(40, [](double) {
    return Metrics{{"accuracy", 0.0}, {"groups", 64}, {"groups_without_signal", 64}};
  }));
  CHECK(no_signal.kind == Kind::kFlat);
  CHECK(Says(no_signal, "nothing to learn from"));
  const Verdict done = JudgeRun(History(40, [](double) { return Metrics{{"accuracy", 0.99}}; }));
  CHECK(done.kind == Kind::kFlat);
  CHECK(Says(done, "right from the start"));
}

TEST_CASE("faults and dropped updates are named; a non-finite end is a collapse") {
  const Verdict faults = JudgeRun(History(40, [](double t) {
    return Metrics{{"accuracy", t}, {"faults", t < 0.01}};
  }));
  CHECK(faults.kind == Kind::kLearning);
  CHECK(Says(faults, "1 reward fault"));
  const Verdict dropped = JudgeRun(History(40, [](double t) {
    return Metrics{{"accuracy", t}, {"updates_not_applied", t > 0.9 ? 1.0 : 0.0}};
  }));
  CHECK(dropped.kind == Kind::kCollapsing);
}

TEST_CASE("sft is judged by its loss") {
  CHECK(JudgeRun(History(50, [](double t) { return Metrics{{"loss", 3 - 2 * t}}; })).kind == Kind::kLearning);
  CHECK(JudgeRun(History(50, [](double) { return Metrics{{"loss", 3}}; })).kind == Kind::kFlat);
  CHECK(JudgeRun(History(50, [](double t) {
          return Metrics{{"loss", 1 + 5 * t}};
        })).kind == Kind::kCollapsing);
  CHECK(JudgeRun(History(50, [](double t) {
          return Metrics{{"loss", t < 1 ? 1 : NAN}};
        })).kind == Kind::kCollapsing);
}

TEST_CASE("too little to judge") {
  CHECK(JudgeRun({}).kind == Kind::kTooEarly);
  CHECK(JudgeRun({{1, {{"accuracy", 0.5}}}}).kind == Kind::kTooEarly);
  CHECK(JudgeRun({{1, {{"accuracy", NAN}, {"loss", NAN}}}}).Name() == "too early to tell");
}

}  // namespace
}  // namespace hone
