// The metric table and its look-ups (rl/metrics.h).
#include "rl/metrics.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace hone {
namespace {

TEST_CASE("every metric is declared once, with a meaning and a known unit") {
  std::set<std::string_view> names;
  const std::set<std::string_view> units = {"", "share", "nats", "tokens", "tokens/s", "s", "MB"};
  for (const MetricInfo& m : kMetrics) {
    CAPTURE(m.name);
    CHECK(names.insert(m.name).second);
    CHECK(units.count(m.unit) == 1);
    CHECK((m.steps == "grpo" || m.steps == "sft" || m.steps == "sample" || m.steps == "eval" ||
           m.steps == "distill" || m.steps == "both"));
    CHECK(!m.doc.empty());
    CHECK(m.name.find_first_of(" =") == std::string_view::npos);  // it is a key of key=value lines
  }
  CHECK(FindMetric("held_out/pass@1") != nullptr);
  CHECK(FindMetric("no_such_metric") == nullptr);
  CHECK(FindMetric("rewards/my-1/seconds_p50")->unit == "s");
  CHECK(FindMetric("held_out/pass@16")->unit == "share");
  CHECK(FindMetric("held_out_low/kind/sum2")->name == "held_out_low/NAME");
  CHECK(FindMetric("held_out_low/pass@4")->name == "held_out_low/NAME");
  CHECK(FindMetric("parts/answer/tries")->name == "parts/NAME");
  CHECK(FindMetric("held_out/parts/answer/tries")->name == "held_out/parts/NAME");
  CHECK(FindMetric("held_out/kind_parts/signs5/answer/tries")->name == "held_out/kind_parts/NAME");
  for (const char* name :
       {"held_out/kind/a/b", "parts/", "held_out/parts/", "x/parts/a/b", "held_out_low/", "rewards//mean",
        "rewards/mean", "rewards/a/b/mean", "rewards/a/median", "x/rewards/a/mean"}) {
    CHECK(FindMetric(name) == nullptr);
  }
}

TEST_CASE("the Markdown table has a row a metric and five cells in each") {
  const std::string table = MetricsMarkdown();
  size_t rows = 0;
  for (size_t at = 0; at < table.size();) {
    const size_t end = table.find('\n', at);
    const std::string row = table.substr(at, end - at);
    int bars = 0;
    for (size_t i = 0; i < row.size(); ++i) bars += row[i] == '|' && (i == 0 || row[i - 1] != '\\');
    CAPTURE(row);
    CHECK(bars == 6);
    ++rows;
    at = end + 1;
  }
  CHECK(rows == kMetrics.size() + 2);
}

TEST_CASE("a value that is not reported is NaN; a series holds the steps that report it") {
  const std::vector<StepMetrics> history = {
      {1, {{"reward", 0.5}}}, {2, {{"kl", 0.1}}}, {3, {{"reward", NAN}}}};
  CHECK(MetricValue(history[0].values, "reward") == 0.5);
  CHECK(std::isnan(MetricValue(history[1].values, "reward")));
  const auto series = MetricSeries(history, "reward");
  REQUIRE(series.size() == 2);
  CHECK(series[1].step == 3);
  CHECK(std::isnan(series[1].value));
}

}  // namespace
}  // namespace hone
