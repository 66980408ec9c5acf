// hone eval: measure saved models on a recipe's held-out prompts and compare them. Covered by tests/recipes/eval_command_test.cc.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "recipes/assembly.h"
#include "recipes/commands.h"
#include "recipes/schema.h"
#include "rl/eval_report.h"

namespace hone {
namespace {

using Json = nlohmann::ordered_json;

struct EvalArguments {
  std::vector<std::string> models;
  std::string recipe;
  std::string stage;
  std::vector<std::string> overrides;
  bool json = false;
};

struct Measured {
  std::string model;
  Evaluation evaluation;
  std::vector<Difference> differences;  // to the first model; empty for that one
};

Json ToJson(const Interval& interval) { return Json::array({interval.low, interval.high}); }

// The measure under the name people look for: what `name` starts with decides the table it goes into.
void PutValue(Json& json, const std::string& name, const Json& value) {
  constexpr std::pair<std::string_view, const char*> kTables[] = {{"kind/", "pass@1_by_kind"},
                                                                  {"rewards/", "rewards"},
                                                                  {"parts/", "parts"},
                                                                  {"kind_parts/", "parts_by_kind"},
                                                                  {"budget@", "pass@1_by_token_budget"}};
  for (const auto& [prefix, table] : kTables) {
    if (!name.starts_with(prefix)) continue;
    json[table][name.substr(prefix.size())] = value;
    return;
  }
  json[name == "length" ? "mean_length" : name] = value;
}

Json ToJson(const Measured& measured) {
  const Evaluation& e = measured.evaluation;
  Json json = {{"model", measured.model}};
  for (const Measure& measure : e.measures) {
    PutValue(json, measure.name, Estimate(measure));
    if (measure.name == "pass@1") json["pass@1_standard_error"] = e.StandardError("pass@1");
  }
  for (const auto& [name, value] : e.lengths) json["lengths"][name] = value;
  json["faults"] = e.faults;
  json["num_prompts"] = e.num_prompts;
  json["num_completions"] = e.num_completions;
  for (const auto& [name, interval] : Intervals(e)) PutValue(json["intervals"], name, ToJson(interval));
  for (const Difference& d : measured.differences) {
    PutValue(json["difference_to_first"], d.name, Json{{"value", d.value}, {"interval", ToJson(d.interval)}});
  }
  return json;
}

std::vector<Measured> MeasureModels(const EvalArguments& arguments) {
  const Recipe recipe = LoadRecipe(arguments.recipe, arguments.overrides, arguments.stage);
  const auto rewards = MakeRewards(recipe);
  std::vector<Measured> measured;
  for (const std::string& model : arguments.models) {
    const auto policy = Policy::LoadFrozen(model, recipe.run.precision, ThreadCount(recipe.run.threads));
    CheckPrompts(recipe, *policy);
    Sampler sampler(*policy, recipe.rollout);
    measured.push_back({model, EvaluatePolicy(recipe, *policy, sampler, *rewards), {}});
    if (measured.size() > 1)
      measured.back().differences = Differences(measured.back().evaluation, measured.front().evaluation);
  }
  return measured;
}

int EvalModels(const EvalArguments& arguments) {
  const std::vector<Measured> measured = MeasureModels(arguments);
  if (arguments.json) {
    Json list = Json::array();
    for (const Measured& m : measured) list.push_back(ToJson(m));
    fmt::print("{}\n", (list.size() == 1 ? list[0] : list).dump());
    return 0;
  }
  std::vector<MeasuredModel> models;
  for (const Measured& m : measured) {
    models.push_back({m.model, EvaluationMetrics(m.evaluation)});
    const Metrics differences = DifferenceMetrics(m.differences);
    models.back().metrics.insert(models.back().metrics.end(), differences.begin(), differences.end());
  }
  const Evaluation& first = measured.front().evaluation;
  fmt::print("{}\n{} held-out prompts, {} completions", EvaluationTable(models), first.num_prompts,
             first.num_completions);
  fmt::print("{}\n", measured.size() > 1 ? " of each model; differences are paired by prompt" : "");
  for (const Measured& m : measured) {
    if (m.evaluation.faults > 0)
      fmt::print("{}: scores that were faults: {}\n", m.model, m.evaluation.faults);
  }
  return 0;
}

}  // namespace

Command AddEvalCommand(CLI::App& app) {
  auto* command =
      app.add_subcommand("eval", "Measure models on a recipe's held-out prompts, and compare them");
  auto a = std::make_shared<EvalArguments>();
  command->add_option("models", a->models, "Hugging Face directories; differences are to the first")
      ->required();
  command->add_option("--recipe", a->recipe, "recipe whose task, rewards and eval table are used")
      ->required();
  command->add_option("--stage", a->stage, "of a recipe with stages: the stage whose tables are used");
  command
      ->add_option("--set", a->overrides,
                   "KEY=VALUE in place of the recipe's, e.g. eval.samples_per_prompt=16")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_flag("--json", a->json, "one JSON object on stdout, or with several models a list of them");
  command->footer(
      "pass@k is unbiased, maj@k exact over all subsets of k samples; 95 % intervals are by bootstrap over "
      "the\n"
      "prompts (rl/README.md). Every model meets the same prompts and the same luck.\n"
      "Examples:\n"
      "  hone eval runs/r1_zero/model --recipe recipes/r1_zero.toml --json\n"
      "  hone eval data/tiny_base runs/r1_zero/model --recipe recipes/r1_zero.toml "
      "--set eval.samples_per_prompt=16");
  return [a] { return EvalModels(*a); };
}

}  // namespace hone
