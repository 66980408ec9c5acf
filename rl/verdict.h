// One line on how a run is doing, from its metrics alone: learning, flat or collapsing, and why.
// Covered by tests/rl/verdict_test.cc.
#ifndef HONE_RL_VERDICT_H_
#define HONE_RL_VERDICT_H_

#include <string>
#include <vector>

#include "data/run_store.h"

namespace hone {

struct Verdict {
  enum class Kind { kTooEarly, kLearning, kFlat, kCollapsing };
  Kind kind = Kind::kTooEarly;
  std::string why;  // one line, without the kind's name

  std::string Name() const;  // "too early to tell", "learning", "flat", "collapsing"
  std::string Line() const;  // "learning: accuracy 31 % -> 94 % (...)"
};

// Pure. A change counts when it exceeds three standard errors of the difference between the first and the
// last fifth of the steps; the noise is taken from differences of neighbouring steps, so that a trend is not
// mistaken for it. Judges accuracy and reward where steps report them, else the loss (sft).
Verdict JudgeRun(const std::vector<StepMetrics>& history);

}  // namespace hone

#endif  // HONE_RL_VERDICT_H_
