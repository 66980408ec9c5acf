// hone report and hone recipe-keys: what a run did, and what a recipe may say. Covered by tests/recipes/cli_test.cc.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "recipes/commands.h"
#include "recipes/schema.h"
#include "rl/chain_report.h"
#include "rl/run.h"
#include "rl/run_directory.h"
#include "rl/verdict.h"

namespace hone {

Command AddReportCommand(CLI::App& app) {
  auto* command = app.add_subcommand("report", "Draw a run's report.html anew, also while it runs");
  auto run = std::make_shared<std::string>();
  command->add_option("run", *run, "run directory")->required();
  command->footer("Example:\n  hone report runs/r1_zero");
  return [run] {
    const RunStore store = RunStore::OpenReadOnly(*run + "/hone.db");
    if (store.Meta(StageNameKey(1))) {
      WriteChainReport(store, *run);
      fmt::print("{}/report.html\n", *run);
      return 0;
    }
    WriteReport(store, *run);
    fmt::print("{}\n{}/report.html\n", JudgeRun(store.AllMetrics()).Line(), *run);
    return 0;
  };
}

Command AddRecipeKeysCommand(CLI::App& app) {
  auto* command =
      app.add_subcommand("recipe-keys", "List every key a recipe may set, with type, default and meaning");
  auto markdown = std::make_shared<bool>(false);
  command->add_flag("--markdown", *markdown, "as a Markdown table");
  command->footer("Example:\n  hone recipe-keys | grep rollout");
  return [markdown] {
    const auto docs = RecipeKeys();
    if (*markdown) {
      fmt::print("{}", MarkdownTable(docs));
      return 0;
    }
    const auto print = [](const FieldDoc& d, const std::string& key) {
      std::string value = d.default_value.empty() ? "" : " = " + d.default_value;
      if (!d.range.empty()) value += "  [" + d.range + "]";
      fmt::print("{}{}\n    {}: {}\n", key, value, d.type, d.doc);
    };
    for (const FieldDoc& d : docs) print(d, d.key);
    for (const auto& [reward, options] : DescribeRewardOptions()) {
      for (const FieldDoc& d : options) print(d, "rewards.NAME." + d.key + " (use = " + reward + ")");
    }
    return 0;
  };
}

}  // namespace hone
