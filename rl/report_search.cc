// Ratios of sums: parts are means over the same completions, so a quotient of two of them is one of the sums. Covered by
// tests/rl/report_search_test.cc.
#include "rl/report_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "rl/metrics.h"
#include "rl/svg_chart.h"
#include "rl/text.h"

namespace hone {
namespace {

constexpr std::string_view kParts = "parts/", kTries = "/tries";
constexpr std::string_view kHeldOutParts = "held_out/parts/", kKindParts = "held_out/kind_parts/";

constexpr const char* kExplanation =
    "More tries and less giving up can be selected: the base does both, only seldom. Whether a try became "
    "<em>better</em> is another question. <em>Chance</em> is what the same number of tries with random signs "
    "hits "
    "on the very same questions, wherever a completion stops. Hits above it come from signs that were "
    "chosen. A "
    "repeat was tried before in the same completion; a wrong step does not follow from the one before.";

// Of a completion's behaviour: a mean, or one part over another.
struct Habit {
  const char* title;
  const char* unit;
  std::string_view part;
  std::string_view per = "";  // "": per completion
};
constexpr Habit kNumTries = {"Tries per completion", "", "tries"};
constexpr Habit kGivesUp = {"Gives up", "share", "gave_up"};
constexpr Habit kHits = {"Hits per try", "share", "hits", "tries"};
constexpr Habit kChance = {"Chance at the same tries", "share", "chance", "tries"};
constexpr Habit kOverChance = {"Hits over chance", "", "hits", "chance"};
constexpr Habit kRepeats = {"Repeats per try", "share", "repeats", "tries"};
constexpr Habit kWrongSteps = {"Wrong steps", "share", "wrong_steps", "steps"};
constexpr Habit kThinking = {"Thinking, characters", "", "thinking"};
constexpr Habit kSmallCharts[] = {kNumTries, kGivesUp, kOverChance, kRepeats, kWrongSteps, kThinking};
constexpr Habit kColumns[] = {kNumTries, kGivesUp, kHits, kChance, kOverChance, kRepeats, kWrongSteps};

// `prefix`: what stands before the part's name. NaN where nothing was tried or nothing is reported.
double HabitValue(const Metrics& metrics, const std::string& prefix, const Habit& habit) {
  const auto part = [&](std::string_view name) { return MetricValue(metrics, prefix + std::string(name)); };
  const double value = part(habit.part);
  if (habit.per.empty()) return value;
  const double per = part(habit.per);
  return per > 0 ? value / per : std::nan("");
}

std::vector<MetricPoint> HabitSeries(const std::vector<StepMetrics>& history, const std::string& prefix,
                                     const Habit& habit) {
  std::vector<MetricPoint> points;
  for (const StepMetrics& step : history) {
    const double value = HabitValue(step.values, prefix, habit);
    if (!std::isnan(value)) points.push_back({static_cast<double>(step.step), value});
  }
  return points;
}

std::string HabitChart(const std::vector<StepMetrics>& history, const std::string& prefix,
                       const Habit& habit) {
  Chart chart;
  chart.title = habit.title;
  chart.unit = habit.unit;
  chart.series.push_back({"sampled", HabitSeries(history, prefix, habit)});
  return RenderChart(chart);
}

std::string HitsChart(const std::vector<StepMetrics>& history, const std::string& prefix) {
  Chart chart;
  chart.title = "Hits per try, and what chance would hit";
  chart.unit = "share";
  chart.wide = true;
  chart.series.push_back({"hits", HabitSeries(history, prefix, kHits)});
  chart.series.push_back({"chance, same questions and tries", HabitSeries(history, prefix, kChance)});
  return RenderChart(chart);
}

// The reward that counts tries: REWARD of the first parts/REWARD/tries; empty without one.
std::string RewardWithTries(const std::vector<StepMetrics>& history) {
  for (const StepMetrics& step : history) {
    for (const auto& [name, value] : step.values) {
      if (name.starts_with(kParts) && name.ends_with(kTries) && name.size() > kParts.size() + kTries.size())
        return name.substr(kParts.size(), name.size() - kParts.size() - kTries.size());
    }
  }
  return "";
}

std::string Cell(double value, const Habit& habit) {
  if (std::isnan(value)) return "<td></td>";
  const bool share = std::string_view(habit.unit) == "share";
  return fmt::format("<td class=\"n\">{}</td>", share ? FormatShare(value) : FormatNumber(value));
}

std::string Row(const std::string& questions, const StepMetrics& step, const std::string& prefix,
                const std::string& accuracy) {
  std::string out = fmt::format("<tr><td>{}</td><td class=\"n\">{}</td>", EscapeHtml(questions), step.step);
  out += Cell(MetricValue(step.values, accuracy), kHits);  // a share as well
  for (const Habit& habit : kColumns) out += Cell(HabitValue(step.values, prefix, habit), habit);
  return out + "</tr>\n";
}

// The kinds of which held-out parts are reported, by name.
std::vector<std::string> KindsOf(const StepMetrics& step, const std::string& reward) {
  const std::string after = "/" + reward + std::string(kTries);
  std::vector<std::string> kinds;
  for (const auto& [name, value] : step.values) {
    if (name.starts_with(kKindParts) && name.ends_with(after))
      kinds.push_back(name.substr(kKindParts.size(), name.size() - kKindParts.size() - after.size()));
  }
  std::sort(kinds.begin(), kinds.end());
  return kinds;
}

// First and last evaluation, kind by kind; empty without one.
std::string HeldOutTable(const std::vector<StepMetrics>& history, const std::string& reward) {
  const std::string all = std::string(kHeldOutParts) + reward + "/";
  std::vector<const StepMetrics*> evaluated;
  for (const StepMetrics& step : history) {
    if (!std::isnan(MetricValue(step.values, all + "tries"))) evaluated.push_back(&step);
  }
  if (evaluated.empty()) return "";
  std::vector<const StepMetrics*> shown = {evaluated.front()};
  if (evaluated.size() > 1) shown.push_back(evaluated.back());
  std::string out =
      "<div class=\"card scroll\"><table><tr><th>held-out "
      "questions</th><th>step</th><th>pass@1</th>";
  for (const Habit& habit : kColumns) out += fmt::format("<th>{}</th>", habit.title);
  out += "</tr>\n";
  for (const std::string& kind : KindsOf(*shown.front(), reward)) {
    for (const StepMetrics* step : shown)
      out += Row(kind, *step, std::string(kKindParts) + kind + "/" + reward + "/", "held_out/kind/" + kind);
  }
  for (const StepMetrics* step : shown) out += Row("all", *step, all, "held_out/pass@1");
  return out + "</table></div>\n";
}

}  // namespace

std::string RenderSearch(const std::vector<StepMetrics>& history) {
  const std::string reward = RewardWithTries(history);
  if (reward.empty()) return "";
  const std::string prefix = std::string(kParts) + reward + "/";
  std::string out = "<h2>Search</h2>\n<div class=\"evaluation\"><p>" + std::string(kExplanation) +
                    "</p>\n<div class=\"charts\">\n";
  out += HitsChart(history, prefix);
  for (const Habit& habit : kSmallCharts) out += HabitChart(history, prefix, habit);
  return out + "</div>\n" + HeldOutTable(history, reward) + "</div>\n";
}

}  // namespace hone
