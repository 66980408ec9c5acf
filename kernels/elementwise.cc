// See elementwise.h. Covered by tests/kernels/elementwise_test.cc.
#include "kernels/elementwise.h"

#include <algorithm>

#include "hwy/cache_control.h"
#include "kernels/row_tasks.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hone::kernels::HWY_NAMESPACE {

void SwiGluRow(int64_t width, const float* gate, const float* up, float* y) {
  for (int64_t i = 0; i < width; i += kLanes) {
    const int64_t n = width - i;
    const F16x g = LoadN(gate + i, n);
    StoreN(Mul(Mul(g, Sigmoid(g)), LoadN(up + i, n)), y + i, n);
  }
}

// silu'(g) = s (1 + g (1 - s)) with s = sigmoid(g)
void SwiGluRowBackward(int64_t width, const float* gate, const float* up, const float* dy, float* dgate,
                       float* dup) {
  const F16x one = Set(1.0f);
  for (int64_t i = 0; i < width; i += kLanes) {
    const int64_t n = width - i;
    const F16x g = LoadN(gate + i, n);
    const F16x u = LoadN(up + i, n);
    const F16x d = LoadN(dy + i, n);
    const F16x s = Sigmoid(g);
    StoreN(Mul(Mul(d, u), Mul(s, MulAdd(g, Sub(one, s), one))), dgate + i, n);
    StoreN(Mul(d, Mul(g, s)), dup + i, n);
  }
}

void AddRow(int64_t width, const float* x, float* y) {
  for (int64_t i = 0; i < width; i += kLanes) {
    const int64_t n = width - i;
    StoreN(Add(LoadN(y + i, n), LoadN(x + i, n)), y + i, n);
  }
}

// sum += rows of x, up to kColumnsPerTask columns: chains over rows, kept in registers.
void SumColumns(int64_t rows, int64_t n, const float* x, int64_t stride, float* sum) {
  constexpr int64_t kVectors = kColumnsPerTask / kLanes;
  if (n < kColumnsPerTask) {
    for (int64_t r = 0; r < rows; ++r) AddRow(n, x + r * stride, sum);
    return;
  }
  F16x s[kVectors];
  for (int64_t v = 0; v < kVectors; ++v) s[v] = Load(sum + v * kLanes);
  for (int64_t r = 0; r < rows; ++r) {
    const float* ahead = x + std::min(r + kRowsAhead, rows - 1) * stride;
    for (int64_t v = 0; v < kVectors; ++v) {
      hwy::Prefetch(ahead + v * kLanes);
      s[v] = Add(s[v], Load(x + r * stride + v * kLanes));
    }
  }
  for (int64_t v = 0; v < kVectors; ++v) Store(s[v], sum + v * kLanes);
}

void ScaleRow(int64_t width, float factor, float* y) {
  const F16x f = Set(factor);
  for (int64_t i = 0; i < width; i += kLanes) {
    const int64_t n = width - i;
    StoreN(Mul(LoadN(y + i, n), f), y + i, n);
  }
}

void Bf16Row(int64_t width, const float* x, Bf16* y) {
  for (int64_t i = 0; i < width; i += kLanes) StoreN(LoadN(x + i, width - i), y + i, width - i);
}

void RoundRow(int64_t width, const float* x, float* y) {
  for (int64_t i = 0; i < width; i += kLanes) StoreN(RoundToBf16(LoadN(x + i, width - i)), y + i, width - i);
}

}  // namespace hone::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::kernels {
HWY_EXPORT(SwiGluRow);
HWY_EXPORT(SwiGluRowBackward);
HWY_EXPORT(AddRow);
HWY_EXPORT(SumColumns);
HWY_EXPORT(ScaleRow);
HWY_EXPORT(Bf16Row);
HWY_EXPORT(RoundRow);

void SwiGlu(ThreadPool& pool, int64_t rows, int64_t width, const float* gate_up, float* y) {
  const auto row = HWY_DYNAMIC_DISPATCH(SwiGluRow);
  pool.ParallelRanges(rows, RowsPerTask(width), [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      const float* gate = gate_up + r * 2 * width;
      row(width, gate, gate + width, y + r * width);
    }
  });
}

void SwiGluBackward(ThreadPool& pool, int64_t rows, int64_t width, const float* gate_up, const float* dy,
                    float* dgate_up) {
  const auto row = HWY_DYNAMIC_DISPATCH(SwiGluRowBackward);
  pool.ParallelRanges(rows, RowsPerTask(width), [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      const float* gate = gate_up + r * 2 * width;
      float* dgate = dgate_up + r * 2 * width;
      row(width, gate, gate + width, dy + r * width, dgate, dgate + width);
    }
  });
}

void GatherRows(ThreadPool& pool, int64_t rows, int64_t width, const float* table, const int32_t* index,
                float* y) {
  pool.ParallelRanges(rows, RowsPerTask(width), [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) std::copy_n(table + index[r] * width, width, y + r * width);
  });
}

void ScatterAddRows(ThreadPool& pool, int64_t rows, int64_t width, const float* x, const int32_t* index,
                    float* table) {
  const auto add = HWY_DYNAMIC_DISPATCH(AddRow);
  pool.ParallelRanges(width, kColumnsPerTask, [&](int64_t begin, int64_t end, int) {
    for (int64_t r = 0; r < rows; ++r)
      add(end - begin, x + r * width + begin, table + index[r] * width + begin);
  });
}

void ScatterRows(ThreadPool& pool, int64_t rows, int64_t width, const float* x, int64_t x_stride,
                 const int32_t* index, float* table) {
  pool.ParallelRanges(rows, RowsPerTask(width), [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) std::copy_n(x + r * x_stride, width, table + index[r] * width);
  });
}

void ScatterRows(ThreadPool& pool, int64_t rows, int64_t width, const float* x, int64_t x_stride,
                 const int32_t* index, Bf16* table) {
  const auto row = HWY_DYNAMIC_DISPATCH(Bf16Row);
  pool.ParallelRanges(rows, RowsPerTask(width), [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) row(width, x + r * x_stride, table + index[r] * width);
  });
}

void RoundToBf16(ThreadPool& pool, int64_t rows, int64_t width, const float* x, int64_t x_stride, float* y,
                 int64_t y_stride) {
  const auto row = HWY_DYNAMIC_DISPATCH(RoundRow);
  pool.ParallelRanges(rows, RowsPerTask(width), [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) row(width, x + r * x_stride, y + r * y_stride);
  });
}

void AddBias(ThreadPool& pool, int64_t rows, int64_t width, const float* bias, float* y) {
  const auto add = HWY_DYNAMIC_DISPATCH(AddRow);
  pool.ParallelRanges(rows, RowsPerTask(width), [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) add(width, bias, y + r * width);
  });
}

void SumRows(ThreadPool& pool, int64_t rows, int64_t width, const float* x, float* sum) {
  const auto sum_columns = HWY_DYNAMIC_DISPATCH(SumColumns);
  pool.ParallelRanges(width, kColumnsPerTask, [&](int64_t begin, int64_t end, int) {
    sum_columns(rows, end - begin, x + begin, width, sum + begin);
  });
}

void AddTo(ThreadPool& pool, int64_t size, const float* x, float* y) {
  const auto add = HWY_DYNAMIC_DISPATCH(AddRow);
  pool.ParallelRanges(size, kFloatsPerTask,
                      [&](int64_t begin, int64_t end, int) { add(end - begin, x + begin, y + begin); });
}

void Scale(ThreadPool& pool, int64_t size, float factor, float* y) {
  const auto scale = HWY_DYNAMIC_DISPATCH(ScaleRow);
  pool.ParallelRanges(size, kFloatsPerTask,
                      [&](int64_t begin, int64_t end, int) { scale(end - begin, factor, y + begin); });
}

}  // namespace hone::kernels
#endif  // HWY_ONCE
