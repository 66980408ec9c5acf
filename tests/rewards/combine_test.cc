// rewards/combine: weights, parts, and faults that no sum can hide.
#include "rewards/combine.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "rewards/reward.h"

using namespace hone;

namespace {

// The sum for the last of three completions when each reward says the same of all.
Score Combine(const std::vector<std::pair<WeightedScores, int>>& rewards) {
  std::vector<WeightedScores> all;
  for (const auto& [reward, count] : rewards) {
    all.push_back(reward);
    all.back().scores.resize(static_cast<size_t>(count), reward.scores[0]);
  }
  const std::vector<Score> scores = CombineScores(all, 3);
  REQUIRE(scores.size() == 3);
  return scores[2];
}

std::pair<WeightedScores, int> Says(const std::string& name, double weight, const Score& score,
                                    int count = 3) {
  return {{name, weight, {score}}, count};
}

bool SameParts(const Score& score, const std::vector<std::pair<std::string, double>>& parts) {
  if (score.parts.size() != parts.size()) return false;
  for (size_t i = 0; i < parts.size(); ++i) {
    const double a = score.parts[i].second, b = parts[i].second;
    if (score.parts[i].first != parts[i].first || !(a == b || (std::isnan(a) && std::isnan(b)))) return false;
  }
  return true;
}

const Score kNone{Score::Status::kNotApplicable, 0.0, {}, "nothing to judge"};
const Score kFine = ValueScore("own", 2.0, "fine");
const double kNan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("the sum of the recipe's rewards, with each part by the recipe's name") {
  const Score sum = Combine({Says("answer", 1.0, ValueScore("x", 1.0, "right")), Says("format", 0.1, kFine)});
  CHECK(sum.status == Score::Status::kValue);
  CHECK(sum.value == 1.0 + 0.1 * 2.0);
  CHECK(SameParts(sum, {{"answer", 1.0}, {"format", 2.0}}));
  CHECK(sum.explanation == "answer: right; format: fine");
  Score many = kFine;
  many.parts = {{"compiled", 1.0}, {"passed", 0.5}};
  CHECK(SameParts(Combine({Says("code", 1.0, many)}),
                  {{"code", 2.0}, {"code/compiled", 1.0}, {"code/passed", 0.5}}));
  CHECK(CombineScores({{"a", 1.0, {}}}, 0).empty());
}

TEST_CASE("a value whose square would overflow beside others is a fault, after its weight too") {
  CHECK(Combine({Says("a", 1.0, ValueScore("x", 1e100, ""))}).status == Score::Status::kValue);
  for (const auto& [weight, value] :
       {std::pair{1.0, 1.1e100}, std::pair{-1.0, 1e308}, std::pair{10.0, 1e100}}) {
    const Score sum = Combine({Says("a", weight, ValueScore("x", value, ""))});
    CHECK(sum.status == Score::Status::kFault);
    CHECK(sum.explanation == "a: value beyond 1e100");
  }
}

TEST_CASE("a fault anywhere is a fault, and names its reward") {
  const Score fault = FaultScore("timed out");
  for (const auto& rewards : std::vector<std::vector<std::pair<WeightedScores, int>>>{
           {Says("b", 1.0, kFine), Says("a", 0.0, fault)},
           {Says("n", 1.0, kNone), Says("b", 1.0, kFine), Says("a", 1.0, fault)}}) {
    const Score sum = Combine(rewards);
    CHECK(sum.status == Score::Status::kFault);
    CHECK(sum.value == 0.0);
    CHECK(sum.explanation == "a: timed out");
    CHECK(SameParts(sum, {{"b", 2.0}, {"a", kNan}}));
  }
  const Score first = Combine({Says("a", 1.0, fault), Says("b", 1.0, kFine)});
  CHECK(first.explanation == "a: timed out");
  CHECK(SameParts(first, {{"a", kNan}, {"b", 2.0}}));
  CHECK(Combine({Says("a", 1.0, fault), Says("c", 1.0, FaultScore("crashed"))}).explanation ==
        "a: timed out; c: crashed");
  const double infinity = std::numeric_limits<double>::infinity();
  for (double bad : {infinity, -infinity, kNan}) {
    CHECK(Combine({Says("a", 1.0, ValueScore("a", bad, ""))}).explanation == "a: value not finite");
  }
  for (int count : {0, 2, 4}) {
    const Score sum = Combine({Says("a", 1.0, kFine, count)});
    CHECK(sum.status == Score::Status::kFault);
    CHECK(sum.explanation == "a: returned " + std::to_string(count) + " scores for 3 completions");
  }
}

TEST_CASE("a reward that does not apply adds nothing") {
  const Score sum = Combine({Says("n", 5.0, kNone), Says("b", -0.5, kFine)});
  CHECK(sum.status == Score::Status::kValue);
  CHECK(sum.value == -1.0);
  CHECK(sum.parts.size() == 1);
  const Score none = Combine({Says("n", 5.0, kNone)});
  CHECK(none.status == Score::Status::kNotApplicable);
  CHECK(none.explanation == "n does not apply: nothing to judge");
}

TEST_CASE("a right answer is a part named for it that is 1") {
  const auto right = [](const std::string& name, double value) {
    return AnswerIsRight({Score::Status::kValue, 0.0, {{"format", 1.0}, {name, value}}, ""});
  };
  CHECK(right("answer", 1.0) == true);
  CHECK(right("math", 0.0) == false);
  CHECK(right("code", 0.9) == false);
  CHECK(right("code", kNan) == std::nullopt);
  CHECK(right("tone", 1.0) == std::nullopt);
}
