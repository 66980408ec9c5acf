// Draws a token from a row of logits with a counter-based generator: no state, so batching and preemption cannot change a
// token. Covered by tests/kernels/sampling_test.cc.
#ifndef HONE_KERNELS_SAMPLING_H_
#define HONE_KERNELS_SAMPLING_H_

#include <cstdint>

#include "kernels/thread_pool.h"

namespace hone::kernels {

// The key of one draw. Equal keys give equal draws; any other key an independent one (Philox4x32-10, Salmon et al. 2011).
struct DrawKey {
  uint64_t seed = 0;
  uint32_t step = 0;        // sampling step
  uint32_t slot = 0;        // slot of the prompt in that step
  uint32_t completion = 0;  // index in the group
  uint32_t position = 0;    // position of the drawn token in the completion
};

// Uniform in [0, 1), a multiple of 2^-24.
float UniformDraw(const DrawKey& key);

struct SamplingParams {
  float temperature = 1.0f;  // 0: the most likely token (lowest id among equals)
  int32_t top_k = 0;         // 0: off
  float top_p = 1.0f;        // 1: off
  float min_p = 0.0f;        // 0: off; relative to the largest probability
};

struct SampledToken {
  int32_t id = 0;
  float logprob =
      0.0f;  // of `id` before any truncation, by the row function of logprob.h; at temperature 0 of T = 1
};

// One draw per row: the first token, in id order, at which the running sum of the kept probabilities passes
// UniformDraw(key) times their total. Truncations apply in the order top_k, top_p, min_p; ties keep the lower id.
void SampleTokens(ThreadPool& pool, int64_t rows, int64_t vocab, const float* logits, int64_t stride,
                  const SamplingParams* params, const DrawKey* keys, SampledToken* out);

}  // namespace hone::kernels

#endif  // HONE_KERNELS_SAMPLING_H_
