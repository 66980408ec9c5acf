// See chain_report.h. Covered by tests/rl/chain_report_test.cc.
#include "rl/chain_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "data/text_file.h"
#include "rl/evaluation.h"
#include "rl/metrics.h"
#include "rl/report_style.h"
#include "rl/svg_chart.h"
#include "rl/text.h"

namespace hone {
namespace {

constexpr char kHeldOut[] = "held_out/";

// The held-out metrics, what was sampled and what became of it, in the order they are first mentioned.
std::vector<std::string> Columns(const std::vector<ChainRow>& rows) {
  std::vector<std::string> columns;
  for (const ChainRow& row : rows) {
    for (const auto& [name, value] : EvaluationHeadline(row.metrics)) {
      const bool again = name == "held_out/rewards/answer" || name == "held_out/rewards/format";
      const bool shown = (name.starts_with(kHeldOut) && !again) || name == "kept" || name == "sampled_tokens";
      if (shown && std::find(columns.begin(), columns.end(), name) == columns.end()) columns.push_back(name);
    }
  }
  return columns;
}

std::string Heading(const std::string& column) {
  std::string text = column.starts_with(kHeldOut) ? column.substr(std::string(kHeldOut).size()) : column;
  if (text.starts_with("rewards/")) text = text.substr(8);
  return EscapeHtml(text);
}

std::string Table(const std::vector<ChainRow>& rows, const char* first) {
  const std::vector<std::string> columns = Columns(rows);
  std::string out = fmt::format("<div class=\"card scroll\"><table><tr><th></th><th>{}</th>", first);
  for (const std::string& column : columns) out += "<th>" + Heading(column) + "</th>";
  out += "</tr>\n";
  for (size_t i = 0; i < rows.size(); ++i) {
    const ChainRow& row = rows[i];
    const std::string name = EscapeHtml(row.name);
    out += fmt::format("<tr><td class=\"n\">{}</td><td>", i + 1) +
           (row.link.empty() ? name : "<a href=\"" + EscapeHtml(row.link) + "\">" + name + "</a>") + "</td>";
    for (const std::string& column : columns) {
      const double value = MetricValue(row.metrics, column);
      const MetricInfo* info = FindMetric(column);
      out += "<td class=\"n\">" +
             (std::isnan(value) ? std::string("–") : FormatMetric(value, info == nullptr ? "" : info->unit)) +
             "</td>";
    }
    out += "</tr>\n";
  }
  return out + "</table></div>\n";
}

// A metric over the stages that report it, by their number in the table; NaN-free.
ChartSeries OverStages(const std::vector<ChainRow>& rows, const std::string& column) {
  ChartSeries series{Heading(column), {}};
  for (size_t i = 0; i < rows.size(); ++i) {
    const double value = MetricValue(rows[i].metrics, column);
    if (!std::isnan(value)) series.points.push_back({static_cast<double>(i + 1), value});
  }
  return series;
}

// What the trained stages' models reach on held-out prompts, stage after stage: accuracy, format and the rewards that lie in [0, 1];
// and the length. Nothing for fewer than two of them.
std::string Curves(const std::vector<ChainRow>& rows) {
  constexpr size_t kMostSeries = 6;
  if (OverStages(rows, "held_out/pass@1").points.size() < 2) return "";
  Chart shares;
  shares.title = "Held out";
  shares.unit = "share";
  shares.x_name = "stage";
  shares.least_top = 1.0;
  for (const std::string& column : Columns(rows)) {
    const bool wanted =
        column == "held_out/pass@1" || column == "held_out/format" || column.starts_with("held_out/rewards/");
    ChartSeries series = OverStages(rows, column);
    const bool is_share = std::all_of(series.points.begin(), series.points.end(),
                                      [](const MetricPoint& p) { return p.value >= 0.0 && p.value <= 1.0; });
    if (wanted && is_share && shares.series.size() < kMostSeries) shares.series.push_back(std::move(series));
  }
  Chart length;
  length.title = "Held-out length";
  length.unit = "tokens";
  length.x_name = "stage";
  length.series.push_back(OverStages(rows, "held_out/length"));
  return "<div class=\"charts\">\n" + RenderChart(shares) + RenderChart(length) + "</div>\n";
}

std::string Events(const std::vector<Event>& events) {
  std::string out = "<div class=\"card\"><table>\n";
  for (const Event& event : events) {
    out += fmt::format("<tr><td class=\"n\">{}</td><td>{}</td></tr>\n",
                       FormatDuration(std::max(0.0, event.time - events.front().time)),
                       EscapeHtml(event.message));
  }
  return events.empty() ? "" : "<h2>Events</h2>\n" + out + "</table></div>\n";
}

}  // namespace

std::string StageNameKey(int64_t number) { return "name of stage " + std::to_string(number); }

ChainReport ReadChainReport(const RunStore& store, const std::string& run_dir) {
  ChainReport chain;
  chain.name = store.Meta("name").value_or("run");
  chain.events = store.Events();
  for (const StepMetrics& step : store.AllMetrics()) {
    const auto name = store.Meta(StageNameKey(step.step));
    if (!name) continue;
    auto measured = ReadMeasuredModels(RunStore::OpenReadOnly(run_dir + "/stages/" + *name + "/hone.db"));
    // An eval stage's figures are its models', below; it has none of its own.
    chain.stages.push_back(
        {*name, "stages/" + *name + "/report.html", measured.empty() ? step.values : Metrics{}});
    if (!measured.empty()) chain.evals.emplace_back(*name, std::move(measured));
  }
  return chain;
}

std::string RenderChainReport(const ChainReport& chain, const std::string& recipe_toml) {
  const std::string name = EscapeHtml(chain.name);
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>{0}</title>\n"
      "<style>{1}</style></head>\n<body><main>\n<header><h1>{0}</h1></header>\n",
      name, kReportStyle);
  page += "<h2>Stages</h2>\n" + Table(chain.stages, "stage") + Curves(chain.stages);
  for (const auto& [stage, models] : chain.evals) page += RenderEvaluations("Measured in " + stage, models);
  page += Events(chain.events);
  page += "<h2>Recipe</h2>\n<details class=\"card\"><summary>As it was resolved</summary><pre>" +
          EscapeHtml(recipe_toml) + "</pre></details>\n";
  return page + "<footer>Written by hone " HONE_VERSION
                " from the runs' hone.db.</footer>\n</main></body></html>\n";
}

void WriteChainReport(const RunStore& store, const std::string& run_dir) {
  WriteFileAtomic(run_dir + "/report.html",
                  RenderChainReport(ReadChainReport(store, run_dir), ReadFile(run_dir + "/recipe.toml")));
}

}  // namespace hone
