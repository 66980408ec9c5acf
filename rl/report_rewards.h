// The report's table of rewards: what each gave, how often it failed, how long it took. Covered by
// tests/rl/report_test.cc.
#ifndef HONE_RL_REPORT_REWARDS_H_
#define HONE_RL_REPORT_REWARDS_H_

#include <string>
#include <vector>

#include "data/run_store.h"

namespace hone {

// HTML with its heading; empty when no step reports rewards.
std::string RenderRewards(const std::vector<StepMetrics>& history);

}  // namespace hone

#endif  // HONE_RL_REPORT_REWARDS_H_
