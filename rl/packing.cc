// See packing.h. Covered by tests/rl/packing_test.cc.
#include "rl/packing.h"

#include <cstdlib>

namespace hone {

int64_t CountScored(std::span<const TrainingSequence> sequences) {
  int64_t scored = 0;
  for (const TrainingSequence& s : sequences)
    for (auto t = s.first_scored; t < static_cast<int64_t>(s.ids.size()); ++t) scored += s.IsScored(t);
  return scored;
}

std::vector<MicroBatch> PackSequences(std::span<const TrainingSequence> sequences, int64_t token_budget,
                                      float temperature) {
  std::vector<MicroBatch> packed;
  for (size_t i = 0; i < sequences.size(); ++i) {
    const TrainingSequence& s = sequences[i];
    const auto size = static_cast<int64_t>(s.ids.size());
    if (s.first_scored < 1 || s.first_scored > size) std::abort();
    if (packed.empty() || static_cast<int64_t>(packed.back().batch.tokens.size()) + size > token_budget) {
      packed.emplace_back();
      packed.back().batch.temperature = temperature;
      packed.back().batch.sequence_begin.push_back(0);
    }
    TrainingBatch& batch = packed.back().batch;
    const auto begin = static_cast<int32_t>(batch.tokens.size());
    batch.tokens.insert(batch.tokens.end(), s.ids.begin(), s.ids.end());
    batch.sequence_begin.push_back(begin + static_cast<int32_t>(size));
    if (!s.scored.empty() && s.scored.size() != s.ids.size()) std::abort();
    for (int64_t t = s.first_scored; t < size; ++t) {
      if (!s.IsScored(t)) continue;
      batch.scored_rows.push_back(begin + static_cast<int32_t>(t) - 1);
      batch.targets.push_back(s.ids[t]);
    }
    packed.back().sequences.push_back(static_cast<int64_t>(i));
  }
  return packed;
}

namespace {

// The sum of blocks [begin, begin + count) into `out`.
void SumTree(kernels::ThreadPool& pool, const Weights& weights, int64_t begin, int64_t count,
             const std::function<void(int64_t, Gradients&)>& add, Gradients& out) {
  if (count == 1) {
    out.SetZero();
    add(begin, out);
    return;
  }
  SumTree(pool, weights, begin, count / 2, add, out);
  Gradients right(weights);
  SumTree(pool, weights, begin + count / 2, count / 2, add, right);
  out.Add(pool, right);
}

}  // namespace

void SumBlocks(kernels::ThreadPool& pool, const Weights& weights, int64_t num_blocks,
               const std::function<void(int64_t block, Gradients& out)>& add, Gradients& total) {
  if (num_blocks < 1 || (num_blocks & (num_blocks - 1)) != 0) std::abort();
  SumTree(pool, weights, 0, num_blocks, add, total);
}

}  // namespace hone
