// The groups that each step of a stage learns from: sampled, scored and committed, or replayed from the store. Covered by
// tests/rl/group_source_test.cc and tests/rl/distill_test.cc.
#ifndef HONE_RL_GROUP_SOURCE_H_
#define HONE_RL_GROUP_SOURCE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/run_store.h"
#include "data/types.h"
#include "rewards/runner.h"
#include "rl/policy.h"
#include "rl/sampler.h"

namespace hone {

using PromptSource = std::function<Prompt(int64_t index)>;  // with ids; endless

struct GroupPlan {
  int64_t prompts_per_step = 1;
  int64_t completions = 1;    // of each prompt
  int64_t refill_rounds = 0;  // how often groups whose rewards are all equal are replaced by further prompts'
  double temperature = 1.0;
  uint64_t seed = 0;  // keys the draws
};

// Tokens that the run's steps before `step` sampled, as its store has them.
double SampledTokensBefore(const RunStore& store, int64_t step);

class GroupSource {
 public:
  // References everything but `prompts` and `plan`.
  GroupSource(const Policy& policy, Sampler& sampler, RewardRunner& rewards, RunStore& store,
              PromptSource prompts, const GroupPlan& plan);

  // The step's groups in slot order, each committed before this returns; those an interrupted run has stored are taken as they are. With
  // refill_rounds only those that have a signal, and all if none has. Appends what they say to `metrics`. Error for a stored group that
  // this step could not have sampled, and as RewardRunner.
  std::vector<ScoredGroup> Next(int64_t step, int64_t policy_version, Metrics& metrics);

  void Save(const std::string& dir) const;
  void Load(const std::string& dir);

 private:
  struct StepState;
  void FillSlots(StepState& state, int64_t count);
  void StopIfAllFaulted(const StepState& state);
  void KeepSignal(std::vector<ScoredGroup>& groups) const;

  const Policy& policy_;
  Sampler& sampler_;
  RewardRunner& rewards_;
  RunStore& store_;
  const PromptSource prompts_;
  const GroupPlan plan_;
  int64_t next_prompt_ = 0;               // where the next step's prompts start, with refill_rounds
  std::optional<double> sampled_tokens_;  // of the steps so far; nothing before the first one of this process
};

}  // namespace hone

#endif  // HONE_RL_GROUP_SOURCE_H_
