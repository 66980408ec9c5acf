// See schema.h. Covered by tests/recipes/schema_test.cc.
#include "recipes/schema.h"

#include <algorithm>
#include <filesystem>

#include "data/condition.h"
#include "data/error.h"
#include "data/text_file.h"
#include "rewards/code/languages.h"
#include "rl/metrics.h"

namespace hone {
namespace {

[[noreturn]] void Refuse(const std::string& what, const std::string& path, const std::string& remedy) {
  throw Error(what, path, remedy);
}

void CheckName(const std::string& name, const std::string& path) {
  if (!name.empty() && name.find('/') == std::string::npos && name[0] != '.') return;
  Refuse("name = \"" + name + "\" cannot be a directory name", path, "use letters, digits, '-' and '_'");
}

void CheckModel(const Recipe& r, const std::string& path) {
  if (r.kind == StageKind::kDistill && r.distill.teacher.empty())
    Refuse("the recipe needs a teacher", path + ": distill.teacher", "name a model's directory");
  if (r.model.path.empty() != !r.model.shape.has_value()) return;
  if (r.kind == StageKind::kEval && !r.eval.models.empty()) return;
  Refuse("the recipe needs a model to start from", path, "write either model.path or a [model.shape] table");
}

// A condition of sample.keep names what SelectionValue (rl/selection.h) finds in a score.
void CheckKeep(const Recipe& r, const std::string& path) {
  std::vector<std::string> known = {"reward", "length", "finished"};
  for (const auto& [name, reward] : r.rewards) known.push_back(name);
  const std::string where = path + ": sample.keep";
  for (const Condition& c : ParseConditions(r.sample.keep, where)) {
    const std::string name = c.name.substr(0, c.name.find('/'));  // a part of a reward is named behind it
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string names;
    for (const std::string& k : known) names += (names.empty() ? "" : ", ") + k;
    Refuse("no completion has a '" + c.name + "'", where, "name one of " + names);
  }
}

// A stage's requirements name metrics that some stage reports.
void CheckRequire(const std::vector<std::string>& require, const std::string& where) {
  for (const Condition& c : ParseConditions(require, where)) {
    if (FindMetric(RequiredMetric(c.name)) != nullptr) continue;
    Refuse("there is no metric '" + c.name + "'", where,
           "rl/README.md lists them; eval.NAME means held_out/NAME");
  }
}

void CheckTask(const Recipe& r, const std::string& path) {
  if (r.task.kind != TaskKind::kFile) {
    if (r.task.files.data.empty() && r.task.files.held_out.empty()) return;
    Refuse("task.data and task.held_out are not used", path, "write task.kind = \"file\"");
  }
  if (r.task.files.adapter == RowAdapter::kCodeContests)
    FindLanguage(r.task.files.language, path + ": task.language");
  if (r.model.shape)
    Refuse("there is no tokenizer for the questions of files", path, "name a model with model.path");
}

void CheckAcrossKeys(const Recipe& r, const std::string& path) {
  if (r.rewards.empty())
    Refuse("there is no reward", path + ": rewards", "write a table such as [rewards.answer]");
  const PromptTemplate prompt(r.task.prompt == "chat" ? "{question}" : r.task.prompt);
  ArithmeticCorpus(r.corpus.shares, 0, prompt);  // refuses what it cannot use
  WordsCorpus(r.words_corpus.shares, 0, prompt);
  CheckKeep(r, path);
  CheckTask(r, path);
  if ((r.memory.gradient_blocks & (r.memory.gradient_blocks - 1)) != 0) {
    Refuse("memory.gradient_blocks = " + std::to_string(r.memory.gradient_blocks), path,
           "use a power of two");
  }
  if (r.curriculum.min_pass_rate > r.curriculum.max_pass_rate)
    Refuse("curriculum.min_pass_rate is above max_pass_rate", path, "exchange them");
  if (!r.run.keep_best.empty() &&
      (!r.run.keep_best.starts_with("held_out/") || FindMetric(r.run.keep_best) == nullptr)) {
    Refuse("run.keep_best = \"" + r.run.keep_best + "\" is no metric of evaluations", path,
           "name one such as \"held_out/pass@1\"");
  }
  if (r.grpo.argued_group_size != 0 && r.grpo.argued_group_size != r.grpo.group_size) {
    Refuse("grpo.arguments say " + std::to_string(r.grpo.argued_group_size) +
               " completions a prompt, grpo.group_size " + std::to_string(r.grpo.group_size),
           path, "make them agree");
  }
  if (r.grpo.argued_length != 0 && r.grpo.argued_length != r.rollout.max_new_tokens) {
    Refuse("grpo.arguments say " + std::to_string(r.grpo.argued_length) +
               " tokens at most, rollout.max_new_tokens " + std::to_string(r.rollout.max_new_tokens),
           path, "make them agree");
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
  if (!deepseek && architecture != "Qwen2ForCausalLM")
    throw Error("new models of architecture '" + architecture + "' are not made", where + ": model.shape",
                "use DeepseekV3ForCausalLM or Qwen2ForCausalLM, or start from a checkpoint");
  c.attention = deepseek ? AttentionKind::kMla : AttentionKind::kGqa;
  c.rope_interleaved = deepseek;
  c.qkv_bias = !deepseek;
  c.vocab_size = tokenizer.vocab_size();
  c.bos_token_id = tokenizer.bos_id().value_or(-1);
  c.pad_token_id = tokenizer.pad_id().value_or(-1);
  if (tokenizer.eos_id()) c.eos_token_ids = {*tokenizer.eos_id()};
  return ParseModelConfig(ModelConfigToJson(c, "float32"), where + ": model.shape");
}

namespace {

std::string AbsoluteFrom(const std::filesystem::path& base, const std::string& path) {
  return (base / path).lexically_normal().string();
}

void ResolvePaths(const std::filesystem::path& base, Recipe& recipe) {
  if (!recipe.model.path.empty()) recipe.model.path = AbsoluteFrom(base, recipe.model.path);
  if (!recipe.curriculum.pass_rates.empty())
    recipe.curriculum.pass_rates = AbsoluteFrom(base, recipe.curriculum.pass_rates);
  if (!recipe.distill.teacher.empty()) recipe.distill.teacher = AbsoluteFrom(base, recipe.distill.teacher);
  for (std::string& data : recipe.task.files.data) data = AbsoluteFrom(base, data);
  for (std::string& data : recipe.task.files.held_out) data = AbsoluteFrom(base, data);
  for (std::string& data : recipe.sft.data) data = AbsoluteFrom(base, data);
  for (std::string& data : recipe.distill.data) data = AbsoluteFrom(base, data);
  for (std::string& model : recipe.eval.models) model = AbsoluteFrom(base, model);
  for (auto& [name, reward] : recipe.rewards) reward.ResolvePaths(base.string());
}

}  // namespace

std::string RequiredMetric(const std::string& name) {
  return name.starts_with("eval.") ? "held_out/" + name.substr(5) : name;
}

RecipeFile ResolveRecipeFile(const std::string& toml, const std::string& path,
                             const std::vector<std::string>& overrides) {
  auto file = ParseRecipe<RecipeFile>(toml, path, overrides);
  const auto base = std::filesystem::absolute(path).parent_path();
  CheckName(file.recipe.name, path);
  ResolvePaths(base, file.recipe);
  CheckAcrossKeys(file.recipe, path);
  if (file.stages.empty()) CheckModel(file.recipe, path);
  for (auto& [name, stage] : file.stages) {
    ResolvePaths(base, stage.recipe);
    for (std::string& from : stage.from) {
      if (!file.stages.contains(from)) from = AbsoluteFrom(base, from);
    }
    CheckAcrossKeys(stage.recipe, path + ": stages." + name);
    CheckRequire(stage.require, path + ": stages." + name + ".require");
  }
  return file;
}

RecipeFile LoadRecipeFile(const std::string& path, const std::vector<std::string>& overrides) {
  return ResolveRecipeFile(ReadFile(path), path, overrides);
}

Recipe LoadRecipe(const std::string& path, const std::vector<std::string>& overrides,
                  const std::string& stage) {
  RecipeFile file = LoadRecipeFile(path, overrides);
  if (stage.empty() && file.stages.empty()) return file.recipe;
  std::string names;
  for (const auto& [name, table] : file.stages) names += (names.empty() ? "" : ", ") + name;
  if (stage.empty()) throw Error("the recipe has stages", path, "name one of them with --stage: " + names);
  const auto found = file.stages.find(stage);
  if (found != file.stages.end()) return found->second.recipe;
  throw Error("there is no stage '" + stage + "'", path,
              names.empty() ? "leave --stage away: the recipe has one stage" : "there are: " + names);
}

std::vector<FieldDoc> RecipeKeys() {
  std::vector<FieldDoc> docs = DescribeRecipe<RecipeFile>();
  std::erase_if(docs, [](const FieldDoc& doc) {
    return doc.key.starts_with("stages.") && doc.key != "stages.NAME.from" &&
           doc.key != "stages.NAME.require";
  });
  return docs;
}

}  // namespace hone
