// Reads what the page shows and lays it out. Charts whose metrics the run does not report are left out, so
// sft runs use the same code. Covered by tests/rl/report_test.cc.
#include "rl/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "rl/metrics.h"
#include "rl/report_rewards.h"
#include "rl/report_samples.h"
#include "rl/report_search.h"
#include "rl/report_style.h"
#include "rl/svg_chart.h"
#include "rl/text.h"
#include "rl/verdict.h"

namespace hone {
namespace {

constexpr size_t kMostEvents = 200;
constexpr size_t kMostFaultKinds = 12;

std::vector<double> FiniteValues(const ReportData& run, std::string_view name) {
  std::vector<double> values;
  for (const MetricPoint& point : MetricSeries(run.history, name)) {
    if (std::isfinite(point.value)) values.push_back(point.value);
  }
  return values;
}

double Sum(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum;
}

// `value` and `tone` ("good", "bad" or "") are ready for the page.
std::string Tile(const char* label, const std::string& value, const char* tone = "") {
  return fmt::format("<div class=\"card tile\"><small>{}</small><b class=\"{}\">{}</b></div>\n", label, tone,
                     value);
}

// "before -> after" of a metric, "" if it was never reported.
std::string BeforeAfterTile(const ReportData& run, const char* label, std::string_view name) {
  const std::vector<double> values = FiniteValues(run, name);
  if (values.empty()) return "";
  const bool share = FindMetric(name)->unit == "share";
  const auto text = [&](double value) { return share ? FormatShare(value) : FormatNumber(value); };
  if (values.size() == 1) return Tile(label, text(values[0]));
  return Tile(label, fmt::format("<em>{} →</em> {}", text(values.front()), text(values.back())));
}

std::string DifferenceTile(const ReportData& run) {
  const std::vector<MetricPoint> points = MetricSeries(run.history, "logprob_difference");
  if (points.empty()) return "";
  double largest = 0;
  for (const MetricPoint& point : points) {  // a NaN is no 0 either, and stays
    if (!std::isnan(largest) && !(point.value <= largest)) largest = point.value;
  }
  const bool exact = largest == 0;
  return Tile("sampler − learner, largest", exact ? "exactly 0" : FormatNumber(largest),
              exact ? "good" : "bad");
}

std::string Tiles(const ReportData& run) {
  std::string out = "<div class=\"tiles\">\n";
  out += BeforeAfterTile(run, "held-out pass@1", "held_out/pass@1");
  const bool held_out_length = !FiniteValues(run, "held_out/length").empty();
  out += BeforeAfterTile(run, held_out_length ? "held-out length, tokens" : "mean length, tokens",
                         held_out_length ? "held_out/length" : "length");
  if (MetricSeries(run.history, "reward").empty()) out += BeforeAfterTile(run, "loss", "loss");
  const int64_t last_step = run.history.empty() ? 0 : run.history.back().step;
  out += Tile("steps", fmt::format("{}", last_step));
  if (run.completions > 0)
    out += Tile("completions trained on", FormatNumber(static_cast<double>(run.completions)));
  if (const double seconds = Sum(FiniteValues(run, "seconds")); seconds > 0) {
    out += Tile("time in steps", FormatDuration(seconds));
  }
  if (const std::vector<double> speeds = FiniteValues(run, "tokens_per_second"); !speeds.empty()) {
    out += Tile("tokens per second, mean", FormatNumber(Sum(speeds) / static_cast<double>(speeds.size())));
  }
  out += DifferenceTile(run);
  const double faults = Sum(FiniteValues(run, "faults")),
               skipped = Sum(FiniteValues(run, "updates_not_applied"));
  if (!MetricSeries(run.history, "faults").empty()) {
    out += Tile("reward faults", fmt::format("{:.0f}", faults), faults > 0 ? "bad" : "good");
  }
  if (skipped > 0) out += Tile("updates not applied", fmt::format("{:.0f}", skipped), "bad");
  return out + "</div>\n";
}

// A chart of metrics that share a unit; the axis of shares that may fill it reaches 100 %.
Chart MetricChart(const ReportData& run, const char* title,
                  const std::vector<std::pair<const char*, const char*>>& labels_and_names,
                  double least_top = 0) {
  Chart chart;
  chart.title = title;
  chart.unit = std::string(FindMetric(labels_and_names.front().second)->unit);
  chart.least_top = least_top;
  for (const auto& [label, name] : labels_and_names)
    chart.series.push_back({label, MetricSeries(run.history, name)});
  return chart;
}

Chart SignalChart(const ReportData& run) {
  Chart chart = MetricChart(run, "Groups without signal", {{"share", "truncated"}}, 1.0);
  chart.series[0].points.clear();
  for (const StepMetrics& step : run.history) {
    const double without = MetricValue(step.values, "groups_without_signal");
    const double groups = MetricValue(step.values, "groups");
    if (groups > 0) chart.series[0].points.push_back({static_cast<double>(step.step), without / groups});
  }
  return chart;
}

Chart TimeChart(const ReportData& run) {
  Chart chart;
  chart.title = "Time of a step";
  chart.unit = "s";
  chart.stacked = chart.wide = true;
  constexpr std::pair<const char*, const char*> kParts[] = {{"learn", "seconds_learn"},
                                                            {"sample", "seconds_sample"},
                                                            {"score", "seconds_score"},
                                                            {"store", "seconds_store"}};
  for (const auto& part : kParts) chart.series.push_back({part.first, {}});
  const bool split = !MetricSeries(run.history, "seconds_learn").empty();
  chart.series.push_back({split ? "other" : "whole step", {}});
  for (const StepMetrics& step : run.history) {
    const double seconds = MetricValue(step.values, "seconds");
    if (!std::isfinite(seconds)) continue;
    double rest = seconds;
    for (size_t i = 0; i < std::size(kParts); ++i) {
      const double part = MetricValue(step.values, kParts[i].second);
      chart.series[i].points.push_back({static_cast<double>(step.step), part});
      if (std::isfinite(part)) rest -= part;
    }
    chart.series.back().points.push_back({static_cast<double>(step.step), std::max(rest, 0.0)});
  }
  return chart;
}

// Held-out accuracy of each kind of question; empty when there is one kind, or too many to tell apart.
Chart KindChart(const ReportData& run) {
  constexpr std::string_view kKind = "held_out/kind/";
  constexpr size_t kMostKinds = 6;
  Chart chart;
  chart.title = "Held-out pass@1 by kind";
  chart.unit = "share";
  chart.least_top = 1.0;
  chart.wide = true;
  std::map<std::string, std::vector<MetricPoint>> kinds;
  for (const StepMetrics& step : run.history) {
    for (const auto& [name, value] : step.values) {
      if (name.starts_with(kKind))
        kinds[name.substr(kKind.size())].push_back({static_cast<double>(step.step), value});
    }
  }
  if (kinds.size() < 2 || kinds.size() > kMostKinds) return chart;
  for (auto& [kind, points] : kinds) chart.series.push_back({kind, std::move(points)});
  return chart;
}

std::string Curves(const ReportData& run) {
  Chart accuracy = MetricChart(
      run, "Accuracy", {{"held-out pass@1", "held_out/pass@1"}, {"sampled in training", "accuracy"}}, 1.0);
  accuracy.wide = true;
  for (const MetricPoint& point : accuracy.series[0].points) {
    const auto step = std::find_if(run.history.begin(), run.history.end(), [&](const StepMetrics& s) {
      return static_cast<double>(s.step) == point.step;
    });
    accuracy.series[0].band.emplace_back(MetricValue(step->values, "held_out_low/pass@1"),
                                         MetricValue(step->values, "held_out_high/pass@1"));
  }
  std::string charts = RenderChart(accuracy) + RenderChart(KindChart(run));
  const Chart chosen[] = {
      MetricChart(run, "Reward", {{"mean", "reward"}, {"deviation in a group", "reward_std"}}),
      MetricChart(run, "Format", {{"sampled", "format"}, {"held-out", "held_out/format"}}, 1.0),
      MetricChart(run, "Length", {{"sampled", "length"}, {"held-out", "held_out/length"}}),
      MetricChart(run, "Truncated", {{"hit the length cap", "truncated"}}),
      SignalChart(run),
      MetricChart(run, "Loss", {{"loss", "loss"}, {"balance", "balance_loss"}}),
      MetricChart(run, "Entropy", {{"mean over tokens", "entropy"}}),
      MetricChart(run, "KL to the reference", {{"k3", "kl"}}),
      MetricChart(run, "Divergence from the teacher", {{"mean over tokens", "divergence"}}),
      MetricChart(run, "Clip fraction", {{"tokens", "clip_fraction"}}),
      MetricChart(run, "Gradient norm", {{"before clipping", "grad_norm"}}),
      MetricChart(run, "Speed", {{"mean", "tokens_per_second"}}),
      MetricChart(run, "Expert load", {{"busiest over mean", "expert_load"}}),
  };
  for (const Chart& chart : chosen) charts += RenderChart(chart);
  charts += RenderChart(TimeChart(run));
  if (charts.empty()) return "<p class=\"more\">No step has finished yet.</p>\n";
  return "<div class=\"charts\">\n" + charts + "</div>\n";
}

std::string Samples(const ReportData& run) {
  if (run.early.empty()) return "";
  const auto title = [&](const char* which, const std::vector<ScoredGroup>& groups) {
    const int64_t step = groups.front().group.step;
    if (step >= 1 && step <= std::ssize(run.measured)) return run.measured[step - 1].name;
    return fmt::format("{} step, {}", which, step);
  };
  std::string out =
      "<h2>Samples</h2>\n<div class=\"samples\">\n" + RenderSamples(title("First", run.early), run.early);
  if (!run.late.empty()) out += RenderSamples(title("Last", run.late), run.late);
  return out + "</div>\n";
}

bool IsFault(const Event& event) { return event.kind == "fault" || event.kind == "not_applied"; }

std::string FaultTable(const ReportData& run) {
  std::map<std::string, int64_t> counts;
  for (const Event& event : run.events) {
    if (IsFault(event)) ++counts[event.message];
  }
  if (counts.empty()) return "<p class=\"more\">No faults.</p>\n";
  std::vector<std::pair<std::string, int64_t>> rows(counts.begin(), counts.end());
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string out = "<div class=\"card\"><table><tr><th>times</th><th>fault</th></tr>\n";
  for (size_t i = 0; i < std::min(rows.size(), kMostFaultKinds); ++i) {
    out += fmt::format("<tr><td class=\"n\">{}</td><td>{}</td></tr>\n", rows[i].second,
                       EscapeHtml(rows[i].first));
  }
  out += "</table>";
  if (rows.size() > kMostFaultKinds) {
    out += fmt::format("<p class=\"more\">and {} other messages</p>", rows.size() - kMostFaultKinds);
  }
  return out + "</div>\n";
}

std::string EventTable(const ReportData& run) {
  if (run.events.empty()) return "";
  const size_t first = run.events.size() - std::min(run.events.size(), kMostEvents);
  std::string out = fmt::format(
      "<details class=\"card\"><summary>{} events</summary>\n<table><tr><th>after</th><th>step</th>"
      "<th>event</th><th></th></tr>\n",
      run.events.size());
  for (size_t i = first; i < run.events.size(); ++i) {
    const Event& event = run.events[i];
    const std::string kind = EscapeHtml(event.kind);
    out += fmt::format(
        "<tr><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td></tr>\n",
        FormatDuration(std::max(0.0, event.time - run.events.front().time)), event.step,
        IsFault(event) ? "<span class=\"badge warn\">" + kind + "</span>" : kind, EscapeHtml(event.message));
  }
  out += "</table>";
  if (first > 0) out += fmt::format("<p class=\"more\">The {} before these are in hone.db.</p>", first);
  return out + "</details>\n";
}

const char* Tone(Verdict::Kind kind) {
  switch (kind) {
    case Verdict::Kind::kLearning:
      return "good";
    case Verdict::Kind::kCollapsing:
      return "bad";
    case Verdict::Kind::kFlat:
      return "warn";
    case Verdict::Kind::kTooEarly:
      break;
  }
  return "";
}

std::string Head(const ReportData& run) {
  Verdict verdict = JudgeRun(run.history);
  std::string judged = verdict.Name(), tone = Tone(verdict.kind), why = verdict.why;
  if (!run.measured.empty()) {  // there is nothing to judge in a measurement
    judged = "measured";
    tone = "";
    why = fmt::format("{} model{} on the same held-out prompts", run.measured.size(),
                      run.measured.size() == 1 ? "" : "s");
  }
  const std::string name = EscapeHtml(run.name);
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>{0}: {1}</title>\n"
      "<style>{2}</style></head>\n<body><main>\n<header><h1>{0}</h1>\n"
      "<p class=\"verdict\"><span class=\"badge {3}\">{1}</span><span>{4}</span></p></header>\n",
      name, judged, kReportStyle, tone, EscapeHtml(why));
}

}  // namespace

ReportData ReadReportData(const RunStore& store) {
  ReportData run;
  run.name = store.Meta("name").value_or("run");
  run.history = store.AllMetrics();
  run.events = store.Events();
  const std::vector<int64_t> steps = store.GroupSteps();
  if (!steps.empty()) run.early = store.Groups(steps.front());
  if (steps.size() > 1) run.late = store.Groups(steps.back());
  run.completions = store.CountConsumed();
  run.measured = ReadMeasuredModels(store);
  return run;
}

std::string RenderReport(const ReportData& run, const std::string& recipe_toml) {
  std::string page = Head(run);
  if (run.measured.empty()) {
    page += Tiles(run) + "<h2>Curves</h2>\n" + Curves(run) + RenderSearch(run.history) +
            RenderEvaluations("Held out, first and last", FirstAndLastEvaluation(run.history)) +
            RenderRewards(run.history);
  } else {
    page += RenderEvaluations("Held out", run.measured);
  }
  page += Samples(run);
  page += "<h2>Faults and events</h2>\n" + FaultTable(run) + EventTable(run);
  page += "<h2>Recipe</h2>\n<details class=\"card\"><summary>As it was resolved</summary><pre>" +
          EscapeHtml(recipe_toml) + "</pre></details>\n";
  return page + "<footer>Written by hone " HONE_VERSION
                " from the run's hone.db.</footer>\n</main></body></html>\n";
}

std::string RenderReport(const RunStore& store, const std::string& recipe_toml) {
  return RenderReport(ReadReportData(store), recipe_toml);
}

}  // namespace hone
