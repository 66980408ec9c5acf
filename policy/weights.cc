// See weights.h.
#include "policy/weights.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "data/error.h"
#include "kernels/memory.h"

namespace hone {
namespace {

// A parameter whose rows are the rows of the given matrices (or the entries of the given vectors), in order.
Parameter Stack(std::string name, ParameterRole role,
                std::vector<std::pair<std::string, std::vector<int64_t>>> parts) {
  Parameter parameter;
  parameter.name = std::move(name);
  parameter.role = role;
  parameter.shape = parts.front().second;
  parameter.shape[0] = 0;
  int64_t offset = 0;
  for (auto& [hf_name, shape] : parts) {
    parameter.shape[0] += shape[0];
    const int64_t count = Product(shape);
    parameter.slices.push_back({std::move(hf_name), offset, std::move(shape)});
    offset += count;
  }
  return parameter;
}

class Describer {
 public:
  explicit Describer(const ModelConfig& config) : c_(config) {}

  std::vector<Parameter> Run() {
    Matrix("embed", {{"model.embed_tokens", {c_.vocab_size, c_.hidden_size}}});
    for (int64_t layer = 0; layer < c_.num_layers; ++layer) Layer(layer);
    ours_ = hf_ = "";
    Vector("final_norm", {{"model.norm.weight", {c_.hidden_size}}});
    if (!c_.tie_word_embeddings) Matrix("lm_head", {{"lm_head", {c_.vocab_size, c_.hidden_size}}});
    return std::move(out_);
  }

 private:
  using Parts = std::vector<std::pair<std::string, std::vector<int64_t>>>;

  void Matrix(const std::string& name, Parts parts) {
    for (auto& part : parts) part.first = hf_ + part.first + ".weight";
    out_.push_back(Stack(ours_ + name, ParameterRole::kMatrix, std::move(parts)));
  }

  void Vector(const std::string& name, Parts parts, ParameterRole role = ParameterRole::kVector) {
    for (auto& part : parts) part.first = hf_ + part.first;
    out_.push_back(Stack(ours_ + name, role, std::move(parts)));
  }

  void Layer(int64_t layer) {
    ours_ = "layers." + std::to_string(layer) + ".";
    hf_ = "model." + ours_;
    Vector("input_norm", {{"input_layernorm.weight", {c_.hidden_size}}});
    c_.attention == AttentionKind::kGqa ? Gqa() : Mla();
    Vector("post_norm", {{"post_attention_layernorm.weight", {c_.hidden_size}}});
    if (c_.IsMoeLayer(layer)) {
      Moe();
    } else {
      Mlp("gate_up", "down", "mlp.", c_.intermediate_size);
      if (!c_.mlp_bias) return;
      const int64_t width = c_.intermediate_size;
      Vector("gate_up_bias", {{"mlp.gate_proj.bias", {width}}, {"mlp.up_proj.bias", {width}}});
      Vector("down_bias", {{"mlp.down_proj.bias", {c_.hidden_size}}});
    }
  }

  void Gqa() {
    const int64_t q = c_.num_heads * c_.head_dim;
    const int64_t kv = c_.num_kv_heads * c_.head_dim;
    const int64_t h = c_.hidden_size;
    Matrix("qkv",
           {{"self_attn.q_proj", {q, h}}, {"self_attn.k_proj", {kv, h}}, {"self_attn.v_proj", {kv, h}}});
    if (c_.qkv_bias) {
      Vector(
          "qkv_bias",
          {{"self_attn.q_proj.bias", {q}}, {"self_attn.k_proj.bias", {kv}}, {"self_attn.v_proj.bias", {kv}}});
    }
    if (c_.qk_norm) {
      Vector("q_norm", {{"self_attn.q_norm.weight", {c_.head_dim}}});
      Vector("k_norm", {{"self_attn.k_norm.weight", {c_.head_dim}}});
    }
    Matrix("o", {{"self_attn.o_proj", {h, q}}});
    if (c_.o_bias) Vector("o_bias", {{"self_attn.o_proj.bias", {h}}});
  }

  void Mla() {
    const int64_t q = c_.num_heads * c_.QkHeadDim();
    const int64_t h = c_.hidden_size;
    const int64_t rank = c_.kv_lora_rank;
    const std::pair<std::string, std::vector<int64_t>> kv_a = {"self_attn.kv_a_proj_with_mqa",
                                                               {rank + c_.qk_rope_head_dim, h}};
    if (c_.q_lora_rank > 0) {
      Matrix("qkv_a", {{"self_attn.q_a_proj", {c_.q_lora_rank, h}}, kv_a});
      Vector("q_norm", {{"self_attn.q_a_layernorm.weight", {c_.q_lora_rank}}});
      Matrix("q_b", {{"self_attn.q_b_proj", {q, c_.q_lora_rank}}});
    } else {
      Matrix("qkv_a", {{"self_attn.q_proj", {q, h}}, kv_a});
    }
    Vector("kv_norm", {{"self_attn.kv_a_layernorm.weight", {rank}}});
    Matrix("kv_b", {{"self_attn.kv_b_proj", {c_.num_heads * (c_.qk_nope_head_dim + c_.v_head_dim), rank}}});
    Matrix("o", {{"self_attn.o_proj", {h, c_.num_heads * c_.v_head_dim}}});
  }

  void Mlp(const std::string& gate_up, const std::string& down, const std::string& prefix, int64_t width) {
    const int64_t h = c_.hidden_size;
    Matrix(gate_up, {{prefix + "gate_proj", {width, h}}, {prefix + "up_proj", {width, h}}});
    Matrix(down, {{prefix + "down_proj", {h, width}}});
  }

  void Moe() {
    const int64_t experts = c_.num_experts;
    const int64_t width = c_.moe_intermediate_size;
    const int64_t h = c_.hidden_size;
    Matrix("router", {{"mlp.gate", {experts, h}}});
    if (c_.gate == GateKind::kSigmoid)
      Vector("router_bias", {{"mlp.gate.e_score_correction_bias", {experts}}}, ParameterRole::kRouterBias);
    Parts gate_up;
    Parts down;
    for (int64_t e = 0; e < experts; ++e) {
      const std::string prefix = "mlp.experts." + std::to_string(e) + ".";
      gate_up.push_back({prefix + "gate_proj", {width, h}});
      gate_up.push_back({prefix + "up_proj", {width, h}});
      down.push_back({prefix + "down_proj", {h, width}});
    }
    Matrix("experts_gate_up", std::move(gate_up));
    out_.back().shape = {experts, 2 * width, h};
    Matrix("experts_down", std::move(down));
    out_.back().shape = {experts, h, width};
    if (c_.num_shared_experts > 0) {
      Mlp("shared_gate_up", "shared_down", "mlp.shared_experts.", width * c_.num_shared_experts);
    }
  }

  const ModelConfig& c_;
  std::string ours_;  // prefix of our names
  std::string hf_;    // prefix of theirs
  std::vector<Parameter> out_;
};

uint64_t Mix(uint64_t x) {  // the finalizer of splitmix64
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

// Key of a parameter's stream: its name, so that no parameter's values depend on the others.
uint64_t StreamKey(uint64_t seed, const std::string& name) {
  uint64_t hash = 0xcbf29ce484222325ull;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  return Mix(Mix(seed + 0x9e3779b97f4a7c15ull) ^ hash);
}

// Unit normal, value `index` of stream `key`, as the sum of twelve 16-bit uniforms: integer arithmetic gives
// the same bits on every machine, where log and cos of the C library would not. |x| < 6.
double UnitNormal(uint64_t key, uint64_t index) {
  int64_t sum = 0;
  for (uint64_t draw = 0; draw < 3; ++draw) {
    const uint64_t bits = Mix(key + (3 * index + draw + 1) * 0x9e3779b97f4a7c15ull);
    for (int shift = 0; shift < 64; shift += 16) sum += static_cast<int64_t>((bits >> shift) & 0xffff);
  }
  return static_cast<double>(sum - 6 * 65535) / 65536.0;
}

bool EndsWith(const std::string& text, const std::string& suffix) {
  return text.size() >= suffix.size() &&
         text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

}  // namespace

int64_t Product(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return count;
}

FloatBuffer::FloatBuffer(int64_t size) : size_(size) {
  if (size < 0) std::abort();
  const int64_t bytes = size * static_cast<int64_t>(sizeof(float));
  data_.reset(static_cast<float*>(kernels::AllocateAligned(bytes)));
  if (data_ == nullptr) {
    throw Error("cannot allocate " + std::to_string(bytes) + " bytes for weights", "",
                "use a machine with more memory");
  }
  std::memset(data_.get(), 0, bytes);
}

std::vector<Parameter> DescribeParameters(const ModelConfig& config) { return Describer(config).Run(); }

Weights::Weights(const ModelConfig& config) : parameters_(DescribeParameters(config)) {
  for (Parameter& parameter : parameters_) parameter.value = FloatBuffer(Product(parameter.shape));
}

const Parameter& Weights::Get(const std::string& name) const {
  for (const Parameter& parameter : parameters_) {
    if (parameter.name == name) return parameter;
  }
  std::abort();
}

Parameter& Weights::Get(const std::string& name) {
  return const_cast<Parameter&>(std::as_const(*this).Get(name));
}

bool Weights::Has(const std::string& name) const {
  return std::any_of(parameters_.begin(), parameters_.end(),
                     [&](const Parameter& p) { return p.name == name; });
}

int64_t CountValues(const std::vector<Parameter>& parameters) {
  int64_t count = 0;
  for (const Parameter& parameter : parameters) count += Product(parameter.shape);
  return count;
}

int64_t CountActive(const std::vector<Parameter>& parameters, const ModelConfig& config) {
  int64_t count = 0;
  for (const Parameter& parameter : parameters) {
    if (parameter.name == "embed" && !config.tie_word_embeddings)
      continue;  // tied: it is the output matrix too
    const bool routed =
        EndsWith(parameter.name, ".experts_gate_up") || EndsWith(parameter.name, ".experts_down");
    const int64_t size = Product(parameter.shape);
    count += routed ? size / config.num_experts * config.experts_per_token : size;
  }
  return count;
}

Weights InitWeights(const ModelConfig& config, uint64_t seed, double embedding_std) {
  Weights weights(config);
  for (Parameter& parameter : weights.parameters()) {
    float* values = parameter.value.data();
    const int64_t size = parameter.value.size();
    if (parameter.role != ParameterRole::kMatrix) {
      if (EndsWith(parameter.name, "_norm")) std::fill_n(values, size, 1.0f);
      continue;
    }
    double deviation = 1.0 / std::sqrt(static_cast<double>(parameter.shape.back()));
    if (parameter.name == "embed") deviation = embedding_std;
    const bool residual = EndsWith(parameter.name, ".o") || EndsWith(parameter.name, "down");
    if (residual) deviation /= std::sqrt(2.0 * static_cast<double>(config.num_layers));
    const uint64_t key = StreamKey(seed, parameter.name);
    for (int64_t i = 0; i < size; ++i) {
      values[i] = static_cast<float>(deviation * UnitNormal(key, static_cast<uint64_t>(i)));
    }
  }
  return weights;
}

}  // namespace hone
