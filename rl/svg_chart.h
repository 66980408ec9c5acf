// Curves as one inline SVG: nice ticks, gaps for NaN, long runs thinned to a mean and its range, a native
// tooltip at every step, and a band where a series brings its own. Colours come from the page's CSS classes s0, s1, ... Covered by
// tests/rl/report_test.cc.
#ifndef HONE_RL_SVG_CHART_H_
#define HONE_RL_SVG_CHART_H_

#include <string>
#include <utility>
#include <vector>

#include "rl/metrics.h"

namespace hone {

struct ChartSeries {
  std::string label;
  std::vector<MetricPoint> points;  // ascending steps; a NaN value is a gap
  std::vector<std::pair<double, double>> band =
      {};  // low and high of each point, drawn behind the line; or empty
};

struct Chart {
  std::string title;
  std::string unit;                 // as in rl/metrics.h
  std::vector<ChartSeries> series;  // at most 6
  bool stacked = false;    // areas on top of one another; every series has the same steps, NaN counts as 0
  double least_top = 0.0;  // the vertical axis reaches at least this
  bool wide = false;       // the whole width of the page
  std::string x_name = "step";  // what the points' `step` is
  bool log_x = false;           // powers of two at equal distances; every `step` is above 0
};

// Tick positions that cover [low, high] with a step of 1, 2 or 5 times a power of ten; about `target` of
// them.
std::vector<double> NiceTicks(double low, double high, int target);

// A <figure> with caption, legend (last value, range) and drawing. Series without a finite value are left
// out; a chart without any is "".
std::string RenderChart(const Chart& chart);

}  // namespace hone

#endif  // HONE_RL_SVG_CHART_H_
