// The shape of a model, read from and written to a Hugging Face config.json. One struct serves every supported family: it
// selects attention kind, MLP kind, norms and rope. Covered by tests/policy/config_test.cc.
#ifndef HONE_POLICY_CONFIG_H_
#define HONE_POLICY_CONFIG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "policy/rope_scaling.h"

namespace hone {

enum class AttentionKind { kGqa, kMla };

// How a router scores experts and groups of them. kSigmoid: DeepSeek-V3, with a selection bias; groups by the sum of their two
// best. kSoftmax: DeepSeek-V2 and Qwen3-MoE; groups by their best.
enum class GateKind { kSigmoid, kSoftmax };

struct ModelConfig {
  std::string architecture;  // one of SupportedArchitectures()
  AttentionKind attention = AttentionKind::kGqa;

  int64_t vocab_size = 0;
  int64_t hidden_size = 0;
  int64_t num_layers = 0;
  int64_t num_heads = 0;
  int64_t intermediate_size = 0;  // width of the dense MLP
  int64_t max_position_embeddings = 0;
  double rms_norm_eps = 1e-6;
  double rope_theta = 10000.0;
  RopeScaling rope_scaling;
  bool rope_interleaved = false;  // adjacent pairs (DeepSeek) instead of halves
  bool tie_word_embeddings = false;
  bool mlp_bias = false;  // of the dense MLP's gate, up and down

  // kGqa
  int64_t num_kv_heads = 0;
  int64_t head_dim = 0;
  bool qkv_bias = false;
  bool o_bias = false;
  bool qk_norm = false;            // each query and key head is normed before it is rotated
  int64_t sliding_window = 0;      // a token sees so many, itself among them, in the layers below; 0: all
  std::vector<bool> layer_slides;  // by layer; empty where sliding_window is 0

  // kMla: the two inner norms always use eps 1e-6
  int64_t q_lora_rank = 0;  // 0: queries straight from the hidden state
  int64_t kv_lora_rank = 0;
  int64_t qk_nope_head_dim = 0;
  int64_t qk_rope_head_dim = 0;
  int64_t v_head_dim = 0;

  // Mixture of experts; num_experts == 0 means every layer is dense
  GateKind gate = GateKind::kSigmoid;
  int64_t num_experts = 0;
  int64_t experts_per_token = 0;
  int64_t num_shared_experts = 0;  // DeepSeek: at least 1 where there are experts, as in transformers
  int64_t moe_intermediate_size = 0;
  int64_t first_k_dense = 0;          // layers before this one are dense
  int64_t sparse_step = 1;            // and of the others, those whose number (from 1) is no multiple of this
  std::vector<int64_t> dense_layers;  // and these, ascending
  int64_t num_expert_groups = 1;
  int64_t top_expert_groups = 1;
  bool norm_topk_prob = true;
  double routed_scaling_factor = 1.0;

  // Modules for multi-token prediction after the last layer (DeepSeek-V3). Their tensors are kept, the forward does not use them.
  int64_t num_mtp_layers = 0;

  // Rows and columns of the blocks that share a scale in an FP8 checkpoint; 0: not FP8. Describes the files alone: it is not written,
  // as what is saved is not FP8.
  int64_t fp8_block_rows = 0;
  int64_t fp8_block_columns = 0;

  int64_t bos_token_id = -1;  // -1: none
  int64_t pad_token_id = -1;
  std::vector<int64_t> eos_token_ids;

  bool IsMoeLayer(int64_t layer) const;
  int64_t Window(int64_t layer) const {  // tokens that a token of this layer sees, itself among them; 0: all
    return sliding_window > 0 && layer_slides[layer] ? sliding_window : 0;
  }
  int64_t QkHeadDim() const {
    return qk_nope_head_dim + qk_rope_head_dim;
  }  // kMla, per head, before absorption
  // Values a token leaves in the cache per layer: MLA [kv_lora | rope], shared as key and value; GQA keys and values.
  int64_t CacheRowWidth() const {
    return attention == AttentionKind::kMla ? kv_lora_rank + qk_rope_head_dim : 2 * num_kv_heads * head_dim;
  }
  int64_t RotaryDim() const { return attention == AttentionKind::kMla ? qk_rope_head_dim : head_dim; }
  double SoftmaxScale() const;  // 1 / sqrt(query width), for MLA times rope_scaling.ScoreFactor()

  bool operator==(const ModelConfig&) const = default;
};

// The names that config.json's `architectures` may hold, in order, for messages.
std::string SupportedArchitectures();

// `where` names the file in errors. Error on an unknown architecture (naming those supported), a missing, ill-typed or
// inconsistent value, a feature that would change the arithmetic and is not supported, and a key that is not known.
ModelConfig ParseModelConfig(const std::string& json, const std::string& where);
// A config.json that `transformers` loads as `architecture`; ParseModelConfig reads it back to the same struct.
std::string ModelConfigToJson(const ModelConfig& config, const std::string& torch_dtype);

}  // namespace hone

#endif  // HONE_POLICY_CONFIG_H_
