// See sft.h. Covered by tests/rl/sft_test.cc and tests/rl/run_test.cc.
#include "rl/sft.h"

#include <chrono>
#include <utility>
#include <vector>

namespace hone {

SftStage::SftStage(Policy& policy, Documents documents, const SftConfig& sft,
                   const OptimizerConfig& optimizer, const MemoryConfig& memory)
    : policy_(policy),
      batches_(std::move(documents), sft, "sft", policy.config().max_position_embeddings),
      learner_(policy.model(), policy.weights(), optimizer, memory, batches_.num_steps()),
      watch_(sft.max_not_applied, "sft") {}

Metrics SftStage::Step(int64_t) {
  const auto start = std::chrono::steady_clock::now();
  const std::vector<TrainingSequence> sequences = batches_.Next();
  int64_t tokens = 0;
  for (const TrainingSequence& s : sequences) tokens += static_cast<int64_t>(s.ids.size());
  const auto weight = static_cast<float>(1.0 / static_cast<double>(CountScored(sequences)));
  const auto loss = [&](const MicroBatch&, std::span<const float> logprobs, std::span<const float>,
                        LossSlopes slopes) {
    double sum = 0.0;
    for (size_t i = 0; i < logprobs.size(); ++i) {
      sum -= logprobs[i];
      slopes.logprobs[i] = -weight;
    }
    return sum * weight;
  };
  const Update update = learner_.Step(sequences, 1.0f, loss);
  watch_.Count(update.applied);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  Metrics metrics = {{"loss", update.loss}};
  DescribeUpdate(update, policy_.config(), metrics);
  metrics.insert(metrics.end(), {{"tokens", static_cast<double>(tokens)},
                                 {"tokens_per_second", static_cast<double>(tokens) / seconds},
                                 {"seconds", seconds}});
  return metrics;
}

void SftStage::Save(const std::string& dir) const {
  learner_.Save(dir + "/learner.safetensors");
  batches_.Save(dir);
}

void SftStage::Load(const std::string& dir) {
  learner_.Load(dir + "/learner.safetensors");
  batches_.Load(dir);
}

}  // namespace hone
