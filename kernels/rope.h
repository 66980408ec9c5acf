// Rotary position embedding, plain halves or interleaved pairs. Covered by tests/kernels/rope_test.cc.
#ifndef HONE_KERNELS_ROPE_H_
#define HONE_KERNELS_ROPE_H_

#include <cstdint>
#include <vector>

#include "kernels/thread_pool.h"

namespace hone::kernels {

// cos and sin of position * frequency, times magnitude, computed in double and rounded once. [max_positions, dim / 2]
struct RopeTable {
  // `frequencies`, in radians per position, are those of the dim / 2 pairs.
  RopeTable(int64_t max_positions, const std::vector<double>& frequencies, double magnitude);
  int64_t max_positions;
  int64_t dim;
  std::vector<float> cos;
  std::vector<float> sin;
};

// Rotates, in place, `num_heads` vectors of table.dim floats per row: head h of row r starts at x + r *
// row_stride + h * head_stride. Pair i is (x[i], x[i + dim/2]), or (x[2i], x[2i+1]) when interleaved.
// `inverse` applies the transpose: the gradient, which is also the way back where the magnitude is 1.
void ApplyRope(ThreadPool& pool, const RopeTable& table, int64_t rows, const int32_t* positions,
               int64_t num_heads, bool interleaved, bool inverse, float* x, int64_t row_stride,
               int64_t head_stride);

}  // namespace hone::kernels

#endif  // HONE_KERNELS_ROPE_H_
