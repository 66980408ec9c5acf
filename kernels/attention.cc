// See attention.h: the forward pass. Covered by tests/kernels/attention_test.cc.
#include "kernels/attention.h"

#include <cstdlib>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/attention.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/attention-inl.h"
#include "kernels/lanes-inl.h"

#ifndef HONE_KERNELS_ATTENTION_QUERIES_
#define HONE_KERNELS_ATTENTION_QUERIES_
namespace hone::kernels {
// At most TileView::kMax query vectors (of some rows and heads) that read the same tiles of one kv head. Each is on its own; they come
// together so that a key is loaded once for several.
struct AttentionQueries {
  static constexpr int64_t kMax = 16;
  int64_t count = 0;
  const float* q[kMax];
  float* out[kMax];
  float* lse[kMax];  // elements may be null
  int64_t position[kMax];
};
}  // namespace hone::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace hone::kernels::HWY_NAMESPACE {

// One tile's softmax weights over scores [count, 16], in place; updates the running maximum and the sixteen lanes of the
// running sum of each query, and returns by how much its earlier terms shrink.
void SoftmaxTile(int64_t count, const TileView& view, float scale, float* scores, float* max, float* sum,
                 float* factor) {
  constexpr float kNothing = -std::numeric_limits<float>::infinity();
  alignas(64) float grown[kLanes];
  Store(Load(max), grown);
  for (int64_t i = 0; i < count; ++i) {
    if (view.visible[i] <= 0) continue;
    F16x s = KeepFirst(Mul(Load(scores + i * kLanes), Set(scale)), view.visible[i], kNothing);
    if (view.hidden[i] > 0) s = DropFirst(s, view.hidden[i], kNothing);
    Store(s, scores + i * kLanes);
    grown[i] = std::max(grown[i], ReduceMax(s));
  }
  Store(Exp(Sub(Load(max), Load(grown))), factor);
  Store(Load(grown), max);
  for (int64_t i = 0; i < count; ++i) {
    if (view.visible[i] <= 0) continue;
    const F16x p = Exp(Sub(Load(scores + i * kLanes), Set(max[i])));
    Store(p, scores + i * kLanes);
    Store(MulAdd(Load(sum + i * kLanes), Set(factor[i]), p), sum + i * kLanes);
  }
}

template <class Element>
HWY_INLINE void PrefetchRows(const Element* rows, int64_t stride, int64_t width, int64_t n) {
  constexpr int64_t kCacheLine = 64 / sizeof(Element);
  for (int64_t j = 0; j < n; ++j) {
    for (int64_t c = 0; c < width; c += kCacheLine) __builtin_prefetch(rows + j * stride + c);
  }
}

template <class Element>
HWY_INLINE void AttendTiles(const AttentionQueries& queries, const int32_t* tiles,
                            const AttentionShape& shape, const Element* keys, const Element* values,
                            int64_t stride) {
  const int64_t qk_width = shape.qk_width, v_width = shape.v_width, window = shape.window;
  alignas(64) float max[kLanes];
  alignas(64) float factor[kLanes];
  alignas(64) float scores[AttentionQueries::kMax * kLanes];
  alignas(64) float sum[AttentionQueries::kMax * kLanes];
  TileView view;
  const int64_t count = queries.count;
  Store(Set(-std::numeric_limits<float>::max()), max);
  for (int64_t i = 0; i < count; ++i) {
    Store(Zero(), sum + i * kLanes);
    Store(Zero(), scores + i * kLanes);
    // Queries of one window may begin in different tiles: their sums then begin from 0 in place of the first tile.
    if (window > 0) std::fill_n(queries.out[i], v_width, 0.0f);
  }
  const int64_t last = *std::max_element(queries.position, queries.position + count);
  for (int64_t tile = FirstTile(count, queries.position, window) / kPageSize; tile * kPageSize <= last;
       ++tile) {
    view.MoveTo(tile * kPageSize, count, queries.position, window);
    const int64_t row = tiles[tile];
    // Pages lie anywhere: no hardware prefetcher sees the next one coming.
    if ((tile + 1) * kPageSize <= last) {
      const int64_t next = tiles[tile + 1];
      const int64_t n = std::min(kPageSize, last + 1 - (tile + 1) * kPageSize);
      PrefetchRows(keys + next * stride, stride, qk_width, n);
      if (values != keys) PrefetchRows(values + next * stride, stride, v_width, n);
    }
    ScoreTile(count, queries.q, view.visible, keys + row * stride, stride, qk_width, scores);
    SoftmaxTile(count, view, shape.scale, scores, max, sum, factor);
    SumTile(count, view.visible, scores, factor, values + row * stride, stride, v_width,
            window == 0 && tile == 0, queries.out);
  }
  for (int64_t i = 0; i < count; ++i) {
    const float total = ReduceSum(Load(sum + i * kLanes));
    const F16x inverse = Set(1.0f / total);
    for (int64_t c = 0; c < v_width; c += kLanes) {
      StoreN(Mul(LoadN(queries.out[i] + c, v_width - c), inverse), queries.out[i] + c, v_width - c);
    }
    if (queries.lse[i] != nullptr) *queries.lse[i] = max[i] + LogOne(total);
  }
}

void AttendFp32(const AttentionQueries& queries, const int32_t* tiles, const AttentionShape& shape,
                const float* keys, const float* values, int64_t stride) {
  AttendTiles(queries, tiles, shape, keys, values, stride);
}
void AttendBf16(const AttentionQueries& queries, const int32_t* tiles, const AttentionShape& shape,
                const Bf16* keys, const Bf16* values, int64_t stride) {
  AttendTiles(queries, tiles, shape, keys, values, stride);
}

}  // namespace hone::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::kernels {
HWY_EXPORT(AttendFp32);
HWY_EXPORT(AttendBf16);

namespace {

template <class Element, class Attend>
void ForQueries(ThreadPool& pool, const AttentionShape& shape, const AttentionRows& rows, const float* q,
                int64_t q_stride, const Element* kv, int64_t kv_stride, float* out, int64_t out_stride,
                float* lse, Attend attend) {
  ScopedTimer timer(pool.times().attention);
  if (shape.num_kv_heads <= 0 || shape.num_heads % shape.num_kv_heads != 0) std::abort();
  // A block is up to kMax heads of one group. Rows of one sequence that follow each other share their keys.
  const int64_t group = shape.num_heads / shape.num_kv_heads;
  const int64_t heads_per_block = std::min(group, AttentionQueries::kMax);
  const int64_t blocks_per_group = (group + heads_per_block - 1) / heads_per_block;
  const int64_t blocks = shape.num_kv_heads * blocks_per_group;
  int64_t rows_per_task = AttentionQueries::kMax / heads_per_block;
  while (rows_per_task > 1 && rows.num_rows < 4 * rows_per_task * pool.num_threads()) --rows_per_task;
  const int64_t row_tasks = (rows.num_rows + rows_per_task - 1) / rows_per_task;
  // A task does all blocks of its rows, whose cache lines are then fetched once; blocks are shared out where rows are few.
  const int64_t blocks_per_task = row_tasks < 4 * pool.num_threads() ? 1 : blocks;
  const int64_t shares = blocks / blocks_per_task;

  pool.ParallelFor(row_tasks * shares, [&](int64_t task, int) {
    const int64_t first_block = task % shares * blocks_per_task;
    const int64_t end = std::min((task / shares + 1) * rows_per_task, rows.num_rows);
    for (int64_t t = task / shares * rows_per_task, next = t; t < end; t = next) {
      while (next < end && rows.tile_begin[next] == rows.tile_begin[t]) ++next;
      for (int64_t block = first_block; block < first_block + blocks_per_task; ++block) {
        const int64_t kv_head = block / blocks_per_group;
        const int64_t head_begin = kv_head * group + block % blocks_per_group * heads_per_block;
        const int64_t head_end = std::min(head_begin + heads_per_block, (kv_head + 1) * group);
        AttentionQueries queries;
        for (int64_t r = t; r < next; ++r) {
          for (int64_t h = head_begin; h < head_end; ++h) {
            const int64_t i = queries.count++;
            queries.q[i] = q + r * q_stride + h * shape.qk_width;
            queries.out[i] = out + r * out_stride + h * shape.v_width;
            queries.lse[i] = lse == nullptr ? nullptr : lse + r * shape.num_heads + h;
            queries.position[i] = rows.positions[r];
          }
        }
        attend(queries, rows.tiles + rows.tile_begin[t], shape, kv + kv_head * shape.qk_width,
               kv + shape.value_offset + kv_head * shape.v_width, kv_stride);
      }
    }
  });
}

}  // namespace

void Attention(ThreadPool& pool, const AttentionShape& shape, const AttentionRows& rows, const float* q,
               int64_t q_stride, const float* kv, int64_t kv_stride, float* out, int64_t out_stride,
               float* lse) {
  ForQueries(pool, shape, rows, q, q_stride, kv, kv_stride, out, out_stride, lse,
             HWY_DYNAMIC_DISPATCH(AttendFp32));
}

void Attention(ThreadPool& pool, const AttentionShape& shape, const AttentionRows& rows, const float* q,
               int64_t q_stride, const Bf16* kv, int64_t kv_stride, float* out, int64_t out_stride,
               float* lse) {
  ForQueries(pool, shape, rows, q, q_stride, kv, kv_stride, out, out_stride, lse,
             HWY_DYNAMIC_DISPATCH(AttendBf16));
}

}  // namespace hone::kernels
#endif  // HWY_ONCE
