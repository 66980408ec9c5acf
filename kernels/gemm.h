// Matrix products C = A B with B packed into panels of 32 columns. Every element of C is one accumulation
// chain over K in ascending order: a row's bits depend on that row of A and on B alone, never on M, threads
// or tiling. Covered by tests/kernels/gemm_test.cc.
#ifndef HONE_KERNELS_GEMM_H_
#define HONE_KERNELS_GEMM_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "kernels/thread_pool.h"

namespace hone::kernels {

// kFp32: fused multiply-add in fp32. kBf16: both operands rounded to bf16 (nearest even), pairs of products
// accumulated in fp32 by vdpbf16ps where the CPU has it, else by two fused multiply-adds.
enum class GemmType { kFp32, kBf16 };

inline constexpr int64_t kPanelWidth = 32;

// The B operand [K, N]: fp32 as [N/32][K][32], bf16 as [N/32][K/2][32][2], zero-padded.
class PackedMatrix {
 public:
  PackedMatrix() = default;
  // Element (k, n) is source[k * k_stride + n * n_stride]. Reuses the storage of earlier calls.
  void Pack(ThreadPool& pool, int64_t k, int64_t n, const float* source, int64_t k_stride, int64_t n_stride,
            GemmType type);
  // The same for a B whose columns are made while it is packed, as rows of B^T: `rows` gives columns [first, first + count), K
  // values each, one after another, either where they lie or in `scratch`, which has room for them. Called from the pool's
  // threads; must not throw.
  using RowReader = std::function<const float*(int64_t first, int64_t count, float* scratch)>;
  void PackRows(ThreadPool& pool, int64_t k, int64_t n, const RowReader& rows, GemmType type);

  int64_t k() const { return k_; }
  int64_t n() const { return n_; }
  GemmType type() const { return type_; }
  const void* panel(int64_t p) const { return storage_.get() + p * panel_bytes_; }

 private:
  void Allocate(int64_t k, int64_t n, GemmType type);
  void PackPanel(int64_t p, const float* source, int64_t k_stride, int64_t n_stride);

  struct Free {
    void operator()(char* p) const;
  };
  std::unique_ptr<char, Free> storage_;
  int64_t capacity_ = 0;
  int64_t panel_bytes_ = 0;
  int64_t k_ = 0;
  int64_t n_ = 0;
  GemmType type_ = GemmType::kFp32;
};

// C [m, b.n()] = A [m, b.k()] B; element (i, k) of A is a[i * a_row_stride + k * a_k_stride], one of the
// strides being 1. With `accumulate` the chain of each element continues from the value already in C.
struct GemmProblem {
  int64_t m = 0;
  const float* a = nullptr;
  int64_t a_row_stride = 0;
  int64_t a_k_stride = 1;
  const PackedMatrix* b = nullptr;
  float* c = nullptr;
  int64_t c_stride = 0;
  bool accumulate = false;
};

// All problems in one parallel loop (heads of MLA, experts of a layer); their C do not overlap; one type for
// all.
void Gemm(ThreadPool& pool, std::span<const GemmProblem> problems);

// out[i] = column index[i] of B, k() floats: an embedding's rows out of the packed head.
void GatherColumns(ThreadPool& pool, const PackedMatrix& b, int64_t count, const int32_t* index, float* out);

// The instructions the two types run on here, e.g. "AVX3" and "vdpbf16ps".
std::string GemmInstructions(GemmType type);

}  // namespace hone::kernels

#endif  // HONE_KERNELS_GEMM_H_
