// Round trips of random configs, the configs of published models, and every unsupported or inconsistent
// value.
#include "policy/config.h"

#include <doctest/doctest.h>

#include <cmath>

#include "data/json.h"
#include "tests/policy/random_model.h"

namespace hone {
namespace {

// The keys of Qwen2.5-0.5B and of DeepSeek-V3, as published.
constexpr char kQwen[] =
    R"({"architectures":["Qwen2ForCausalLM"],"attention_dropout":0.0,"bos_token_id":151643,
 "eos_token_id":151643,"hidden_act":"silu","hidden_size":896,"initializer_range":0.02,"intermediate_size":4864,
 "max_position_embeddings":32768,"max_window_layers":24,"model_type":"qwen2","num_attention_heads":14,
 "num_hidden_layers":24,"num_key_value_heads":2,"rms_norm_eps":1e-06,"rope_theta":1000000.0,"sliding_window":32768,
 "tie_word_embeddings":true,"torch_dtype":"bfloat16","transformers_version":"4.40.1","use_cache":true,
 "use_mrope":false,"use_sliding_window":false,"vocab_size":151936})";
constexpr char kDeepseek[] = R"({"architectures":["DeepseekV3ForCausalLM"],"attention_bias":false,
 "attention_dropout":0.0,"bos_token_id":0,"eos_token_id":1,"ep_size":1,"first_k_dense_replace":3,"hidden_act":"silu",
 "hidden_size":7168,"intermediate_size":18432,"kv_lora_rank":512,"max_position_embeddings":163840,
 "model_type":"deepseek_v3","moe_intermediate_size":2048,"moe_layer_freq":1,"n_group":8,"n_routed_experts":256,
 "n_shared_experts":1,"norm_topk_prob":true,"num_attention_heads":128,"num_experts_per_tok":8,"num_hidden_layers":61,
 "num_key_value_heads":128,"num_nextn_predict_layers":0,"q_lora_rank":1536,"qk_nope_head_dim":128,
 "qk_rope_head_dim":64,"rms_norm_eps":1e-06,"rope_theta":10000,"routed_scaling_factor":2.5,"scoring_func":"sigmoid",
 "tie_word_embeddings":false,"topk_group":4,"topk_method":"noaux_tc","torch_dtype":"bfloat16","use_cache":true,
 "v_head_dim":128,"vocab_size":129280})";

// Of Llama-3.2-1B, Qwen3-0.6B, Qwen3-30B-A3B and DeepSeek-V2-Lite.
constexpr char kLlama[] =
    R"({"architectures":["LlamaForCausalLM"],"attention_bias":false,"attention_dropout":0.0,
 "bos_token_id":128000,"eos_token_id":[128001,128008,128009],"head_dim":64,"hidden_act":"silu","hidden_size":2048,
 "initializer_range":0.02,"intermediate_size":8192,"max_position_embeddings":131072,"mlp_bias":false,"model_type":"llama",
 "num_attention_heads":32,"num_hidden_layers":16,"num_key_value_heads":8,"pretraining_tp":1,"rms_norm_eps":1e-05,
 "rope_scaling":{"factor":32.0,"high_freq_factor":4.0,"low_freq_factor":1.0,"original_max_position_embeddings":8192,
 "rope_type":"llama3"},"rope_theta":500000.0,"tie_word_embeddings":true,"torch_dtype":"bfloat16",
 "transformers_version":"4.45.0.dev0","use_cache":true,"vocab_size":128256})";
constexpr char kQwen3[] =
    R"({"architectures":["Qwen3ForCausalLM"],"attention_bias":false,"attention_dropout":0.0,
 "bos_token_id":151643,"eos_token_id":151645,"head_dim":128,"hidden_act":"silu","hidden_size":1024,
 "initializer_range":0.02,"intermediate_size":3072,"max_position_embeddings":40960,"max_window_layers":28,
 "model_type":"qwen3","num_attention_heads":16,"num_hidden_layers":28,"num_key_value_heads":8,"rms_norm_eps":1e-06,
 "rope_scaling":null,"rope_theta":1000000,"sliding_window":null,"tie_word_embeddings":true,"torch_dtype":"bfloat16",
 "transformers_version":"4.51.0","use_cache":true,"use_sliding_window":false,"vocab_size":151936})";
constexpr char kQwen3Moe[] =
    R"({"architectures":["Qwen3MoeForCausalLM"],"attention_bias":false,"attention_dropout":0.0,
 "bos_token_id":151643,"decoder_sparse_step":1,"eos_token_id":151645,"head_dim":128,"hidden_act":"silu",
 "hidden_size":2048,"initializer_range":0.02,"intermediate_size":6144,"max_position_embeddings":40960,
 "max_window_layers":48,"mlp_only_layers":[],"model_type":"qwen3_moe","moe_intermediate_size":768,"norm_topk_prob":true,
 "num_attention_heads":32,"num_experts":128,"num_experts_per_tok":8,"num_hidden_layers":48,"num_key_value_heads":4,
 "output_router_logits":false,"rms_norm_eps":1e-06,"rope_scaling":null,"rope_theta":1000000.0,
 "router_aux_loss_coef":0.001,"sliding_window":null,"tie_word_embeddings":false,"torch_dtype":"bfloat16",
 "transformers_version":"4.51.0","use_cache":true,"use_sliding_window":false,"vocab_size":151936})";
constexpr char kV2Lite[] =
    R"({"architectures":["DeepseekV2ForCausalLM"],"attention_bias":false,"attention_dropout":0.0,
 "auto_map":{"AutoConfig":"configuration_deepseek.DeepseekV2Config"},"aux_loss_alpha":0.001,"bos_token_id":100000,
 "eos_token_id":100001,"first_k_dense_replace":1,"hidden_act":"silu","hidden_size":2048,"initializer_range":0.02,
 "intermediate_size":10944,"kv_lora_rank":512,"max_position_embeddings":163840,"model_type":"deepseek_v2",
 "moe_intermediate_size":1408,"moe_layer_freq":1,"n_group":1,"n_routed_experts":64,"n_shared_experts":2,
 "norm_topk_prob":false,"num_attention_heads":16,"num_experts_per_tok":6,"num_hidden_layers":27,
 "num_key_value_heads":16,"pretraining_tp":1,"q_lora_rank":null,"qk_nope_head_dim":128,"qk_rope_head_dim":64,
 "rms_norm_eps":1e-06,"rope_scaling":{"beta_fast":32,"beta_slow":1,"factor":40,"mscale":0.707,"mscale_all_dim":0.707,
 "original_max_position_embeddings":4096,"type":"yarn"},"rope_theta":10000,"routed_scaling_factor":1.0,
 "scoring_func":"softmax","seq_aux":true,"tie_word_embeddings":false,"topk_group":1,"topk_method":"greedy",
 "torch_dtype":"bfloat16","transformers_version":"4.33.1","use_cache":true,"v_head_dim":128,"vocab_size":102400})";
// What DeepSeek-V3's own config has besides kDeepseek.
constexpr char kV3Release[] =
    R"({"aux_loss_alpha":0.001,"num_nextn_predict_layers":1,"pretraining_tp":1,"seq_aux":true,
 "quantization_config":{"activation_scheme":"dynamic","fmt":"e4m3","quant_method":"fp8","weight_block_size":[128,128]},
 "rope_scaling":{"beta_fast":32,"beta_slow":1,"factor":40,"mscale":1.0,"mscale_all_dim":1.0,
 "original_max_position_embeddings":4096,"type":"yarn"}})";

// `base` with the members of `patch` replaced, parsed.
ModelConfig ParsePatched(nlohmann::json base, const std::string& patch) {
  base.update(nlohmann::json::parse(patch));
  return ParseModelConfig(base.dump(), "dir/config.json");
}

std::string ErrorAfter(const char* base, const std::string& patch) {
  return ErrorOf([&] { ParsePatched(nlohmann::json::parse(base), patch); });
}

}  // namespace

TEST_CASE("random configs come back as they were") {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const ModelConfig config = RandomConfig(random);
    const std::string text = ModelConfigToJson(config, "float32");
    CAPTURE(text);
    CHECK(ParseModelConfig(text, "config.json") == config);
    CHECK(ModelConfigToJson(ParseModelConfig(text, "config.json"), "float32") == text);
  }
}

TEST_CASE("published configs") {
  const ModelConfig q = ParseModelConfig(kQwen, "config.json");
  CHECK(q.attention == AttentionKind::kGqa);
  CHECK(q.head_dim == 64);
  CHECK(q.num_kv_heads == 2);
  CHECK(q.qkv_bias);
  CHECK(q.tie_word_embeddings);
  CHECK_FALSE(q.rope_interleaved);
  CHECK(q.rope_theta == 1e6);
  CHECK(q.num_experts == 0);
  CHECK_FALSE(q.IsMoeLayer(23));
  CHECK(q.eos_token_ids == std::vector<int64_t>{151643});
  CHECK(q.pad_token_id == -1);
  CHECK(q.CacheRowWidth() == 256);
  CHECK(q.SoftmaxScale() == 0.125);

  const ModelConfig d = ParseModelConfig(kDeepseek, "config.json");
  CHECK(d.attention == AttentionKind::kMla);
  CHECK(d.rope_interleaved);
  CHECK(d.QkHeadDim() == 192);
  CHECK(d.CacheRowWidth() == 576);
  CHECK(d.RotaryDim() == 64);
  CHECK(d.SoftmaxScale() == doctest::Approx(1.0 / std::sqrt(192.0)));
  CHECK_FALSE(d.IsMoeLayer(2));
  CHECK(d.IsMoeLayer(3));
  CHECK(d.top_expert_groups == 4);
  CHECK(d.routed_scaling_factor == 2.5);
}

TEST_CASE("published configs of the other architectures") {
  const ModelConfig l = ParseModelConfig(kLlama, "config.json");
  CHECK(l.rope_scaling.kind == RopeScaling::Kind::kLlama3);
  CHECK(l.rope_scaling.factor == 32.0);
  CHECK(l.rope_scaling.original_positions == 8192);
  CHECK(l.eos_token_ids.size() == 3);
  CHECK_FALSE((l.qkv_bias || l.o_bias || l.mlp_bias || l.qk_norm));

  const ModelConfig q = ParseModelConfig(kQwen3, "config.json");
  CHECK(q.qk_norm);
  CHECK(q.head_dim * q.num_heads == 2 * q.hidden_size);
  CHECK_FALSE(q.qkv_bias);

  const ModelConfig m = ParseModelConfig(kQwen3Moe, "config.json");
  CHECK(m.gate == GateKind::kSoftmax);
  CHECK(m.num_experts == 128);
  CHECK(m.num_shared_experts == 0);
  CHECK(m.IsMoeLayer(0));

  const ModelConfig v = ParseModelConfig(kV2Lite, "config.json");
  CHECK(v.gate == GateKind::kSoftmax);
  CHECK(v.num_expert_groups == 1);
  CHECK(v.q_lora_rank == 0);
  CHECK(v.rope_scaling.Magnitude() == 1.0);
  CHECK(v.SoftmaxScale() * std::sqrt(192.0) == doctest::Approx(1.5896).epsilon(1e-4));

  const ModelConfig d = ParsePatched(nlohmann::json::parse(kDeepseek), kV3Release);
  CHECK(d.num_mtp_layers == 1);
  CHECK(d.fp8_block_rows == 128);
  CHECK(d.fp8_block_columns == 128);
  CHECK(d.SoftmaxScale() * std::sqrt(192.0) == doctest::Approx(1.8739).epsilon(1e-4));
  ModelConfig saved = d;
  saved.fp8_block_rows = saved.fp8_block_columns = 0;
  CHECK(ParseModelConfig(ModelConfigToJson(d, "bfloat16"), "config.json") == saved);
}

TEST_CASE("which layers slide and which have experts") {
  const auto qwen = [](const std::string& patch) {
    return ParsePatched(nlohmann::json::parse(kQwen), patch);
  };
  const ModelConfig late = qwen(R"({"use_sliding_window":true,"sliding_window":64,"max_window_layers":20})");
  CHECK(late.Window(19) == 0);
  CHECK(late.Window(20) == 64);
  CHECK(qwen(R"({"use_sliding_window":true,"max_window_layers":24})").sliding_window == 0);
  std::vector<std::string> types(24, "full_attention");
  types[3] = "sliding_attention";
  const nlohmann::json by_type = {
      {"use_sliding_window", true}, {"sliding_window", 8}, {"layer_types", types}};
  const ModelConfig one = qwen(by_type.dump());
  CHECK(one.Window(3) == 8);
  CHECK(one.Window(23) == 0);
  CHECK(ParseModelConfig(ModelConfigToJson(one, "float32"), "config.json") == one);

  const ModelConfig sparse =
      ParsePatched(nlohmann::json::parse(kQwen3Moe), R"({"decoder_sparse_step":2,"mlp_only_layers":[3,5]})");
  for (int64_t l = 0; l < 8; ++l) CHECK(sparse.IsMoeLayer(l) == (l == 1 || l == 7));
  CHECK(ParsePatched(nlohmann::json::parse(kQwen3Moe), R"({"num_experts":null,"num_local_experts":16})")
            .num_experts == 16);
  CHECK(ParsePatched(nlohmann::json::parse(kQwen3Moe), R"({"num_experts":0})").num_experts == 0);
}

TEST_CASE("both spellings of rope settings") {
  const auto parse = [](const std::string& patch) {
    nlohmann::json object = nlohmann::json::parse(kQwen);
    object.erase("rope_theta");
    return ParsePatched(object, patch).rope_theta;
  };
  CHECK(parse(R"({"rope_theta":5000})") == 5000.0);
  CHECK(parse(R"({"rope_parameters":{"rope_theta":5000,"rope_type":"default"}})") == 5000.0);
  CHECK(parse(R"({"rope_theta":5000,"rope_scaling":{"type":"default"}})") == 5000.0);
  CHECK(parse("{}") == 10000.0);
  CHECK(Mentions(ErrorOf([&] { parse(R"({"rope_theta":1,"rope_parameters":{"rope_theta":2}})"); }),
                 "rope_theta differs"));
}

TEST_CASE("what is unsupported or inconsistent is named") {
  struct Case {
    const char* base;
    const char* patch;
    const char* expected;
  };
  const Case cases[] = {
      {kQwen, R"({"architectures":["LlamaForCausalLM"]})", "model_type = \"qwen2\" is not supported"},
      {kQwen, R"({"architectures":["GPT2LMHeadModel"]})",
       "use one of DeepseekV2ForCausalLM, DeepseekV3ForCausalLM, LlamaForCausalLM, Qwen2ForCausalLM, "
       "Qwen3ForCausalLM, Qwen3MoeForCausalLM"},
      {kQwen, R"({"logit_scale":2})", "logit_scale is not a key"},
      {kQwen, R"({"mlp_bias":true})", "mlp_bias is not a key"},
      {kQwen3, R"({"head_dim":null})", "head_dim is missing"},
      {kQwen3Moe, R"({"num_local_experts":4})", "num_experts = 128"},
      {kQwen3Moe, R"({"mlp_only_layers":[48]})", "mlp_only_layers"},
      {kV2Lite, R"({"norm_topk_prob":true})", "norm_topk_prob"},
      {kV2Lite, R"({"topk_method":"group_limited_greedy","n_group":7})", "n_group equal groups"},
      {kV2Lite, R"({"num_nextn_predict_layers":1})", "num_nextn_predict_layers"},
      {kLlama, R"({"rope_scaling":{"rope_type":"llama3","factor":8.0}})",
       "rope_scaling.low_freq_factor is missing"},
      {kLlama, R"({"rope_scaling":{"rope_type":"longrope"}})",
       "use a model with one of default, llama3, yarn"},
      {kLlama, R"({"rope_scaling":{"type":"linear","factor":2.0}})", "linear"},
      {kV2Lite, R"({"rope_scaling":{"type":"yarn","factor":0.5}})", "rope_scaling.factor"},
      {kV2Lite, R"({"rope_scaling":{"type":"yarn","factor":2.0,"wide":1}})",
       "rope_scaling.wide is not a key"},
      {kQwen, R"({"architectures":[]})", "architectures"},
      {kQwen, R"({"model_type":"llama"})", "model_type"},
      {kQwen, R"({"hidden_size":null})", "hidden_size is missing"},
      {kQwen, R"({"hidden_size":"896"})", "hidden_size is not an integer"},
      {kQwen, R"({"hidden_size":896.0})", "hidden_size is not an integer"},
      {kQwen, R"({"vocab_size":0})", "vocab_size is not an integer"},
      {kQwen, R"({"vocab_size":18446744073709551615})", "vocab_size is not an integer"},
      {kQwen, R"({"num_hidden_layers":100000000})", "num_hidden_layers"},
      {kQwen, R"({"hidden_size":897})", "multiple of num_attention_heads"},
      {kQwen, R"({"num_key_value_heads":3})", "multiple of num_key_value_heads"},
      {kQwen, R"({"head_dim":7})", "rotary dimension is odd"},
      {kQwen, R"({"rms_norm_eps":0})", "rms_norm_eps"},
      {kQwen, R"({"rope_scaling":{"factor":4.0}})", "rope_scaling.factor"},
      {kQwen, R"({"rope_parameters":{"rope_theta":1000000.0,"partial_rotary_factor":0.5}})",
       "partial_rotary_factor"},
      {kQwen, R"({"use_sliding_window":1})", "use_sliding_window"},
      {kQwen, R"({"use_mrope":true})", "use_mrope"},
      {kQwen, R"({"layer_types":["sliding_attention"]})", "layer_types"},
      {kQwen, R"({"hidden_act":"gelu"})", "hidden_act"},
      {kQwen, R"({"quantization_config":{}})", "quant_method is missing"},
      {kQwen, R"({"quantization_config":{"quant_method":"gptq"}})", "gptq"},
      {kQwen, R"({"quantization_config":{"quant_method":"fp8"}})", "weight_block_size"},
      {kQwen, R"({"eos_token_id":[1,151936]})", "eos_token_id"},
      {kQwen, R"({"bos_token_id":-2})", "bos_token_id"},
      {kQwen, R"({"tie_word_embeddings":1})", "tie_word_embeddings"},
      {kDeepseek, R"({"scoring_func":"softmax"})", "scoring_func"},
      {kDeepseek, R"({"topk_method":"greedy"})", "topk_method"},
      {kDeepseek, R"({"attention_bias":true})", "attention_bias"},
      {kDeepseek, R"({"moe_layer_freq":2})", "moe_layer_freq"},
      {kDeepseek, R"({"num_nextn_predict_layers":-1})", "num_nextn_predict_layers"},
      {kDeepseek, R"({"num_key_value_heads":1})", "num_key_value_heads"},
      {kDeepseek, R"({"head_dim":128})", "head_dim"},
      {kDeepseek, R"({"n_group":7})", "n_group equal groups"},
      {kDeepseek, R"({"topk_group":9})", "topk_group"},
      {kDeepseek, R"({"n_group":128,"topk_group":3})", "num_experts_per_tok exceeds"},
      {kDeepseek, R"({"num_experts_per_tok":257})", "num_experts_per_tok"},
      {kDeepseek, R"({"n_shared_experts":0})", "n_shared_experts"},
      {kDeepseek, R"({"n_routed_experts":0})", "n_routed_experts is 0"},
      {kDeepseek, R"({"qk_rope_head_dim":63})", "rotary dimension is odd"}};
  for (const Case& c : cases) {
    CAPTURE(c.patch);
    const std::string message = ErrorAfter(c.base, c.patch);
    CAPTURE(message);
    CHECK(Mentions(message, "dir/config.json: "));
    CHECK(Mentions(message, c.expected));
  }
  for (const char* base : {kQwen, kDeepseek, kLlama, kQwen3, kQwen3Moe, kV2Lite})
    CHECK(ErrorAfter(base, "{}").empty());
  CHECK(Mentions(ErrorOf([] { ParseModelConfig(R"({"a":1,"a":2})", "f"); }), "duplicate key 'a'"));
  CHECK(Mentions(ErrorOf([] { ParseModelConfig("[]", "f"); }), "not a JSON object"));
  CHECK(Mentions(ErrorOf([] { ParseModelConfig("{", "f"); }), "not valid JSON"));
}

}  // namespace hone
