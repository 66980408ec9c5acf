// See probe.h.
#include "policy/probe.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace hone {

std::vector<float> ProbeLogProbs(Model& model) {
  const ModelConfig& config = model.config();
  const int64_t length = std::min<int64_t>(32, config.max_position_embeddings);
  const int64_t step = std::max<int64_t>(1, config.vocab_size / length);
  TrainingBatch batch;
  for (int64_t i = 0; i < length; ++i)
    batch.tokens.push_back(static_cast<int32_t>(i * step % config.vocab_size));
  batch.sequence_begin = {0, static_cast<int32_t>(length)};
  for (int64_t i = 0; i + 1 < length; ++i) {
    batch.scored_rows.push_back(static_cast<int32_t>(i));
    batch.targets.push_back(batch.tokens[i + 1]);
  }
  std::vector<float> logprobs(batch.targets.size());
  model.LogProbs(batch, logprobs, {});
  return logprobs;
}

bool AllFinite(const std::vector<float>& logprobs) {
  return std::all_of(logprobs.begin(), logprobs.end(), [](float l) { return std::isfinite(l); });
}

bool SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

}  // namespace hone
