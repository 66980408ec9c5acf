// RMSNorm over rows, forward and backward. Covered by tests/kernels/norm_test.cc.
#ifndef HONE_KERNELS_NORM_H_
#define HONE_KERNELS_NORM_H_

#include <cstdint>

#include "kernels/thread_pool.h"

namespace hone::kernels {

// y[r] = x[r] * inv_rms[r] * weight, inv_rms[r] = 1 / sqrt(mean(x[r]^2) + eps). x, y: `rows` rows of `width`
// floats, `x_stride` and `y_stride` floats apart; y may be x. inv_rms [rows] may be null.
void RmsNorm(ThreadPool& pool, int64_t rows, int64_t width, const float* x, int64_t x_stride,
             const float* weight, float eps, float* y, int64_t y_stride, float* inv_rms);

// Writes dx (same strides as x; may be dy where those are dy's) and adds to dweight [width]; the sum over rows is one chain in ascending
// order.
void RmsNormBackward(ThreadPool& pool, int64_t rows, int64_t width, const float* x, int64_t x_stride,
                     const float* weight, const float* inv_rms, const float* dy, int64_t dy_stride, float* dx,
                     int64_t dx_stride, float* dweight);

}  // namespace hone::kernels

#endif  // HONE_KERNELS_NORM_H_
