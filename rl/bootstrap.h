// Estimates over prompts and their confidence intervals, by drawing the prompts anew with replacement. Covered by
// tests/rl/bootstrap_test.cc.
#ifndef HONE_RL_BOOTSTRAP_H_
#define HONE_RL_BOOTSTRAP_H_

#include <cstdint>
#include <string>
#include <vector>

namespace hone {

// A mean over prompts, or a ratio of two: sum of `sum` over sum of `count`. Prompts that say nothing of it have count 0.
struct Measure {
  std::string name;
  std::vector<double> sum, count;  // one of each per prompt
};

double Estimate(const Measure& measure);  // NaN when no prompt counts

struct Interval {
  double low = 0.0, high = 0.0;
};

// What an interval is asked for: a measure, or with `minus` a difference of two over the same prompts, paired.
struct Statistic {
  const Measure* of = nullptr;
  const Measure* minus = nullptr;
  bool is_share = false;  // each prompt's value lies in [0, 1]
};

inline constexpr int64_t kResamples = 2000;

// 95 % intervals: percentiles of each statistic over `resamples` draws of as many prompts as there are. The middle 95 % of draws
// would be too narrow, by sqrt(1 - 1/n) and by taking a normal's for Student's quantile (n prompts that count), so the percentiles lie
// further out by these two (Hesterberg 2015, the expanded percentile interval). Where no draw differs, as with 40 prompts of 40
// right, an interval of a share reaches as far as a true share of other prompts would be missed by all n with 2.5 % (Clopper and
// Pearson's); of anything else it is a point. Every statistic sees the same draws, which depend on the seed and the number of
// prompts alone. NaN where nothing counts.
std::vector<Interval> BootstrapIntervals(const std::vector<Statistic>& statistics,
                                         int64_t resamples = kResamples, uint64_t seed = 1);

}  // namespace hone

#endif  // HONE_RL_BOOTSTRAP_H_
