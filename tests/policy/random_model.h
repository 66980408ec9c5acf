// Random tiny models and a temporary directory for the tests of policy/.
#ifndef HONE_TESTS_POLICY_RANDOM_MODEL_H_
#define HONE_TESTS_POLICY_RANDOM_MODEL_H_

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>

#include "data/error.h"
#include "policy/config.h"
#include "policy/weights.h"

namespace hone {

// From low to high, both included.
inline int64_t Pick(std::mt19937_64& random, int64_t low, int64_t high) {
  return low + static_cast<int64_t>(random() % static_cast<uint64_t>(high - low + 1));
}

inline void PickDeepseekExperts(std::mt19937_64& random, ModelConfig& c) {
  c.num_expert_groups = Pick(random, 1, 3);
  c.num_experts = c.num_expert_groups * Pick(random, 2, 4);
  c.top_expert_groups = Pick(random, 1, c.num_expert_groups);
  c.experts_per_token = Pick(random, 1, c.num_experts / c.num_expert_groups * c.top_expert_groups);
  c.num_shared_experts = Pick(random, 1, 2);
  c.moe_intermediate_size = Pick(random, 1, 7);
  c.first_k_dense = Pick(random, 0, c.num_layers - 1);
  c.norm_topk_prob = c.gate == GateKind::kSigmoid && random() % 2 == 0;
  c.routed_scaling_factor = 0.1 * static_cast<double>(Pick(random, 1, 30));
}

inline void PickQwen3Experts(std::mt19937_64& random, ModelConfig& c) {
  c.num_experts = Pick(random, 2, 9);
  c.experts_per_token = Pick(random, 1, c.num_experts);
  c.moe_intermediate_size = Pick(random, 1, 7);
  c.norm_topk_prob = random() % 2 == 0;
  c.sparse_step = Pick(random, 1, std::min<int64_t>(2, c.num_layers));
  if (c.num_layers > 2 && random() % 2 == 0) c.dense_layers = {0};
}

inline RopeScaling PickRopeScaling(std::mt19937_64& random, bool deepseek) {
  RopeScaling s;
  const int64_t kind = Pick(random, 0, 2);
  if (kind == 0) return s;
  s.kind = kind == 1 && !deepseek ? RopeScaling::Kind::kLlama3 : RopeScaling::Kind::kYarn;
  s.factor = 1.0 + 0.5 * static_cast<double>(Pick(random, 1, 20));
  s.original_positions = Pick(random, 8, 400);
  if (s.kind == RopeScaling::Kind::kLlama3) {
    s.low_freq_factor = 1.0;
    s.high_freq_factor = static_cast<double>(Pick(random, 2, 6));
    return s;
  }
  s.truncate = random() % 2 == 0;
  if (random() % 2 == 0) s.beta_fast = 8.0;
  if (random() % 2 == 0) s.mscale = 0.707, s.mscale_all_dim = random() % 2 == 0 ? 1.0 : 0.707;
  if (random() % 4 == 0) s.attention_factor = 1.25;
  return s;
}

inline void PickWindow(std::mt19937_64& random, bool by_layer, ModelConfig& c) {
  if (random() % 2 == 0) return;
  c.sliding_window = Pick(random, 1, 40);
  c.layer_slides.assign(c.num_layers, true);
  if (!by_layer) return;
  for (int64_t l = 0; l + 1 < c.num_layers; ++l) c.layer_slides[l] = random() % 2 == 0;
}

inline ModelConfig RandomConfig(std::mt19937_64& random) {
  ModelConfig c;
  c.attention = random() % 2 == 0 ? AttentionKind::kGqa : AttentionKind::kMla;
  c.vocab_size = Pick(random, 5, 40);
  c.num_layers = Pick(random, 1, 3);
  c.num_heads = 2 * Pick(random, 1, 2);
  c.hidden_size = c.num_heads * Pick(random, 2, 5);
  c.intermediate_size = Pick(random, 1, 19);
  c.max_position_embeddings = Pick(random, 1, 5000);
  c.rms_norm_eps = random() % 2 == 0 ? 1e-5 : 1e-6;
  c.rope_theta = static_cast<double>(Pick(random, 100, 1000000));
  c.tie_word_embeddings = random() % 2 == 0;
  c.bos_token_id = Pick(random, -1, 2);
  c.pad_token_id = Pick(random, -1, 2);
  for (int64_t n = Pick(random, 0, 2); n > 0; --n) c.eos_token_ids.push_back(n);
  if (c.attention == AttentionKind::kGqa) {
    c.num_kv_heads = c.num_heads / Pick(random, 1, 2);
    c.head_dim = 2 * Pick(random, 1, 4);
    c.rope_scaling = PickRopeScaling(random, false);
    constexpr const char* kNames[] = {"LlamaForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM",
                                      "Qwen3MoeForCausalLM"};
    const int64_t which = Pick(random, 0, 3);
    c.architecture = kNames[which];
    c.qkv_bias = which == 1 || random() % 2 == 0;
    c.o_bias = which != 1 && c.qkv_bias;
    c.mlp_bias = which == 0 && random() % 2 == 0;
    c.qk_norm = which >= 2;
    if (which >= 1) PickWindow(random, which < 3, c);
    if (which == 3) {
      c.gate = GateKind::kSoftmax;
      PickQwen3Experts(random, c);
    }
    return c;
  }
  const bool v2 = random() % 2 == 0;
  c.architecture = v2 ? "DeepseekV2ForCausalLM" : "DeepseekV3ForCausalLM";
  c.gate = v2 ? GateKind::kSoftmax : GateKind::kSigmoid;
  c.rope_interleaved = v2 || random() % 2 == 0;
  c.rope_scaling = PickRopeScaling(random, true);
  c.q_lora_rank = Pick(random, 0, 1) * Pick(random, 2, 9);  // the norm of one value is its sign
  c.kv_lora_rank = Pick(random, 2, 9);
  c.qk_nope_head_dim = Pick(random, 1, 5);
  c.qk_rope_head_dim = 2 * Pick(random, 1, 3);
  c.v_head_dim = Pick(random, 1, 5);
  if (random() % 4 != 0) PickDeepseekExperts(random, c);
  return c;
}

// Weights with something to say in every parameter, norms and biases included.
inline Weights RandomWeights(const ModelConfig& config, std::mt19937_64& random) {
  Weights weights(config);
  std::normal_distribution<float> normal;
  for (Parameter& parameter : weights.parameters()) {
    for (int64_t i = 0; i < parameter.value.size(); ++i) parameter.value.data()[i] = normal(random);
  }
  return weights;
}

// Bit for bit, parameter by parameter.
inline bool SameBits(const Weights& a, const Weights& b) {
  if (a.parameters().size() != b.parameters().size()) return false;
  for (size_t i = 0; i < a.parameters().size(); ++i) {
    const Parameter& p = a.parameters()[i];
    const Parameter& q = b.parameters()[i];
    if (p.name != q.name || p.shape != q.shape || p.value.size() != q.value.size()) return false;
    const size_t bytes = static_cast<size_t>(p.value.size()) * sizeof(float);
    if (std::memcmp(p.value.data(), q.value.data(), bytes) != 0) return false;
  }
  return true;
}

// A fresh directory, removed at the end of the test.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "hone_policy_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The message of the Error that `action` throws; empty if it throws none.
template <typename Action>
std::string ErrorOf(Action action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

inline bool Mentions(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace hone

#endif  // HONE_TESTS_POLICY_RANDOM_MODEL_H_
