// The supervised stage, also used for pre-training: next-token loss on packed documents. Covered by tests/rl/sft_test.cc and
// tests/rl/run_test.cc.
#ifndef HONE_RL_SFT_H_
#define HONE_RL_SFT_H_

#include <string>

#include "rl/configs.h"
#include "rl/document_batches.h"
#include "rl/learner.h"
#include "rl/policy.h"
#include "rl/stage.h"

namespace hone {

class SftStage : public Stage {
 public:
  // Error when sft.epochs is set for documents without end.
  SftStage(Policy& policy, Documents documents, const SftConfig& sft, const OptimizerConfig& optimizer,
           const MemoryConfig& memory);

  int64_t num_steps() const override { return batches_.num_steps(); }
  Metrics Step(int64_t step) override;
  void Save(const std::string& dir) const override;
  void Load(const std::string& dir) override;

 private:
  Policy& policy_;
  DocumentBatches batches_;
  Learner learner_;
  UpdateWatch watch_;
};

}  // namespace hone

#endif  // HONE_RL_SFT_H_
