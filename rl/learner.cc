// See learner.h. Covered by tests/rl/learner_test.cc.
#include "rl/learner.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "data/error.h"
#include "kernels/adamw.h"
#include "kernels/moe.h"
#include "policy/safetensors.h"
#include "rl/state_file.h"

namespace hone {

double LearningRate(const OptimizerConfig& config, int64_t update, int64_t total) {
  if (update <= config.warmup_steps) {
    return config.learning_rate * static_cast<double>(update) / static_cast<double>(config.warmup_steps);
  }
  if (config.schedule == Schedule::kConstant) return config.learning_rate;
  const double span = static_cast<double>(std::max<int64_t>(1, total - config.warmup_steps));
  const double progress = std::min(1.0, static_cast<double>(update - config.warmup_steps) / span);
  const double cosine = 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
  return config.learning_rate * (config.final_share + (1.0 - config.final_share) * cosine);
}

void DescribeUpdate(const Update& update, const ModelConfig& config, Metrics& metrics) {
  metrics.insert(metrics.end(), {{"grad_norm", update.gradient_norm},
                                 {"learning_rate", update.learning_rate},
                                 {"updates_not_applied", update.applied ? 0.0 : 1.0}});
  if (config.num_experts > 0) {
    metrics.insert(metrics.end(),
                   {{"expert_load", update.expert_load}, {"balance_loss", update.balance_loss}});
  }
}

void UpdateWatch::Count(bool applied) {
  not_applied_in_a_row_ = applied ? 0 : not_applied_in_a_row_ + 1;
  if (not_applied_in_a_row_ < most_) return;
  throw Error(std::to_string(not_applied_in_a_row_) + " updates in a row had a non-finite loss or gradient",
              table_, "lower optimizer.learning_rate and resume from the last checkpoint");
}

Learner::Learner(Model& model, Weights& weights, const OptimizerConfig& optimizer, const MemoryConfig& memory,
                 int64_t total_updates)
    : model_(model),
      weights_(weights),
      optimizer_(optimizer),
      memory_(memory),
      total_updates_(total_updates),
      gradients_(weights) {
  for (const auto& b : gradients_.buffers()) {
    first_moment_.emplace_back(b.size());
    second_moment_.emplace_back(b.size());
  }
}

Update Learner::Step(std::span<const TrainingSequence> sequences, float temperature,
                     const MicroBatchLoss& loss) {
  const MicroBatchPass pass = [&](const MicroBatch& micro, const TrainingOptions& options, Gradients& out,
                                  double& sum) {
    const auto gradient = [&](std::span<const float> logprobs, std::span<const float> entropies,
                              LossSlopes slopes) { sum += loss(micro, logprobs, entropies, slopes); };
    return model_.Train(micro.batch, options, gradient, out);
  };
  return StepWith(sequences, temperature, pass);
}

Update Learner::StepWith(std::span<const TrainingSequence> sequences, float temperature,
                         const MicroBatchPass& pass) {
  Update update;
  update.learning_rate = LearningRate(optimizer_, num_updates_ + 1, total_updates_);
  if (sequences.empty()) return update;
  TrainingOptions options;
  options.recompute = memory_.recompute;
  options.balance_alpha = static_cast<float>(optimizer_.balance_alpha);
  options.balance_sequence_weight = 1.0f / static_cast<float>(sequences.size());

  std::vector<std::vector<int64_t>> load;
  const auto add_block = [&](int64_t block, Gradients& out) {
    const auto size = static_cast<int64_t>(sequences.size());
    const int64_t begin = block * size / memory_.gradient_blocks,
                  end = (block + 1) * size / memory_.gradient_blocks;
    for (auto& micro :
         PackSequences(sequences.subspan(begin, end - begin), memory_.micro_batch_tokens, temperature)) {
      for (int64_t& s : micro.sequences) s += begin;
      const TrainingStats stats = pass(micro, options, out, update.loss);
      update.balance_loss += stats.balance_loss;
      load.resize(stats.expert_load.size());
      for (size_t l = 0; l < load.size(); ++l) {
        load[l].resize(stats.expert_load[l].size());
        for (size_t e = 0; e < load[l].size(); ++e) load[l][e] += stats.expert_load[l][e];
      }
    }
  };
  SumBlocks(model_.pool(), weights_, memory_.gradient_blocks, add_block, gradients_);

  update.gradient_norm = std::sqrt(gradients_.SumOfSquares(model_.pool()));
  if (!std::isfinite(update.gradient_norm) || !std::isfinite(update.loss)) return update;
  update.applied = true;
  ++num_updates_;
  kernels::AdamWParams params;
  params.learning_rate = update.learning_rate;
  params.beta1 = optimizer_.beta1;
  params.beta2 = optimizer_.beta2;
  params.epsilon = optimizer_.epsilon;
  params.step = num_updates_;
  params.gradient_scale = std::min(1.0, optimizer_.clip_norm / (update.gradient_norm + 1e-6));
  for (size_t i = 0; i < gradients_.buffers().size(); ++i) {
    Parameter& p = weights_.parameters()[i];
    if (p.role == ParameterRole::kRouterBias) continue;
    params.weight_decay = p.role == ParameterRole::kMatrix ? optimizer_.weight_decay : 0.0;
    kernels::AdamW(model_.pool(), p.value.size(), params, gradients_.buffers()[i].data(), p.value.data(),
                   first_moment_[i].data(), second_moment_[i].data());
  }
  for (const auto& layer : load) {
    if (layer.empty()) continue;  // dense
    int64_t total = 0, most = 0;
    for (const int64_t tokens : layer) total += tokens, most = std::max(most, tokens);
    const double mean = static_cast<double>(total) / static_cast<double>(layer.size());
    update.expert_load = std::max(update.expert_load, static_cast<double>(most) / mean);
  }
  MoveGateBiases(load);
  model_.Refresh();
  return update;
}

void Learner::MoveGateBiases(const std::vector<std::vector<int64_t>>& load) {
  if (optimizer_.gate_bias_rate == 0.0) return;
  size_t layer = 0;
  for (Parameter& p : weights_.parameters()) {
    if (p.role != ParameterRole::kRouterBias) continue;
    while (load[layer].empty()) ++layer;  // dense
    kernels::UpdateGateBias(p.value.size(), load[layer++].data(),
                            static_cast<float>(optimizer_.gate_bias_rate), p.value.data());
  }
}

void Learner::Save(const std::string& path) const {
  std::vector<TensorToWrite> tensors;
  tensors.push_back({"num_updates", TensorDtype::kI64, {1}, &num_updates_});
  for (size_t i = 0; i < first_moment_.size(); ++i) {
    const Parameter& p = weights_.parameters()[i];
    if (model_.precision() == Precision::kBf16) {
      tensors.push_back({"master." + p.name, TensorDtype::kF32, p.shape, p.value.data()});
    }
    if (p.role == ParameterRole::kRouterBias) continue;
    tensors.push_back({"first_moment." + p.name, TensorDtype::kF32, p.shape, first_moment_[i].data()});
    tensors.push_back({"second_moment." + p.name, TensorDtype::kF32, p.shape, second_moment_[i].data()});
  }
  WriteSafetensors(path, tensors);
}

void Learner::Load(const std::string& path) {
  const SafetensorsFile file = SafetensorsFile::Open(path);
  ReadState(file, "num_updates", 1, &num_updates_);
  for (size_t i = 0; i < first_moment_.size(); ++i) {
    Parameter& p = weights_.parameters()[i];
    if (model_.precision() == Precision::kBf16) {
      ReadState(file, "master." + p.name, p.value.size(), p.value.data());
    }
    if (p.role == ParameterRole::kRouterBias) continue;
    ReadState(file, "first_moment." + p.name, p.value.size(), first_moment_[i].data());
    ReadState(file, "second_moment." + p.name, p.value.size(), second_moment_[i].data());
  }
  model_.Refresh();
}

}  // namespace hone
