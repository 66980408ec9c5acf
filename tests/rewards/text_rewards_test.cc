// rewards/text/{overlong,cosine,repetition}: the formulas against others written down here, their ranges, and linear time.
#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <random>

#include "data/error.h"
#include "rewards/text/cosine.h"
#include "rewards/text/overlong.h"
#include "rewards/text/repetition.h"

using namespace hone;

namespace {

Group GroupOfLengths(const std::vector<size_t>& lengths) {
  Group group;
  for (const size_t length : lengths) {
    group.completions.emplace_back();
    group.completions.back().ids.assign(length, 7);
  }
  return group;
}

}  // namespace

TEST_CASE("overlong is DAPO's three pieces") {
  // (tokens, value) for L = 100, C = 20, worked by hand.
  for (const auto& [tokens, value] : std::vector<std::pair<int64_t, double>>{
           {0, 0}, {80, 0}, {81, -0.05}, {90, -0.5}, {99, -0.95}, {100, -1}, {101, -1}, {1 << 20, -1}}) {
    CAPTURE(tokens);
    CHECK(SoftOverlong(tokens, 100, 20) == doctest::Approx(value).epsilon(1e-15));
  }
  CHECK(SoftOverlong(5, 10, 10) == -0.5);
  double last = 0.0;
  for (int64_t t = 0; t < 200; ++t) {
    const double now = SoftOverlong(t, 150, 37);
    CHECK((now <= last && now >= -1.0));
    last = now;
  }
  const std::vector<Score> scores =
      OverlongReward({.max_tokens = 100, .buffer = 20}).Score(GroupOfLengths({90, 5}));
  CHECK(scores.at(0).value == -0.5);
  CHECK(scores.at(0).explanation == "90 tokens of 100");
  CHECK(scores.at(1).value == 0.0);
  CHECK_THROWS_WITH_AS(OverlongReward({.max_tokens = 5, .buffer = 6}), doctest::Contains("lower buffer"),
                       Error);
}

TEST_CASE("cosine: right answers lose with length, wrong ones gain, and a judge's fault stays one") {
  CHECK(CosineLength(0, 1000, 1.0, 0.5) == 1.0);
  CHECK(CosineLength(1000, 1000, 1.0, 0.5) == 0.5);
  CHECK(CosineLength(5000, 1000, 1.0, 0.5) == 0.5);
  CHECK(CosineLength(500, 1000, 1.0, 0.5) == doctest::Approx(0.75));
  // The other way to write half a cosine: 1 - sin^2 of half the angle.
  for (int64_t t = 0; t <= 300; t += 7) {
    const double s = std::sin(std::acos(-1.0) * static_cast<double>(std::min<int64_t>(t, 250)) / 500.0);
    CHECK(CosineLength(t, 250, -1.0, -0.5) == doctest::Approx(-1.0 + 0.5 * s * s));
  }
  Group group = GroupOfLengths({10, 10, 200});
  group.prompt.gold = "4";
  group.completions[0].text = "<think>2+2</think><answer>4</answer>";
  group.completions[1].text = "<think>2+2</think><answer>5</answer>";
  group.completions[2].text = group.completions[1].text;
  const CosineReward reward({.max_tokens = 100});
  const std::vector<Score> scores = reward.Score(group);
  CHECK(scores.at(0).value == CosineLength(10, 100, 1.0, 0.5));
  CHECK(scores.at(1).value == CosineLength(10, 100, -1.0, -0.5));
  CHECK(scores.at(2).value == -0.5);
  CHECK(scores.at(0).explanation.find("right in 10 tokens") == 0);
  group.prompt.gold = "four";
  CHECK(reward.Score(group).at(0).status == Score::Status::kFault);
  CHECK_THROWS_AS(CosineReward({.judge = "cosine"}), Error);
  CHECK_THROWS_WITH_AS(CosineReward({.judge = "anser"}), doctest::Contains("'answer'"), Error);
}

TEST_CASE("repetition counts n-grams as a map of vectors does, in linear time") {
  const uint64_t seed = 5;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 300; ++round) {
    std::vector<int32_t> ids(random() % 60);
    for (int32_t& id : ids) id = static_cast<int32_t>(random() % 3) - 1;
    const auto n = static_cast<int64_t>(1 + random() % 5);
    std::map<std::vector<int32_t>, int> seen;
    double all = 0;
    for (size_t i = 0; i + n <= ids.size(); ++i, ++all) ++seen[{ids.begin() + i, ids.begin() + i + n}];
    const double want = all == 0 ? 0.0 : 1.0 - static_cast<double>(seen.size()) / all;
    CHECK(RepeatedShare(ids, n) == want);
  }
  CHECK(RepeatedShare(std::vector<int32_t>(1 << 20, 9), 64) > 0.99);
  Group group = GroupOfLengths({102, 2});
  const std::vector<Score> scores = RepetitionReward({.ngram = 3, .max_penalty = 2.0}).Score(group);
  CHECK(scores.at(0).value == doctest::Approx(-2.0 * 0.99));
  CHECK(scores.at(1).value == 0.0);
  CHECK_FALSE(std::signbit(scores.at(1).value));
}
