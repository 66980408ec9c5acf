// See attention.h: the backward pass. Covered by tests/kernels/attention_test.cc.
#include <algorithm>
#include <cstdlib>

#include "kernels/attention.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention_backward.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/attention-inl.h"
#include "kernels/lanes-inl.h"

#ifndef HONE_KERNELS_ATTENTION_GRADIENT_QUERIES_
#define HONE_KERNELS_ATTENTION_GRADIENT_QUERIES_
namespace hone::kernels {
// Query vectors in row order, then head order, that read the same sequence through one kv head.
struct GradientQueries {
  static constexpr int64_t kMax = 16;
  int64_t count = 0;
  const float* q[kMax];
  const float* out[kMax];
  const float* dout[kMax];
  float* dq[kMax];
  float lse[kMax];
  int64_t position[kMax];
};
}  // namespace hone::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace hone::kernels::HWY_NAMESPACE {

// rows[j][c..] += sum over i < count, ascending, of weights[i * 16 + j] * x[i][c..], for kKeys rows from row j on and
// kColumns F16x of which the last has `tail` floats.
template <int kKeys, int kColumns>
HWY_INLINE void SpreadBlock(int64_t count, const float* weights, const float* const* x, int64_t j, int64_t c,
                            int64_t tail, float* rows, int64_t stride) {
  F16x sum[kKeys][kColumns];
  for (int i = 0; i < kKeys; ++i) {
    for (int k = 0; k < kColumns; ++k) sum[i][k] = LoadN(rows + (j + i) * stride + c + k * kLanes, tail);
  }
  for (int64_t query = 0; query < count; ++query) {
    F16x value[kColumns];
    for (int k = 0; k < kColumns; ++k) value[k] = LoadN(x[query] + c + k * kLanes, tail);
    for (int i = 0; i < kKeys; ++i) {
      const F16x w = Set(weights[query * kLanes + j + i]);
      for (int k = 0; k < kColumns; ++k) sum[i][k] = MulAdd(w, value[k], sum[i][k]);
    }
  }
  for (int i = 0; i < kKeys; ++i) {
    for (int k = 0; k < kColumns; ++k) StoreN(sum[i][k], rows + (j + i) * stride + c + k * kLanes, tail);
  }
}

template <int kKeys>
HWY_INLINE void SpreadColumns(int64_t count, const float* weights, const float* const* x, int64_t width,
                              int64_t j, float* rows, int64_t stride) {
  ForColumns(width, [&](auto columns, int64_t c, int64_t tail) {
    SpreadBlock<kKeys, columns()>(count, weights, x, j, c, tail, rows, stride);
  });
}

// Adds every query's share to the first n <= 16 rows of a tile's gradient.
HWY_INLINE void SpreadTile(int64_t count, const float* weights, const float* const* x, int64_t width,
                           int64_t n, float* rows, int64_t stride) {
  int64_t j = 0;
  for (; j + kSumKeys <= n; j += kSumKeys) SpreadColumns<kSumKeys>(count, weights, x, width, j, rows, stride);
  for (; j < n; ++j) SpreadColumns<1>(count, weights, x, width, j, rows, stride);
}

// With `scores` [count, 16] holding q . k and `dp` dout . v: leaves p = exp(scale q . k - lse) in `scores` and the
// gradient of q . k in `dp`, both 0 outside what a query sees.
void ScoreGradients(const GradientQueries& queries, const TileView& view, const float* delta, float scale,
                    float* scores, float* dp) {
  const F16x s = Set(scale);
  for (int64_t i = 0; i < queries.count; ++i) {
    const F16x logp = Sub(Mul(Load(scores + i * kLanes), s), Set(queries.lse[i]));
    F16x p = KeepFirst(Exp(logp), view.visible[i], 0.0f);
    if (view.hidden[i] > 0) p = DropFirst(p, view.hidden[i], 0.0f);
    F16x ds = KeepFirst(Mul(Mul(p, Sub(Load(dp + i * kLanes), Set(delta[i]))), s), view.visible[i], 0.0f);
    if (view.hidden[i] > 0) ds = DropFirst(ds, view.hidden[i], 0.0f);
    Store(p, scores + i * kLanes);
    Store(ds, dp + i * kLanes);
  }
}

// Writes the queries' dq and adds to the gradients of the keys and values they see.
void AttendBackward(const GradientQueries& queries, const AttentionShape& shape, const float* keys,
                    const float* values, int64_t stride, float* dkeys, float* dvalues, int64_t dstride) {
  const int64_t qk_width = shape.qk_width, v_width = shape.v_width, window = shape.window;
  alignas(64) float scores[GradientQueries::kMax * kLanes];
  alignas(64) float dp[GradientQueries::kMax * kLanes];
  float delta[GradientQueries::kMax];
  float one[GradientQueries::kMax];
  TileView view;
  const int64_t count = queries.count;
  for (int64_t i = 0; i < count; ++i) {
    Store(Zero(), scores + i * kLanes);
    Store(Zero(), dp + i * kLanes);
    delta[i] = Dot(queries.dout[i], queries.out[i], v_width);
    one[i] = 1.0f;
    if (window > 0) std::fill_n(queries.dq[i], qk_width, 0.0f);
  }
  const int64_t last = *std::max_element(queries.position, queries.position + count);
  for (int64_t begin = FirstTile(count, queries.position, window); begin <= last; begin += kPageSize) {
    view.MoveTo(begin, count, queries.position, window);
    const int64_t n = std::min(kPageSize, last - begin + 1);
    ScoreTile(count, queries.q, view.visible, keys + begin * stride, stride, qk_width, scores);
    ScoreTile(count, queries.dout, view.visible, values + begin * stride, stride, v_width, dp);
    ScoreGradients(queries, view, delta, shape.scale, scores, dp);
    SumTile(count, view.visible, dp, one, keys + begin * stride, stride, qk_width, window == 0 && begin == 0,
            queries.dq);
    SpreadTile(count, dp, queries.q, qk_width, n, dkeys + begin * dstride, dstride);
    SpreadTile(count, scores, queries.dout, v_width, n, dvalues + begin * dstride, dstride);
  }
}

}  // namespace hone::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::kernels {
HWY_EXPORT(AttendBackward);

// Limit: the sums over query rows are chains, so a sequence and kv head is one task, and a batch of fewer such pairs than
// threads leaves threads idle.
void AttentionBackward(ThreadPool& pool, const AttentionShape& shape, int64_t num_sequences,
                       const int32_t* sequence_begin, const float* q, int64_t q_stride, const float* kv,
                       int64_t kv_stride, const float* out, int64_t out_stride, const float* lse,
                       const float* dout, int64_t dout_stride, float* dq, int64_t dq_stride, float* dkv,
                       int64_t dkv_stride) {
  ScopedTimer timer(pool.times().attention);
  if (shape.num_kv_heads <= 0 || shape.num_heads % shape.num_kv_heads != 0) std::abort();
  if (shape.value_offset == 0 && shape.num_kv_heads != 1) std::abort();
  const auto attend_backward = HWY_DYNAMIC_DISPATCH(AttendBackward);
  const int64_t group = shape.num_heads / shape.num_kv_heads;
  const int64_t heads_per_call = std::min(group, GradientQueries::kMax);
  const int64_t rows_per_call = GradientQueries::kMax / heads_per_call;
  pool.ParallelFor(num_sequences * shape.num_kv_heads, [&](int64_t task, int) {
    const int64_t kv_head = task % shape.num_kv_heads;
    const int64_t begin = sequence_begin[task / shape.num_kv_heads];
    const int64_t end = sequence_begin[task / shape.num_kv_heads + 1];
    const int64_t key_column = kv_head * shape.qk_width;
    const int64_t value_column = shape.value_offset + kv_head * shape.v_width;
    for (int64_t t = begin; t < end; ++t) {
      std::fill_n(dkv + t * dkv_stride + key_column, shape.qk_width, 0.0f);
      std::fill_n(dkv + t * dkv_stride + value_column, shape.v_width, 0.0f);
    }
    for (int64_t t = begin; t < end; t += rows_per_call) {
      const int64_t rows_end = std::min(t + rows_per_call, end);
      for (int64_t head = kv_head * group; head < (kv_head + 1) * group; head += heads_per_call) {
        GradientQueries queries;
        for (int64_t r = t; r < rows_end; ++r) {
          for (int64_t h = head; h < std::min(head + heads_per_call, (kv_head + 1) * group); ++h) {
            const int64_t i = queries.count++;
            queries.q[i] = q + r * q_stride + h * shape.qk_width;
            queries.out[i] = out + r * out_stride + h * shape.v_width;
            queries.dout[i] = dout + r * dout_stride + h * shape.v_width;
            queries.dq[i] = dq + r * dq_stride + h * shape.qk_width;
            queries.lse[i] = lse[r * shape.num_heads + h];
            queries.position[i] = r - begin;
          }
        }
        attend_backward(queries, shape, kv + begin * kv_stride + key_column,
                        kv + begin * kv_stride + value_column, kv_stride,
                        dkv + begin * dkv_stride + key_column, dkv + begin * dkv_stride + value_column,
                        dkv_stride);
      }
    }
  });
}

}  // namespace hone::kernels
#endif  // HWY_ONCE
