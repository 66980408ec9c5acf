// hone run: start or resume the run a recipe describes, or say what it would do. Covered by tests/recipes/run_command_test.cc.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/error.h"
#include "recipes/chain.h"
#include "recipes/commands.h"
#include "recipes/schema.h"
#include "recipes/stage_run.h"
#include "rl/run_directory.h"

namespace hone {
namespace {

struct RunArguments {
  std::string recipe;
  std::vector<std::string> overrides;
  std::string run_dir;
  std::vector<std::string> accepted;
  bool resume = false;
  std::string stage;
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

void PrintPlan(const RecipeFile& file, const std::string& path) {
  if (file.stages.empty()) {
    fmt::print("{}\n", DumpRecipe(file.recipe));
    PrintStagePlan(file.recipe);
    return;
  }
  fmt::print("{}\n{}", DumpRecipe(file), DrawChain(file, path));
}

RunEnd RunFile(const RunArguments& arguments, const RecipeFile& file, const std::string& run_dir) {
  if (!file.stages.empty()) {
    if (!arguments.accepted.empty())
      throw Error("--accept is for recipes of one stage", arguments.recipe,
                  "leave it away: changed stages are run anew");
    return RunChain({file, arguments.recipe, run_dir, arguments.resume, arguments.stage});
  }
  if (!arguments.stage.empty())
    throw Error("the recipe has one stage", arguments.recipe, "leave --stage away");
  return RunStageRecipe({.recipe = file.recipe,
                         .run_dir = run_dir,
                         .title = file.recipe.name,
                         .resume = arguments.resume,
                         .accepted = arguments.accepted});
}

int RunRecipe(const RunArguments& arguments) {
  const RecipeFile file = LoadRecipeFile(arguments.recipe, arguments.overrides);
  if (arguments.dry_run) {
    if (!arguments.stage.empty())
      LoadRecipe(arguments.recipe, arguments.overrides, arguments.stage);  // there is one
    PrintPlan(file, arguments.recipe);
    return 0;
  }
  const std::string run_dir =
      arguments.run_dir.empty() ? DefaultRunDirectory(file.recipe.name, arguments.resume) : arguments.run_dir;
  CatchStopSignals();
  if (RunFile(arguments, file, run_dir) == RunEnd::kStopped) return 128 + StopSignal();
  for (const char* result : {"model", "dataset.jsonl", "report.html"}) {
    const std::string path = run_dir + "/" + result;
    if (std::filesystem::exists(path))
      fmt::print(stderr, "{}: {}\n", std::filesystem::path(result).stem().string(), path);
  }
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
  command->add_option("--stage", a->stage, "of a recipe with stages: run this one and those it needs");
  command->add_flag("--dry-run", a->dry_run,
                    "print the resolved recipe, sizes and plan (or stages), and stop");
  command->footer(
      "Examples:\n"
      "  hone run recipes/r1_zero.toml\n"
      "  hone run recipes/r1_zero.toml --set run.seed=2 --set grpo.steps=40\n"
      "  hone run recipes/r1.toml --stage zero\n"
      "  hone run recipes/r1_zero.toml --resume --set grpo.steps=80 --accept grpo.steps\n"
      "Ctrl-C finishes the step, writes a checkpoint and stops; twice stops at once. Both resume.\n"
      "`hone recipe-keys` lists every key.");
  return [a] { return RunRecipe(*a); };
}

}  // namespace hone
