// The supervised stage, also used for pre-training: next-token loss on packed documents. Covered by tests/rl/run_test.cc.
#ifndef HONE_RL_SFT_H_
#define HONE_RL_SFT_H_

#include <functional>
#include <string>
#include <vector>

#include "rl/configs.h"
#include "rl/learner.h"
#include "rl/policy.h"
#include "rl/stage.h"

namespace hone {

struct Documents {
  std::function<TrainingSequence(int64_t index)> at;  // endless; a function of the index alone
  int64_t num_rows = 0;  // after which they come again in another order; 0 when they never do
};

class SftStage : public Stage {
 public:
  // Error when sft.epochs is set for documents without end.
  SftStage(Policy& policy, Documents documents, const SftConfig& sft, const OptimizerConfig& optimizer,
           const MemoryConfig& memory);

  int64_t num_steps() const override { return num_steps_; }
  Metrics Step(int64_t step) override;
  void Save(const std::string& dir) const override;
  void Load(const std::string& dir) override;

 private:
  std::vector<TrainingSequence> NextBatch();
  int64_t CountSteps();
  void RefuseLongDocument(int64_t size) const;

  Policy& policy_;
  Documents documents_;
  const SftConfig& sft_;
  const int64_t last_document_;  // the first that is not learnt any more
  int64_t next_document_ = 0;
  const int64_t num_steps_;
  Learner learner_;
  int64_t not_applied_in_a_row_ = 0;
};

}  // namespace hone

#endif  // HONE_RL_SFT_H_
