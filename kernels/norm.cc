// See norm.h. Covered by tests/kernels/norm_test.cc.
#include "kernels/norm.h"

#include <algorithm>

#include "hwy/cache_control.h"
#include "kernels/row_tasks.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/norm.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hone::kernels::HWY_NAMESPACE {

float NormRow(int64_t width, const float* x, const float* weight, float eps, float* y) {
  const float sum = Dot(x, x, width);
  const float inv_rms =
      1.0f / hn::GetLane(hn::Sqrt(hn::Set(LaneTag(), sum / static_cast<float>(width) + eps)));
  const F16x scale = Set(inv_rms);
  for (int64_t i = 0; i < width; i += kLanes) {
    const int64_t n = width - i;
    StoreN(Mul(Mul(LoadN(x + i, n), scale), LoadN(weight + i, n)), y + i, n);
  }
  return inv_rms;
}

// dx = inv_rms * (w*dy) - x * inv_rms^3 / width * sum(x * w * dy)
void NormRowBackward(int64_t width, const float* x, const float* weight, float inv_rms, const float* dy,
                     float* dx) {
  F16x sum = Zero();
  for (int64_t i = 0; i < width; i += kLanes) {
    const int64_t n = width - i;
    sum = MulAdd(LoadN(x + i, n), Mul(LoadN(weight + i, n), LoadN(dy + i, n)), sum);
  }
  const F16x scale = Set(inv_rms);
  const F16x pull = Set(inv_rms * inv_rms * inv_rms * ReduceSum(sum) / static_cast<float>(width));
  for (int64_t i = 0; i < width; i += kLanes) {
    const int64_t n = width - i;
    const F16x wdy = Mul(LoadN(weight + i, n), LoadN(dy + i, n));
    StoreN(NegMulAdd(LoadN(x + i, n), pull, Mul(wdy, scale)), dx + i, n);
  }
}

// The weight gradient of up to kColumnsPerTask columns: chains over rows, kept in registers.
void NormColumnsBackward(int64_t rows, int64_t n, const float* x, int64_t x_stride, const float* inv_rms,
                         const float* dy, int64_t dy_stride, float* dweight) {
  constexpr int64_t kVectors = kColumnsPerTask / kLanes;
  if (n < kColumnsPerTask) {
    for (int64_t i = 0; i < n; i += kLanes) {
      F16x sum = LoadN(dweight + i, n - i);
      for (int64_t r = 0; r < rows; ++r) {
        const F16x y = Mul(LoadN(x + r * x_stride + i, n - i), Set(inv_rms[r]));
        sum = MulAdd(y, LoadN(dy + r * dy_stride + i, n - i), sum);
      }
      StoreN(sum, dweight + i, n - i);
    }
    return;
  }
  F16x sum[kVectors];
  for (int64_t v = 0; v < kVectors; ++v) sum[v] = Load(dweight + v * kLanes);
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t ahead = std::min(r + kRowsAhead, rows - 1);
    const F16x scale = Set(inv_rms[r]);
    for (int64_t v = 0; v < kVectors; ++v) {
      hwy::Prefetch(x + ahead * x_stride + v * kLanes);
      hwy::Prefetch(dy + ahead * dy_stride + v * kLanes);
      const F16x y = Mul(Load(x + r * x_stride + v * kLanes), scale);
      sum[v] = MulAdd(y, Load(dy + r * dy_stride + v * kLanes), sum[v]);
    }
  }
  for (int64_t v = 0; v < kVectors; ++v) Store(sum[v], dweight + v * kLanes);
}

}  // namespace hone::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::kernels {
HWY_EXPORT(NormRow);
HWY_EXPORT(NormRowBackward);
HWY_EXPORT(NormColumnsBackward);

namespace {
constexpr int64_t kRowsPerTask = 32;
}  // namespace

void RmsNorm(ThreadPool& pool, int64_t rows, int64_t width, const float* x, int64_t x_stride,
             const float* weight, float eps, float* y, int64_t y_stride, float* inv_rms) {
  const auto norm_row = HWY_DYNAMIC_DISPATCH(NormRow);
  pool.ParallelRanges(rows, kRowsPerTask, [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      const float inv = norm_row(width, x + r * x_stride, weight, eps, y + r * y_stride);
      if (inv_rms != nullptr) inv_rms[r] = inv;
    }
  });
}

void RmsNormBackward(ThreadPool& pool, int64_t rows, int64_t width, const float* x, int64_t x_stride,
                     const float* weight, const float* inv_rms, const float* dy, int64_t dy_stride, float* dx,
                     int64_t dx_stride, float* dweight) {
  const auto columns = HWY_DYNAMIC_DISPATCH(NormColumnsBackward);
  pool.ParallelRanges(width, kColumnsPerTask, [&](int64_t begin, int64_t end, int) {
    columns(rows, end - begin, x + begin, x_stride, inv_rms, dy + begin, dy_stride, dweight + begin);
  });
  const auto row = HWY_DYNAMIC_DISPATCH(NormRowBackward);
  pool.ParallelRanges(rows, kRowsPerTask, [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      row(width, x + r * x_stride, weight, inv_rms[r], dy + r * dy_stride, dx + r * dx_stride);
    }
  });
}

}  // namespace hone::kernels
#endif  // HWY_ONCE
