// See metric_exports.h. Covered by tests/rl/run_test.cc.
#include "rl/metric_exports.h"

#include <nlohmann/json.hpp>

#include "data/text_file.h"

namespace hone {

MetricExports::MetricExports(const RunConfig& config, const std::string& run_path, const RunStore& store) {
  if (!config.tensorboard && !config.trackio) return;
  const std::vector<StepMetrics> history = store.AllMetrics();
  if (config.tensorboard) tensorboard_.emplace(run_path + "/tensorboard/events.out.tfevents.0.hone", history);
  if (config.trackio) {
    const nlohmann::json recipe = {{"recipe", ReadFile(run_path + "/recipe.toml")}};
    trackio_.emplace(run_path + "/trackio", store.Meta("name").value_or("run"), recipe.dump(), history);
  }
}

void MetricExports::Add(const StepMetrics& step) {
  if (tensorboard_) tensorboard_->Add(step);
  if (trackio_) trackio_->Add(step);
}

}  // namespace hone
