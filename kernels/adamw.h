// AdamW (Loshchilov and Hutter 2019) on flat fp32 buffers, and the sum of squares that gradient clipping
// needs. Covered by tests/kernels/adamw_test.cc.
#ifndef HONE_KERNELS_ADAMW_H_
#define HONE_KERNELS_ADAMW_H_

#include <cstdint>

#include "kernels/thread_pool.h"

namespace hone::kernels {

struct AdamWParams {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.95;
  double epsilon = 1e-8;
  double weight_decay = 0.0;
  int64_t step = 1;             // 1 for the first update: bias corrections
  double gradient_scale = 1.0;  // multiplies the gradient: clipping
};

// value -= lr * (m_hat / (sqrt(v_hat) + eps) + decay * value), as torch.optim.AdamW orders it (decay first).
void AdamW(ThreadPool& pool, int64_t size, const AdamWParams& params, const float* gradient, float* value,
           float* first_moment, float* second_moment);

// In double: blocks of 4096, sixteen lanes each, blocks added in order. NaN or infinite input gives a
// non-finite result.
double SumOfSquares(ThreadPool& pool, int64_t size, const float* x);

}  // namespace hone::kernels

#endif  // HONE_KERNELS_ADAMW_H_
