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

TEST_CASE("both spellings of rope settings") {
  const auto parse = [](const std::string& patch) {
    nlohmann::json object = nlohmann::json::parse(kQwen);
    object.erase("rope_theta");
    return ParsePatched(object, patch).rope_theta;
  };
  CHECK(parse(R"({"rope_theta":5000})") == 5000.0);
  CHECK(parse(R"({"rope_parameters":{"rope_theta":5000,"rope_type":"default"}})") == 5000.0);
  CHECK(parse(R"({"rope_theta":5000,"rope_scaling":{"type":"default"}})") == 5000.0);
  CHECK(Mentions(ErrorOf([&] { parse("{}"); }), "rope_theta is missing"));
  CHECK(Mentions(ErrorOf([&] { parse(R"({"rope_theta":1,"rope_parameters":{"rope_theta":2}})"); }),
                 "rope_theta differs"));
}

TEST_CASE("what is unsupported or inconsistent is named") {
  struct Case {
    const char* base;
    const char* patch;
    const char* expected;
  };
  const Case cases[] = {{kQwen, R"({"architectures":["LlamaForCausalLM"]})",
                         "use one of DeepseekV3ForCausalLM, Qwen2ForCausalLM"},
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
                        {kQwen, R"({"rope_scaling":{"rope_type":"yarn","factor":4.0}})", "rope_type"},
                        {kQwen, R"({"rope_scaling":{"factor":4.0}})", "rope_scaling.factor"},
                        {kQwen, R"({"rope_parameters":{"rope_theta":1000000.0,"partial_rotary_factor":0.5}})",
                         "partial_rotary_factor"},
                        {kQwen, R"({"use_sliding_window":true})", "use_sliding_window"},
                        {kQwen, R"({"layer_types":["sliding_attention"]})", "layer_types"},
                        {kQwen, R"({"hidden_act":"gelu"})", "hidden_act"},
                        {kQwen, R"({"quantization_config":{}})", "quantized"},
                        {kQwen, R"({"eos_token_id":[1,151936]})", "eos_token_id"},
                        {kQwen, R"({"bos_token_id":-2})", "bos_token_id"},
                        {kQwen, R"({"tie_word_embeddings":1})", "tie_word_embeddings"},
                        {kDeepseek, R"({"scoring_func":"softmax"})", "scoring_func"},
                        {kDeepseek, R"({"topk_method":"greedy"})", "topk_method"},
                        {kDeepseek, R"({"attention_bias":true})", "attention_bias"},
                        {kDeepseek, R"({"moe_layer_freq":2})", "moe_layer_freq"},
                        {kDeepseek, R"({"num_nextn_predict_layers":1})", "num_nextn_predict_layers"},
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
  CHECK(ErrorAfter(kQwen, "{}").empty());
  CHECK(ErrorAfter(kDeepseek, "{}").empty());
  CHECK(Mentions(ErrorOf([] { ParseModelConfig(R"({"a":1,"a":2})", "f"); }), "duplicate key 'a'"));
  CHECK(Mentions(ErrorOf([] { ParseModelConfig("[]", "f"); }), "not a JSON object"));
  CHECK(Mentions(ErrorOf([] { ParseModelConfig("{", "f"); }), "not valid JSON"));
}

}  // namespace hone
