// SwiGLU, embedding rows and sums of rows, forward and backward. Covered by
// tests/kernels/elementwise_test.cc.
#ifndef HONE_KERNELS_ELEMENTWISE_H_
#define HONE_KERNELS_ELEMENTWISE_H_

#include <cstdint>

#include "kernels/bf16.h"
#include "kernels/thread_pool.h"

namespace hone::kernels {

// y[r] = silu(gate) * up where gate_up[r] = [gate (width) | up (width)]; y rows are `width` apart, gate_up
// rows 2 * width.
void SwiGlu(ThreadPool& pool, int64_t rows, int64_t width, const float* gate_up, float* y);
void SwiGluBackward(ThreadPool& pool, int64_t rows, int64_t width, const float* gate_up, const float* dy,
                    float* dgate_up);

// y[r] = table[index[r]]; rows of `width` floats, packed.
void GatherRows(ThreadPool& pool, int64_t rows, int64_t width, const float* table, const int32_t* index,
                float* y);
// table[index[r]] += x[r], for each table row in ascending r (parallel over columns).
void ScatterAddRows(ThreadPool& pool, int64_t rows, int64_t width, const float* x, const int32_t* index,
                    float* table);
// table[index[r]] = x[r] with x rows x_stride apart and table rows `width` apart; indices are distinct. Fills
// the KV cache; a bf16 table gets what RoundToBf16 would leave.
void ScatterRows(ThreadPool& pool, int64_t rows, int64_t width, const float* x, int64_t x_stride,
                 const int32_t* index, float* table);
void ScatterRows(ThreadPool& pool, int64_t rows, int64_t width, const float* x, int64_t x_stride,
                 const int32_t* index, Bf16* table);

// y[r] = x[r] rounded to the nearest bf16 number (ties to even), which stays a float; y may be x.
void RoundToBf16(ThreadPool& pool, int64_t rows, int64_t width, const float* x, int64_t x_stride, float* y,
                 int64_t y_stride);

// y[r] += bias
void AddBias(ThreadPool& pool, int64_t rows, int64_t width, const float* bias, float* y);
// sum += each row, in ascending order
void SumRows(ThreadPool& pool, int64_t rows, int64_t width, const float* x, float* sum);

void AddTo(ThreadPool& pool, int64_t size, const float* x, float* y);  // y += x
void Scale(ThreadPool& pool, int64_t size, float factor, float* y);    // y *= factor

}  // namespace hone::kernels

#endif  // HONE_KERNELS_ELEMENTWISE_H_
