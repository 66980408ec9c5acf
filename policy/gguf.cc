// See gguf.h: the model. Keys are those of llama.cpp's converter.
#include "policy/gguf.h"

#include <cstdlib>

#include "data/error.h"
#include "policy/gguf_tensors.h"

namespace hone {
namespace {

struct Family {
  const char* hf_name;
  const char* name;    // general.architecture
  bool stores_biases;  // of attention, where the config has them
};
constexpr Family kFamilies[] = {
    {"LlamaForCausalLM", "llama", true},           {"Qwen2ForCausalLM", "qwen2", true},
    {"Qwen3ForCausalLM", "qwen3", false},          {"Qwen3MoeForCausalLM", "qwen3moe", false},
    {"DeepseekV2ForCausalLM", "deepseek2", false}, {"DeepseekV3ForCausalLM", "deepseek2", false},
};

const Family& FamilyOf(const ModelConfig& config) {
  for (const Family& family : kFamilies) {
    if (config.architecture == family.hf_name) return family;
  }
  std::abort();
}

// Why llama.cpp would not compute this model; empty if it does.
std::string Obstacle(const ModelConfig& c) {
  if (c.sliding_window > 0) return "sliding windows in " + c.architecture;
  if (c.qkv_bias && !FamilyOf(c).stores_biases) return "biases of attention in " + c.architecture;
  if (c.attention == AttentionKind::kMla && !c.rope_interleaved) return "rope_interleave = false";
  if (c.attention == AttentionKind::kMla && c.num_experts == 0) return c.architecture + " without experts";
  if (c.architecture != "Qwen3MoeForCausalLM") return "";
  if (!c.norm_topk_prob) return "norm_topk_prob = false in " + c.architecture;
  for (int64_t l = 0; l < c.num_layers; ++l) {
    if (!c.IsMoeLayer(l)) return "layers without experts in " + c.architecture;
  }
  return "";
}

int64_t FileType(GgufType type) {  // llama.cpp's LLAMA_FTYPE
  switch (type) {
    case GgufType::kF32:
      return 0;
    case GgufType::kF16:
      return 1;
    case GgufType::kQ8_0:
      return 7;
    case GgufType::kBf16:
      return 32;
  }
  std::abort();
}

void AddYarn(const ModelConfig& c, const std::string& arch, GgufMetadata& m) {
  const RopeScaling& s = c.rope_scaling;
  m.AddString(arch + "rope.scaling.type", "yarn");
  m.AddFloat(arch + "rope.scaling.factor", s.factor);
  m.AddUint(arch + "rope.scaling.original_context_length", s.original_positions);
  m.AddFloat(arch + "rope.scaling.yarn_beta_fast", s.beta_fast);
  m.AddFloat(arch + "rope.scaling.yarn_beta_slow", s.beta_slow);
  if (c.attention == AttentionKind::kMla)
    m.AddFloat(arch + "rope.scaling.yarn_log_multiplier", 0.1 * s.mscale_all_dim);
  if (s.attention_factor != 0.0) m.AddFloat(arch + "rope.scaling.attn_factor", s.attention_factor);
}

void AddAttention(const ModelConfig& c, const std::string& arch, GgufMetadata& m) {
  const bool mla = c.attention == AttentionKind::kMla;
  m.AddUint(arch + "attention.head_count", c.num_heads);
  m.AddUint(arch + "attention.head_count_kv", mla ? 1 : c.num_kv_heads);
  m.AddFloat(arch + "attention.layer_norm_rms_epsilon", c.rms_norm_eps);
  m.AddUint(arch + "attention.key_length", mla ? c.kv_lora_rank + c.qk_rope_head_dim : c.head_dim);
  m.AddUint(arch + "attention.value_length", mla ? c.kv_lora_rank : c.head_dim);
  m.AddUint(arch + "rope.dimension_count", c.RotaryDim());
  m.AddFloat(arch + "rope.freq_base", c.rope_theta);
  if (c.rope_scaling.kind == RopeScaling::Kind::kYarn) AddYarn(c, arch, m);
  if (!mla) return;
  m.AddUint(arch + "attention.key_length_mla", c.QkHeadDim());
  m.AddUint(arch + "attention.value_length_mla", c.v_head_dim);
  if (c.q_lora_rank > 0) m.AddUint(arch + "attention.q_lora_rank", c.q_lora_rank);
  m.AddUint(arch + "attention.kv_lora_rank", c.kv_lora_rank);
}

void AddExperts(const ModelConfig& c, const std::string& arch, GgufMetadata& m) {
  const bool deepseek = c.attention == AttentionKind::kMla;
  if (deepseek)
    m.AddUint(arch + "leading_dense_block_count", c.num_experts > 0 ? c.first_k_dense : c.num_layers);
  if (c.num_experts == 0) return;
  m.AddUint(arch + "expert_count", c.num_experts);
  m.AddUint(arch + "expert_used_count", c.experts_per_token);
  m.AddUint(arch + "expert_feed_forward_length", c.moe_intermediate_size);
  if (!deepseek) return;
  m.AddUint(arch + "expert_shared_count", c.num_shared_experts);
  m.AddFloat(arch + "expert_weights_scale", c.routed_scaling_factor);
  m.AddBool(arch + "expert_weights_norm", c.norm_topk_prob);
  m.AddUint(arch + "expert_gating_func", c.gate == GateKind::kSoftmax ? 1 : 2);
  if (c.num_expert_groups > 1) {
    m.AddUint(arch + "expert_group_count", c.num_expert_groups);
    m.AddUint(arch + "expert_group_used_count", c.top_expert_groups);
  }
}

GgufMetadata Describe(const ModelConfig& c, const GgufOptions& options) {
  GgufMetadata m;
  const std::string arch = FamilyOf(c).name;
  m.AddString("general.architecture", arch);
  m.AddString("general.type", "model");
  m.AddString("general.name", options.name);
  m.AddUint("general.file_type", FileType(options.type));
  m.AddUint("general.quantization_version", 2);
  m.AddUint(arch + ".vocab_size", c.vocab_size);
  m.AddUint(arch + ".context_length", c.max_position_embeddings);
  m.AddUint(arch + ".embedding_length", c.hidden_size);
  m.AddUint(arch + ".block_count", c.num_layers);
  m.AddUint(arch + ".feed_forward_length", c.intermediate_size);
  AddAttention(c, arch + ".", m);
  AddExperts(c, arch + ".", m);
  if (!options.chat_template.empty()) m.AddString("tokenizer.chat_template", options.chat_template);
  return m;
}

}  // namespace

void ExportGguf(const std::string& path, const ModelConfig& config, ParameterSource& source,
                const Tokenizer& tokenizer, const GgufOptions& options) {
  const std::string obstacle = Obstacle(config);
  if (!obstacle.empty())
    throw Error("llama.cpp does not carry out " + obstacle, path, "use the Hugging Face directory instead");
  GgufMetadata metadata = Describe(config, options);
  AddTokenizer(tokenizer, config.vocab_size, path, metadata);
  WriteGguf(path, metadata, GgufTensors(config, source, options.type), [&] { source.RequireFinite(); });
}

}  // namespace hone
