// The distillation stage: a student's distributions move towards a teacher's, token by token, on documents or on completions of its own.
// Covered by tests/rl/distill_test.cc and tests/rl/run_test.cc.
#ifndef HONE_RL_DISTILL_H_
#define HONE_RL_DISTILL_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "policy/model.h"
#include "rl/configs.h"
#include "rl/document_batches.h"
#include "rl/group_source.h"
#include "rl/learner.h"
#include "rl/policy.h"
#include "rl/stage.h"
#include "rl/teacher.h"

namespace hone {

// Where the sequences of a step come from.
using DistillSource = std::variant<DocumentBatches, GroupSource>;

class DistillStage : public Stage {
 public:
  // References everything but `source`. `temperature` is the one that groups are sampled at.
  DistillStage(Policy& student, Teacher& teacher, DistillSource source, const DistillConfig& distill,
               double temperature, const OptimizerConfig& optimizer, const MemoryConfig& memory);

  int64_t num_steps() const override { return num_steps_; }
  Metrics Step(int64_t step) override;
  void Save(const std::string& dir) const override;
  void Load(const std::string& dir) override;

 private:
  struct Batch {
    std::vector<TrainingSequence> sequences;
    std::vector<std::vector<float>>
        sampled;  // log-probs that the sampler gave each one's tokens; empty for documents
  };
  struct Totals {  // over the step's learnt tokens
    double entropy = 0.0;
    double difference = 0.0;  // largest, between learner and sampler
  };

  Batch NextBatch(int64_t step, Metrics& metrics);
  TrainingStats Pass(const Batch& batch, float weight, const MicroBatch& micro,
                     const TrainingOptions& options, Gradients& out, double& loss, Totals& totals);
  void CompareWithSampler(const Batch& batch, const MicroBatch& micro, int64_t first, int64_t count,
                          const float* logits, Totals& totals) const;

  Policy& student_;
  Teacher& teacher_;
  DistillSource source_;
  const DistillConfig& distill_;
  const double temperature_;
  const int64_t num_steps_;
  Learner learner_;
  UpdateWatch watch_;
};

}  // namespace hone

#endif  // HONE_RL_DISTILL_H_
