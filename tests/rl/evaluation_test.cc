// A summary against counting by hand; two models meet the same luck; what is stored is not sampled again.
#include "rl/evaluation.h"

#include <cmath>

#include "data/error.h"
#include "rl/metrics.h"
#include "tests/rl/tiny.h"

using namespace hone;

namespace {

struct Said {
  std::string answer;  // empty: no format
  bool right = false;
};

ScoredGroup GroupOf(const std::vector<Said>& said, const std::string& kind = "sum2") {
  ScoredGroup g;
  g.group.prompt.kind = kind;
  for (const Said& s : said) {
    Completion c;
    c.ids.assign(s.answer.size() + 1, 3);
    c.text = s.answer.empty() ? "nothing" : "<think>x</think><answer>" + s.answer + "</answer>";
    c.finish = s.answer.empty() ? FinishReason::kLength : FinishReason::kStop;
    g.group.completions.push_back(c);
    g.scores.push_back({.value = 0.0,
                        .parts = {{"answer", s.right ? 1.0 : 0.0}, {"format", s.answer.empty() ? 0.0 : 1.0}},
                        .explanation = ""});
  }
  return g;
}

}  // namespace

TEST_CASE("a summary is counted by hand") {
  ScoredGroup faulty = GroupOf({{"1"}, {"2"}, {"3"}, {"4"}}, "times1");
  faulty.scores[2] = FaultScore("broken");
  const Evaluation e = Summarize(
      {GroupOf({{"12", true}, {"12", true}, {""}, {"5"}}), GroupOf({{"1", true}, {""}, {""}, {""}}), faulty});
  CHECK(e.num_prompts == 3);
  CHECK(e.num_completions == 12);
  CHECK(e.Value("pass@1") == doctest::Approx((0.5 + 0.25 + 0.0) / 3));
  CHECK(e.Value("pass@2") == doctest::Approx((5.0 / 6 + 0.5 + 0.0) / 3));
  CHECK(e.Value("pass@4") == doctest::Approx(2.0 / 3));
  CHECK(e.Find("pass@8") == nullptr);
  const double mean = 0.25;
  const double variance = ((0.5 - mean) * (0.5 - mean) + 0.0 + mean * mean) / 3;
  CHECK(e.StandardError("pass@1") == doctest::Approx(std::sqrt(variance / 3)).epsilon(1e-12));
  CHECK(e.Value("maj@1") == doctest::Approx(e.Value("pass@1")));
  CHECK(e.Value("maj@4") == doctest::Approx(2.0 / 3));
  CHECK(e.Value("format") == doctest::Approx((3 + 1 + 3) / 12.0));
  CHECK(e.Value("length") == doctest::Approx((3 + 3 + 1 + 2 + 2 + 1 + 1 + 1 + 2 * 4) / 12.0));
  CHECK(e.Value("truncated") == doctest::Approx(4 / 12.0));
  CHECK(e.faults == 1);
  CHECK(e.Value("kind/sum2") == doctest::Approx(3 / 8.0));
  CHECK(e.Value("kind/times1") == 0.0);
  CHECK(Summarize({}).num_prompts == 0);
  CHECK(EvaluationMetrics(Summarize({})).empty());
}

TEST_CASE("lengths by nearest rank; a budget keeps the right answers that fit it") {
  ScoredGroup group;
  for (int length = 1; length <= 100; ++length) {
    Completion c;
    c.ids.assign(length, 3);
    group.group.completions.push_back(c);
    group.scores.push_back({.parts = {{"answer", length % 2 == 0 ? 1.0 : 0.0}}, .explanation = ""});
  }
  const Evaluation e = Summarize({group});
  const std::vector<std::pair<std::string, double>> want = {
      {"p10", 10}, {"p50", 50}, {"p90", 90}, {"p99", 99}, {"max", 100}};
  CHECK(e.lengths == want);
  CHECK(e.Value("budget@8") == 4 / 100.0);
  CHECK(e.Value("budget@12") == 6 / 100.0);
  CHECK(e.Value("budget@96") == 48 / 100.0);
  CHECK(e.Value("budget@128") == e.Value("pass@1"));
  CHECK(e.Find("budget@192") == nullptr);
  CHECK(e.Find("maj@64") != nullptr);
  CHECK(e.Find("maj@100") != nullptr);
  CHECK(e.Find("kind/") == nullptr);
}

TEST_CASE("metrics: every measure, intervals around it, and a headline that fits a line") {
  const Evaluation e = Summarize(
      {GroupOf({{"1", true}, {"1"}}), GroupOf({{"1", true}, {"1", true}}), GroupOf({{"2"}, {""}}, "times1")});
  const Metrics metrics = EvaluationMetrics(e);
  for (const auto& [name, value] : metrics) {
    CAPTURE(name);
    CHECK(FindMetric(name) != nullptr);
    CHECK(std::isfinite(value));
  }
  for (const char* name : {"pass@1", "pass@2", "maj@2", "kind/sum2", "length"}) {
    const double low = MetricValue(metrics, std::string("held_out_low/") + name),
                 high = MetricValue(metrics, std::string("held_out_high/") + name);
    CHECK(low <= e.Value(name));
    CHECK(high >= e.Value(name));
  }
  std::vector<std::string> headline;
  for (const auto& [name, value] : EvaluationHeadline(metrics)) headline.push_back(name);
  CHECK(headline == std::vector<std::string>{"held_out/pass@1", "held_out/length", "held_out/format",
                                             "held_out/truncated", "held_out/rewards/answer",
                                             "held_out/rewards/format"});
  const auto differences = Differences(e, Summarize({GroupOf({{"1", true}, {"1"}}), GroupOf({{"1"}, {"1"}}),
                                                     GroupOf({{"2"}, {""}}, "times1")}));
  REQUIRE(differences[0].name == "pass@1");
  CHECK(differences[0].value == doctest::Approx(1.0 / 3));
  CHECK(differences[0].interval.low == 0.0);
  CHECK(differences[0].interval.high == 1.0);
  for (const auto& [name, value] : DifferenceMetrics(differences)) CHECK(FindMetric(name) != nullptr);
  CHECK_THROWS_AS(Differences(e, Summarize({})), Error);
}

TEST_CASE("what rewards say beside their value: means over completions, by kind, without intervals") {
  ScoredGroup a = GroupOf({{"1", true}, {"1"}}), b = GroupOf({{"2"}, {""}}, "times1");
  a.scores[0].parts.emplace_back("answer/tries", 3.0);
  a.scores[1].parts.emplace_back("answer/tries", 4.0);
  b.scores[0].parts.emplace_back("answer/tries", 8.0);  // the other has none
  const Evaluation e = Summarize({a, b});
  CHECK(e.Value("parts/answer/tries") == 5.0);
  CHECK(e.Value("kind_parts/sum2/answer/tries") == 3.5);
  CHECK(e.Value("kind_parts/times1/answer/tries") == 8.0);
  CHECK(e.Find("rewards/answer/tries") == nullptr);
  CHECK(Intervals(e).count("parts/answer/tries") == 0);
  for (const auto& [name, value] : EvaluationMetrics(e)) {
    CAPTURE(name);
    CHECK(FindMetric(name) != nullptr);
    CHECK_FALSE((name.starts_with("held_out_") && name.find("tries") != std::string::npos));
  }
  for (const auto& [name, value] : EvaluationHeadline(EvaluationMetrics(e)))
    CHECK(name.find("tries") == std::string::npos);
}

TEST_CASE("groups kept in a store are not sampled again, and the rest meets the same luck") {
  TempDir dir;
  const auto policy = TinyPolicy(dir / "t");
  RolloutConfig rollout;
  rollout.max_new_tokens = 12;
  Sampler sampler(*policy, rollout);
  int scored = 0;
  const auto rewards = RunnerOf(
      [&](const Group&, const Completion& c) {
        ++scored;
        return ValueScore("answer", c.ids[0] % 2 == 0 ? 1.0 : 0.0, "");
      },
      "answer");
  std::vector<Prompt> prompts;
  for (int i = 0; i < 5; ++i) prompts.push_back(TrainPrompts(policy->tokenizer())(i));
  EvalConfig config;
  config.samples_per_prompt = 3;
  RunStore store = RunStore::Create(dir / "whole.db"), part = RunStore::Create(dir / "part.db");
  const auto whole = SampleHeldOut(sampler, *rewards, prompts, config, &store, 2);
  part.PutGroups({store.Groups(2)[1], store.Groups(2)[4]});
  scored = 0;
  SampleHeldOut(sampler, *rewards, prompts, config, &part, 2);
  CHECK(scored == 9);
  CHECK(part.RolloutDigest() == store.RolloutDigest());
  CHECK(EvaluationMetrics(Summarize(part.Groups(2))) == EvaluationMetrics(Summarize(whole)));
}

TEST_CASE("two evaluations of the same weights meet the same luck, whatever else was sampled in between") {
  TempDir dir;
  const auto policy = TinyPolicy(dir / "t");
  RolloutConfig rollout;
  rollout.max_new_tokens = 12;
  Sampler sampler(*policy, rollout);
  std::vector<std::vector<int32_t>> seen;
  const auto rewards = RunnerOf(
      [&](const Group&, const Completion& c) {
        seen.push_back(c.ids);
        return ValueScore("answer", c.ids[0] % 2 == 0 ? 1.0 : 0.0, "");
      },
      "answer");
  std::vector<Prompt> prompts;
  for (int i = 0; i < 5; ++i) prompts.push_back(TrainPrompts(policy->tokenizer())(i));
  EvalConfig config;
  config.samples_per_prompt = 3;
  const Evaluation one = Evaluate(sampler, *rewards, prompts, config);
  const auto first = seen;
  Evaluate(sampler, *rewards, {prompts[4]}, config);
  seen.clear();
  const Evaluation two = Evaluate(sampler, *rewards, prompts, config);
  CHECK(first == seen);
  CHECK(first.size() == 15);
  CHECK(EvaluationMetrics(one) == EvaluationMetrics(two));
  CHECK(one.num_completions == 15);
  CHECK(one.Find("pass@2") != nullptr);
  CHECK(one.Find("pass@4") == nullptr);  // more than 3
  CHECK(one.Find("maj@3") != nullptr);
}
