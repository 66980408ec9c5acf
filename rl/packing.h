// Sequences to micro-batches under a token budget, in order, so that the make-up of a gradient sum depends on the recipe and
// the data alone. Covered by tests/rl/packing_test.cc.
#ifndef HONE_RL_PACKING_H_
#define HONE_RL_PACKING_H_

#include <cstdint>
#include <span>
#include <vector>

#include "policy/model.h"

namespace hone {

// One sequence to learn from: every token from `first_scored` on is predicted from those before it, or of them only those that
// `scored` says.
struct TrainingSequence {
  std::vector<int32_t> ids;
  int64_t first_scored = 1;       // 1 <= first_scored <= ids.size()
  std::vector<bool> scored = {};  // for each of ids; empty: all

  bool IsScored(int64_t token) const { return token >= first_scored && (scored.empty() || scored[token]); }
};

// How many tokens are predicted.
int64_t CountScored(std::span<const TrainingSequence> sequences);

struct MicroBatch {
  TrainingBatch batch;
  std::vector<int64_t> sequences;  // indices of the sequences in it, in order
};

// Consecutive sequences share a micro-batch while their tokens fit the budget; a longer one goes alone.
std::vector<MicroBatch> PackSequences(std::span<const TrainingSequence> sequences, int64_t token_budget,
                                      float temperature);

// Calls add(block, out) for blocks 0 .. num_blocks - 1, each adding its gradient into a zeroed `out`, and leaves in `total` their
// sum over a fixed binary tree. num_blocks is a power of two. Holds log2(num_blocks) + 1 gradients at most.
void SumBlocks(kernels::ThreadPool& pool, const Weights& weights, int64_t num_blocks,
               const std::function<void(int64_t block, Gradients& out)>& add, Gradients& total);

}  // namespace hone

#endif  // HONE_RL_PACKING_H_
