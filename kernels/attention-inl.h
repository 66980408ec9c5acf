// The tile functions that attention forward and backward share: scores of queries against the sixteen keys of a tile, and
// weighted sums of a tile's rows. Each score and each sum has one fixed order of operations; how many queries, keys or columns are
// held in registers at once changes none of it. Covered by tests/kernels/attention_test.cc.
#if defined(HONE_KERNELS_ATTENTION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HONE_KERNELS_ATTENTION_INL_H_
#undef HONE_KERNELS_ATTENTION_INL_H_
#else
#define HONE_KERNELS_ATTENTION_INL_H_
#endif

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "hwy/highway.h"
#include "kernels/attention.h"
#include "kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hone::kernels::HWY_NAMESPACE {

static_assert(kPageSize == kLanes);

// Register blocks. One F16x is one register with AVX-512, two with AVX2, four with NEON.
inline constexpr int kScoreQueries = kParts == 1 ? 4 : 1;
inline constexpr int kColumnBlock = kParts == 1 ? 4 : 1;  // F16x of a row that are summed at once
inline constexpr int kSumQueries = 4;
inline constexpr int kSumKeys = 4;

// ReduceSum of four, bit for bit.
HWY_INLINE hn::Vec<QuarterTag> ReduceSum4(const F16x* x) {
  const QuarterTag d;
  const auto add = [](auto a, auto b) { return hn::Add(a, b); };
  const auto a = FoldToQuarter<kPartLanes>(x[0], add);
  const auto b = FoldToQuarter<kPartLanes>(x[1], add);
  const auto c = FoldToQuarter<kPartLanes>(x[2], add);
  const auto e = FoldToQuarter<kPartLanes>(x[3], add);
  const auto ab = hn::Add(hn::ConcatLowerLower(d, b, a), hn::ConcatUpperUpper(d, b, a));
  const auto ce = hn::Add(hn::ConcatLowerLower(d, e, c), hn::ConcatUpperUpper(d, e, c));
  return hn::Add(hn::ConcatEven(d, ce, ab), hn::ConcatOdd(d, ce, ab));
}

#if HWY_TARGET == HWY_AVX3
// The sums of sixteen registers by the same tree: four groups of four keys, group g to scores[g][0..3]. A step folds two
// registers in the place of one, which takes half the shuffles of folding each alone.
HWY_INLINE void StoreSums4x4(const F16x (&x)[4][4], float* const (&scores)[4]) {
  __m512 quarters[4];  // of a group: [key 0 | key 1 | key 2 | key 3], four lanes each
  for (int i = 0; i < 4; ++i) {
    const __m512 a = x[i][0].part[0].raw, b = x[i][1].part[0].raw, c = x[i][2].part[0].raw,
                 e = x[i][3].part[0].raw;
    const __m512 ab = _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xee));
    const __m512 ce = _mm512_add_ps(_mm512_shuffle_f32x4(c, e, 0x44), _mm512_shuffle_f32x4(c, e, 0xee));
    quarters[i] = _mm512_add_ps(_mm512_shuffle_f32x4(ab, ce, 0x88), _mm512_shuffle_f32x4(ab, ce, 0xdd));
  }
  const auto fold_pairs = [](__m512 a, __m512 b) {
    const __m512d x = _mm512_castps_pd(a), y = _mm512_castps_pd(b);
    return _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(x, y)),
                         _mm512_castpd_ps(_mm512_unpackhi_pd(x, y)));
  };
  const __m512 low = fold_pairs(quarters[0], quarters[1]), high = fold_pairs(quarters[2], quarters[3]);
  const __m512 by_key = _mm512_add_ps(_mm512_shuffle_ps(low, high, 0x88), _mm512_shuffle_ps(low, high, 0xdd));
  const __m512i transpose = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  const __m512 by_group = _mm512_permutexvar_ps(transpose, by_key);
  _mm_storeu_ps(scores[0], _mm512_castps512_ps128(by_group));
  _mm_storeu_ps(scores[1], _mm512_extractf32x4_ps(by_group, 1));
  _mm_storeu_ps(scores[2], _mm512_extractf32x4_ps(by_group, 2));
  _mm_storeu_ps(scores[3], _mm512_extractf32x4_ps(by_group, 3));
}
#endif

HWY_INLINE F16x KeepFirst(F16x x, int64_t n, float fill) {
  const LaneTag d;
  return MapParts([&](int i) {
    const int64_t left = std::max<int64_t>(0, n - i * kPartLanes);
    return hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(left)), x.part[i], hn::Set(d, fill));
  });
}

HWY_INLINE F16x DropFirst(F16x x, int64_t n, float fill) {
  const LaneTag d;
  return MapParts([&](int i) {
    const int64_t left = std::max<int64_t>(0, n - i * kPartLanes);
    return hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(left)), hn::Set(d, fill), x.part[i]);
  });
}

// Which keys of the tile that begins at `begin` each query sees: those from hidden[i] on, before visible[i]. None where
// visible[i] <= 0, which a tile before the window is given too.
struct TileView {
  static constexpr int64_t kMax = 16;
  int64_t visible[kMax] = {};
  int64_t hidden[kMax] = {};

  void MoveTo(int64_t begin, int64_t count, const int64_t* position, int64_t window) {
    for (int64_t i = 0; i < count; ++i) {
      visible[i] = position[i] - begin + 1;
      if (window == 0) continue;
      hidden[i] = std::max<int64_t>(0, visible[i] - window);
      if (hidden[i] >= kPageSize) visible[i] = 0;
    }
  }
};

// Where the first tile that any of the queries sees begins.
HWY_INLINE int64_t FirstTile(int64_t count, const int64_t* position, int64_t window) {
  if (window == 0) return 0;
  const int64_t first = *std::min_element(position, position + count) - window + 1;
  return std::max<int64_t>(0, first) / kPageSize * kPageSize;
}

// scores[i * 16 + j] = x[i] . rows[j] for i < kQueries, j < n <= 16. Reads no row past n; scores of j >= n are arbitrary.
template <int kQueries, class Element>
HWY_INLINE void ScoreBlock(const float* const* x, const Element* rows, int64_t stride, int64_t width,
                           int64_t n, float* scores) {
  // Groups of four keys at once: with AVX-512 as many as make sixteen sums.
  constexpr int kGroups = kParts == 1 ? 4 / kQueries : 1;
  for (int64_t j = 0; j < n; j += 4 * kGroups) {
    F16x sum[kQueries * kGroups][4];
    for (auto& group : sum) {
      for (auto& s : group) s = Zero();
    }
    const Element* row[4 * kGroups];
    for (int k = 0; k < 4 * kGroups; ++k) row[k] = rows + std::min<int64_t>(j + k, n - 1) * stride;
    const auto add = [&](int64_t c, auto load) {
      F16x query[kQueries];
      for (int i = 0; i < kQueries; ++i) query[i] = load(x[i] + c);
      for (int k = 0; k < 4 * kGroups; ++k) {
        const F16x r = load(row[k] + c);
        for (int i = 0; i < kQueries; ++i) {
          F16x& s = sum[i * kGroups + k / 4][k % 4];
          s = MulAdd(query[i], r, s);
        }
      }
    };
    int64_t c = 0;
    for (; c + kLanes <= width; c += kLanes) add(c, [](auto* p) { return Load(p); });
    if (c < width) add(c, [&](auto* p) { return LoadN(p, width - c); });
#if HWY_TARGET == HWY_AVX3
    float* out[4];
    for (int g = 0; g < 4; ++g) out[g] = scores + g / kGroups * kLanes + j + g % kGroups * 4;
    StoreSums4x4(sum, out);
#else
    for (int g = 0; g < kQueries * kGroups; ++g) {
      hn::Store(ReduceSum4(sum[g]), QuarterTag(), scores + g / kGroups * kLanes + j + g % kGroups * 4);
    }
#endif
  }
}

// The same for `count` queries, query i against the first visible[i] rows (none where <= 0).
template <class Element>
HWY_INLINE void ScoreTile(int64_t count, const float* const* x, const int64_t* visible, const Element* rows,
                          int64_t stride, int64_t width, float* scores) {
  int64_t i = 0;
  for (; i + kScoreQueries <= count; i += kScoreQueries) {
    const int64_t n = std::min(kPageSize, *std::max_element(visible + i, visible + i + kScoreQueries));
    ScoreBlock<kScoreQueries>(x + i, rows, stride, width, n, scores + i * kLanes);
  }
  if (kScoreQueries > 2 && i + 2 <= count) {
    const int64_t n = std::min(kPageSize, std::max(visible[i], visible[i + 1]));
    ScoreBlock<2>(x + i, rows, stride, width, n, scores + i * kLanes);
    i += 2;
  }
  for (; i < count; ++i) {
    ScoreBlock<1>(x + i, rows, stride, width, std::min(kPageSize, visible[i]), scores + i * kLanes);
  }
}

// sums[i][c..] = factor[i] * sums[i] (0 when `first`) + sum over j < n, ascending, of weights[i * 16 + j] * rows[j], for
// kColumns F16x of which the last has `tail` floats.
template <int kQueries, int kColumns, class Element>
HWY_INLINE void SumBlock(const float* weights, const float* factor, const Element* rows, int64_t stride,
                         int64_t n, bool first, int64_t c, int64_t tail, float* const* sums) {
  F16x sum[kQueries][kColumns];
  for (int i = 0; i < kQueries; ++i) {
    for (int k = 0; k < kColumns; ++k) {
      sum[i][k] = first ? Zero() : Mul(Set(factor[i]), LoadN(sums[i] + c + k * kLanes, tail));
    }
  }
  for (int64_t j = 0; j < n; ++j) {
    F16x row[kColumns];
    for (int k = 0; k < kColumns; ++k) row[k] = LoadN(rows + j * stride + c + k * kLanes, tail);
    for (int i = 0; i < kQueries; ++i) {
      const F16x w = Set(weights[i * kLanes + j]);
      for (int k = 0; k < kColumns; ++k) sum[i][k] = MulAdd(w, row[k], sum[i][k]);
    }
  }
  for (int i = 0; i < kQueries; ++i) {
    for (int k = 0; k < kColumns; ++k) StoreN(sum[i][k], sums[i] + c + k * kLanes, tail);
  }
}

// Calls block(kColumns, c, tail) until `width` columns are covered; kColumns is a compile-time constant.
template <class Block>
HWY_INLINE void ForColumns(int64_t width, Block block) {
  int64_t c = 0;
  if constexpr (kColumnBlock == 4) {
    for (; c + 4 * kLanes <= width; c += 4 * kLanes) block(std::integral_constant<int, 4>(), c, kLanes);
    if (c + 2 * kLanes <= width) {
      block(std::integral_constant<int, 2>(), c, kLanes);
      c += 2 * kLanes;
    }
  }
  for (; c + kLanes <= width; c += kLanes) block(std::integral_constant<int, 1>(), c, kLanes);
  if (c < width) block(std::integral_constant<int, 1>(), c, width - c);
}

template <int kQueries, class Element>
HWY_INLINE void SumColumns(const float* weights, const float* factor, const Element* rows, int64_t stride,
                           int64_t width, int64_t n, bool first, float* const* sums) {
  ForColumns(width, [&](auto columns, int64_t c, int64_t tail) {
    SumBlock<kQueries, columns()>(weights, factor, rows, stride, n, first, c, tail, sums);
  });
}

// Adds the tile's rows to each query's sum (see SumBlock): query i takes the first visible[i] rows and no other, not even
// with weight 0.
template <class Element>
HWY_INLINE void SumTile(int64_t count, const int64_t* visible, const float* weights, const float* factor,
                        const Element* rows, int64_t stride, int64_t width, bool first, float* const* sums) {
  for (int64_t i = 0; i < count;) {
    const int64_t n = std::min(kPageSize, visible[i]);
    int64_t alike = 1;
    while (alike < kSumQueries && i + alike < count && std::min(kPageSize, visible[i + alike]) == n) ++alike;
    const float* w = weights + i * kLanes;
    if (n <= 0) {
      i += alike;
    } else if (alike == kSumQueries) {
      SumColumns<kSumQueries>(w, factor + i, rows, stride, width, n, first, sums + i);
      i += kSumQueries;
    } else if (alike >= 2) {
      SumColumns<2>(w, factor + i, rows, stride, width, n, first, sums + i);
      i += 2;
    } else {
      SumColumns<1>(w, factor + i, rows, stride, width, n, first, sums + i);
      ++i;
    }
  }
}

}  // namespace hone::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
