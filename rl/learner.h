// The learner: turns gradients into updates of the weights that the sampler shares. Clipping, schedule, AdamW, the gate-bias
// rule, and state that is saved by parameter name. Covered by tests/rl/learner_test.cc.
#ifndef HONE_RL_LEARNER_H_
#define HONE_RL_LEARNER_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/run_store.h"
#include "policy/model.h"
#include "rl/configs.h"
#include "rl/packing.h"

namespace hone {

// Learning rate of update `update` (1 for the first) of `total`: linear warm-up, then constant or cosine to final_share.
double LearningRate(const OptimizerConfig& config, int64_t update, int64_t total);

struct Update {
  bool applied = false;  // false: loss or gradient was not finite, nothing changed
  double loss = 0.0;
  double gradient_norm = 0.0;  // before clipping
  double learning_rate = 0.0;
  double balance_loss = 0.0;
  double expert_load = 0.0;  // the fullest expert's share over the mean, the worst layer's; 0 without experts
};

// Appends grad_norm, learning_rate, updates_not_applied and, of a model with experts, their load and balance loss, of a step with one
// update.
void DescribeUpdate(const Update& update, const ModelConfig& config, Metrics& metrics);

// Stops a run whose updates keep having a non-finite loss or gradient.
class UpdateWatch {
 public:
  // `table` is the recipe's, for the error.
  UpdateWatch(int64_t most, std::string table) : most_(most), table_(std::move(table)) {}
  void Count(bool applied);  // Error after `most` in a row that were not

 private:
  const int64_t most_;
  const std::string table_;
  int64_t not_applied_in_a_row_ = 0;
};

// Given sequence indices' log-probs in a micro-batch, writes the slopes and returns the micro-batch's part of the loss.
using MicroBatchLoss = std::function<double(const MicroBatch& micro_batch, std::span<const float> logprobs,
                                            std::span<const float> entropies, LossSlopes slopes)>;

// A pass of the model over a micro-batch: adds its gradient to `out` and its part of the loss to `loss`.
using MicroBatchPass = std::function<TrainingStats(
    const MicroBatch& micro_batch, const TrainingOptions& options, Gradients& out, double& loss)>;

class Learner {
 public:
  // References model, weights (those the model was made with) and configs. `total_updates` ends the cosine.
  Learner(Model& model, Weights& weights, const OptimizerConfig& optimizer, const MemoryConfig& memory,
          int64_t total_updates);

  // One update on the summed gradient of all sequences; then the model is refreshed. With no sequences nothing changes and
  // the update is not counted.
  Update Step(std::span<const TrainingSequence> sequences, float temperature, const MicroBatchLoss& loss);
  // The same, whatever the pass makes of a micro-batch.
  Update StepWith(std::span<const TrainingSequence> sequences, float temperature, const MicroBatchPass& pass);

  int64_t num_updates() const { return num_updates_; }

  // Moments and update count under the parameters' names, and with bf16 the fp32 weights too. Load is strict: an Error names
  // what is missing or has another shape.
  void Save(const std::string& path) const;
  void Load(const std::string& path);

 private:
  void MoveGateBiases(const std::vector<std::vector<int64_t>>& load);

  Model& model_;
  Weights& weights_;
  const OptimizerConfig& optimizer_;
  const MemoryConfig& memory_;
  const int64_t total_updates_;
  int64_t num_updates_ = 0;
  Gradients gradients_;
  std::vector<FloatBuffer> first_moment_, second_moment_;
};

}  // namespace hone

#endif  // HONE_RL_LEARNER_H_
