// Where metrics go besides the run store, as the recipe asks: a TensorBoard event file, a trackio database. Covered by
// tests/rl/run_test.cc, tests/rl/tensorboard_test.cc and tests/rl/trackio_test.cc.
#ifndef HONE_RL_METRIC_EXPORTS_H_
#define HONE_RL_METRIC_EXPORTS_H_

#include <optional>
#include <string>
#include <vector>

#include "data/run_store.h"
#include "rl/configs.h"
#include "rl/tensorboard.h"
#include "rl/trackio.h"

namespace hone {

class MetricExports {
 public:
  // In RUN_PATH/tensorboard and RUN_PATH/trackio. Afterwards each holds the steps of the store and no others.
  MetricExports(const RunConfig& config, const std::string& run_path, const RunStore& store);

  void Add(const StepMetrics& step);  // later than all before

 private:
  std::optional<TensorBoardFile> tensorboard_;
  std::optional<TrackioDatabase> trackio_;
};

}  // namespace hone

#endif  // HONE_RL_METRIC_EXPORTS_H_
