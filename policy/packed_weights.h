// The weights of a model as the forward and backward passes use them: matrices packed for the GEMMs, vectors rounded to the
// compute precision. Covered by tests/policy/model_test.cc.
#ifndef HONE_POLICY_PACKED_WEIGHTS_H_
#define HONE_POLICY_PACKED_WEIGHTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/gemm.h"
#include "kernels/thread_pool.h"
#include "policy/model.h"
#include "policy/parameter_source.h"
#include "policy/weights.h"

namespace hone {

// A matrix [out, in] inside a parameter, applied as y = x W^T.
struct MatrixWeight {
  int parameter = -1;  // index into Weights::parameters(); -1: the model has none
  int64_t offset = 0;  // floats into the parameter
  int64_t out = 0;
  int64_t in = 0;
  kernels::GemmType type = kernels::GemmType::kFp32;
  bool absorbed = false;          // applied as y = x W instead: the forward pass reads the `backward` packing
  kernels::PackedMatrix forward;  // [in, out]
  kernels::PackedMatrix backward;  // [out, in]
};

// A norm weight, bias or the like, rounded to the compute precision.
struct VectorWeight {
  int parameter = -1;
  std::vector<float> value;
  const float* data() const { return value.empty() ? nullptr : value.data(); }  // null: the model has none
};

struct LayerWeights {
  VectorWeight input_norm, post_norm;
  MatrixWeight qkv, o;            // qkv is qkv_a for MLA
  VectorWeight qkv_bias, o_bias;  // GQA
  VectorWeight q_norm;            // MLA: of the query latent; GQA: of each query head
  VectorWeight k_norm;            // GQA
  VectorWeight kv_norm;           // MLA
  MatrixWeight q_b;               // MLA
  std::vector<MatrixWeight> key_up,
      value_up;                // MLA, per head of kv_b: W_UK [nope, kv_lora], W_UV [v, kv_lora]
  MatrixWeight gate_up, down;  // dense MLP
  VectorWeight gate_up_bias, down_bias;
  MatrixWeight router;       // MoE; always fp32 arithmetic
  VectorWeight router_bias;  // sigmoid gates
  std::vector<MatrixWeight> experts_gate_up, experts_down;
  MatrixWeight shared_gate_up, shared_down;
};

class PackedWeights {
 public:
  // `parameters` are those of the sources below, which need not have values yet; it is not kept.
  PackedWeights(const ModelConfig& config, const std::vector<Parameter>& parameters, Precision precision);

  // After every change of the weights. Reads each value once, parameter after parameter; throws what the source finds wrong.
  void PackForward(kernels::ThreadPool& pool, ParameterSource& source);
  void PackBackward(kernels::ThreadPool& pool,
                    const Weights& weights);  // once more before gradients are wanted

  // Its rows are columns of this: the head itself when the two are tied.
  const kernels::PackedMatrix& embedding() const { return tied_ ? lm_head.forward : embed.forward; }

  MatrixWeight embed;  // packed only where it is not the head
  VectorWeight final_norm;
  MatrixWeight lm_head;
  std::vector<LayerWeights> layers;

 private:
  template <class F>
  void ForEachMatrix(F f);
  MatrixWeight Matrix(const std::vector<Parameter>& parameters, const std::string& name, int64_t offset,
                      int64_t out, int64_t in) const;
  void PackVector(ParameterSource& source, VectorWeight& v) const;
  void PackMatrix(kernels::ThreadPool& pool, ParameterSource& source, MatrixWeight& m) const;
  // Whether the matrix is multiplied in fp32 although the checkpoint will hold it in bf16.
  bool IsRounded(const MatrixWeight& m) const {
    return precision_ == Precision::kBf16 && m.type == kernels::GemmType::kFp32;
  }

  const Precision precision_;
  const bool tied_;
};

}  // namespace hone

#endif  // HONE_POLICY_PACKED_WEIGHTS_H_
