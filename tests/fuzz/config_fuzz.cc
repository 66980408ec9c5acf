// Fuzzing of config.json; driver.h says how to run it. A hostile file is an Error, and what parses comes back from what is written.
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "data/error.h"
#include "policy/config.h"
#include "tests/fuzz/bounded_new.h"
#include "tests/fuzz/driver.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  hone::ModelConfig config;
  try {
    config = hone::ParseModelConfig(std::string(reinterpret_cast<const char*>(data), size), "config.json");
  } catch (const hone::Error& e) {
    Require(std::string_view(e.what()).starts_with("config.json"), "an error names the file");
    return 0;
  }
  config.fp8_block_rows = config.fp8_block_columns = 0;  // of the files alone: not written
  const std::string written = hone::ModelConfigToJson(config, "float32");
  Require(hone::ParseModelConfig(written, "written") == config,
          "a config that parses can be written and read back");
  return 0;
}

#ifndef HONE_LIBFUZZER
namespace {

const std::vector<std::string>& Corpus() {
  static const std::vector<std::string> corpus = {
      R"({"architectures":["Qwen2ForCausalLM"],"model_type":"qwen2","hidden_act":"silu","hidden_size":896,
"intermediate_size":4864,"max_position_embeddings":32768,"max_window_layers":21,"num_attention_heads":14,
"num_hidden_layers":24,"num_key_value_heads":2,"rms_norm_eps":1e-06,"rope_theta":1000000.0,"sliding_window":4096,
"tie_word_embeddings":true,"torch_dtype":"bfloat16","use_sliding_window":true,"vocab_size":151936,
"bos_token_id":1,"eos_token_id":[2,3]})",
      R"({"architectures":["LlamaForCausalLM"],"model_type":"llama","attention_bias":true,"mlp_bias":false,"head_dim":64,
"hidden_size":2048,"intermediate_size":8192,"max_position_embeddings":131072,"num_attention_heads":32,
"num_hidden_layers":16,"num_key_value_heads":null,"rms_norm_eps":1e-05,"rope_scaling":{"factor":32.0,
"high_freq_factor":4.0,"low_freq_factor":1.0,"original_max_position_embeddings":8192,"rope_type":"llama3"},
"rope_theta":500000.0,"tie_word_embeddings":true,"vocab_size":128256})",
      R"({"architectures":["Qwen3MoeForCausalLM"],"model_type":"qwen3_moe","decoder_sparse_step":1,"head_dim":128,
"hidden_size":2048,"intermediate_size":6144,"max_position_embeddings":40960,"mlp_only_layers":[1,2],
"moe_intermediate_size":768,"norm_topk_prob":true,"num_attention_heads":32,"num_experts":128,"num_experts_per_tok":8,
"num_hidden_layers":48,"num_key_value_heads":4,"rms_norm_eps":1e-06,"rope_theta":1000000.0,"vocab_size":151936,
"rope_parameters":{"rope_type":"default","rope_theta":1000000.0}})",
      R"({"architectures":["DeepseekV3ForCausalLM"],"model_type":"deepseek_v3","vocab_size":129280,"hidden_size":7168,
"intermediate_size":18432,"moe_intermediate_size":2048,"num_hidden_layers":61,"num_nextn_predict_layers":1,
"num_attention_heads":128,"num_key_value_heads":128,"n_shared_experts":1,"n_routed_experts":256,
"routed_scaling_factor":2.5,"kv_lora_rank":512,"q_lora_rank":1536,"qk_rope_head_dim":64,"v_head_dim":128,
"qk_nope_head_dim":128,"topk_method":"noaux_tc","n_group":8,"topk_group":4,"num_experts_per_tok":8,"moe_layer_freq":1,
"first_k_dense_replace":3,"norm_topk_prob":true,"scoring_func":"sigmoid","hidden_act":"silu",
"max_position_embeddings":163840,"rms_norm_eps":1e-6,"rope_theta":10000,"attention_bias":false,
"rope_scaling":{"type":"yarn","factor":40,"original_max_position_embeddings":4096,"beta_fast":32,"beta_slow":1,
"mscale":1.0,"mscale_all_dim":1.0},"quantization_config":{"quant_method":"fp8","fmt":"e4m3",
"weight_block_size":[128,128],"activation_scheme":"dynamic"}})",
      R"({"architectures":["DeepseekV2ForCausalLM"],"model_type":"deepseek_v2","first_k_dense_replace":1,"hidden_act":"silu",
"hidden_size":2048,"intermediate_size":10944,"kv_lora_rank":512,"max_position_embeddings":163840,
"moe_intermediate_size":1408,"moe_layer_freq":1,"n_group":1,"n_routed_experts":64,"n_shared_experts":2,
"norm_topk_prob":false,"num_attention_heads":16,"num_experts_per_tok":6,"num_hidden_layers":27,
"num_key_value_heads":16,"q_lora_rank":null,"qk_nope_head_dim":128,"qk_rope_head_dim":64,"rms_norm_eps":1e-06,
"rope_theta":10000,"routed_scaling_factor":1.0,"scoring_func":"softmax","topk_group":1,"topk_method":"greedy",
"v_head_dim":128,"vocab_size":102400})"};
  return corpus;
}

}  // namespace

int main(int argc, char** argv) {
  return Drive(argc, argv, [](uint64_t, std::mt19937_64& random) {
    const std::string& base = Corpus()[random() % Corpus().size()];
    const std::string text = Mutated(base, Corpus(), Characters("{}[]\",:.-+0159eE ntf"), 4000, random);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  });
}
#endif  // HONE_LIBFUZZER
