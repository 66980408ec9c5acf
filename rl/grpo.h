// The GRPO stage: one step from prompts to updated weights. Covered by tests/rl/grpo_test.cc and tests/rl/run_test.cc.
#ifndef HONE_RL_GRPO_H_
#define HONE_RL_GRPO_H_

#include <memory>
#include <string>
#include <vector>

#include "data/run_store.h"
#include "data/types.h"
#include "rewards/runner.h"
#include "rl/configs.h"
#include "rl/group_source.h"
#include "rl/learner.h"
#include "rl/minibatch.h"
#include "rl/objective/entropy_control.h"
#include "rl/policy.h"
#include "rl/sampler.h"
#include "rl/stage.h"

namespace hone {

class GrpoStage : public Stage {
 public:
  // References everything but `prompts`. `seed` keys the draws.
  GrpoStage(Policy& policy, Sampler& sampler, RewardRunner& rewards, RunStore& store, PromptSource prompts,
            const GrpoConfig& grpo, const RolloutConfig& rollout, const OptimizerConfig& optimizer,
            const MemoryConfig& memory, uint64_t seed);

  int64_t num_steps() const override { return grpo_.steps; }
  Metrics Step(int64_t step) override;
  void Save(const std::string& dir) const override;
  void Load(const std::string& dir) override;

 private:
  std::vector<Minibatch> PrepareMinibatches(const std::vector<ScoredGroup>& groups);
  TokenScores ScoreWith(Model& model, std::span<const TrainingSequence> sequences) const;
  Update Learn(Minibatch& minibatch, bool first, double& difference);
  void CheckExactness(const ScoredGroup& group, double& difference);
  void UpdateReference(int64_t step);

  Policy& policy_;
  const GrpoConfig& grpo_;
  const ObjectiveConfig& objective_;  // grpo_'s
  const RolloutConfig& rollout_;
  const MemoryConfig& memory_;
  GroupSource source_;
  Learner learner_;
  UpdateWatch watch_;
  Weights reference_weights_;         // empty without a KL term
  std::unique_ptr<Model> reference_;  // null without a KL term
  EntropyControl entropy_control_;

  ObjectiveStatistics totals_;  // over the step's learnt tokens
  double total_entropy_ = 0.0;  // over all of them, those too that the bonus leaves out
};

}  // namespace hone

#endif  // HONE_RL_GRPO_H_
