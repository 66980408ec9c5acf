// hone run: start or resume the run a recipe describes, or say what it would do. Covered by tests/recipes/run_command_test.cc.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/error.h"
#include "recipes/assembly.h"
#include "recipes/commands.h"
#include "recipes/schema.h"
#include "rl/run.h"

namespace hone {
namespace {

struct RunArguments {
  std::string recipe;
  std::vector<std::string> overrides;
  std::string run_dir;
  std::vector<std::string> accepted;
  bool resume = false;
  bool dry_run = false;
};

// runs/<name>, or runs/<name>-2 and so on: a new run takes the first free one, --resume the last taken one.
std::string DefaultRunDirectory(const std::string& name, bool resume) {
  std::string last = "runs/" + name, next = last;
  for (int i = 2; RunDirectory::HoldsRun(next); ++i) {
    last = next;
    next = "runs/" + name + "-" + std::to_string(i);
  }
  return resume ? last : next;
}

// Refuses a resume with another recipe, listing what changed, unless every changed key was accepted. Returns whether any was.
bool CheckUnchanged(const Recipe& recipe, const std::string& stored_toml, const std::string& run_dir,
                    const std::vector<std::string>& accepted) {
  const auto stored = ResolveRecipe(stored_toml, run_dir + "/recipe.toml", {});
  std::string changed;
  bool any = false;
  for (const std::string& line : DiffRecipes(FlattenRecipe(stored), FlattenRecipe(recipe))) {
    const std::string key = line.substr(0, line.find(':'));
    // Neither moves a bit of the result.
    if (key == "run.threads" || key == "run.keep_checkpoints") continue;
    any = true;
    if (std::find(accepted.begin(), accepted.end(), key) == accepted.end()) changed += "\n  " + line;
  }
  if (changed.empty()) return any;
  throw Error("the recipe is not the one this run was started with:" + changed + "\n  (stored -> now)",
              run_dir, "resume with the stored recipe, or name each wanted change with --accept KEY");
}

void PrintPlan(const Recipe& recipe) {
  fmt::print("{}\n", DumpRecipe(recipe));
  const auto scratch = std::filesystem::temp_directory_path() / ("hone-plan-" + std::to_string(getpid()));
  const auto policy = MakePolicy(recipe, scratch.string());
  CheckPrompts(recipe, *policy);
  const ModelConfig& c = policy->config();
  std::filesystem::remove_all(scratch);
  const double mb = 1.0 / (1 << 20);
  const auto values = static_cast<double>(policy->weights().CountValues());
  const double cache =
      std::min(static_cast<double>(recipe.rollout.cache_mb),
               static_cast<double>((recipe.rollout.max_sequences + 1) * PagesFor(c.max_position_embeddings) *
                                   KvCache::BytesPerPage(c, recipe.run.precision)) *
                   mb);
  fmt::print("# model: {}, {:.3f} M parameters, {:.3f} M active per token\n", c.architecture, values * 1e-6,
             static_cast<double>(policy->weights().CountActive(c)) * 1e-6);
  fmt::print(
      "# memory: weights {:.1f} MB, packed {:.1f} MB, gradients and AdamW {:.1f} MB, key/value cache {:.1f} "
      "MB\n",
      values * 4 * mb, values * (recipe.run.precision == Precision::kBf16 ? 4 : 8) * mb, values * 12 * mb,
      cache);
  if (recipe.kind == StageKind::kGrpo) {
    fmt::print(
        "# plan: evaluate; {} grpo steps of {} prompts x {} completions, {} updates each; evaluate; write "
        "model/\n",
        recipe.grpo.steps, recipe.grpo.prompts_per_step, recipe.grpo.group_size, recipe.grpo.minibatches);
  } else {
    fmt::print("# plan: evaluate; {} sft steps of at most {} tokens; evaluate; write model/\n",
               recipe.sft.steps, recipe.sft.rows_per_step * recipe.sft.row_tokens);
  }
  fmt::print("# numerics: {}\n", NumericsFingerprint(recipe.run.precision));
}

std::unique_ptr<Stage> MakeStage(const Recipe& recipe, Policy& policy, Sampler& sampler,
                                 RewardRunner& rewards, RunStore& store) {
  if (recipe.kind == StageKind::kSft) {
    return std::make_unique<SftStage>(policy, MakeDocuments(recipe, policy.tokenizer()), recipe.sft,
                                      recipe.optimizer, recipe.memory);
  }
  return std::make_unique<GrpoStage>(
      policy, sampler, rewards, store, MakePrompts(recipe, Split::kTrain, policy.tokenizer()), recipe.grpo,
      recipe.rollout, recipe.optimizer, recipe.memory, static_cast<uint64_t>(recipe.run.seed));
}

int RunRecipe(const RunArguments& arguments) {
  const Recipe recipe = LoadRecipe(arguments.recipe, arguments.overrides);
  if (arguments.dry_run) {
    PrintPlan(recipe);
    return 0;
  }
  const std::string run_dir =
      arguments.run_dir.empty() ? DefaultRunDirectory(recipe.name, arguments.resume) : arguments.run_dir;
  // What is wrong with model, prompts and rewards is found before a directory is made or touched.
  const auto rewards = MakeRewards(recipe);
  std::unique_ptr<Policy> policy;
  if (!recipe.model.shape) policy = MakePolicy(recipe, "");
  if (policy != nullptr) CheckPrompts(recipe, *policy);
  CatchStopSignals();
  RunDirectory directory =
      arguments.resume ? RunDirectory::Open(run_dir) : RunDirectory::Create(run_dir, DumpRecipe(recipe));
  const bool changed =
      arguments.resume && CheckUnchanged(recipe, directory.ReadRecipe(), run_dir, arguments.accepted);
  if (arguments.resume) directory.WriteRecipe(DumpRecipe(recipe));
  directory.store().PutMeta("name", recipe.name);

  if (policy == nullptr) {
    policy = MakePolicy(recipe, run_dir + "/tokenizer");
    CheckPrompts(recipe, *policy);
  }
  Sampler sampler(*policy, recipe.rollout);
  const auto stage = MakeStage(recipe, *policy, sampler, *rewards, directory.store());
  Progress progress(stderr, Progress::CanBeLive(stderr), stage->num_steps(), recipe.name);
  const RunParts parts = {.directory = directory,
                          .policy = *policy,
                          .stage = *stage,
                          .config = recipe.run,
                          .evaluate_every = recipe.eval.every,
                          .evaluate = [&] { return EvaluatePolicy(recipe, *policy, sampler, *rewards); },
                          .stop_requested = [] { return StopSignal() != 0; },
                          .progress = progress,
                          .recipe_changed = changed};
  const RunEnd end = RunStage(parts);
  progress.Finish();
  if (end == RunEnd::kStopped) return 128 + StopSignal();
  fmt::print(stderr, "model: {}/model\nreport: {}/report.html\n", run_dir, run_dir);
  return 0;
}

}  // namespace

Command AddRunCommand(CLI::App& app) {
  auto* command = app.add_subcommand("run", "Train as a recipe says");
  auto a = std::make_shared<RunArguments>();
  command->add_option("recipe", a->recipe, "TOML recipe")->required();
  command->add_option("--set", a->overrides, "KEY=VALUE in place of the recipe's, e.g. grpo.steps=10")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option("--run-dir", a->run_dir,
                   "where the run goes (default: runs/<name>, then runs/<name>-2, ...)")
      ->check([](const std::string& dir) { return dir.empty() ? "name a directory" : ""; });
  auto* resume = command->add_flag("--resume", a->resume, "continue from the last checkpoint");
  command
      ->add_option("--accept", a->accepted, "with --resume: a recipe key that may differ from the stored run")
      ->expected(1)
      ->needs(resume)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_flag("--dry-run", a->dry_run, "print the resolved recipe, sizes and plan, and stop");
  command->footer(
      "Examples:\n"
      "  hone run recipes/r1_zero.toml\n"
      "  hone run recipes/r1_zero.toml --set run.seed=2 --set grpo.steps=40\n"
      "  hone run recipes/r1_zero.toml --resume --set grpo.steps=80 --accept grpo.steps\n"
      "Ctrl-C finishes the step, writes a checkpoint and stops; twice stops at once. Both resume.\n"
      "`hone recipe-keys` lists every key.");
  return [a] { return RunRecipe(*a); };
}

}  // namespace hone
