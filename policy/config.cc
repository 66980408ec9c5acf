// See config.h. The keys are those of transformers' DeepseekV3Config and Qwen2Config, in their legacy
// spelling too.
#include "policy/config.h"

#include <cmath>
#include <cstdio>

#include "data/error.h"
#include "data/json.h"

namespace hone {
namespace {

using nlohmann::json;

constexpr char kDeepseekV3[] = "DeepseekV3ForCausalLM";
constexpr char kQwen2[] = "Qwen2ForCausalLM";

// Bounds far above any real model; within them no product of sizes overflows 63 bits.
constexpr int64_t kMaxVocab = 1 << 24;
constexpr int64_t kMaxWidth = 1 << 20;
constexpr int64_t kMaxHeads = 1 << 14;
constexpr int64_t kMaxHeadDim = 1 << 16;
constexpr int64_t kMaxLayers = 512;
constexpr int64_t kMaxExperts = 1024;
constexpr int64_t kMaxPositions = int64_t{1} << 22;
constexpr double kMinTheta = 1.0, kMaxTheta = 1e12;

std::string FormatNumber(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

// Typed access to the members of config.json. A null member counts as absent.
class Fields {
 public:
  Fields(const json& object, const std::string& where) : object_(object), where_(where) {
    if (!object.is_object())
      throw Error("not a JSON object", where, "take the file from the model's own repository");
  }

  [[noreturn]] void Fail(const std::string& what, const std::string& remedy = "") const {
    throw Error(what, where_, remedy);
  }

  const json* Find(const char* key) const {
    const auto it = object_.find(key);
    return it == object_.end() || it->is_null() ? nullptr : &*it;
  }

  int64_t Int(const char* key, int64_t low, int64_t high) const {
    if (Find(key) == nullptr) Fail(std::string(key) + " is missing");
    return Int(key, low, high, 0);
  }

  int64_t Int(const char* key, int64_t low, int64_t high, int64_t absent) const {
    const json* value = Find(key);
    if (value == nullptr) return absent;
    const bool small =
        value->is_number_integer() && !(value->is_number_unsigned() && value->get<uint64_t>() > INT64_MAX);
    if (!small || value->get<int64_t>() < low || value->get<int64_t>() > high) {
      Fail(std::string(key) + " is not an integer from " + std::to_string(low) + " to " +
           std::to_string(high));
    }
    return value->get<int64_t>();
  }

  // A number that stays itself in the kernels' floats.
  double Positive(const char* key, double low, double high) const {
    const json* value = Find(key);
    if (value == nullptr) Fail(std::string(key) + " is missing");
    if (!value->is_number() || !(value->get<double>() >= low && value->get<double>() <= high))
      Fail(std::string(key) + " is not a number from " + FormatNumber(low) + " to " + FormatNumber(high));
    return value->get<double>();
  }

  bool Bool(const char* key, bool absent) const {
    const json* value = Find(key);
    if (value == nullptr) return absent;
    if (!value->is_boolean()) Fail(std::string(key) + " is not true or false");
    return value->get<bool>();
  }

  // A feature that would change the arithmetic: the key must be absent or hold the one supported value.
  void Only(const char* key, const json& supported) const {
    const json* value = Find(key);
    if (value != nullptr && *value != supported) {
      Fail(std::string(key) + " = " + value->dump() + " is not supported",
           "use a model with " + supported.dump());
    }
  }

  const std::string& where() const { return where_; }

 private:
  const json& object_;
  const std::string& where_;
};

std::string Architecture(const Fields& fields) {
  const json* list = fields.Find("architectures");
  if (list == nullptr || !list->is_array() || list->size() != 1 || !list->front().is_string()) {
    fields.Fail("architectures is not a list of one name");
  }
  const std::string name = list->front().get<std::string>();
  if (name != kDeepseekV3 && name != kQwen2) {
    fields.Fail("architecture '" + name + "' is not supported",
                std::string("use one of ") + kDeepseekV3 + ", " + kQwen2);
  }
  fields.Only("model_type", name == kQwen2 ? "qwen2" : "deepseek_v3");
  return name;
}

// One of the places transformers keeps rope settings in. Returns its rope_theta, or 0 if it has none.
double RopeSettings(const Fields& fields, const char* key) {
  const json* object = fields.Find(key);
  if (object == nullptr) return 0.0;
  if (!object->is_object()) fields.Fail(std::string(key) + " is not an object");
  const Fields inner(*object, fields.where());
  inner.Only("rope_type", "default");
  inner.Only("type", "default");
  inner.Only("partial_rotary_factor", 1.0);
  for (const auto& [name, value] : object->items()) {
    if (name != "rope_type" && name != "type" && name != "partial_rotary_factor" && name != "rope_theta") {
      fields.Fail(std::string(key) + "." + name + " is not supported", "use a model without rope scaling");
    }
  }
  return inner.Find("rope_theta") == nullptr ? 0.0 : inner.Positive("rope_theta", kMinTheta, kMaxTheta);
}

double RopeTheta(const Fields& fields) {
  double theta =
      fields.Find("rope_theta") == nullptr ? 0.0 : fields.Positive("rope_theta", kMinTheta, kMaxTheta);
  for (const char* key : {"rope_parameters", "rope_scaling"}) {
    const double other = RopeSettings(fields, key);
    if (theta != 0.0 && other != 0.0 && theta != other) {
      fields.Fail(std::string("rope_theta differs from that in ") + key);
    }
    if (other != 0.0) theta = other;
  }
  if (theta == 0.0) fields.Fail("rope_theta is missing");
  return theta;
}

void ParseTokenIds(const Fields& fields, ModelConfig& c) {
  c.bos_token_id = fields.Int("bos_token_id", -1, c.vocab_size - 1, -1);
  c.pad_token_id = fields.Int("pad_token_id", -1, c.vocab_size - 1, -1);
  const json* eos = fields.Find("eos_token_id");
  if (eos == nullptr) return;
  const json list = eos->is_array() ? *eos : json::array({*eos});
  for (const json& id : list) {
    const json one = {{"eos_token_id", id}};
    c.eos_token_ids.push_back(Fields(one, fields.where()).Int("eos_token_id", 0, c.vocab_size - 1));
  }
}

void ParseCommon(const Fields& fields, ModelConfig& c) {
  c.vocab_size = fields.Int("vocab_size", 1, kMaxVocab);
  c.hidden_size = fields.Int("hidden_size", 1, kMaxWidth);
  c.num_layers = fields.Int("num_hidden_layers", 1, kMaxLayers);
  c.num_heads = fields.Int("num_attention_heads", 1, kMaxHeads);
  c.intermediate_size = fields.Int("intermediate_size", 1, kMaxWidth);
  c.max_position_embeddings = fields.Int("max_position_embeddings", 1, kMaxPositions);
  c.rms_norm_eps = fields.Positive("rms_norm_eps", 1e-12, 0.1);
  c.rope_theta = RopeTheta(fields);
  c.tie_word_embeddings = fields.Bool("tie_word_embeddings", false);
  fields.Only("hidden_act", "silu");
  fields.Only("attention_dropout", 0.0);
  if (fields.Find("quantization_config") != nullptr) {
    fields.Fail("quantized weights are not supported", "use the unquantized model");
  }
  ParseTokenIds(fields, c);
}

void ParseQwen2(const Fields& fields, ModelConfig& c) {
  c.attention = AttentionKind::kGqa;
  c.num_kv_heads = fields.Int("num_key_value_heads", 1, kMaxHeads, c.num_heads);
  if (c.num_heads % c.num_kv_heads != 0) {
    fields.Fail("num_attention_heads is not a multiple of num_key_value_heads");
  }
  if (fields.Find("head_dim") == nullptr && c.hidden_size % c.num_heads != 0) {
    fields.Fail("hidden_size is not a multiple of num_attention_heads");
  }
  c.head_dim = fields.Int("head_dim", 1, kMaxHeadDim, c.hidden_size / c.num_heads);
  c.qkv_bias = true;
  fields.Only("use_sliding_window", false);
  if (const json* types = fields.Find("layer_types")) {
    const json expected(static_cast<size_t>(c.num_layers), "full_attention");
    if (*types != expected) fields.Fail("layer_types other than full_attention are not supported");
  }
}

void ParseExperts(const Fields& fields, ModelConfig& c) {
  fields.Only("scoring_func", "sigmoid");
  fields.Only("topk_method", "noaux_tc");
  fields.Only("moe_layer_freq", 1);
  const int64_t first_dense = fields.Int("first_k_dense_replace", 0, kMaxLayers);
  const int64_t experts = fields.Int("n_routed_experts", 0, kMaxExperts, 0);
  if (first_dense >= c.num_layers) return;  // every layer is dense
  if (experts == 0) fields.Fail("n_routed_experts is 0 but first_k_dense_replace leaves layers to experts");
  c.num_experts = experts;
  c.first_k_dense = first_dense;
  c.experts_per_token = fields.Int("num_experts_per_tok", 1, experts);
  c.num_shared_experts = fields.Int("n_shared_experts", 1, 64);
  c.moe_intermediate_size = fields.Int("moe_intermediate_size", 1, kMaxWidth / 64);
  c.num_expert_groups = fields.Int("n_group", 1, experts);
  c.top_expert_groups = fields.Int("topk_group", 1, c.num_expert_groups);
  c.norm_topk_prob = fields.Bool("norm_topk_prob", true);
  c.routed_scaling_factor = fields.Positive("routed_scaling_factor", 1e-3, 1e3);
  const int64_t group = experts / c.num_expert_groups;
  if (experts % c.num_expert_groups != 0 || group < 2) {
    fields.Fail("n_routed_experts does not make n_group equal groups of at least 2");
  }
  if (c.experts_per_token > c.top_expert_groups * group) {
    fields.Fail("num_experts_per_tok exceeds the experts of topk_group groups");
  }
}

void ParseDeepseekV3(const Fields& fields, ModelConfig& c) {
  c.attention = AttentionKind::kMla;
  c.rope_interleaved = fields.Bool("rope_interleave", true);
  c.q_lora_rank = fields.Int("q_lora_rank", 1, kMaxWidth, 0);
  c.kv_lora_rank = fields.Int("kv_lora_rank", 1, kMaxWidth);
  c.qk_nope_head_dim = fields.Int("qk_nope_head_dim", 1, kMaxHeadDim);
  c.qk_rope_head_dim = fields.Int("qk_rope_head_dim", 1, kMaxHeadDim);
  c.v_head_dim = fields.Int("v_head_dim", 1, kMaxHeadDim);
  fields.Only("num_key_value_heads", c.num_heads);
  fields.Only("head_dim", c.qk_rope_head_dim);  // transformers rotates head_dim values
  fields.Only("attention_bias", false);
  c.num_mtp_layers = fields.Int("num_nextn_predict_layers", 0, 16, 0);
  ParseExperts(fields, c);
}

nlohmann::ordered_json IdOrNull(int64_t id) {
  return id < 0 ? nlohmann::ordered_json() : nlohmann::ordered_json(id);
}

void AddQwen2(const ModelConfig& c, nlohmann::ordered_json& out) {
  out["num_key_value_heads"] = c.num_kv_heads;
  out["head_dim"] = c.head_dim;
  out["use_sliding_window"] = false;
}

void AddDeepseekV3(const ModelConfig& c, nlohmann::ordered_json& out) {
  const bool dense = c.num_experts == 0;
  out["num_key_value_heads"] = c.num_heads;
  out["head_dim"] = c.qk_rope_head_dim;
  out["attention_bias"] = false;
  out["rope_interleave"] = c.rope_interleaved;
  out["q_lora_rank"] = c.q_lora_rank > 0 ? nlohmann::ordered_json(c.q_lora_rank) : nlohmann::ordered_json();
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
  out["scoring_func"] = "sigmoid";
  out["topk_method"] = "noaux_tc";
  out["n_group"] = c.num_expert_groups;
  out["topk_group"] = c.top_expert_groups;
  out["norm_topk_prob"] = c.norm_topk_prob;
  out["routed_scaling_factor"] = c.routed_scaling_factor;
  out["num_nextn_predict_layers"] = c.num_mtp_layers;
}

}  // namespace

double ModelConfig::SoftmaxScale() const {
  return 1.0 / std::sqrt(static_cast<double>(attention == AttentionKind::kMla ? QkHeadDim() : head_dim));
}

ModelConfig ParseModelConfig(const std::string& text, const std::string& where) {
  const json object = ParseStrictJson(text, where, kFetchAgain);
  const Fields fields(object, where);
  ModelConfig config;
  config.architecture = Architecture(fields);
  ParseCommon(fields, config);
  config.architecture == kQwen2 ? ParseQwen2(fields, config) : ParseDeepseekV3(fields, config);
  if (config.RotaryDim() % 2 != 0) fields.Fail("the rotary dimension is odd");
  return config;
}

std::string ModelConfigToJson(const ModelConfig& c, const std::string& torch_dtype) {
  nlohmann::ordered_json out;
  out["architectures"] = {c.architecture};
  out["model_type"] = c.architecture == kQwen2 ? "qwen2" : "deepseek_v3";
  out["vocab_size"] = c.vocab_size;
  out["hidden_size"] = c.hidden_size;
  out["intermediate_size"] = c.intermediate_size;
  out["num_hidden_layers"] = c.num_layers;
  out["num_attention_heads"] = c.num_heads;
  c.attention == AttentionKind::kGqa ? AddQwen2(c, out) : AddDeepseekV3(c, out);
  out["hidden_act"] = "silu";
  out["max_position_embeddings"] = c.max_position_embeddings;
  out["rms_norm_eps"] = c.rms_norm_eps;
  out["rope_theta"] = c.rope_theta;
  out["rope_scaling"] = nullptr;
  out["attention_dropout"] = 0.0;
  out["tie_word_embeddings"] = c.tie_word_embeddings;
  out["bos_token_id"] = IdOrNull(c.bos_token_id);
  out["pad_token_id"] = IdOrNull(c.pad_token_id);
  const size_t num_eos = c.eos_token_ids.size();
  out["eos_token_id"] = num_eos == 0 ? nlohmann::ordered_json() : nlohmann::ordered_json(c.eos_token_ids);
  if (num_eos == 1) out["eos_token_id"] = c.eos_token_ids.front();
  out["use_cache"] = true;
  out["torch_dtype"] = torch_dtype;
  return out.dump(2) + "\n";
}

}  // namespace hone
