// The run as one self-contained HTML page: verdict, headline numbers, curves, samples, faults, recipe. No
// network, no script; light and dark. Covered by tests/rl/report_test.cc.
#ifndef HONE_RL_REPORT_H_
#define HONE_RL_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "data/run_store.h"
#include "rl/eval_report.h"

namespace hone {

// What the page shows of a run.
struct ReportData {
  std::string name;  // the store's meta "name", else "run"
  std::vector<StepMetrics> history;
  std::vector<Event> events;
  std::vector<ScoredGroup> early,
      late;                 // the groups of the first and the last stored step; late is empty if they are one
  int64_t completions = 0;  // marked consumed
  std::vector<MeasuredModel> measured;  // of an eval stage; its page shows nothing of steps
};

ReportData ReadReportData(const RunStore& store);

// `recipe_toml`: the resolved recipe, shown as it is.
std::string RenderReport(const ReportData& run, const std::string& recipe_toml);
std::string RenderReport(const RunStore& store, const std::string& recipe_toml);

}  // namespace hone

#endif  // HONE_RL_REPORT_H_
