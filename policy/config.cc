// See config.h. The keys are those of transformers' configuration classes, in their legacy spelling too.
#include "policy/config.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>
#include <utility>

#include "data/error.h"
#include "data/json.h"
#include "policy/architectures.h"
#include "policy/config_fields.h"

namespace hone {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr int64_t kMaxVocab = 1 << 24;
constexpr double kMinTheta = 1.0, kMaxTheta = 1e12;

// What a config may say without changing what the model computes.
const std::set<std::string>& InertKeys() {
  static const std::set<std::string> keys = {"_attn_implementation_autoset",
                                             "_name_or_path",
                                             "add_cross_attention",
                                             "attn_implementation",
                                             "auto_map",
                                             "aux_loss_alpha",
                                             "cache_implementation",
                                             "chunk_size_feed_forward",
                                             "decoder_start_token_id",
                                             "do_sample",
                                             "dtype",
                                             "ep_size",
                                             "finetuning_task",
                                             "id2label",
                                             "initializer_range",
                                             "is_decoder",
                                             "is_encoder_decoder",
                                             "is_llama_config",
                                             "label2id",
                                             "max_length",
                                             "max_sequence_length",
                                             "min_length",
                                             "output_attentions",
                                             "output_hidden_states",
                                             "output_router_logits",
                                             "pretraining_tp",
                                             "problem_type",
                                             "repetition_penalty",
                                             "return_dict",
                                             "router_aux_loss_coef",
                                             "seq_aux",
                                             "task_specific_params",
                                             "temperature",
                                             "tokenizer_class",
                                             "top_k",
                                             "top_p",
                                             "torch_dtype",
                                             "torchscript",
                                             "transformers_version",
                                             "unsloth_fixed",
                                             "unsloth_version",
                                             "use_bfloat16",
                                             "use_cache"};
  return keys;
}

// One of the places transformers keeps rope settings in.
struct RopeSettings {
  double theta = 0.0;  // 0: not given
  RopeScaling scaling;
};

RopeSettings ParseRopeSettings(const ConfigFields& fields, const char* key, int64_t max_positions) {
  const json* object = fields.Find(key);
  if (object == nullptr) return {};
  const ConfigFields inner(*object, fields.where(), std::string(key) + ".");
  RopeSettings settings;
  settings.theta = inner.Number("rope_theta", kMinTheta, kMaxTheta, 0.0);
  settings.scaling = ParseRopeScaling(inner, max_positions);
  inner.RefuseUnknown({});
  return settings;
}

void ParseRope(const ConfigFields& fields, ModelConfig& c) {
  c.rope_theta = fields.Number("rope_theta", kMinTheta, kMaxTheta, 0.0);
  for (const char* key : {"rope_parameters", "rope_scaling"}) {
    const RopeSettings other = ParseRopeSettings(fields, key, c.max_position_embeddings);
    if (c.rope_theta != 0.0 && other.theta != 0.0 && c.rope_theta != other.theta)
      fields.Fail(std::string("rope_theta differs from that in ") + key);
    if (other.theta != 0.0) c.rope_theta = other.theta;
    if (other.scaling.kind == RopeScaling::Kind::kNone) continue;
    if (c.rope_scaling.kind != RopeScaling::Kind::kNone && c.rope_scaling != other.scaling)
      fields.Fail("rope_scaling differs from rope_parameters");
    c.rope_scaling = other.scaling;
  }
  if (c.rope_theta == 0.0) c.rope_theta = 10000.0;  // as in transformers; the first Llamas say nothing
}

void ParseTokenIds(const ConfigFields& fields, ModelConfig& c) {
  c.bos_token_id = fields.Int("bos_token_id", -1, c.vocab_size - 1, -1);
  c.pad_token_id = fields.Int("pad_token_id", -1, c.vocab_size - 1, -1);
  const json* eos = fields.Find("eos_token_id");
  if (eos == nullptr) return;
  const json list = eos->is_array() ? *eos : json::array({*eos});
  for (const json& id : list) {
    const json one = {{"eos_token_id", id}};
    c.eos_token_ids.push_back(ConfigFields(one, fields.where()).Int("eos_token_id", 0, c.vocab_size - 1));
  }
}

// DeepSeek's block-wise FP8 is the one quantization that is read.
void ParseQuantization(const ConfigFields& fields, ModelConfig& c) {
  const json* object = fields.Find("quantization_config");
  if (object == nullptr) return;
  const ConfigFields inner(*object, fields.where(), "quantization_config.");
  if (inner.Find("quant_method") == nullptr) inner.Fail("quant_method is missing");
  inner.Only("quant_method", "fp8");
  inner.Only("fmt", "e4m3");
  const json* block = inner.Find("weight_block_size");
  const bool pair = block != nullptr && block->is_array() && block->size() == 2 &&
                    std::all_of(block->begin(), block->end(), [](const json& n) {
                      return n.is_number_integer() && n.get<int64_t>() >= 1 && n.get<int64_t>() <= kMaxWidth;
                    });
  if (!pair) inner.Fail("weight_block_size is not two sizes", "use the unquantized model");
  c.fp8_block_rows = block->front().get<int64_t>();
  c.fp8_block_columns = block->back().get<int64_t>();
}

void ParseCommon(const ConfigFields& fields, ModelConfig& c) {
  c.vocab_size = fields.Int("vocab_size", 1, kMaxVocab);
  c.hidden_size = fields.Int("hidden_size", 1, kMaxWidth);
  c.num_layers = fields.Int("num_hidden_layers", 1, kMaxLayers);
  c.num_heads = fields.Int("num_attention_heads", 1, kMaxHeads);
  c.intermediate_size = fields.Int("intermediate_size", 1, kMaxWidth);
  c.max_position_embeddings = fields.Int("max_position_embeddings", 1, kMaxPositions);
  c.rms_norm_eps = fields.Number("rms_norm_eps", 1e-12, 0.1);
  ParseRope(fields, c);
  c.tie_word_embeddings = fields.Bool("tie_word_embeddings", false);
  fields.Only("hidden_act", "silu");
  fields.Only("attention_dropout", 0.0);
  ParseQuantization(fields, c);
  ParseTokenIds(fields, c);
}

ordered_json IdOrNull(int64_t id) { return id < 0 ? ordered_json() : ordered_json(id); }

const Architecture& FindArchitecture(const ConfigFields& fields) {
  const json* list = fields.Find("architectures");
  if (list == nullptr || !list->is_array() || list->size() != 1 || !list->front().is_string())
    fields.Fail("architectures is not a list of one name", "name one of " + SupportedArchitectures());
  const std::string name = list->front().get<std::string>();
  for (const Architecture& a : Architectures()) {
    if (name != a.name) continue;
    fields.Only("model_type", a.model_type);
    return a;
  }
  fields.Fail("architecture '" + name + "' is not supported", "use one of " + SupportedArchitectures());
}

}  // namespace

std::string SupportedArchitectures() {
  std::string names;
  for (const Architecture& a : Architectures()) names += (names.empty() ? "" : ", ") + std::string(a.name);
  return names;
}

bool ModelConfig::IsMoeLayer(int64_t layer) const {
  return num_experts > 0 && layer >= first_k_dense && (layer + 1) % sparse_step == 0 &&
         !std::binary_search(dense_layers.begin(), dense_layers.end(), layer);
}

double ModelConfig::SoftmaxScale() const {
  if (attention == AttentionKind::kGqa) return 1.0 / std::sqrt(static_cast<double>(head_dim));
  return rope_scaling.ScoreFactor() / std::sqrt(static_cast<double>(QkHeadDim()));
}

ModelConfig ParseModelConfig(const std::string& text, const std::string& where) {
  const json object = ParseStrictJson(text, where, kFetchAgain);
  const ConfigFields fields(object, where);
  const Architecture& architecture = FindArchitecture(fields);
  ModelConfig config;
  config.architecture = architecture.name;
  ParseCommon(fields, config);
  architecture.parse(fields, config);
  if (config.RotaryDim() % 2 != 0) fields.Fail("the rotary dimension is odd");
  fields.RefuseUnknown(InertKeys());
  return config;
}

std::string ModelConfigToJson(const ModelConfig& c, const std::string& torch_dtype) {
  const auto all = Architectures();
  const auto architecture =
      std::find_if(all.begin(), all.end(), [&](const Architecture& a) { return c.architecture == a.name; });
  if (architecture == all.end()) std::abort();
  ordered_json out;
  out["architectures"] = {c.architecture};
  out["model_type"] = architecture->model_type;
  out["vocab_size"] = c.vocab_size;
  out["hidden_size"] = c.hidden_size;
  out["intermediate_size"] = c.intermediate_size;
  out["num_hidden_layers"] = c.num_layers;
  out["num_attention_heads"] = c.num_heads;
  architecture->add(c, out);
  out["hidden_act"] = "silu";
  out["max_position_embeddings"] = c.max_position_embeddings;
  out["rms_norm_eps"] = c.rms_norm_eps;
  out["rope_theta"] = c.rope_theta;
  out["rope_scaling"] = RopeScalingToJson(c.rope_scaling);
  out["attention_dropout"] = 0.0;
  out["tie_word_embeddings"] = c.tie_word_embeddings;
  out["bos_token_id"] = IdOrNull(c.bos_token_id);
  out["pad_token_id"] = IdOrNull(c.pad_token_id);
  const size_t num_eos = c.eos_token_ids.size();
  out["eos_token_id"] = num_eos == 0 ? ordered_json() : ordered_json(c.eos_token_ids);
  if (num_eos == 1) out["eos_token_id"] = c.eos_token_ids.front();
  out["use_cache"] = true;
  out["torch_dtype"] = torch_dtype;
  return out.dump(2) + "\n";
}

}  // namespace hone
