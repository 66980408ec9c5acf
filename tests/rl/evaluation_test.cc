// Evaluation against counting every subset and every vote by hand.
#include "rl/evaluation.h"

#include <bit>
#include <cmath>

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

double Majority(const std::vector<Said>& said) { return Summarize({GroupOf(said)}).majority; }

}  // namespace

TEST_CASE("pass@k is the share of k-subsets with a right answer") {
  for (int n = 1; n <= 10; ++n) {
    for (int correct = 0; correct <= n; ++correct) {
      for (int k = 1; k <= n; ++k) {
        double all = 0, hit = 0;
        for (unsigned subset = 0; subset < 1u << n; ++subset) {
          if (std::popcount(subset) != k) continue;
          ++all;
          hit += (subset & ((1u << correct) - 1)) != 0;
        }
        CHECK(PassAtK(n, correct, k) == doctest::Approx(hit / all).epsilon(1e-12));
      }
    }
  }
}

TEST_CASE(
    "the majority answer decides; right answers vote together however spelled; ties go to the first seen") {
  CHECK(Majority({{"7", true}, {"8"}, {"7.0", true}, {"9"}}) == 1.0);
  CHECK(Majority({{"8"}, {"7", true}, {" 8 "}}) == 0.0);
  CHECK(Majority({{"7", true}, {"8"}}) == 1.0);
  CHECK(Majority({{"8"}, {"7", true}}) == 0.0);
  CHECK(Majority({{"8"}, {"9"}, {"7", true}, {"7", true}, {"9"}, {"8"}}) == 0.0);
  CHECK(Majority({{"7", true}, {"9"}, {"9"}, {"7", true}}) == 1.0);
  CHECK(Majority({{""}, {""}, {""}, {"7", true}}) == 1.0);  // what has no answer has no vote
  CHECK(Majority({{""}, {""}}) == 0.0);
  CHECK(VotedAnswer("<think>x</think><answer>\t 12 3 \n</answer>") == "12 3");
  CHECK(VotedAnswer("<think>x</think><answer>12") == "");
}

TEST_CASE("a summary is counted by hand") {
  ScoredGroup faulty = GroupOf({{"1"}, {"2"}, {"3"}, {"4"}}, "times1");
  faulty.scores[2] = FaultScore("broken");
  const Evaluation e = Summarize(
      {GroupOf({{"12", true}, {"12", true}, {""}, {"5"}}), GroupOf({{"1", true}, {""}, {""}, {""}}), faulty});
  CHECK(e.num_prompts == 3);
  CHECK(e.num_completions == 12);
  CHECK(e.pass_at.size() == 3);
  CHECK(e.pass_at.at(1) == doctest::Approx((0.5 + 0.25 + 0.0) / 3));
  CHECK(e.pass_at.at(2) == doctest::Approx((5.0 / 6 + 0.5 + 0.0) / 3));
  CHECK(e.pass_at.at(4) == doctest::Approx(2.0 / 3));
  const double mean = 0.25;
  const double variance = ((0.5 - mean) * (0.5 - mean) + 0.0 + mean * mean) / 3;
  CHECK(e.pass_at_1_error == doctest::Approx(std::sqrt(variance / 3)).epsilon(1e-12));
  CHECK(e.majority == doctest::Approx(2.0 / 3));
  CHECK(e.format == doctest::Approx((3 + 1 + 3) / 12.0));
  CHECK(e.mean_length == doctest::Approx((3 + 3 + 1 + 2 + 2 + 1 + 1 + 1 + 2 * 4) / 12.0));
  CHECK(e.truncated == doctest::Approx(4 / 12.0));
  CHECK(e.faults == 1);
  CHECK(e.by_kind.at("sum2") == doctest::Approx(3 / 8.0));
  CHECK(e.by_kind.at("times1") == 0.0);
  CHECK(Summarize({}).num_prompts == 0);
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
  CHECK(one.pass_at == two.pass_at);
  CHECK(one.num_completions == 15);
  CHECK(one.pass_at.size() == 2);  // 1 and 2, as 4 is more than 3
}
