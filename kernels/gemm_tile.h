// What gemm.cc hands to a block routine, and the routine built on vdpbf16ps, which Highway 1.0.3 does not
// know. Covered by tests/kernels/gemm_test.cc.
#ifndef HONE_KERNELS_GEMM_TILE_H_
#define HONE_KERNELS_GEMM_TILE_H_

#include <cstdint>

#include "kernels/bf16.h"

namespace hone::kernels {

// rows x columns of C from rows of A and one panel of B. Elements of A and B are floats, or pairs of bf16
// (then k counts pairs).
struct TileBlock {
  int64_t rows;
  int64_t columns;  // <= 32
  int64_t k;
  const void* a;
  int64_t a_row_stride;
  int64_t a_k_stride;
  const void* b;
  float* c;
  int64_t c_stride;
  bool accumulate;
};

bool HasBf16DotProduct();  // whether this CPU has avx512_bf16

// Only where HasBf16DotProduct(). The conversion takes numbers below the smallest normal one for zero, as the product does.
void Bf16DotBlock(const TileBlock& block);
void Bf16DotConvert(int64_t size, const float* x, Bf16* y);

}  // namespace hone::kernels

#endif  // HONE_KERNELS_GEMM_TILE_H_
