// See bootstrap.h. Covered by tests/rl/bootstrap_test.cc.
#include "rl/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/random.h"

namespace hone {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kTail = 0.025, kNormalQuantile = 1.959963984540054;  // of 1 - kTail

// The estimate when prompt i was drawn weights[i] times.
double Weighted(const Measure& measure, const std::vector<double>& weights) {
  double sum = 0.0, count = 0.0;
  for (size_t i = 0; i < weights.size(); ++i) {
    sum += weights[i] * measure.sum[i];
    count += weights[i] * measure.count[i];
  }
  return count > 0.0 ? sum / count : kNaN;
}

// Student's quantile of 1 - kTail, by the Cornish-Fisher expansion around the normal's: within 0.3 % from 4 degrees of freedom on.
double StudentQuantile(double freedom) {
  const double z = kNormalQuantile, z2 = z * z;
  return z + z * (z2 + 1) / (4 * freedom) + z * ((5 * z2 + 16) * z2 + 3) / (96 * freedom * freedom) +
         z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / (384 * freedom * freedom * freedom);
}

// The share of draws to leave out on either side.
double ExpandedTail(double prompts) {
  if (prompts < 2.0) return 0.0;
  const double reach = std::sqrt(prompts / (prompts - 1.0)) * StudentQuantile(prompts - 1.0);
  return 0.5 * std::erfc(reach / std::sqrt(2.0));
}

// As if no draw had been to either side: the order statistics split the line into size + 1 equally likely parts. Linear between
// them; `sorted` is not empty.
double Quantile(const std::vector<double>& sorted, double share) {
  const auto last = static_cast<double>(sorted.size() - 1);
  const double at = std::clamp(share * (last + 2.0) - 1.0, 0.0, last);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  const double part = at - static_cast<double>(below);
  return sorted[below] * (1.0 - part) + sorted[above] * part;
}

Interval IntervalOf(const Statistic& statistic, std::vector<double>& drawn) {
  if (drawn.empty()) return {kNaN, kNaN};
  std::sort(drawn.begin(), drawn.end());
  const std::vector<double>& counts = statistic.of->count;
  const auto prompts =
      static_cast<double>(std::count_if(counts.begin(), counts.end(), [](double c) { return c > 0.0; }));
  if (statistic.is_share && drawn.back() - drawn.front() < 1e-12) {
    const double least = statistic.minus == nullptr ? 0.0 : -1.0,
                 unseen = 1.0 - std::pow(kTail, 1.0 / prompts);
    return {std::max(least, drawn.front() - unseen), std::min(1.0, drawn.back() + unseen)};
  }
  const double tail = ExpandedTail(prompts);
  return {Quantile(drawn, tail), Quantile(drawn, 1.0 - tail)};
}

}  // namespace

double Estimate(const Measure& measure) {
  return Weighted(measure, std::vector<double>(measure.sum.size(), 1.0));
}

std::vector<Interval> BootstrapIntervals(const std::vector<Statistic>& statistics, int64_t resamples,
                                         uint64_t seed) {
  const size_t prompts = statistics.empty() ? 0 : statistics[0].of->sum.size();
  std::vector<std::vector<double>> drawn(statistics.size());
  DataRandom random(KeyHash().Add("bootstrap").Add(seed).value());
  for (int64_t r = 0; prompts > 0 && r < resamples; ++r) {
    std::vector<double> weights(prompts);
    for (size_t i = 0; i < prompts; ++i) ++weights[random.Uniform(prompts)];
    for (size_t s = 0; s < statistics.size(); ++s) {
      double value = Weighted(*statistics[s].of, weights);
      if (statistics[s].minus != nullptr) value -= Weighted(*statistics[s].minus, weights);
      if (!std::isnan(value)) drawn[s].push_back(value);
    }
  }
  std::vector<Interval> intervals;
  for (size_t s = 0; s < statistics.size(); ++s) intervals.push_back(IntervalOf(statistics[s], drawn[s]));
  return intervals;
}

}  // namespace hone
