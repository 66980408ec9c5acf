// See packed_weights.h. Covered by tests/policy/model_test.cc.
#include "policy/packed_weights.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "kernels/elementwise.h"
#include "policy/float_formats.h"

namespace hone {
namespace {

int IndexOf(const std::vector<Parameter>& parameters, const std::string& name) {
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].name == name) return static_cast<int>(i);
  }
  std::abort();
}

float NearestBf16(float value) { return FloatFromBf16(Bf16FromFloat(value)); }

}  // namespace

PackedWeights::PackedWeights(const ModelConfig& config, const std::vector<Parameter>& parameters,
                             Precision precision)
    : precision_(precision), tied_(config.tie_word_embeddings) {
  const auto Matrix = [&](const std::string& name, int64_t offset, int64_t out, int64_t in) {
    return this->Matrix(parameters, name, offset, out, in);
  };
  const auto Vector = [&](const std::string& name) {
    VectorWeight v;
    v.parameter = IndexOf(parameters, name);
    return v;
  };
  const int64_t hidden = config.hidden_size, heads = config.num_heads;
  embed = Matrix("embed", 0, config.vocab_size, hidden);
  final_norm = Vector("final_norm");
  lm_head = Matrix(config.tie_word_embeddings ? "embed" : "lm_head", 0, config.vocab_size, hidden);
  layers.resize(config.num_layers);
  for (int64_t l = 0; l < config.num_layers; ++l) {
    LayerWeights& layer = layers[l];
    const std::string prefix = "layers." + std::to_string(l) + ".";
    layer.input_norm = Vector(prefix + "input_norm");
    layer.post_norm = Vector(prefix + "post_norm");
    if (config.attention == AttentionKind::kGqa) {
      const int64_t width = config.head_dim;
      layer.qkv = Matrix(prefix + "qkv", 0, (heads + 2 * config.num_kv_heads) * width, hidden);
      if (config.qkv_bias) layer.qkv_bias = Vector(prefix + "qkv_bias");
      if (config.qk_norm) {
        layer.q_norm = Vector(prefix + "q_norm");
        layer.k_norm = Vector(prefix + "k_norm");
      }
      layer.o = Matrix(prefix + "o", 0, hidden, heads * width);
      if (config.o_bias) layer.o_bias = Vector(prefix + "o_bias");
    } else {
      const int64_t rank = config.kv_lora_rank, nope = config.qk_nope_head_dim, v = config.v_head_dim;
      const int64_t query = heads * config.QkHeadDim();
      const int64_t first = config.q_lora_rank > 0 ? config.q_lora_rank : query;
      layer.qkv = Matrix(prefix + "qkv_a", 0, first + rank + config.qk_rope_head_dim, hidden);
      if (config.q_lora_rank > 0) {
        layer.q_norm = Vector(prefix + "q_norm");
        layer.q_b = Matrix(prefix + "q_b", 0, query, config.q_lora_rank);
      }
      layer.kv_norm = Vector(prefix + "kv_norm");
      for (int64_t h = 0; h < heads; ++h) {
        const int64_t offset = h * (nope + v) * rank;
        layer.key_up.push_back(Matrix(prefix + "kv_b", offset, nope, rank));
        layer.key_up.back().absorbed = true;
        layer.value_up.push_back(Matrix(prefix + "kv_b", offset + nope * rank, v, rank));
      }
      layer.o = Matrix(prefix + "o", 0, hidden, heads * v);
    }
    if (!config.IsMoeLayer(l)) {
      layer.gate_up = Matrix(prefix + "gate_up", 0, 2 * config.intermediate_size, hidden);
      layer.down = Matrix(prefix + "down", 0, hidden, config.intermediate_size);
      if (!config.mlp_bias) continue;
      layer.gate_up_bias = Vector(prefix + "gate_up_bias");
      layer.down_bias = Vector(prefix + "down_bias");
      continue;
    }
    const int64_t width = config.moe_intermediate_size;
    layer.router = Matrix(prefix + "router", 0, config.num_experts, hidden);
    layer.router.type = kernels::GemmType::kFp32;
    if (config.gate == GateKind::kSigmoid) layer.router_bias = Vector(prefix + "router_bias");
    for (int64_t e = 0; e < config.num_experts; ++e) {
      layer.experts_gate_up.push_back(
          Matrix(prefix + "experts_gate_up", e * 2 * width * hidden, 2 * width, hidden));
      layer.experts_down.push_back(Matrix(prefix + "experts_down", e * hidden * width, hidden, width));
    }
    if (config.num_shared_experts > 0) {
      const int64_t shared = width * config.num_shared_experts;
      layer.shared_gate_up = Matrix(prefix + "shared_gate_up", 0, 2 * shared, hidden);
      layer.shared_down = Matrix(prefix + "shared_down", 0, hidden, shared);
    }
  }
}

MatrixWeight PackedWeights::Matrix(const std::vector<Parameter>& parameters, const std::string& name,
                                   int64_t offset, int64_t out, int64_t in) const {
  MatrixWeight m;
  m.parameter = IndexOf(parameters, name);
  m.offset = offset;
  m.out = out;
  m.in = in;
  m.type = precision_ == Precision::kBf16 ? kernels::GemmType::kBf16 : kernels::GemmType::kFp32;
  if (offset + out * in > Product(parameters[m.parameter].shape)) std::abort();
  return m;
}

// All but the embedding, which no pass multiplies by.
template <class F>
void PackedWeights::ForEachMatrix(F f) {
  const auto visit = [&](MatrixWeight& m) {
    if (m.parameter >= 0) f(m);
  };
  visit(lm_head);
  for (auto& layer : layers) {
    for (auto* m : {&layer.qkv, &layer.o, &layer.q_b, &layer.gate_up, &layer.down, &layer.router,
                    &layer.shared_gate_up, &layer.shared_down}) {
      visit(*m);
    }
    for (auto* group : {&layer.key_up, &layer.value_up, &layer.experts_gate_up, &layer.experts_down}) {
      for (auto& m : *group) visit(m);
    }
  }
}

void PackedWeights::PackVector(ParameterSource& source, VectorWeight& v) const {
  const Parameter& p = source.parameters()[v.parameter];
  v.value.resize(static_cast<size_t>(Product(p.shape)));
  const float* values = source.Read(p, 0, Product(p.shape), v.value.data());
  // The selection bias is fp32 in every checkpoint.
  const bool rounded = precision_ == Precision::kBf16 && p.role != ParameterRole::kRouterBias;
  std::transform(values, values + v.value.size(), v.value.begin(),
                 [&](float x) { return rounded ? NearestBf16(x) : x; });
}

void PackedWeights::PackMatrix(kernels::ThreadPool& pool, ParameterSource& source, MatrixWeight& m) const {
  const Parameter& p = source.parameters()[m.parameter];
  const auto rows = [&](int64_t first, int64_t count, float* scratch) {
    const float* values = source.Read(p, m.offset + first * m.in, count * m.in, scratch);
    if (!IsRounded(m)) return values;
    std::transform(values, values + count * m.in, scratch, NearestBf16);
    return static_cast<const float*>(scratch);
  };
  if (m.absorbed) {
    std::vector<float> scratch(static_cast<size_t>(m.out * m.in));
    m.backward.Pack(pool, m.out, m.in, rows(0, m.out, scratch.data()), m.in, 1, m.type);
  } else {
    m.forward.PackRows(pool, m.in, m.out, rows, m.type);
  }
}

void PackedWeights::PackForward(kernels::ThreadPool& pool, ParameterSource& source) {
  std::vector<VectorWeight*> vectors = {&final_norm};
  for (auto& layer : layers) {
    for (auto* v :
         {&layer.input_norm, &layer.post_norm, &layer.qkv_bias, &layer.o_bias, &layer.q_norm, &layer.k_norm,
          &layer.kv_norm, &layer.gate_up_bias, &layer.down_bias, &layer.router_bias}) {
      if (v->parameter >= 0) vectors.push_back(v);
    }
  }
  for (VectorWeight* v : vectors) PackVector(source, *v);
  std::vector<MatrixWeight*> matrices;
  if (!tied_) matrices.push_back(&embed);
  ForEachMatrix([&](MatrixWeight& m) { matrices.push_back(&m); });
  std::sort(matrices.begin(), matrices.end(), [](const MatrixWeight* a, const MatrixWeight* b) {
    return std::pair(a->parameter, a->offset) < std::pair(b->parameter, b->offset);
  });
  for (MatrixWeight* m : matrices) {
    PackMatrix(pool, source, *m);
    source.RequireFinite();
  }
}

void PackedWeights::PackBackward(kernels::ThreadPool& pool, const Weights& weights) {
  std::vector<float> rounded;
  ForEachMatrix([&](MatrixWeight& m) {
    const float* values = weights.parameters()[m.parameter].value.data() + m.offset;
    if (IsRounded(m)) {
      rounded.resize(static_cast<size_t>(m.out * m.in));
      std::transform(values, values + m.out * m.in, rounded.begin(), NearestBf16);
      values = rounded.data();
    }
    if (m.absorbed) {
      m.forward.Pack(pool, m.in, m.out, values, 1, m.in, m.type);
    } else {
      m.backward.Pack(pool, m.out, m.in, values, m.in, 1, m.type);
    }
  });
}

}  // namespace hone
