// hone eval: measure a saved model on a recipe's held-out prompts. Covered by tests/recipes/cli_test.cc.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "recipes/assembly.h"
#include "recipes/commands.h"
#include "recipes/schema.h"

namespace hone {
namespace {

struct EvalArguments {
  std::string model;
  std::string recipe;
  std::vector<std::string> overrides;
  bool json = false;
};

nlohmann::ordered_json ToJson(const Evaluation& e) {
  nlohmann::ordered_json json;
  for (const auto& [k, value] : e.pass_at) json["pass@" + std::to_string(k)] = value;
  json["pass@1_standard_error"] = e.pass_at_1_error;
  const auto samples = e.num_prompts > 0 ? e.num_completions / e.num_prompts : 0;
  json["maj@" + std::to_string(samples)] = e.majority;
  json["mean_length"] = e.mean_length;
  json["format"] = e.format;
  json["truncated"] = e.truncated;
  json["faults"] = e.faults;
  json["num_prompts"] = e.num_prompts;
  json["num_completions"] = e.num_completions;
  for (const auto& [kind, value] : e.by_kind) json["pass@1_by_kind"][kind] = value;
  return json;
}

int EvalModel(const EvalArguments& arguments) {
  const Recipe recipe = LoadRecipe(arguments.recipe, arguments.overrides);
  const auto rewards = MakeRewards(recipe);
  const auto policy = Policy::Load(arguments.model, recipe.run.precision, ThreadCount(recipe.run.threads));
  Sampler sampler(*policy, recipe.rollout);
  const nlohmann::ordered_json json = ToJson(EvaluatePolicy(recipe, *policy, sampler, *rewards));
  if (arguments.json) {
    fmt::print("{}\n", json.dump());
    return 0;
  }
  for (const auto& [key, value] : json.items()) fmt::print("{:24} {}\n", key, value.dump());
  return 0;
}

}  // namespace

Command AddEvalCommand(CLI::App& app) {
  auto* command = app.add_subcommand("eval", "Measure a model on a recipe's held-out prompts");
  auto a = std::make_shared<EvalArguments>();
  command->add_option("model", a->model, "Hugging Face directory")->required();
  command->add_option("--recipe", a->recipe, "recipe whose task, rewards and eval table are used")
      ->required();
  command
      ->add_option("--set", a->overrides,
                   "KEY=VALUE in place of the recipe's, e.g. eval.samples_per_prompt=16")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_flag("--json", a->json, "one JSON object on stdout");
  command->footer("Example:\n  hone eval runs/r1_zero/model --recipe recipes/r1_zero.toml --json");
  return [a] { return EvalModel(*a); };
}

}  // namespace hone
