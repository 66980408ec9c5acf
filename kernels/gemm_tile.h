// What gemm.cc hands to a block routine, and the routine built on vdpbf16ps, which Highway 1.0.3 does not
// know. Covered by tests/kernels/gemm_test.cc.
#ifndef HONE_KERNELS_GEMM_TILE_H_
#define HONE_KERNELS_GEMM_TILE_H_

#include <cstdint>

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

bool HasBf16DotProduct();                   // whether this CPU has avx512_bf16
void Bf16DotBlock(const TileBlock& block);  // only where HasBf16DotProduct()

}  // namespace hone::kernels

#endif  // HONE_KERNELS_GEMM_TILE_H_
