// The page of a recipe with several stages: what each ended with, what its eval stages measured, and where each stage's own page is.
// Covered by tests/rl/chain_report_test.cc.
#ifndef HONE_RL_CHAIN_REPORT_H_
#define HONE_RL_CHAIN_REPORT_H_

#include <string>
#include <vector>

#include "data/run_store.h"
#include "rl/eval_report.h"

namespace hone {

struct ChainRow {
  std::string name;  // of a stage
  std::string link;  // relative to the page; empty: none
  Metrics metrics;
};

struct ChainReport {
  std::string name;
  std::vector<ChainRow> stages;                                           // in the order they ran
  std::vector<std::pair<std::string, std::vector<MeasuredModel>>> evals;  // of each eval stage, its models
  std::vector<Event> events;
};

// The key of the store's meta entry that names stage `number` (from 1).
std::string StageNameKey(int64_t number);

// `store` is the chain's; the stages' own are in `run_dir`/stages.
ChainReport ReadChainReport(const RunStore& store, const std::string& run_dir);

std::string RenderChainReport(const ChainReport& chain, const std::string& recipe_toml);

// Both, into `run_dir`/report.html.
void WriteChainReport(const RunStore& store, const std::string& run_dir);

}  // namespace hone

#endif  // HONE_RL_CHAIN_REPORT_H_
