// rewards/combine: weights, parts, and faults that no sum can hide.
#include "rewards/combine.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "data/error.h"

using namespace hone;

namespace {

// Says the same of every completion; `count` < 0 means one score per completion.
class Fixed : public RewardFn {
 public:
  Fixed(std::string name, hone::Score score, int count = -1)
      : name_(std::move(name)), score_(score), count_(count) {}
  const std::string& name() const override { return name_; }
  std::vector<hone::Score> Score(const Group& group) const override {
    return std::vector<hone::Score>(count_ < 0 ? group.completions.size() : static_cast<size_t>(count_),
                                    score_);
  }

 private:
  std::string name_;
  hone::Score score_;
  int count_;
};

Score Combine(std::vector<std::pair<Fixed, double>> parts) {
  std::vector<std::pair<std::unique_ptr<RewardFn>, double>> rewards;
  for (auto& [reward, weight] : parts) rewards.emplace_back(std::make_unique<Fixed>(reward), weight);
  Group group;
  group.completions.resize(3);
  const std::vector<Score> scores = CombinedReward(std::move(rewards)).Score(group);
  REQUIRE(scores.size() == 3);
  return scores[2];
}

const Score kNone{Score::Status::kNotApplicable, 0.0, {}, "nothing to judge"};

}  // namespace

TEST_CASE("the sum of the recipe's rewards, with each part by name") {
  Group group;
  group.prompt.gold = "13";
  for (const char* text :
       {"<think>8+5=13</think><answer>13</answer>", "<think>a</think><answer>14</answer>", "13"}) {
    group.completions.emplace_back();
    group.completions.back().text = text;
  }
  const auto reward = MakeCombinedReward({{"answer", 1.0}, {"format", 0.1}});
  const std::vector<Score> scores = reward->Score(group);
  REQUIRE(scores.size() == 3);
  CHECK(scores[0].value == 1.0 + 0.1);
  CHECK(scores[1].value == 0.1);
  CHECK(scores[2].value == 0.0);
  CHECK(scores[1].parts == std::vector<std::pair<std::string, double>>{{"answer", 0.0}, {"format", 1.0}});
  CHECK(scores[0].explanation == "answer: '13' equals 13; format: the format is kept");

  group.prompt.gold = "thirteen";
  for (const Score& score : reward->Score(group)) {
    CHECK(score.status == Score::Status::kFault);
    CHECK(score.explanation.find("answer: the gold 'thirteen'") == 0);
  }
}

TEST_CASE("a fault anywhere is a fault, and names its reward") {
  const Score fault = FaultScore("timed out");
  for (const auto& parts : std::vector<std::vector<std::pair<Fixed, double>>>{
           {{Fixed("a", fault), 1.0}, {Fixed("b", ValueScore("b", 2.0, "fine")), 1.0}},
           {{Fixed("b", ValueScore("b", 2.0, "fine")), 1.0}, {Fixed("a", fault), 0.0}},
           {{Fixed("n", kNone), 1.0},
            {Fixed("a", fault), 1.0},
            {Fixed("b", ValueScore("b", 2.0, "fine")), 1.0}}}) {
    const Score sum = Combine(parts);
    CHECK(sum.status == Score::Status::kFault);
    CHECK(sum.value == 0.0);
    CHECK(sum.explanation == "a: timed out");
    CHECK(sum.parts == std::vector<std::pair<std::string, double>>{{"b", 2.0}});
  }
  CHECK(Combine({{Fixed("a", fault), 1.0}, {Fixed("c", FaultScore("crashed")), 1.0}}).explanation ==
        "a: timed out; c: crashed");
  const double infinity = std::numeric_limits<double>::infinity();
  for (double bad : {infinity, -infinity, std::nan("")}) {
    CHECK(Combine({{Fixed("a", ValueScore("a", bad, "")), 1.0}}).explanation == "a: value not finite");
  }
  for (int count : {0, 2, 4}) {
    const Score sum = Combine({{Fixed("a", ValueScore("a", 1.0, ""), count), 1.0}});
    CHECK(sum.status == Score::Status::kFault);
    CHECK(sum.explanation == "a: returned " + std::to_string(count) + " scores for 3 completions");
  }
}

TEST_CASE("a reward that does not apply adds nothing") {
  const Score sum = Combine({{Fixed("n", kNone), 5.0}, {Fixed("b", ValueScore("b", 2.0, "fine")), -0.5}});
  CHECK(sum.status == Score::Status::kValue);
  CHECK(sum.value == -1.0);
  CHECK(sum.parts.size() == 1);
  const Score none = Combine({{Fixed("n", kNone), 5.0}});
  CHECK(none.status == Score::Status::kNotApplicable);
  CHECK(none.explanation == "n does not apply: nothing to judge");
}

TEST_CASE("lists no recipe can mean are refused") {
  CHECK_THROWS_WITH_AS(MakeCombinedReward({}), doctest::Contains("no reward is given"), Error);
  CHECK_THROWS_WITH_AS(MakeCombinedReward({{"answer", 1.0}, {"answer", 2.0}}), doctest::Contains("twice"),
                       Error);
  CHECK_THROWS_WITH_AS(MakeCombinedReward({{"answer", std::nan("")}}), doctest::Contains("not finite"),
                       Error);
  CHECK_THROWS_WITH_AS(MakeCombinedReward({{"answr", 1.0}}), doctest::Contains("'answer'"), Error);
}
