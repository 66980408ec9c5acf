// See architectures.h. The keys are those of transformers' configuration classes.
#include "policy/architectures.h"

#include <algorithm>
#include <set>
#include <utility>

#include "data/json.h"

namespace hone {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

void ParseGqa(const ConfigFields& fields, ModelConfig& c) {
  c.attention = AttentionKind::kGqa;
  c.num_kv_heads = fields.Int("num_key_value_heads", 1, kMaxHeads, c.num_heads);
  if (c.num_heads % c.num_kv_heads != 0)
    fields.Fail("num_attention_heads is not a multiple of num_key_value_heads");
  if (fields.Find("head_dim") == nullptr && c.hidden_size % c.num_heads != 0)
    fields.Fail("hidden_size is not a multiple of num_attention_heads");
  c.head_dim = fields.Int("head_dim", 1, kMaxHeadDim, c.hidden_size / c.num_heads);
}

void ParseLlama(const ConfigFields& fields, ModelConfig& c) {
  ParseGqa(fields, c);
  c.qkv_bias = c.o_bias = fields.Bool("attention_bias", false);
  c.mlp_bias = fields.Bool("mlp_bias", false);
}

// `by_layer`: which layers slide is said by layer_types or else max_window_layers; otherwise all do.
void ParseWindow(const ConfigFields& fields, bool by_layer, ModelConfig& c) {
  const int64_t window = fields.Int("sliding_window", 1, kMaxPositions, 0);
  const int64_t first = fields.Int("max_window_layers", 0, int64_t{1} << 40, by_layer ? 28 : 0);
  const json* types = by_layer ? fields.Find("layer_types") : nullptr;
  const bool use = fields.Bool("use_sliding_window", false);
  std::vector<bool> slides(c.num_layers);
  for (int64_t l = 0; l < c.num_layers; ++l) slides[l] = use && window > 0 && (!by_layer || l >= first);
  if (types != nullptr) {
    if (!types->is_array() || types->size() != static_cast<size_t>(c.num_layers))
      fields.Fail("layer_types is not a list of num_hidden_layers names");
    for (int64_t l = 0; l < c.num_layers; ++l) {
      const json& type = (*types)[l];
      if (type != "full_attention" && type != "sliding_attention")
        fields.Fail("layer_types holds others than full_attention and sliding_attention");
      slides[l] = type == "sliding_attention";
      if (slides[l] && (!use || window == 0))
        fields.Fail("layer_types has sliding_attention without use_sliding_window and sliding_window");
    }
  }
  if (std::find(slides.begin(), slides.end(), true) == slides.end()) return;
  c.sliding_window = window;
  c.layer_slides = std::move(slides);
}

void ParseQwen2(const ConfigFields& fields, ModelConfig& c) {
  ParseGqa(fields, c);
  c.qkv_bias = true;
  fields.Only("use_mrope", false);
  ParseWindow(fields, true, c);
}

void ParseQwen3Attention(const ConfigFields& fields, bool window_by_layer, ModelConfig& c) {
  ParseGqa(fields, c);
  if (fields.Find("head_dim") == nullptr) fields.Fail("head_dim is missing");
  c.qk_norm = true;
  c.qkv_bias = c.o_bias = fields.Bool("attention_bias", false);
  ParseWindow(fields, window_by_layer, c);
}

void ParseQwen3(const ConfigFields& fields, ModelConfig& c) { ParseQwen3Attention(fields, true, c); }

std::vector<int64_t> ParseDenseLayers(const ConfigFields& fields, int64_t num_layers) {
  const json* list = fields.Find("mlp_only_layers");
  std::set<int64_t> layers;
  if (list == nullptr) return {};
  if (!list->is_array()) fields.Fail("mlp_only_layers is not a list");
  for (const json& layer : *list) {
    const json one = {{"mlp_only_layers", layer}};
    layers.insert(ConfigFields(one, fields.where()).Int("mlp_only_layers", 0, num_layers - 1));
  }
  return {layers.begin(), layers.end()};
}

void ParseQwen3Moe(const ConfigFields& fields, ModelConfig& c) {
  ParseQwen3Attention(fields, false, c);
  c.gate = GateKind::kSoftmax;
  const bool older = fields.Find("num_local_experts") == nullptr;
  const int64_t experts = fields.Int(older ? "num_experts" : "num_local_experts", 0, kMaxExperts);
  fields.Only("num_experts", experts);
  const int64_t step = fields.Int("decoder_sparse_step", 1, kMaxLayers, 1);
  const std::vector<int64_t> dense = ParseDenseLayers(fields, c.num_layers);
  const int64_t per_token = fields.Int("num_experts_per_tok", 1, experts > 0 ? experts : kMaxExperts);
  const int64_t width = fields.Int("moe_intermediate_size", 1, kMaxWidth / 64);
  const bool norm = fields.Bool("norm_topk_prob", false);
  ModelConfig with = c;
  with.num_experts = experts;
  with.sparse_step = step;
  with.dense_layers = dense;
  with.experts_per_token = per_token;
  with.moe_intermediate_size = width;
  with.norm_topk_prob = norm;
  for (int64_t l = 0; l < c.num_layers; ++l) {
    if (with.IsMoeLayer(l)) {
      c = with;
      return;
    }
  }
}

void ParseGroups(const ConfigFields& fields, int64_t smallest, ModelConfig& c) {
  c.num_expert_groups = fields.Int("n_group", 1, c.num_experts);
  c.top_expert_groups = fields.Int("topk_group", 1, c.num_expert_groups);
  const int64_t group = c.num_experts / c.num_expert_groups;
  if (c.num_experts % c.num_expert_groups != 0 || group < smallest) {
    fields.Fail("n_routed_experts does not make n_group equal groups" +
                (smallest > 1 ? " of at least " + std::to_string(smallest) : ""));
  }
  if (c.experts_per_token > c.top_expert_groups * group)
    fields.Fail("num_experts_per_tok exceeds the experts of topk_group groups");
}

void ParseV3Gate(const ConfigFields& fields, ModelConfig& c) {
  fields.Only("scoring_func", "sigmoid");
  fields.Only("topk_method", "noaux_tc");
  c.norm_topk_prob = fields.Bool("norm_topk_prob", true);
  ParseGroups(fields, 2, c);
}

void ParseV2Gate(const ConfigFields& fields, ModelConfig& c) {
  c.norm_topk_prob = false;
  fields.Only("scoring_func", "softmax");
  fields.Only("norm_topk_prob", false);  // which no implementation carries out
  const json* method = fields.Find("topk_method");
  if (method == nullptr || *method == "greedy") {
    fields.Find("n_group");  // a greedy gate has them without meaning
    fields.Find("topk_group");
    return;
  }
  fields.Only("topk_method", "group_limited_greedy");
  ParseGroups(fields, 1, c);
}

void ParseDeepseekExperts(const ConfigFields& fields, void (*parse_gate)(const ConfigFields&, ModelConfig&),
                          ModelConfig& c) {
  fields.Only("moe_layer_freq", 1);
  const int64_t first_dense = fields.Int("first_k_dense_replace", 0, kMaxLayers);
  const int64_t experts = fields.Int("n_routed_experts", 0, kMaxExperts, 0);
  for (const char* key : {"scoring_func", "topk_method", "num_experts_per_tok", "n_shared_experts", "n_group",
                          "topk_group", "moe_intermediate_size", "norm_topk_prob", "routed_scaling_factor"}) {
    fields.Find(key);
  }
  if (first_dense >= c.num_layers) return;  // every layer is dense
  if (experts == 0) fields.Fail("n_routed_experts is 0 but first_k_dense_replace leaves layers to experts");
  c.num_experts = experts;
  c.first_k_dense = first_dense;
  c.experts_per_token = fields.Int("num_experts_per_tok", 1, experts);
  c.num_shared_experts = fields.Int("n_shared_experts", 1, 64);
  c.moe_intermediate_size = fields.Int("moe_intermediate_size", 1, kMaxWidth / 64);
  c.routed_scaling_factor = fields.Number("routed_scaling_factor", 1e-3, 1e3);
  parse_gate(fields, c);
}

void ParseMla(const ConfigFields& fields, ModelConfig& c) {
  c.attention = AttentionKind::kMla;
  c.q_lora_rank = fields.Int("q_lora_rank", 1, kMaxWidth, 0);
  c.kv_lora_rank = fields.Int("kv_lora_rank", 1, kMaxWidth);
  c.qk_nope_head_dim = fields.Int("qk_nope_head_dim", 1, kMaxHeadDim);
  c.qk_rope_head_dim = fields.Int("qk_rope_head_dim", 1, kMaxHeadDim);
  c.v_head_dim = fields.Int("v_head_dim", 1, kMaxHeadDim);
  fields.Only("qk_head_dim", c.QkHeadDim());
  fields.Only("num_key_value_heads", c.num_heads);
  fields.Only("head_dim", c.qk_rope_head_dim);  // transformers rotates head_dim values
  fields.Only("attention_bias", false);
}

void ParseDeepseekV2(const ConfigFields& fields, ModelConfig& c) {
  ParseMla(fields, c);
  c.gate = GateKind::kSoftmax;
  c.rope_interleaved = true;
  fields.Only("mlp_bias", false);
  fields.Only("num_nextn_predict_layers", 0);
  ParseDeepseekExperts(fields, ParseV2Gate, c);
}

void ParseDeepseekV3(const ConfigFields& fields, ModelConfig& c) {
  ParseMla(fields, c);
  c.rope_interleaved = fields.Bool("rope_interleave", true);
  c.num_mtp_layers = fields.Int("num_nextn_predict_layers", 0, kMaxLayers, 0);
  ParseDeepseekExperts(fields, ParseV3Gate, c);
}

void AddGqa(const ModelConfig& c, ordered_json& out) {
  out["num_key_value_heads"] = c.num_kv_heads;
  out["head_dim"] = c.head_dim;
}

void AddLlama(const ModelConfig& c, ordered_json& out) {
  AddGqa(c, out);
  out["attention_bias"] = c.qkv_bias;
  out["mlp_bias"] = c.mlp_bias;
}

void AddWindow(const ModelConfig& c, bool by_layer, ordered_json& out) {
  out["use_sliding_window"] = c.sliding_window > 0;
  if (c.sliding_window == 0) return;
  out["sliding_window"] = c.sliding_window;
  if (!by_layer) return;
  // Loaders that know no layer_types read max_window_layers, which can say only where sliding begins.
  const auto first = std::find(c.layer_slides.begin(), c.layer_slides.end(), true);
  out["max_window_layers"] = first - c.layer_slides.begin();
  for (const bool slides : c.layer_slides)
    out["layer_types"].push_back(slides ? "sliding_attention" : "full_attention");
}

void AddQwen2(const ModelConfig& c, ordered_json& out) {
  AddGqa(c, out);
  AddWindow(c, true, out);
}

void AddQwen3(const ModelConfig& c, ordered_json& out) {
  AddGqa(c, out);
  out["attention_bias"] = c.qkv_bias;
  AddWindow(c, true, out);
}

void AddQwen3Moe(const ModelConfig& c, ordered_json& out) {
  AddGqa(c, out);
  out["attention_bias"] = c.qkv_bias;
  AddWindow(c, false, out);
  out["num_experts"] = c.num_experts;
  out["num_experts_per_tok"] = std::max<int64_t>(c.experts_per_token, 1);
  out["moe_intermediate_size"] = std::max<int64_t>(c.moe_intermediate_size, 1);
  out["decoder_sparse_step"] = c.sparse_step;
  out["mlp_only_layers"] = c.dense_layers;
  out["norm_topk_prob"] = c.norm_topk_prob;
}

void AddMla(const ModelConfig& c, ordered_json& out) {
  const bool dense = c.num_experts == 0;
  out["num_key_value_heads"] = c.num_heads;
  out["head_dim"] = c.qk_rope_head_dim;
  out["attention_bias"] = false;
  out["q_lora_rank"] = c.q_lora_rank > 0 ? ordered_json(c.q_lora_rank) : ordered_json();
  out["kv_lora_rank"] = c.kv_lora_rank;
  out["qk_nope_head_dim"] = c.qk_nope_head_dim;
  out["qk_rope_head_dim"] = c.qk_rope_head_dim;
  out["v_head_dim"] = c.v_head_dim;
  out["n_routed_experts"] = c.num_experts;
  out["num_experts_per_tok"] = c.experts_per_token;
  out["n_shared_experts"] = c.num_shared_experts;
  out["moe_intermediate_size"] = c.moe_intermediate_size;
  out["first_k_dense_replace"] = dense ? c.num_layers : c.first_k_dense;
  out["moe_layer_freq"] = 1;
  out["norm_topk_prob"] = c.norm_topk_prob;
  out["routed_scaling_factor"] = c.routed_scaling_factor;
  out["n_group"] = c.num_expert_groups;
  out["topk_group"] = c.top_expert_groups;
}

void AddDeepseekV2(const ModelConfig& c, ordered_json& out) {
  AddMla(c, out);
  out["scoring_func"] = "softmax";
  out["topk_method"] = c.num_expert_groups > 1 ? "group_limited_greedy" : "greedy";
}

void AddDeepseekV3(const ModelConfig& c, ordered_json& out) {
  AddMla(c, out);
  out["rope_interleave"] = c.rope_interleaved;
  out["scoring_func"] = "sigmoid";
  out["topk_method"] = "noaux_tc";
  out["num_nextn_predict_layers"] = c.num_mtp_layers;
}

constexpr Architecture kAll[] = {
    {"DeepseekV2ForCausalLM", "deepseek_v2", ParseDeepseekV2, AddDeepseekV2},
    {"DeepseekV3ForCausalLM", "deepseek_v3", ParseDeepseekV3, AddDeepseekV3},
    {"LlamaForCausalLM", "llama", ParseLlama, AddLlama},
    {"Qwen2ForCausalLM", "qwen2", ParseQwen2, AddQwen2},
    {"Qwen3ForCausalLM", "qwen3", ParseQwen3, AddQwen3},
    {"Qwen3MoeForCausalLM", "qwen3_moe", ParseQwen3Moe, AddQwen3Moe},
};

}  // namespace

std::span<const Architecture> Architectures() { return kAll; }

}  // namespace hone
