// The supervised stage, also used for pre-training: next-token loss on packed documents. Covered by tests/rl/run_test.cc.
#ifndef HONE_RL_SFT_H_
#define HONE_RL_SFT_H_

#include <functional>
#include <string>

#include "rl/configs.h"
#include "rl/learner.h"
#include "rl/policy.h"
#include "rl/stage.h"

namespace hone {

using DocumentSource =
    std::function<TrainingSequence(int64_t index)>;  // endless; a pure function of the index

class SftStage : public Stage {
 public:
  SftStage(Policy& policy, DocumentSource documents, const SftConfig& sft, const OptimizerConfig& optimizer,
           const MemoryConfig& memory);

  int64_t num_steps() const override { return sft_.steps; }
  Metrics Step(int64_t step) override;
  void Save(const std::string& dir) const override;
  void Load(const std::string& dir) override;

 private:
  void RefuseLongDocument(int64_t size) const;

  Policy& policy_;
  DocumentSource documents_;
  const SftConfig& sft_;
  Learner learner_;
  int64_t next_document_ = 0;
  int64_t not_applied_in_a_row_ = 0;
};

}  // namespace hone

#endif  // HONE_RL_SFT_H_
