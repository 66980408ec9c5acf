// The report's section on search: ratios by hand, and nothing of it without tries.
#include "rl/report_search.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

namespace hone {
namespace {

bool Has(const std::string& page, const std::string& text) { return page.find(text) != std::string::npos; }

// Means over completions; `t` from 0 to 1 tries more, gives up less and hits more.
void AddParts(const std::string& prefix, double t, Metrics& metrics) {
  const double tries = 2 + 6 * t;
  metrics.insert(metrics.end(), {{prefix + "tries", tries},
                                 {prefix + "hits", tries * (0.125 + 0.25 * t)},
                                 {prefix + "chance", tries * 0.125},
                                 {prefix + "repeats", tries * 0.5},
                                 {prefix + "gave_up", 0.75 - 0.5 * t},
                                 {prefix + "thinking", 10 * tries},
                                 {prefix + "steps", 3 * tries},
                                 {prefix + "wrong_steps", 3 * tries * 0.01}});
}

StepMetrics Evaluated(int64_t step, double t) {
  StepMetrics s{step, {{"held_out/pass@1", 0.25 + t / 2}, {"held_out/kind/k<5>", 0.2}}};
  AddParts("held_out/parts/puzzle/", t, s.values);
  AddParts("held_out/kind_parts/k<5>/puzzle/", t / 2, s.values);
  return s;
}

StepMetrics Trained(int64_t step, double t) {
  StepMetrics s{step, {}};
  AddParts("parts/puzzle/", t, s.values);
  return s;
}

TEST_CASE("charts of ratios, and a table of first and last evaluation by kind") {
  std::vector<StepMetrics> history = {Evaluated(0, 0), Trained(1, 0), Trained(2, 0.5), Trained(3, 1)};
  const StepMetrics middle = Evaluated(2, 0.5), last = Evaluated(3, 1);
  for (const auto& v : middle.values) history[2].values.push_back(v);
  for (const auto& v : last.values) history[3].values.push_back(v);
  const std::string page = RenderSearch(history);
  CHECK(Has(page, "<h2>Search</h2>"));
  for (const char* title : {"Hits per try", "Tries per completion", "Gives up", "Hits over chance",
                            "Repeats per try", "Wrong steps"})
    CHECK(Has(page, std::string("<h3>") + title));
  const std::string n = "</td><td class=\"n\">";
  // step, pass@1, tries, gives up, hits, chance, hits over chance, repeats, wrong steps
  CHECK(Has(page, "<td>all" + n + "0" + n + "25 %" + n + "2" + n + "75 %" + n + "12.5 %" + n + "12.5 %" + n +
                      "1" + n + "50 %" + n + "1 %</td>"));
  CHECK(Has(page, "<td>all" + n + "3" + n + "75 %" + n + "8" + n + "25 %" + n + "37.5 %" + n + "12.5 %" + n +
                      "3" + n + "50 %" + n + "1 %</td>"));
  CHECK(Has(page, "<td>k&lt;5&gt;" + n + "3" + n + "20 %" + n + "5" + n + "50 %" + n + "25 %"));
  CHECK_FALSE(Has(page, "<td>all" + n + "2" + n));  // neither first nor last
  const auto count = [&](char c) { return std::count(page.begin(), page.end(), c); };
  CHECK(count('<') == count('>'));
}

TEST_CASE("nothing without tries; a step without a try has no ratio; no table without an evaluation") {
  CHECK(RenderSearch({}).empty());
  CHECK(RenderSearch({{1, {{"reward", 0.5}, {"parts/other/hits", 1.0}, {"parts//tries", 1.0}}}}).empty());
  StepMetrics idle{1, {}};
  for (const char* part : {"tries", "hits", "chance", "repeats", "steps", "wrong_steps"})
    idle.values.emplace_back("parts/puzzle/" + std::string(part), 0.0);
  idle.values.emplace_back("parts/puzzle/gave_up", 1.0);
  const std::string page = RenderSearch({idle});
  CHECK(Has(page, "<h3>Gives up"));
  CHECK_FALSE(Has(page, "<h3>Hits per try"));
  CHECK_FALSE(Has(page, "<table"));
  CHECK_FALSE(Has(page, "nan"));
}

}  // namespace
}  // namespace hone
