// See rope.h. Covered by tests/kernels/rope_test.cc.
#include "kernels/rope.h"

#include <cmath>
#include <cstdlib>

#include "kernels/row_tasks.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/rope.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hone::kernels::HWY_NAMESPACE {

// Rotates sixteen pairs; `direction` is 1, or -1 to rotate back.
HWY_INLINE void Rotate(F16x cos, F16x sin, F16x direction, F16x& first, F16x& second) {
  const F16x s = Mul(sin, direction);
  const F16x a = NegMulAdd(second, s, Mul(first, cos));
  second = MulAdd(first, s, Mul(second, cos));
  first = a;
}

void RopeHalves(int64_t half, const float* cos, const float* sin, float direction, float* x) {
  const F16x d = Set(direction);
  for (int64_t i = 0; i < half; i += kLanes) {
    const int64_t n = half - i;
    F16x first = LoadN(x + i, n);
    F16x second = LoadN(x + half + i, n);
    Rotate(LoadN(cos + i, n), LoadN(sin + i, n), d, first, second);
    StoreN(first, x + i, n);
    StoreN(second, x + half + i, n);
  }
}

HWY_INLINE void RotateInterleaved(F16x cos, F16x sin, F16x direction, float* x) {
  F16x first, second;
  for (int i = 0; i < kParts; ++i) {
    hn::LoadInterleaved2(LaneTag(), x + 2 * i * kPartLanes, first.part[i], second.part[i]);
  }
  Rotate(cos, sin, direction, first, second);
  for (int i = 0; i < kParts; ++i) {
    hn::StoreInterleaved2(first.part[i], second.part[i], LaneTag(), x + 2 * i * kPartLanes);
  }
}

void RopeInterleaved(int64_t half, const float* cos, const float* sin, float direction, float* x) {
  const F16x d = Set(direction);
  int64_t i = 0;
  for (; i + kLanes <= half; i += kLanes) RotateInterleaved(Load(cos + i), Load(sin + i), d, x + 2 * i);
  const int64_t n = half - i;
  if (n == 0) return;
  alignas(64) float pairs[2 * kLanes] = {};
  for (int64_t j = 0; j < 2 * n; ++j) pairs[j] = x[2 * i + j];
  RotateInterleaved(LoadN(cos + i, n), LoadN(sin + i, n), d, pairs);
  for (int64_t j = 0; j < 2 * n; ++j) x[2 * i + j] = pairs[j];
}

}  // namespace hone::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::kernels {
HWY_EXPORT(RopeHalves);
HWY_EXPORT(RopeInterleaved);

RopeTable::RopeTable(int64_t max_positions_in, const std::vector<double>& frequencies, double magnitude)
    : max_positions(max_positions_in), dim(2 * static_cast<int64_t>(frequencies.size())) {
  const int64_t half = dim / 2;
  cos.resize(max_positions * half);
  sin.resize(max_positions * half);
  for (int64_t p = 0; p < max_positions; ++p) {
    for (int64_t i = 0; i < half; ++i) {
      const double angle = static_cast<double>(p) * frequencies[i];
      cos[p * half + i] = static_cast<float>(magnitude * std::cos(angle));
      sin[p * half + i] = static_cast<float>(magnitude * std::sin(angle));
    }
  }
}

void ApplyRope(ThreadPool& pool, const RopeTable& table, int64_t rows, const int32_t* positions,
               int64_t num_heads, bool interleaved, bool inverse, float* x, int64_t row_stride,
               int64_t head_stride) {
  const auto rotate = interleaved ? HWY_DYNAMIC_DISPATCH(RopeInterleaved) : HWY_DYNAMIC_DISPATCH(RopeHalves);
  const int64_t half = table.dim / 2;
  const float direction = inverse ? -1.0f : 1.0f;
  pool.ParallelRanges(rows, RowsPerTask(num_heads * table.dim), [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      if (positions[r] < 0 || positions[r] >= table.max_positions) std::abort();
      const float* cos = table.cos.data() + positions[r] * half;
      const float* sin = table.sin.data() + positions[r] * half;
      for (int64_t h = 0; h < num_heads; ++h) {
        rotate(half, cos, sin, direction, x + r * row_stride + h * head_stride);
      }
    }
  });
}

}  // namespace hone::kernels
#endif  // HWY_ONCE
