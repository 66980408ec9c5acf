// Advantages against the population column of the peers' fixture and a plain second formulation.
#include "rl/advantage.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

using namespace hone;

namespace {

Score Value(double value) { return {Score::Status::kValue, value, {}, ""}; }
Score Fault() { return {Score::Status::kFault, 1e9, {}, ""}; }
Score NotApplicable() { return {Score::Status::kNotApplicable, -1e9, {}, ""}; }

}  // namespace

TEST_CASE("advantages are those of the population formula") {
  const GroupAdvantages one = ComputeAdvantages({Value(1), Value(0), Value(0), Value(0)}, 1e-4);
  CHECK(one.has_signal);
  CHECK(one.mean == 0.25);
  CHECK(one.deviation == doctest::Approx(std::sqrt(3.0) / 4).epsilon(1e-15));
  CHECK(one.values[0] == doctest::Approx(1.731651).epsilon(1e-6));
  for (int i = 1; i < 4; ++i) CHECK(one.values[i] == doctest::Approx(-0.577217).epsilon(1e-6));

  const GroupAdvantages two = ComputeAdvantages({Value(1), Value(1), Value(0), Value(0)}, 1e-4);
  for (int i = 0; i < 4; ++i)
    CHECK(two.values[i] == doctest::Approx(i < 2 ? 0.999800 : -0.999800).epsilon(1e-6));
}

TEST_CASE("completions without a value are as if they had not been sampled") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    std::vector<Score> all, valued;
    const int size = 2 + static_cast<int>(random() % 9);
    for (int i = 0; i < size; ++i) {
      const auto draw = random() % 4;
      all.push_back(draw == 0   ? Fault()
                    : draw == 1 ? NotApplicable()
                                : Value(static_cast<double>(random() % 5) - 1.5));
      if (draw > 1) valued.push_back(all.back());
    }
    const GroupAdvantages got = ComputeAdvantages(all, 1e-4), want = ComputeAdvantages(valued, 1e-4);
    CHECK(got.mean == want.mean);
    CHECK(got.deviation == want.deviation);
    CHECK(got.has_signal == want.has_signal);
    REQUIRE(got.values.size() == all.size());
    size_t next = 0;
    for (size_t i = 0; i < all.size(); ++i) {
      const bool counts = all[i].status == Score::Status::kValue;
      CHECK(got.counts[i] == counts);
      CHECK(got.values[i] == (counts ? want.values[next] : 0.0f));
      next += counts;
    }
  }
}

TEST_CASE("equal rewards, one value or none give no signal and no advantage, whatever the rounding") {
  for (const double reward : {0.0, 1.0, 0.1, -3.3, 1e300}) {
    for (const int size : {1, 2, 3, 7, 16}) {
      // With an epsilon of 0 any leftover deviation would be a division by nearly nothing.
      const GroupAdvantages a = ComputeAdvantages(std::vector<Score>(size, Value(reward)), 0.0);
      CHECK_FALSE(a.has_signal);
      CHECK(a.deviation == 0.0);
      CHECK(a.values == std::vector<float>(size, 0.0f));
      CHECK(a.counts == std::vector<bool>(size, true));
    }
  }
  const GroupAdvantages alone = ComputeAdvantages({Fault(), Value(1), NotApplicable()}, 1e-4);
  CHECK_FALSE(alone.has_signal);
  CHECK(alone.mean == 1.0);
  const GroupAdvantages none = ComputeAdvantages({Fault(), NotApplicable()}, 1e-4);
  CHECK_FALSE(none.has_signal);
  CHECK(none.counts == std::vector<bool>{false, false});
  CHECK(ComputeAdvantages({}, 1e-4).values.empty());
}
