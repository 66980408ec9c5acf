// See schema.h. Covered by tests/recipes/schema_test.cc.
#include "recipes/schema.h"

#include <filesystem>

#include "data/error.h"
#include "data/text_file.h"

namespace hone {
namespace {

[[noreturn]] void Refuse(const std::string& what, const std::string& path, const std::string& remedy) {
  throw Error(what, path, remedy);
}

void CheckAcrossKeys(const Recipe& r, const std::string& path) {
  if (r.name.empty() || r.name.find('/') != std::string::npos || r.name[0] == '.') {
    Refuse("name = \"" + r.name + "\" cannot be a directory name", path, "use letters, digits, '-' and '_'");
  }
  if (r.model.path.empty() == !r.model.shape.has_value()) {
    Refuse("the recipe needs a model to start from", path,
           "write either model.path or a [model.shape] table");
  }
  if (r.rewards.empty())
    Refuse("there is no reward", path + ": rewards", "write a table such as [rewards.answer]");
  ArithmeticCorpus(r.corpus.shares, 0, PromptTemplate(r.task.prompt));  // refuses what it cannot use
  if ((r.memory.gradient_blocks & (r.memory.gradient_blocks - 1)) != 0) {
    Refuse("memory.gradient_blocks = " + std::to_string(r.memory.gradient_blocks), path,
           "use a power of two");
  }
  if (r.grpo.minibatches > r.grpo.prompts_per_step) {
    Refuse("grpo.minibatches = " + std::to_string(r.grpo.minibatches) +
               " is more than grpo.prompts_per_step = " + std::to_string(r.grpo.prompts_per_step),
           path, "each minibatch needs a group");
  }
}

}  // namespace

ShapeConfig::ShapeConfig() {
  config.hidden_size = 128;
  config.num_layers = 4;
  config.num_heads = 4;
  config.num_kv_heads = 2;
  config.head_dim = 32;
  config.intermediate_size = 256;
  config.kv_lora_rank = 64;
  config.qk_nope_head_dim = 32;
  config.qk_rope_head_dim = 16;
  config.v_head_dim = 32;
  config.experts_per_token = 2;
  config.num_shared_experts = 1;
  config.moe_intermediate_size = 96;
  config.first_k_dense = 1;
  config.max_position_embeddings = 256;
}

ModelConfig ShapeConfig::Resolve(const Tokenizer& tokenizer, const std::string& where) const {
  ModelConfig c = config;
  c.architecture = architecture;
  const bool deepseek = architecture == "DeepseekV3ForCausalLM";
  c.attention = deepseek ? AttentionKind::kMla : AttentionKind::kGqa;
  c.rope_interleaved = deepseek;
  c.qkv_bias = !deepseek;
  c.vocab_size = tokenizer.vocab_size();
  c.bos_token_id = tokenizer.bos_id().value_or(-1);
  c.pad_token_id = tokenizer.pad_id().value_or(-1);
  if (tokenizer.eos_id()) c.eos_token_ids = {*tokenizer.eos_id()};
  return ParseModelConfig(ModelConfigToJson(c, "float32"), where + ": model.shape");
}

Recipe ResolveRecipe(const std::string& toml, const std::string& path,
                     const std::vector<std::string>& overrides) {
  auto recipe = ParseRecipe<Recipe>(toml, path, overrides);
  const auto base = std::filesystem::absolute(path).parent_path();
  if (!recipe.model.path.empty()) {
    recipe.model.path = (base / recipe.model.path).lexically_normal().string();
  }
  for (auto& [name, reward] : recipe.rewards) reward.ResolvePaths(base.string());
  CheckAcrossKeys(recipe, path);
  return recipe;
}

Recipe LoadRecipe(const std::string& path, const std::vector<std::string>& overrides) {
  return ResolveRecipe(ReadFile(path), path, overrides);
}

}  // namespace hone
