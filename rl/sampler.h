// Prompts in, groups of decoded completions out, through the in-process engine on the learner's own weights.
// Covered by tests/rl/run_test.cc.
#ifndef HONE_RL_SAMPLER_H_
#define HONE_RL_SAMPLER_H_

#include <functional>
#include <vector>

#include "data/types.h"
#include "rl/configs.h"
#include "rl/policy.h"
#include "rollout/engine.h"

namespace hone {

struct SampleRequest {
  std::vector<Prompt> prompts;  // with ids
  std::vector<int64_t> slots;   // each prompt's slot in the step
  int64_t step = 0;
  uint64_t seed = 0;
  int64_t completions = 1;  // per prompt
  int64_t policy_version = 0;
  int64_t max_new_tokens = 0;                                      // 0: as the config says
  std::function<void(int64_t completion, int32_t id)> drawn = {};  // if set: called as each token is drawn
};

class Sampler {
 public:
  // References policy. Cache and batch sizes come from `config`.
  Sampler(Policy& policy, const RolloutConfig& config);

  // Calls `finished` with each group as soon as all its completions are done, with their texts; the order is the
  // engine's, the content is not.
  void Sample(SampleRequest request, float temperature, const std::function<void(Group)>& finished);

  const EngineStats& stats() const { return engine_.stats(); }

 private:
  Policy& policy_;
  const RolloutConfig config_;
  Engine engine_;
};

// Error where a log-prob is not finite: such a model says nothing, and what it seems to say is not to be measured.
void RequireFiniteLogProbs(const Group& group);

// Ids to text without the stop token at the end or other special tokens.
std::string CompletionText(const Tokenizer& tokenizer, const Completion& completion);

}  // namespace hone

#endif  // HONE_RL_SAMPLER_H_
