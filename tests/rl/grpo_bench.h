// A tiny policy with everything the GRPO stage needs, for the tests of the stage and of where its groups come from.
#ifndef HONE_TESTS_RL_GRPO_BENCH_H_
#define HONE_TESTS_RL_GRPO_BENCH_H_

#include <memory>
#include <utility>
#include <vector>

#include "rl/grpo.h"
#include "tests/rl/tiny.h"

namespace hone {

struct Bench {
  TempDir dir;
  std::unique_ptr<Policy> policy;
  GrpoConfig grpo = {.steps = 20, .prompts_per_step = 4, .group_size = 4};
  RolloutConfig rollout;
  OptimizerConfig optimizer;
  MemoryConfig memory = {.micro_batch_tokens = 200};
  std::unique_ptr<RewardRunner> rewards;
  std::unique_ptr<Sampler> sampler;
  std::unique_ptr<RunStore> store;
  std::unique_ptr<GrpoStage> stage;

  explicit Bench(FakeReward::Fn score = EvenShare, bool experts = true,
                 Precision precision = Precision::kFp32)
      : policy(TinyPolicy(dir / "t", experts, precision)), rewards(RunnerOf(std::move(score))) {
    rollout.max_new_tokens = 10;
    optimizer.learning_rate = 1e-2;
    optimizer.gate_bias_rate = experts ? 0.01 : 0.0;
    optimizer.balance_alpha = experts ? 0.01 : 0.0;
  }
  // Once the configs are as wanted.
  GrpoStage& Start() {
    sampler = std::make_unique<Sampler>(*policy, rollout);
    store = std::make_unique<RunStore>(RunStore::Create(dir / "hone.db"));
    return Restart();
  }
  GrpoStage& Restart() {
    stage =
        std::make_unique<GrpoStage>(*policy, *sampler, *rewards, *store, TrainPrompts(policy->tokenizer()),
                                    grpo, rollout, optimizer, memory, 77);
    return *stage;
  }
  std::vector<std::vector<float>> weights() const { return CopyOf(policy->weights()); }
};

// Faults, not-applicable ones and whole groups of equal rewards among the others.
inline Score Mixed(const Group& group, const Completion& completion) {
  const auto draw = (completion.ids[0] * 7 + completion.ids.back()) % 5;
  if (group.slot == 1) return ValueScore("fake", 0.3, "");
  if (group.slot == 2 && draw == 0) return FaultScore("no");
  if (group.slot == 3 && draw == 1) return {Score::Status::kNotApplicable, 0.0, {}, ""};
  return EvenShare(group, completion);
}

}  // namespace hone

#endif  // HONE_TESTS_RL_GRPO_BENCH_H_
