// The report's sample completions: a few prompts of a step, right and wrong ones, with scores explained.
// Covered by tests/rl/report_test.cc.
#ifndef HONE_RL_REPORT_SAMPLES_H_
#define HONE_RL_REPORT_SAMPLES_H_

#include <string>
#include <vector>

#include "data/types.h"

namespace hone {

// Up to three groups, those with both right and wrong completions first; of each one right and one wrong
// completion (and a faulty one where there is one).
std::string RenderSamples(const std::string& title, const std::vector<ScoredGroup>& groups);

}  // namespace hone

#endif  // HONE_RL_REPORT_SAMPLES_H_
