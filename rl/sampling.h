// The sample stage: completions of a fixed model for many prompts, scored, selected and written as a dataset. Covered by
// tests/recipes/chain_test.cc.
#ifndef HONE_RL_SAMPLING_H_
#define HONE_RL_SAMPLING_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "rewards/runner.h"
#include "rl/grpo.h"
#include "rl/policy.h"
#include "rl/progress.h"
#include "rl/run.h"
#include "rl/run_directory.h"
#include "rl/sampler.h"
#include "rl/selection.h"

namespace hone {

struct SamplingParts {
  RunDirectory& directory;
  Policy& policy;
  Sampler& sampler;
  RewardRunner& rewards;
  PromptSource prompts;
  const SampleConfig& config;
  double temperature = 1.0;
  uint64_t seed = 1;                     // keys the draws
  std::string model;                     // where the policy comes from, for the rows' provenance
  std::function<bool()> stop_requested;  // asked between steps
  Progress& progress;
};

inline constexpr char kDatasetFile[] = "dataset.jsonl";

// Samples what the store does not hold yet, then writes pass_rates.jsonl (rl/curriculum.h) and dataset.jsonl (rows) into the run
// directory and its counts into the last step's metrics. Killed and started again it ends with the same bytes. Error when nothing passed the selection.
RunEnd RunSampling(const SamplingParts& parts);

}  // namespace hone

#endif  // HONE_RL_SAMPLING_H_
