// The report page (rl/report.h), its charts (rl/svg_chart.h) and texts (rl/text.h), on synthetic runs.
#include "rl/report.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "rl/svg_chart.h"
#include "rl/text.h"

namespace hone {
namespace {

// "" if every tag that opens closes in order and every attribute is quoted, else what is wrong. The page is XML but for
// its first line.
std::string MarkupFault(const std::string& page) {
  std::vector<std::string> open;
  const size_t start = page.rfind("<!DOCTYPE html>\n", 0) == 0 ? 16 : 0;
  for (size_t at = start; (at = page.find('<', at)) != std::string::npos;) {
    const size_t end = page.find('>', at);
    if (end == std::string::npos) return "an open <";
    const std::string tag = page.substr(at + 1, end - at - 1);
    at = end + 1;
    if (tag.find('<') != std::string::npos) return "< inside <" + tag;
    size_t quotes = 0;
    for (const char c : tag) quotes += c == '"';
    if (quotes % 2 != 0) return "odd quotes in <" + tag;
    if (tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return "unexpected <" + tag;
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(tag.substr(0, tag.find_first_of(" \n")));
    }
  }
  return open.empty() ? "" : "unclosed " + open.back();
}

bool Has(const std::string& page, const std::string& text) { return page.find(text) != std::string::npos; }

ScoredGroup HostileGroup(int64_t step, int64_t slot) {
  ScoredGroup scored;
  scored.group.step = step;
  scored.group.slot = slot;
  scored.group.prompt.text = "Q: 1<2 & \"3\"?";
  scored.group.prompt.ids = {1, 2};
  scored.group.prompt.gold = "<b>5</b>";
  for (int i = 0; i < 3; ++i) {
    Completion completion;
    completion.ids = {1, 2, 3};
    completion.logprobs = {-1, -2, -3};
    completion.text = "</script><img onerror=alert(1)>\x01\xff\xe2\x80\xae</pre><think>";
    completion.finish = i == 0 ? FinishReason::kLength : FinishReason::kStop;
    scored.group.completions.push_back(completion);
  }
  Score right, wrong, fault;
  right.value = 1;
  right.parts = {{"answer", 1}};
  wrong.parts = {{"answer", 0}};
  wrong.explanation = "'<i>' is not 5";
  fault.status = Score::Status::kFault;
  fault.explanation = "timed out";
  scored.scores = {right, wrong, fault};
  return scored;
}

Metrics StepValues(double t) {
  return {{"reward", t},         {"reward_std", 0.4}, {"accuracy", t},         {"length", 20 + t},
          {"entropy", 1 - t},    {"kl", 1e-4 * t},    {"grad_norm", 0.3},      {"clip_fraction", 0.01},
          {"groups", 8},         {"faults", 0},       {"seconds", 1.5},        {"groups_without_signal", 2},
          {"seconds_learn", 1.}, {"loss", 0.001},     {"seconds_sample", 0.3}, {"logprob_difference", 0}};
}

ReportData Run(int64_t steps) {
  ReportData run;
  run.name = "a & <b>";
  for (int64_t i = 1; i <= steps; ++i) {
    run.history.push_back({i, StepValues(static_cast<double>(i) / static_cast<double>(steps))});
  }
  run.early = {HostileGroup(1, 0)};
  run.late = {HostileGroup(steps, 0)};
  run.events = {{0, "start", "seed <1>", 10}, {1, "fault", "answer: timed \"out\"", 11}};
  return run;
}

TEST_CASE("a whole run is a well-formed page that loads nothing") {
  const std::string page = RenderReport(Run(80), "name = \"<x>\"\n");
  CHECK(MarkupFault(page) == "");
  CHECK(Has(page, "learning"));
  CHECK(Has(page, "exactly 0"));
  for (const char* title : {"Accuracy", "Reward", "Length", "Entropy", "KL to the reference", "Clip fraction",
                            "Gradient norm", "Groups without signal", "Time of a step"}) {
    CHECK(Has(page, std::string("<h3>") + title));
  }
  for (const char* outside : {"http:", "https:", "<script", "<link", "@import", "url("})
    CHECK_FALSE(Has(page, outside));
  CHECK(Has(page, "name = &quot;&lt;x&gt;&quot;"));
}

TEST_CASE("the rewards: means, faults and times by name") {
  ReportData run = Run(3);
  for (size_t i = 0; i < run.history.size(); ++i) {
    const auto t = static_cast<double>(i);
    run.history[i].values.insert(run.history[i].values.end(), {{"rewards/my<b>/mean", 0.25 * t},
                                                               {"rewards/my<b>/faults", t},
                                                               {"rewards/my<b>/seconds_p50", 0.001 + t},
                                                               {"rewards/my<b>/seconds_p99", 0.002 + t}});
  }
  const std::string page = RenderReport(run, "");
  CHECK(MarkupFault(page) == "");
  CHECK(Has(page, "<h2>Rewards</h2>"));
  CHECK(Has(page, "<td>my&lt;b&gt;</td><td class=\"n\">0</td><td class=\"n\">0.5</td>"));
  CHECK(Has(page, "<span class=\"badge warn\">3</span>"));
  CHECK_FALSE(Has(RenderReport(Run(3), ""), "<h2>Rewards</h2>"));
}

TEST_CASE("hostile completions stay text") {
  const std::string page = RenderReport(Run(2), "");
  CHECK(MarkupFault(page) == "");
  CHECK_FALSE(Has(page, "<img"));
  CHECK_FALSE(Has(page, "</script>"));
  CHECK(Has(page, "&lt;/script&gt;&lt;img onerror=alert(1)&gt;␁\xEF\xBF\xBD\xEF\xBF\xBD&lt;/pre&gt;"));
  CHECK(Has(page, "⟨cut at the length cap⟩"));
  CHECK(Has(page, "⟨end⟩"));
  CHECK(Has(page, "badge warn\">fault"));
  CHECK(EscapeHtml("a\tb\n<&>\"'") == "a\tb\n&lt;&amp;&gt;&quot;&#39;");
}

TEST_CASE("empty, one-step, NaN and long runs") {
  const std::string empty = RenderReport(ReportData{}, "");
  CHECK(MarkupFault(empty) == "");
  CHECK(Has(empty, "No step has finished yet"));
  CHECK(MarkupFault(RenderReport(Run(1), "")) == "");

  ReportData gaps = Run(9);
  for (const size_t at : {size_t{0}, size_t{4}, size_t{5}}) {
    for (auto& [name, value] : gaps.history[at].values) value = at == 4 ? INFINITY : NAN;
  }
  const std::string page = RenderReport(gaps, "");
  CHECK(MarkupFault(page) == "");
  CHECK_FALSE(Has(page, "\"nan"));
  CHECK_FALSE(Has(page, "inf"));
  CHECK_FALSE(Has(page, "nan "));
  CHECK_FALSE(Has(page, "exactly 0"));  // a difference that is not a number is not 0

  const std::string large = RenderReport(Run(10000), "");
  CHECK(MarkupFault(large) == "");
  CHECK(large.size() < 1000000);
}

TEST_CASE("sft runs show their loss and none of the charts of rewards") {
  ReportData run;
  for (int i = 1; i <= 20; ++i) run.history.push_back({i, {{"loss", 3.0 / i}, {"seconds", 0.5}}});
  const std::string page = RenderReport(run, "");
  CHECK(Has(page, "<h3>Loss"));
  CHECK_FALSE(Has(page, "<h3>Reward"));
  CHECK_FALSE(Has(page, "<h3>Entropy"));
}

TEST_CASE("gaps break the line, a lone point is a dot") {
  Chart chart;
  chart.title = "x";
  chart.series.push_back({"a", {{1, 1}, {2, NAN}, {3, 2}, {4, 3}}});
  const std::string figure = RenderChart(chart);
  const size_t path = figure.find("class=\"line\" d=\"") + 16;
  const std::string d = figure.substr(path, figure.find('"', path) - path);
  CHECK(std::count(d.begin(), d.end(), 'M') == 2);
  CHECK(std::count(d.begin(), d.end(), 'L') == 1);
  chart.series[0].points = {{1, NAN}};
  CHECK(RenderChart(chart) == "");
}

TEST_CASE("ticks are round and cover the range") {
  for (const auto& [low, high] : std::vector<std::pair<double, double>>{
           {0, 1}, {0.3, 0.97}, {-5, 3}, {2, 2}, {0, 0}, {-3, -3}, {1e-5, 4e-5}, {1, 10000}}) {
    CAPTURE(low);
    CAPTURE(high);
    const std::vector<double> ticks = NiceTicks(low, high, 4);
    CHECK(ticks.size() >= 2);
    CHECK(ticks.size() <= 8);
    CHECK(ticks.front() <= low + 1e-9);
    CHECK(ticks.back() >= high - 1e-9);
  }
}

TEST_CASE("numbers as people read them") {
  CHECK(FormatNumber(0) == "0");
  CHECK(FormatNumber(0.1234) == "0.123");
  CHECK(FormatNumber(3e-5) == "3e-5");
  CHECK(FormatNumber(-48.14) == "-48.1");
  CHECK(FormatNumber(12345) == "12.3k");
  CHECK(FormatNumber(4.56e6) == "4.56M");
  CHECK(FormatNumber(NAN) == "–");
  CHECK(FormatShare(0.931) == "93.1 %");
  CHECK(FormatDuration(0.42) == "0.42 s");
  CHECK(FormatDuration(59.97) == "1 min 00 s");
  CHECK(FormatDuration(7440) == "2 h 04 min");
}

TEST_CASE("the page is read from a run store") {
  char directory[] = "/tmp/hone_report_XXXXXX";
  REQUIRE(mkdtemp(directory) != nullptr);
  {
    RunStore store = RunStore::Create(std::string(directory) + "/hone.db");
    store.PutMeta("name", "stored");
    for (int64_t step = 1; step <= 3; ++step) {
      store.PutGroups({HostileGroup(step, 0), HostileGroup(step, 1)});
      store.FinishStep(step, StepValues(0.5));
    }
    const ReportData run = ReadReportData(store);
    CHECK(run.name == "stored");
    CHECK(run.completions == 18);
    REQUIRE(run.early.size() == 2);
    CHECK(run.early[0].group.step == 1);
    REQUIRE(run.late.size() == 2);
    CHECK(run.late[0].group.step == 3);
    CHECK(MarkupFault(RenderReport(store, "a = 1")) == "");
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace hone
