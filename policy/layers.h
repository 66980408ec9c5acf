// The operations a decoder layer is made of, on rows [T, width], each with its backward closure when the pass records.
// Covered by tests/policy/model_test.cc.
#ifndef HONE_POLICY_LAYERS_H_
#define HONE_POLICY_LAYERS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/attention.h"
#include "kernels/gemm.h"
#include "kernels/rope.h"
#include "policy/model.h"
#include "policy/packed_weights.h"

namespace at {
class Tensor;
}

namespace hone {

// One run of the forward over a batch. Positions, tiles and cache as RaggedBatch has them; in a training pass the keys and
// values are rows of the batch itself and `cache` is null.
struct Pass {
  const ModelConfig* config = nullptr;
  Precision precision = Precision::kFp32;
  const PackedWeights* weights = nullptr;
  const kernels::RopeTable* rope = nullptr;
  kernels::ThreadPool* pool = nullptr;

  int64_t num_rows = 0;
  kernels::AttentionRows rows;
  KvCache* cache = nullptr;
  const int32_t* cache_rows = nullptr;

  std::span<const int32_t> sequence_begin;  // training only
  Gradients* gradients = nullptr;           // null: nothing is recorded
  TrainingOptions options;
  TrainingStats* stats = nullptr;  // null: not counted (recomputation)

  bool keep_inputs = false;  // a layer's input is needed again although nothing is recorded

  bool recording() const { return gradients != nullptr; }
  // Whether a residual may be added to where it is instead of in a copy.
  bool MayOverwrite() const { return !recording() && !keep_inputs; }
  float* Gradient(int parameter) const { return gradients->buffers()[parameter].data(); }
  float* Gradient(const MatrixWeight& w) const { return Gradient(w.parameter) + w.offset; }
};

// y = x W^T (+ bias, unless null or one that the model does not have) (+ residual).
at::Tensor Linear(const Pass& pass, const at::Tensor& x, const MatrixWeight& weight, const VectorWeight* bias,
                  const at::Tensor* residual);
at::Tensor Norm(const Pass& pass, const at::Tensor& x, const VectorWeight& weight);
at::Tensor SwiGluRows(const Pass& pass, const at::Tensor& gate_up);

// The projected qkv rows (GQA) or qkv_a rows (MLA) of a layer to its attention output [T, heads * v].
at::Tensor GqaAttention(const Pass& pass, int64_t layer, const at::Tensor& qkv);
at::Tensor MlaAttention(const Pass& pass, int64_t layer, const at::Tensor& qkv_a);

// residual + the routed experts' output for x.
at::Tensor Experts(const Pass& pass, int64_t layer, const at::Tensor& x, const at::Tensor& residual);

// The pieces the closures share: dx = dy W, and dW += dy^T x (rows dy_stride and x_stride apart).
kernels::GemmProblem InputGradient(int64_t rows, const float* dy, int64_t dy_stride,
                                   const MatrixWeight& weight, float* dx, int64_t dx_stride, bool accumulate);
// `packed` must outlive the Gemm call; x is packed into it here.
kernels::GemmProblem WeightGradient(const Pass& pass, int64_t rows, const float* dy, int64_t dy_stride,
                                    const float* x, int64_t x_stride, const MatrixWeight& weight,
                                    kernels::PackedMatrix& packed);
// A strided block of `rows` x `heads` pieces of `width` floats.
struct Pieces {
  float* data;
  int64_t row_stride;
  int64_t head_stride;
};
void CopyPieces(kernels::ThreadPool& pool, int64_t rows, int64_t heads, int64_t width, const Pieces& from,
                const Pieces& to);
// A tensor that holds what `residual` does and may be added to.
at::Tensor Accumulator(const Pass& pass, const at::Tensor& residual);

}  // namespace hone

#endif  // HONE_POLICY_LAYERS_H_
