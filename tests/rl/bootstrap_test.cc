// The bootstrap against distributions that are known: a resampled mean of zeros and ones is a binomial, intervals of normal data are
// Student's, and cover what they say; without spread they are Clopper and Pearson's.
#include "rl/bootstrap.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

using namespace hone;

namespace {

Measure MeanOf(std::vector<double> values) {
  const size_t count = values.size();
  return {"m", std::move(values), std::vector<double>(count, 1.0)};
}

// The smallest x with P(Binomial(n, p) <= x) >= share.
double BinomialQuantile(int n, double p, double share) {
  double below = 0.0;
  for (int x = 0; x < n; ++x) {
    below += std::exp(std::lgamma(n + 1.0) - std::lgamma(x + 1.0) - std::lgamma(n - x + 1.0) +
                      x * std::log(p) + (n - x) * std::log1p(-p));
    if (below >= share) return x;
  }
  return n;
}

}  // namespace

TEST_CASE("the interval of a share is the binomial's") {
  // The tails are Phi(-sqrt(n / (n - 1)) t(n - 1, 0.975)), with t from printed tables.
  struct Case {
    int n, ones;
    double tail;
  };
  for (const auto& [n, ones, tail] :
       {Case{40, 10, 0.0202575}, {200, 100, 0.0240262}, {500, 475, 0.0246091}}) {
    CAPTURE(n);
    std::vector<double> values(n, 0.0);
    std::fill_n(values.begin(), ones, 1.0);
    const Measure measure = MeanOf(values);
    CHECK(Estimate(measure) == static_cast<double>(ones) / n);
    const Interval interval = BootstrapIntervals({{&measure}}, 20000)[0];
    const double p = static_cast<double>(ones) / n;
    // 20,000 draws place a quantile of 2.5 % within 0.4 % of probability: one step of the binomial.
    CHECK(std::fabs(interval.low * n - BinomialQuantile(n, p, tail)) <= 1.0);
    CHECK(std::fabs(interval.high * n - BinomialQuantile(n, p, 1.0 - tail)) <= 1.0);
  }
}

TEST_CASE(
    "95 % intervals of normal means are as wide as Student's and cover as often, in small samples too") {
  constexpr int kRounds = 2000;
  struct Case {
    int n;
    double t;  // Student's quantile of 0.975 with n - 1 degrees of freedom, from printed tables
  };
  for (const auto& [n, t] : {Case{10, 2.262157}, {20, 2.093024}, {80, 1.990450}}) {
    CAPTURE(n);
    std::mt19937_64 random(11);
    std::normal_distribution<double> normal(3.0, 2.0);
    int covered = 0, covered_by_student = 0;
    double widths = 0.0;
    for (int round = 0; round < kRounds; ++round) {
      std::vector<double> values(n);
      for (double& value : values) value = normal(random);
      const Measure measure = MeanOf(values);
      const double mean = Estimate(measure);
      double squares = 0.0;
      for (const double value : values) squares += (value - mean) * (value - mean);
      const double reach = t * std::sqrt(squares / (n - 1) / n);
      const Interval interval = BootstrapIntervals({{&measure}}, 1000, static_cast<uint64_t>(round))[0];
      covered += interval.low <= 3.0 && 3.0 <= interval.high;
      covered_by_student += std::fabs(mean - 3.0) <= reach;
      widths += (interval.high - interval.low) / (2.0 * reach) / kRounds;
    }
    MESSAGE(n << " prompts: " << covered << " of " << kRounds << ", Student's " << covered_by_student
              << ", width " << widths << " of it");
    CHECK(widths == doctest::Approx(1.0).epsilon(0.02));
    CHECK(std::abs(covered - covered_by_student) <= 0.01 * kRounds);
    // Binomial(2000, 0.95) has the deviation 9.7: three and a half of them.
    CHECK(std::abs(covered_by_student - 0.95 * kRounds) <= 34);
  }
}

TEST_CASE("without spread a share's interval is Clopper and Pearson's, anything else's is a point") {
  const Measure all = MeanOf(std::vector<double>(20, 1.0)), none = MeanOf(std::vector<double>(40, 0.0));
  const Interval high = BootstrapIntervals({{&all, nullptr, true}})[0],
                 low = BootstrapIntervals({{&none, nullptr, true}})[0],
                 same = BootstrapIntervals({{&all, &all, true}})[0], point = BootstrapIntervals({{&all}})[0];
  // R: binom.test(20, 20) and binom.test(0, 40).
  CHECK(high.low == doctest::Approx(0.8315665).epsilon(1e-6));
  CHECK(high.high == 1.0);
  CHECK(low.low == 0.0);
  CHECK(low.high == doctest::Approx(0.0880973).epsilon(1e-5));
  CHECK(same.low == doctest::Approx(-0.1684335).epsilon(1e-6));
  CHECK(same.high == doctest::Approx(0.1684335).epsilon(1e-6));
  CHECK(point.low == 1.0);
  CHECK(point.high == 1.0);
  const Measure one = MeanOf({1.0});
  CHECK(BootstrapIntervals({{&one, nullptr, true}})[0].low == doctest::Approx(0.025));
}

TEST_CASE("paired differences are narrow where two measures move together, and seeds decide the draws") {
  std::mt19937_64 random(2);
  std::normal_distribution<double> normal;
  std::vector<double> first(100), second(100), other(100);
  for (size_t i = 0; i < first.size(); ++i) {
    first[i] = 10.0 * normal(random);
    second[i] = first[i] - 1.0 + 0.1 * normal(random);
    other[i] = 10.0 * normal(random);
  }
  const Measure a = MeanOf(first), b = MeanOf(second), c = MeanOf(other);
  const auto intervals = BootstrapIntervals({{&a, &b}, {&a, &c}, {&a}, {&a, &a}});
  CHECK(intervals[0].low > 0.95);
  CHECK(intervals[0].high < 1.05);
  CHECK(intervals[1].high - intervals[1].low > 3.0);
  CHECK(intervals[3].low == 0.0);
  CHECK(intervals[3].high == 0.0);
  const auto again = BootstrapIntervals({{&a}}), seeded = BootstrapIntervals({{&a}}, kResamples, 2);
  CHECK(again[0].low == intervals[2].low);  // whatever else was asked for
  CHECK(seeded[0].low != again[0].low);
}

TEST_CASE("a ratio counts only the prompts that say something; without any it is no number") {
  const Measure ratio = {"kind/x", {3.0, 0.0, 1.0}, {4.0, 0.0, 4.0}};
  CHECK(Estimate(ratio) == 0.5);
  const Interval interval = BootstrapIntervals({{&ratio}})[0];
  CHECK(interval.low == 0.25);
  CHECK(interval.high == 0.75);
  const Measure none = {"none", {0.0, 0.0}, {0.0, 0.0}};
  CHECK(std::isnan(Estimate(none)));
  CHECK(std::isnan(BootstrapIntervals({{&none}})[0].low));
  CHECK(BootstrapIntervals({}).empty());
}
