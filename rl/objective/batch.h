// The values an objective is computed from and what comes out. Covered by tests/rl/objective_test.cc.
#ifndef HONE_RL_OBJECTIVE_BATCH_H_
#define HONE_RL_OBJECTIVE_BATCH_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "rl/objective/config.h"

namespace hone {

using Rows = std::vector<std::vector<double>>;  // one row per completion, one value per token
using Masks = std::vector<std::vector<uint8_t>>;

// Completions of whole groups, group after group. Rows of a completion have one length; of an array that the objective does
// not use there need be none.
struct ObjectiveBatch {
  int64_t group_size = 0;
  std::vector<std::optional<double>> rewards;  // nullopt: the completion has none
  Rows logprobs, old_logprobs, ref_logprobs, sampler_logprobs, entropies;
  Masks mask;              // 1: learnt from. Empty: every token
  int64_t max_length = 0;  // longest completion allowed, in tokens; 0: not known
};

// One completion as the loss sees it. Spans that the objective does not use may be empty; an empty mask is all ones.
// Masked tokens' values are never read.
struct ObjectiveSequence {
  std::span<const double> logprobs, old_logprobs, ref_logprobs, sampler_logprobs, entropies;
  std::span<const uint8_t> mask;

  size_t size() const { return logprobs.size(); }
  bool Uses(size_t t) const { return mask.empty() || mask[t] != 0; }
};

// Sums over tokens learnt from (unweighted).
struct ObjectiveStatistics {
  double tokens = 0.0;
  double kl = 0.0;       // the configured estimate
  double clipped = 0.0;  // tokens whose gradient the clip removed or whose weight it changed
  double masked = 0.0;   // tokens whose policy term a rule left out (entropy, sequence or sampler mask)
  double entropy = 0.0;  // over the tokens the bonus uses; 0 without entropies
  double entropy_tokens = 0.0;

  ObjectiveStatistics& operator+=(const ObjectiveStatistics& o) {
    tokens += o.tokens, kl += o.kl, clipped += o.clipped, masked += o.masked;
    entropy += o.entropy, entropy_tokens += o.entropy_tokens;
    return *this;
  }
};

struct ObjectiveResult {
  std::vector<double> advantages;  // per completion
  Rows token_advantages;           // where they differ inside a completion; else empty
  double loss = 0.0;
  Rows gradient;          // d loss / d log-prob
  Rows entropy_gradient;  // d loss / d entropy; empty rows without a bonus
  ObjectiveStatistics statistics;
};

// Which arrays an objective reads.
bool NeedsOld(const ObjectiveConfig& config);
bool NeedsReference(const ObjectiveConfig& config);
bool NeedsSampler(const ObjectiveConfig& config);
bool NeedsEntropies(const ObjectiveConfig& config);
bool NeedsMaxLength(const ObjectiveConfig& config);

// Error (`where` names the batch) on what does not fit together, is missing for the objective, or is not finite where it is
// read.
void CheckBatch(const ObjectiveConfig& config, const ObjectiveBatch& batch, std::string_view where);

}  // namespace hone

#endif  // HONE_RL_OBJECTIVE_BATCH_H_
