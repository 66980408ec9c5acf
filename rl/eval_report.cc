// See eval_report.h. Covered by tests/rl/eval_report_test.cc.
#include "rl/eval_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>

#include "rl/evaluation.h"
#include "rl/metrics.h"
#include "rl/svg_chart.h"
#include "rl/text.h"

namespace hone {
namespace {

constexpr size_t kMostCurves = 6;
constexpr std::string_view kHeldOut = "held_out/", kKind = "kind/", kRewards = "rewards/";

// Metrics held_out/PREFIX + number, ascending by the number.
std::map<int64_t, double> Numbered(const Metrics& metrics, const std::string& prefix) {
  std::map<int64_t, double> found;
  const std::string start = std::string(kHeldOut) + prefix;
  for (const auto& [name, value] : metrics) {
    int64_t number = 0;
    const char* end = name.data() + name.size();
    if (!name.starts_with(start)) continue;
    if (std::from_chars(name.data() + start.size(), end, number).ptr == end) found[number] = value;
  }
  return found;
}

// The part after held_out/ of every metric there that starts with `prefix`, in order of first mention.
std::vector<std::string> NamesWith(const std::vector<MeasuredModel>& models, std::string_view prefix) {
  std::vector<std::string> names;
  for (const MeasuredModel& model : models) {
    for (const auto& [name, value] : model.metrics) {
      if (!name.starts_with(kHeldOut)) continue;
      const std::string rest = name.substr(kHeldOut.size());
      if (rest.starts_with(prefix) && std::find(names.begin(), names.end(), rest) == names.end())
        names.push_back(rest);
    }
  }
  return names;
}

double HeldOut(const MeasuredModel& model, const std::string& name) {
  return MetricValue(model.metrics, std::string(kHeldOut) + name);
}

// A percentage without its sign, else about three digits.
std::string Plain(double value, bool is_share, bool with_sign = false) {
  if (std::isnan(value)) return "–";
  if (is_share) return with_sign ? fmt::format("{:+.1f}", value * 100) : fmt::format("{:.1f}", value * 100);
  return (with_sign && value > 0 ? "+" : "") + FormatNumber(value);
}

// "93.1", with its interval "93.1 [91.8, 94.3]".
std::string Cell(const MeasuredModel& model, const std::string& name, bool with_interval) {
  const bool share = IsShare(name);
  const double value = HeldOut(model, name), low = MetricValue(model.metrics, "held_out_low/" + name),
               high = MetricValue(model.metrics, "held_out_high/" + name);
  std::string text = Plain(value, share);
  if (with_interval && !std::isnan(low))
    text += fmt::format(" [{}, {}]", Plain(low, share), Plain(high, share));
  return text;
}

// "+3.1 [1.0, 5.2]"; "" for the first model and what was not compared.
std::string DifferenceCell(const MeasuredModel& model, const std::string& name) {
  const bool share = IsShare(name);
  const double value = MetricValue(model.metrics, "held_out_difference/" + name);
  if (std::isnan(value)) return "";
  return fmt::format("{} [{}, {}]", Plain(value, share, true),
                     Plain(MetricValue(model.metrics, "held_out_difference_low/" + name), share, true),
                     Plain(MetricValue(model.metrics, "held_out_difference_high/" + name), share, true));
}

struct Column {
  std::string name;  // of the metric, after held_out/
  std::string heading;
  bool with_interval = false;
};

// What a table shows: pass@1, the largest pass@k and maj@k, then the rest of the headline.
std::vector<Column> Columns(const std::vector<MeasuredModel>& models) {
  std::vector<Column> columns;
  const auto add = [&](const std::string& name, const std::string& heading, bool with_interval) {
    const bool known = std::any_of(models.begin(), models.end(), [&](const MeasuredModel& model) {
      return !std::isnan(HeldOut(model, name));
    });
    if (known) columns.push_back({name, heading, with_interval});
  };
  add("pass@1", "pass@1, %", true);
  for (const char* prefix : {"pass@", "maj@"}) {
    int64_t most = 1;
    for (const MeasuredModel& model : models) {
      const std::map<int64_t, double> found = Numbered(model.metrics, prefix);
      if (!found.empty()) most = std::max(most, found.rbegin()->first);
    }
    const std::string name = prefix + std::to_string(most);
    if (most > 1) add(name, name + ", %", true);
  }
  add("length", "length", true);
  add("length_p50", "p50", false);
  add("length_p90", "p90", false);
  add("length_max", "longest", false);
  add("truncated", "truncated, %", false);
  for (const std::string& name : NamesWith(models, kRewards)) {
    const std::string reward = name.substr(kRewards.size());
    if (reward != "answer" || NamesWith(models, "pass@1").empty()) add(name, reward, false);
  }
  return columns;
}

std::string ModelTable(const std::vector<MeasuredModel>& models) {
  const std::vector<Column> columns = Columns(models);
  const bool compared = models.size() > 1 && !DifferenceCell(models[1], "pass@1").empty();
  std::string out = "<div class=\"card scroll\"><table><tr><th>model</th>";
  for (const Column& column : columns) {
    out += "<th>" + EscapeHtml(column.heading) + "</th>";
    if (compared && column.name == "pass@1") out += "<th>minus the first</th>";
  }
  out += "</tr>\n";
  for (const MeasuredModel& model : models) {
    out += "<tr><td>" + EscapeHtml(model.name) + "</td>";
    for (const Column& column : columns) {
      out += "<td class=\"n\">" + Cell(model, column.name, column.with_interval) + "</td>";
      if (compared && column.name == "pass@1")
        out += "<td class=\"n\">" + DifferenceCell(model, column.name) + "</td>";
    }
    out += "</tr>\n";
  }
  return out +
         "</table><p class=\"more\">In brackets: 95 % intervals from drawing the prompts anew 2,000 times "
         "(rl/README.md); "
         "differences are paired by prompt. Lengths are in tokens.</p></div>\n";
}

std::string KindTable(const std::vector<MeasuredModel>& models) {
  const std::vector<std::string> kinds = NamesWith(models, kKind);
  if (kinds.size() < 2) return "";
  std::string out = "<div class=\"card scroll\"><table><tr><th>pass@1 by kind, %</th>";
  for (const std::string& kind : kinds) out += "<th>" + EscapeHtml(kind.substr(kKind.size())) + "</th>";
  out += "</tr>\n";
  for (const MeasuredModel& model : models) {
    out += "<tr><td>" + EscapeHtml(model.name) + "</td>";
    for (const std::string& kind : kinds) out += "<td class=\"n\">" + Cell(model, kind, true) + "</td>";
    out += "</tr>\n";
  }
  return out + "</table></div>\n";
}

Chart ScalingChart(const std::vector<MeasuredModel>& models, const std::string& title,
                   const std::string& prefix, const std::string& x_name) {
  Chart chart;
  chart.title = title;
  chart.unit = "share";
  chart.x_name = x_name;
  chart.log_x = true;
  for (size_t i = 0; i < std::min(models.size(), kMostCurves); ++i) {
    ChartSeries series{models[i].name, {}};
    for (const auto& [number, value] : Numbered(models[i].metrics, prefix)) {
      series.points.push_back({static_cast<double>(number), value});
      const std::string name = prefix + std::to_string(number);
      series.band.emplace_back(MetricValue(models[i].metrics, "held_out_low/" + name),
                               MetricValue(models[i].metrics, "held_out_high/" + name));
    }
    if (!series.band.empty() && std::isnan(series.band[0].first)) series.band.clear();
    chart.series.push_back(std::move(series));
  }
  return chart;
}

// Two curves or more: a single point says no more than the table.
bool HasCurve(const Chart& chart) {
  return std::any_of(chart.series.begin(), chart.series.end(),
                     [](const ChartSeries& series) { return series.points.size() > 1; });
}

std::string Curves(const std::vector<MeasuredModel>& models) {
  std::string charts;
  for (const Chart& chart :
       {ScalingChart(models, "One of k samples is right (pass@k)", "pass@", "k"),
        ScalingChart(models, "Most of k samples agree on the right answer (maj@k)", "maj@", "k"),
        ScalingChart(models, "Right within a budget of tokens", "budget@", "tokens")}) {
    if (HasCurve(chart)) charts += RenderChart(chart);
  }
  if (charts.empty()) return "";
  std::string out = "<div class=\"charts\">\n" + charts + "</div>\n";
  if (models.size() > kMostCurves)
    out += fmt::format("<p class=\"more\">Curves of the first {} of {} models.</p>\n", kMostCurves,
                       models.size());
  return out;
}

// Padded to the width on a screen, where most characters take one column.
std::string Padded(const std::string& text, size_t width) {
  size_t columns = 0;
  for (const char c : text) columns += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return text + std::string(width > columns ? width - columns : 0, ' ');
}

}  // namespace

std::string MeasuredModelKey(int64_t number) { return "model of step " + std::to_string(number); }

std::vector<MeasuredModel> ReadMeasuredModels(const RunStore& store) {
  std::vector<MeasuredModel> models;
  for (const StepMetrics& step : store.AllMetrics()) {
    const auto model = store.Meta(MeasuredModelKey(step.step));
    if (!model) return {};
    const std::filesystem::path path(*model);  // .../stages/NAME/model, or a directory of the user's
    models.push_back(
        {path.filename() == "model" ? path.parent_path().filename().string() : path.filename().string(),
         step.values});
  }
  return models;
}

std::vector<MeasuredModel> FirstAndLastEvaluation(const std::vector<StepMetrics>& history) {
  std::vector<MeasuredModel> found;
  for (const StepMetrics& step : history) {
    if (std::isnan(MetricValue(step.values, "held_out/pass@1"))) continue;
    if (found.size() > 1) found.pop_back();
    found.push_back({"step " + std::to_string(step.step), step.values});
  }
  return found.size() == 2 ? found : std::vector<MeasuredModel>{};
}

std::string RenderEvaluations(const std::string& heading, const std::vector<MeasuredModel>& models) {
  if (models.empty()) return "";
  return "<h2>" + EscapeHtml(heading) + "</h2>\n<div class=\"evaluation\">" + ModelTable(models) +
         KindTable(models) + Curves(models) + "</div>\n";
}

std::string EvaluationTable(const std::vector<MeasuredModel>& models) {
  if (models.empty()) return "";
  std::vector<Column> columns = Columns(models);
  for (const std::string& kind : NamesWith(models, kKind)) columns.push_back({kind, kind + ", %", true});
  std::vector<std::vector<std::string>> rows = {{"95 % intervals in brackets"}};
  for (const Column& column : columns) rows.push_back({column.heading});
  for (size_t m = 0; m < models.size(); ++m) {
    rows[0].push_back(models[m].name);
    for (size_t c = 0; c < columns.size(); ++c)
      rows[c + 1].push_back(Cell(models[m], columns[c].name, columns[c].with_interval));
    if (m == 0) continue;
    rows[0].push_back("minus " + models[0].name);
    for (size_t c = 0; c < columns.size(); ++c)
      rows[c + 1].push_back(DifferenceCell(models[m], columns[c].name));
  }
  std::vector<size_t> widths(rows[0].size());
  for (const auto& row : rows) {
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], row[c].size());
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) line += Padded(row[c], widths[c] + 2);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace hone
