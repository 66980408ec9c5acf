// The weights of a model as named fp32 buffers in the layout the kernels want: projections that read the same
// input are fused by rows, experts are stacked. Each parameter knows which contiguous slices of it are which
// Hugging Face tensors. No LibTorch here. Covered by tests/policy/weights_test.cc.
#ifndef HONE_POLICY_WEIGHTS_H_
#define HONE_POLICY_WEIGHTS_H_

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "policy/config.h"

namespace hone {

// Zero-initialised fp32 storage, 64-byte aligned, movable.
class FloatBuffer {
 public:
  FloatBuffer() = default;
  explicit FloatBuffer(int64_t size);
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  int64_t size() const { return size_; }

 private:
  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  std::unique_ptr<float, Free> data_;
  int64_t size_ = 0;
};

int64_t Product(const std::vector<int64_t>& shape);  // the values of a tensor of this shape

// A Hugging Face tensor inside a parameter: elements [offset, offset + Product(shape)) of its flat storage.
struct Slice {
  std::string hf_name;
  int64_t offset = 0;
  std::vector<int64_t> shape;
};

enum class ParameterRole {
  kMatrix,      // decayed by the optimizer
  kVector,      // norms and biases: never decayed
  kRouterBias,  // selection bias of aux-loss-free balancing: moved by its sign rule, never by a gradient
};

struct Parameter {
  std::string name;  // ours, e.g. "layers.1.experts_gate_up"; stable: learner state is stored under it
  std::vector<int64_t> shape;
  ParameterRole role = ParameterRole::kMatrix;
  std::vector<Slice> slices;  // in storage order, covering the storage without gaps
  FloatBuffer value;
};

// Layout (E experts, H hidden, I widths, R ranks; every matrix is [out, in] row-major):
//   embed [V,H]; final_norm [H]; lm_head [V,H] unless tied
//   layers.N.input_norm [H]; layers.N.post_norm [H]; layers.N.o [H, heads*v]
//   GQA  layers.N.qkv [(heads+2*kv_heads)*d, H] (q rows, k rows, v rows); layers.N.qkv_bias, layers.N.o_bias [H] and
//        layers.N.q_norm, layers.N.k_norm [d] if the config says so
//   MLA  layers.N.qkv_a [q_lora + kv_lora + rope, H] (q_lora == 0: heads*(nope+rope) query
//   rows come first instead);
//        layers.N.q_norm [q_lora], layers.N.q_b [heads*(nope+rope), q_lora] if q_lora > 0;
//        layers.N.kv_norm [kv_lora]; layers.N.kv_b [heads*(nope+v), kv_lora]
//   dense  layers.N.gate_up [2I,H] (gate rows, up rows); layers.N.down [H,I]; layers.N.gate_up_bias, layers.N.down_bias if
//        config.mlp_bias
//   MoE  layers.N.router [E,H]; layers.N.router_bias [E] for a sigmoid gate; layers.N.experts_gate_up [E,2I,H];
//   layers.N.experts_down [E,H,I];
//        layers.N.shared_gate_up [2*Is,H], layers.N.shared_down [H,Is] if num_shared_experts > 0, Is = I *
//        num_shared
std::vector<Parameter> DescribeParameters(const ModelConfig& config);  // in storage order, values empty

int64_t CountValues(const std::vector<Parameter>& parameters);  // every stored value
// Values one token's forward touches: experts_per_token of the routed experts; the embedding only if it is also the output matrix.
int64_t CountActive(const std::vector<Parameter>& parameters, const ModelConfig& config);

class Weights {
 public:
  Weights() = default;
  explicit Weights(const ModelConfig& config);  // zeros
  std::vector<Parameter>& parameters() { return parameters_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  Parameter& Get(const std::string& name);              // aborts if absent
  const Parameter& Get(const std::string& name) const;  // aborts if absent
  bool Has(const std::string& name) const;
  int64_t CountValues() const { return hone::CountValues(parameters_); }

 private:
  std::vector<Parameter> parameters_;
};

// Random initial weights, a pure function of (config, seed), the same bits on every machine: matrices normal
// (as a sum of twelve uniforms, so within 6 deviations) with deviation fan_in^-1/2, projections that write to
// the residual stream (o, down) divided by sqrt(2 * layers) more, embedding deviation `embedding_std`, norms
// 1, biases 0.
Weights InitWeights(const ModelConfig& config, uint64_t seed, double embedding_std);

}  // namespace hone

#endif  // HONE_POLICY_WEIGHTS_H_
