// See packed_weights.h. Covered by tests/policy/model_test.cc.
#include "policy/packed_weights.h"

#include <cstdlib>

#include "kernels/elementwise.h"

namespace hone {

PackedWeights::PackedWeights(const ModelConfig& config, const Weights& weights, Precision precision)
    : weights_(weights), precision_(precision) {
  const int64_t hidden = config.hidden_size, heads = config.num_heads;
  embed = Vector("embed");
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

MatrixWeight PackedWeights::Matrix(const std::string& name, int64_t offset, int64_t out, int64_t in) {
  MatrixWeight m;
  m.parameter = static_cast<int>(&weights_.Get(name) - weights_.parameters().data());
  m.offset = offset;
  m.out = out;
  m.in = in;
  m.type = precision_ == Precision::kBf16 ? kernels::GemmType::kBf16 : kernels::GemmType::kFp32;
  if (offset + out * in > weights_.parameters()[m.parameter].value.size()) std::abort();
  return m;
}

VectorWeight PackedWeights::Vector(const std::string& name) {
  VectorWeight v;
  v.parameter = static_cast<int>(&weights_.Get(name) - weights_.parameters().data());
  return v;
}

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

const float* PackedWeights::Source(kernels::ThreadPool& pool, const MatrixWeight& m) {
  const float* value = weights_.parameters()[m.parameter].value.data() + m.offset;
  if (precision_ != Precision::kBf16 || m.type != kernels::GemmType::kFp32) return value;
  // The router: fp32 arithmetic on the bf16 weights that the checkpoint will hold.
  rounded_.resize(m.out * m.in);
  kernels::RoundToBf16(pool, m.out, m.in, value, m.in, rounded_.data(), m.in);
  return rounded_.data();
}

void PackedWeights::PackForward(kernels::ThreadPool& pool) {
  const auto refresh = [&](VectorWeight& v) {
    if (v.parameter < 0) return;
    const Parameter& p = weights_.parameters()[v.parameter];
    v.value.assign(p.value.data(), p.value.data() + p.value.size());
    // The selection bias is fp32 in every checkpoint.
    if (precision_ == Precision::kBf16 && p.role != ParameterRole::kRouterBias) {
      const auto width = static_cast<int64_t>(p.shape.back()), rows = p.value.size() / width;
      kernels::RoundToBf16(pool, rows, width, v.value.data(), width, v.value.data(), width);
    }
  };
  refresh(embed);
  refresh(final_norm);
  for (auto& layer : layers) {
    for (auto* v :
         {&layer.input_norm, &layer.post_norm, &layer.qkv_bias, &layer.o_bias, &layer.q_norm, &layer.k_norm,
          &layer.kv_norm, &layer.gate_up_bias, &layer.down_bias, &layer.router_bias}) {
      refresh(*v);
    }
  }
  ForEachMatrix([&](MatrixWeight& m) {
    const float* value = Source(pool, m);
    if (m.absorbed) {
      m.backward.Pack(pool, m.out, m.in, value, m.in, 1, m.type);
    } else {
      m.forward.Pack(pool, m.in, m.out, value, 1, m.in, m.type);
    }
  });
}

void PackedWeights::PackBackward(kernels::ThreadPool& pool) {
  ForEachMatrix([&](MatrixWeight& m) {
    const float* value = Source(pool, m);
    if (m.absorbed) {
      m.forward.Pack(pool, m.in, m.out, value, 1, m.in, m.type);
    } else {
      m.backward.Pack(pool, m.out, m.in, value, m.in, 1, m.type);
    }
  });
}

}  // namespace hone
