// hone info: the bundled model against its files, a model of 671 B parameters by its config.json alone, and refusals.
#include <nlohmann/json.hpp>

#include "tests/recipes/binary.h"

using namespace hone;
using nlohmann::json;

namespace {

// The published shape of DeepSeek-V3.
constexpr char kDeepseekV3[] = R"({
 "architectures":["DeepseekV3ForCausalLM"],"model_type":"deepseek_v3","vocab_size":129280,"hidden_size":7168,
 "intermediate_size":18432,"moe_intermediate_size":2048,"num_hidden_layers":61,"num_nextn_predict_layers":1,
 "num_attention_heads":128,"num_key_value_heads":128,"n_shared_experts":1,"n_routed_experts":256,
 "routed_scaling_factor":2.5,"kv_lora_rank":512,"q_lora_rank":1536,"qk_rope_head_dim":64,"v_head_dim":128,
 "qk_nope_head_dim":128,"topk_method":"noaux_tc","n_group":8,"topk_group":4,"num_experts_per_tok":8,
 "moe_layer_freq":1,"first_k_dense_replace":3,"norm_topk_prob":true,"scoring_func":"sigmoid","hidden_act":"silu",
 "max_position_embeddings":163840,"rms_norm_eps":1e-6,"rope_theta":10000,"attention_bias":false,
 "attention_dropout":0.0,"tie_word_embeddings":false,"torch_dtype":"bfloat16",
 "rope_scaling":{"type":"yarn","factor":40,"original_max_position_embeddings":4096,"beta_fast":32,"beta_slow":1,
   "mscale":1.0,"mscale_all_dim":1.0},
 "quantization_config":{"quant_method":"fp8","fmt":"e4m3","weight_block_size":[128,128],"activation_scheme":"dynamic"}})";

}  // namespace

TEST_CASE("the bundled model's numbers are those of its files") {
  const Workplace at;
  const std::string model = HONE_SOURCE_DIR "/data/tiny_base";
  const json info = json::parse(at.Hone("info '" + model + "' --json").out);
  CHECK(info["architecture"] == "DeepseekV3ForCausalLM");
  const int64_t parameters = info["parameters"];
  CHECK(info["bytes_on_disk"] == 4 * parameters);  // fp32, and nothing else in the file
  CHECK(info["bytes_by_dtype"] == json{{"F32", 4 * parameters}});
  CHECK(info["files"] == 1);
  CHECK(info["active_parameters"] < parameters);
  CHECK(info["layers"] == 4);
  CHECK(info["moe_layers"] == 3);
  CHECK(info["context"] == 256);
  CHECK(info["cache_bytes_per_token"] == json{{"fp32", 4 * (64 + 16) * 4}, {"bf16", 4 * (64 + 16) * 2}});
  CHECK(info["training_bytes"]["fp32"]["total"] == (4 + 2 * 4 + 4 + 8) * parameters);
  CHECK(info["training_bytes"]["bf16"]["total"] == (4 + 2 * 2 + 4 + 8) * parameters);
  CHECK(info["sampling_bytes"]["bf16"] == 2 * parameters);
  const Said text = at.Hone("info '" + model + "'");
  CHECK(text.status == 0);
  for (const char* part : {"DeepseekV3ForCausalLM", "3 of them with 8 experts, 2 per token", "256 tokens",
                           "F32", "1280 bytes per token in fp32, 640 in bf16", "AdamW"}) {
    CAPTURE(part);
    CHECK(text.Prints(part));
  }
}

TEST_CASE("config.json alone tells a model of 671 B parameters") {
  const Workplace at;
  at.Write("v3/config.json", kDeepseekV3);
  const Said said = at.Hone("info v3 --json");
  CAPTURE(said.err);
  REQUIRE(said.status == 0);
  const json info = json::parse(said.out);
  CHECK(info["parameters"].get<double>() == doctest::Approx(671.0e9).epsilon(0.0001));
  CHECK(info["active_parameters"].get<double>() ==
        doctest::Approx(36.6e9).epsilon(0.002));  // without the embedding's 0.9 B
  CHECK(info["files"] == 0);
  CHECK(info["cache_bytes_per_token"]["bf16"] == 70272);
  CHECK(info["mtp_layers"] == 1);
  const Said text = at.Hone("info v3");
  CHECK(text.Prints("no weights here, config.json alone"));
  CHECK(text.Prints("1 more for multi-token prediction"));
}

TEST_CASE("info names what it cannot read") {
  const Workplace at;
  CheckOneLine(at.Hone("info nowhere"));
  at.Write("odd/config.json", R"({"architectures":["GPT2LMHeadModel"]})");
  const Said odd = at.Hone("info odd");
  CheckOneLine(odd);
  CHECK(odd.Says("GPT2LMHeadModel"));
  CHECK(odd.Says("Qwen2ForCausalLM"));
  at.Write("cut/config.json", kDeepseekV3);
  at.Write("cut/model.safetensors", "abc");
  const Said cut = at.Hone("info cut");
  CheckOneLine(cut);
  CHECK(cut.Says("truncated"));
}
