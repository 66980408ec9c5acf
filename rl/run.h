// The run loop: steps, evaluations, checkpoints, resume, signals, report. Covered by tests/rl/run_test.cc.
#ifndef HONE_RL_RUN_H_
#define HONE_RL_RUN_H_

#include <functional>
#include <string>

#include "rl/configs.h"
#include "rl/evaluation.h"
#include "rl/model_card.h"
#include "rl/policy.h"
#include "rl/progress.h"
#include "rl/run_directory.h"
#include "rl/stage.h"

namespace hone {

struct RunParts {
  RunDirectory& directory;
  Policy& policy;
  Stage& stage;
  const RunConfig& config;
  int64_t evaluate_every = 0;            // 0: only before the first and after the last step
  std::function<Evaluation()> evaluate;  // on the policy's present weights
  std::function<bool()> stop_requested;  // asked between steps
  Progress& progress;
  ModelCard card = {};          // of the exported model
  bool recipe_changed = false;  // a resume under accepted changes: stored groups are not replayed
};

enum class RunEnd { kFinished, kStopped };

// Starts, or continues from the directory's newest good checkpoint. After a stop everything up to the last finished step
// is in a checkpoint. At the end model/ is written with its card (with run.keep_best from the best evaluated checkpoint), loaded again
// and scored, and report.html drawn.
RunEnd RunStage(const RunParts& parts);

// Draws report.html of the run in `path` from its store and recipe.
void WriteReport(const RunStore& store, const std::string& run_path);

double PeakMemoryMb();  // of this process

}  // namespace hone

#endif  // HONE_RL_RUN_H_
