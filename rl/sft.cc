// See sft.h. Covered by tests/rl/run_test.cc.
#include "rl/sft.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <vector>

#include "data/error.h"
#include "policy/safetensors.h"
#include "rl/state_file.h"

namespace hone {

namespace {

int64_t LastDocument(const Documents& documents, double epochs) {
  if (epochs == 0.0) return std::numeric_limits<int64_t>::max();
  if (documents.num_rows > 0)
    return std::max<int64_t>(1, std::llround(epochs * static_cast<double>(documents.num_rows)));
  throw Error("sft.epochs is set, but the task's corpus has no end", "sft",
              "set sft.steps, or name sft.data");
}

}  // namespace

SftStage::SftStage(Policy& policy, Documents documents, const SftConfig& sft,
                   const OptimizerConfig& optimizer, const MemoryConfig& memory)
    : policy_(policy),
      documents_(std::move(documents)),
      sft_(sft),
      last_document_(LastDocument(documents_, sft.epochs)),
      num_steps_(sft.epochs == 0.0 ? sft.steps : CountSteps()),
      learner_(policy.model(), policy.weights(), optimizer, memory, num_steps_) {}

// How many batches the epochs make.
int64_t SftStage::CountSteps() {
  next_document_ = 0;
  int64_t steps = 0;
  while (!NextBatch().empty()) ++steps;
  next_document_ = 0;
  return steps;
}

// Rows filled in order with whole documents; the one that no longer fits opens the next step's. Empty after the last epoch.
std::vector<TrainingSequence> SftStage::NextBatch() {
  std::vector<TrainingSequence> sequences;
  int64_t used_in_row = 0, rows = 1;
  for (; next_document_ < last_document_; ++next_document_) {
    TrainingSequence document = documents_.at(next_document_);
    const auto size = static_cast<int64_t>(document.ids.size());
    RefuseLongDocument(size);
    if (used_in_row + size > sft_.row_tokens) {
      if (++rows > sft_.rows_per_step) break;
      used_in_row = 0;
    }
    used_in_row += size;
    sequences.push_back(std::move(document));
  }
  return sequences;
}

void SftStage::RefuseLongDocument(int64_t size) const {
  const std::string what =
      "document " + std::to_string(next_document_) + " has " + std::to_string(size) + " tokens";
  if (size > sft_.row_tokens) throw Error(what, "sft.row_tokens", "raise it above the longest document");
  if (size > policy_.config().max_position_embeddings) {
    throw Error(what + " but the model only " + std::to_string(policy_.config().max_position_embeddings) +
                    " positions",
                "sft", "start from a model with more (max_position_embeddings)");
  }
}

Metrics SftStage::Step(int64_t) {
  const auto start = std::chrono::steady_clock::now();
  const std::vector<TrainingSequence> sequences = NextBatch();
  int64_t tokens = 0, scored = 0;
  for (const TrainingSequence& s : sequences) {
    tokens += static_cast<int64_t>(s.ids.size());
    scored += static_cast<int64_t>(s.ids.size()) - s.first_scored;
  }
  const auto weight = static_cast<float>(1.0 / static_cast<double>(scored));
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
  not_applied_in_a_row_ = update.applied ? 0 : not_applied_in_a_row_ + 1;
  if (not_applied_in_a_row_ >= sft_.max_not_applied) {
    throw Error(std::to_string(not_applied_in_a_row_) + " updates in a row had a non-finite loss or gradient",
                "sft", "lower optimizer.learning_rate and resume from the last checkpoint");
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  Metrics metrics = {{"loss", update.loss},
                     {"grad_norm", update.gradient_norm},
                     {"learning_rate", update.learning_rate},
                     {"updates_not_applied", update.applied ? 0.0 : 1.0},
                     {"tokens", static_cast<double>(tokens)},
                     {"tokens_per_second", static_cast<double>(tokens) / seconds},
                     {"seconds", seconds}};
  if (policy_.config().num_experts > 0) {
    metrics.insert(metrics.end(),
                   {{"expert_load", update.expert_load}, {"balance_loss", update.balance_loss}});
  }
  return metrics;
}

void SftStage::Save(const std::string& dir) const {
  learner_.Save(dir + "/learner.safetensors");
  WriteSafetensors(dir + "/cursor.safetensors", {{"next_document", TensorDtype::kI64, {1}, &next_document_}});
}

void SftStage::Load(const std::string& dir) {
  learner_.Load(dir + "/learner.safetensors");
  ReadState(SafetensorsFile::Open(dir + "/cursor.safetensors"), "next_document", 1, &next_document_);
}

}  // namespace hone
