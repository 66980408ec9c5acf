// Look-ups in the metric table and in a run's history. Covered by tests/rl/metrics_test.cc.
#include "rl/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace hone {

namespace {

bool Declares(std::string_view declared, std::string_view name) {
  constexpr std::string_view kName = "NAME";
  const size_t at = declared.find(kName);
  if (at == std::string_view::npos) return declared == name;
  const std::string_view before = declared.substr(0, at), after = declared.substr(at + kName.size());
  if (name.size() <= before.size() + after.size() || !name.starts_with(before) || !name.ends_with(after))
    return false;
  if (before.starts_with("held_out_") || before.ends_with("parts/")) return true;
  return name.substr(at, name.size() - before.size() - after.size()).find('/') == std::string_view::npos;
}

}  // namespace

const MetricInfo* FindMetric(std::string_view name) {
  const auto found = std::find_if(kMetrics.begin(), kMetrics.end(),
                                  [&](const MetricInfo& m) { return Declares(m.name, name); });
  return found == kMetrics.end() ? nullptr : &*found;
}

std::string MetricsMarkdown() {
  std::string out = "| metric | unit | step | meaning | elsewhere |\n|---|---|---|---|---|\n";
  for (const MetricInfo& m : kMetrics) {
    std::string doc(m.doc);
    for (size_t at = 0; (at = doc.find('|', at)) != std::string::npos; at += 2) doc.insert(at, 1, '\\');
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", m.name, m.unit, m.steps, doc, m.peer);
  }
  return out;
}

double MetricValue(const Metrics& metrics, std::string_view name) {
  for (const auto& [key, value] : metrics) {
    if (key == name) return value;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

std::vector<MetricPoint> MetricSeries(const std::vector<StepMetrics>& history, std::string_view name) {
  std::vector<MetricPoint> series;
  for (const StepMetrics& step : history) {
    for (const auto& [key, value] : step.values) {
      if (key == name) series.push_back({static_cast<double>(step.step), value});
    }
  }
  return series;
}

}  // namespace hone
