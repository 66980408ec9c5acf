// The bf16 block routine on vdpbf16ps (AVX-512 BF16). Two products per accumulator and step, in the
// instruction's own fixed order. Covered by tests/kernels/gemm_test.cc.
#include <algorithm>
#include <cstdlib>

#include "kernels/gemm.h"
#include "kernels/gemm_tile.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define HONE_BF16_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))

namespace hone::kernels {
namespace {

constexpr int kMaxTileRows = 12;  // 24 accumulators of 32 registers

template <int kRows>
HONE_BF16_TARGET void DotTile(const TileBlock& block, const uint32_t* a, float* c, int64_t c_stride) {
  __m512 sum[kRows][2];
  for (int i = 0; i < kRows; ++i) {
    for (int v = 0; v < 2; ++v) {
      sum[i][v] = block.accumulate ? _mm512_loadu_ps(c + i * c_stride + v * 16) : _mm512_setzero_ps();
    }
  }
  const auto* b = static_cast<const uint32_t*>(block.b);
  for (int64_t p = 0; p < block.k; ++p) {
    const auto left = reinterpret_cast<__m512bh>(_mm512_load_si512(b + p * kPanelWidth));
    const auto right = reinterpret_cast<__m512bh>(_mm512_load_si512(b + p * kPanelWidth + 16));
    const uint32_t* ap = a + p * block.a_k_stride;
    for (int i = 0; i < kRows; ++i) {
      const auto value =
          reinterpret_cast<__m512bh>(_mm512_set1_epi32(static_cast<int>(ap[i * block.a_row_stride])));
      sum[i][0] = _mm512_dpbf16_ps(sum[i][0], value, left);
      sum[i][1] = _mm512_dpbf16_ps(sum[i][1], value, right);
    }
  }
  for (int i = 0; i < kRows; ++i) {
    for (int v = 0; v < 2; ++v) _mm512_storeu_ps(c + i * c_stride + v * 16, sum[i][v]);
  }
}

using Tile = void (*)(const TileBlock&, const uint32_t*, float*, int64_t);
constexpr Tile kTiles[kMaxTileRows] = {DotTile<1>, DotTile<2>,  DotTile<3>,  DotTile<4>,
                                       DotTile<5>, DotTile<6>,  DotTile<7>,  DotTile<8>,
                                       DotTile<9>, DotTile<10>, DotTile<11>, DotTile<12>};

}  // namespace

bool HasBf16DotProduct() {
  static const bool has = __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  return has;
}

HONE_BF16_TARGET void Bf16DotConvert(int64_t size, const float* x, Bf16* y) {
  int64_t i = 0;
  for (; i + 16 <= size; i += 16) {
    const __m256bh rounded = _mm512_cvtneps_pbh(_mm512_loadu_ps(x + i));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(y + i), reinterpret_cast<__m256i>(rounded));
  }
  if (i == size) return;
  const auto rest = static_cast<__mmask16>((1u << (size - i)) - 1);
  const __m256bh rounded = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(rest, x + i));
  _mm256_mask_storeu_epi16(y + i, rest, reinterpret_cast<__m256i>(rounded));
}

void Bf16DotBlock(const TileBlock& block) {
  const int64_t num_tiles = (block.rows + kMaxTileRows - 1) / kMaxTileRows;
  for (int64_t t = 0; t < num_tiles; ++t) {
    const int64_t begin = t * block.rows / num_tiles;
    const int64_t rows = (t + 1) * block.rows / num_tiles - begin;
    const auto* a = static_cast<const uint32_t*>(block.a) + begin * block.a_row_stride;
    float* c = block.c + begin * block.c_stride;
    if (block.columns == kPanelWidth) {
      kTiles[rows - 1](block, a, c, block.c_stride);
      continue;
    }
    alignas(64) float edge[kMaxTileRows * kPanelWidth] = {};
    for (int64_t i = 0; block.accumulate && i < rows; ++i) {
      std::copy_n(c + i * block.c_stride, block.columns, edge + i * kPanelWidth);
    }
    kTiles[rows - 1](block, a, edge, kPanelWidth);
    for (int64_t i = 0; i < rows; ++i)
      std::copy_n(edge + i * kPanelWidth, block.columns, c + i * block.c_stride);
  }
}

}  // namespace hone::kernels

#else

namespace hone::kernels {
bool HasBf16DotProduct() { return false; }
void Bf16DotBlock(const TileBlock&) { std::abort(); }
void Bf16DotConvert(int64_t, const float*, Bf16*) { std::abort(); }
}  // namespace hone::kernels

#endif
