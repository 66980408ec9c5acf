// The report's section on search, for runs whose reward counts tries (the parts of the reward `signs`): what changed in behaviour, and
// whether a try became better or only more frequent. Covered by tests/rl/report_search_test.cc.
#ifndef HONE_RL_REPORT_SEARCH_H_
#define HONE_RL_REPORT_SEARCH_H_

#include <string>
#include <vector>

#include "data/run_store.h"

namespace hone {

// HTML with its heading; empty when no step reports the parts.
std::string RenderSearch(const std::vector<StepMetrics>& history);

}  // namespace hone

#endif  // HONE_RL_REPORT_SEARCH_H_
