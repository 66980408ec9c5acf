// See report_rewards.h. Covered by tests/rl/report_test.cc.
#include "rl/report_rewards.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "rl/metrics.h"
#include "rl/text.h"

namespace hone {
namespace {

constexpr std::string_view kBefore = "rewards/", kAfter = "/mean";

// In order of first mention.
std::vector<std::string> RewardsOf(const std::vector<StepMetrics>& history) {
  std::vector<std::string> names;
  for (const StepMetrics& step : history) {
    for (const auto& [metric, value] : step.values) {
      if (!metric.starts_with(kBefore) || !metric.ends_with(kAfter)) continue;
      const std::string name = metric.substr(kBefore.size(), metric.size() - kBefore.size() - kAfter.size());
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

std::vector<double> Finite(const std::vector<StepMetrics>& history, const std::string& metric) {
  std::vector<double> values;
  for (const MetricPoint& point : MetricSeries(history, metric)) {
    if (std::isfinite(point.value)) values.push_back(point.value);
  }
  return values;
}

std::string Milliseconds(double seconds) { return FormatNumber(seconds * 1000.0) + " ms"; }

std::string Row(const std::vector<StepMetrics>& history, const std::string& name) {
  const std::string metric = std::string(kBefore) + name;
  const std::vector<double> means = Finite(history, metric + "/mean");
  double faults = 0;
  for (const double f : Finite(history, metric + "/faults")) faults += f;
  std::vector<double> p50 = Finite(history, metric + "/seconds_p50"),
                      p99 = Finite(history, metric + "/seconds_p99");
  std::sort(p50.begin(), p50.end());
  std::sort(p99.begin(), p99.end());
  return fmt::format(
      "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td "
      "class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
      EscapeHtml(name), means.empty() ? "" : FormatNumber(means.front()),
      means.empty() ? "" : FormatNumber(means.back()),
      faults > 0 ? fmt::format("<span class=\"badge warn\">{:.0f}</span>", faults) : "0",
      p50.empty() ? "" : Milliseconds(p50[p50.size() / 2]), p99.empty() ? "" : Milliseconds(p99.back()));
}

}  // namespace

std::string RenderRewards(const std::vector<StepMetrics>& history) {
  const std::vector<std::string> names = RewardsOf(history);
  if (names.empty()) return "";
  std::string out =
      "<h2>Rewards</h2>\n<div class=\"card\"><table><tr><th>reward</th><th>mean, first step</th><th>mean, "
      "last "
      "step</th><th>faults</th><th>time of a group, median</th><th>worst step's 99th percentile</th></tr>\n";
  for (const std::string& name : names) out += Row(history, name);
  return out + "</table></div>\n";
}

}  // namespace hone
