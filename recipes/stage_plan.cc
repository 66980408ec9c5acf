// What a stage would do and need, for --dry-run and the drawing of a chain. See stage_run.h. Covered by tests/recipes/cli_test.cc and
// tests/recipes/chain_test.cc.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "policy/footprint.h"
#include "recipes/assembly.h"
#include "recipes/stage_run.h"

namespace hone {
namespace {

std::string PlanOfDocuments(const DocumentsConfig& c, const char* what) {
  return fmt::format("{} of at most {} tokens",
                     c.epochs > 0 ? fmt::format("{} epochs in {} steps", c.epochs, what)
                                  : fmt::format("{} {} steps", c.steps, what),
                     c.rows_per_step * c.row_tokens);
}

std::string PlanOfDistill(const DistillConfig& c) {
  return c.OnPolicy() ? fmt::format("{} distill steps of {} prompts x {} completions", c.steps,
                                    c.prompts_per_step, c.completions)
                      : PlanOfDocuments(c, "distill");
}

}  // namespace

std::string PlanOf(const Recipe& r) {
  switch (r.kind) {
    case StageKind::kGrpo:
      return fmt::format(
          "evaluate; {} grpo steps of {} prompts x {} completions, {} updates each; evaluate; write model/",
          r.grpo.steps, r.grpo.prompts_per_step, r.grpo.group_size, r.grpo.minibatches);
    case StageKind::kSft:
      return fmt::format("evaluate; {}; evaluate; write model/", PlanOfDocuments(r.sft, "sft"));
    case StageKind::kDistill:
      return fmt::format("evaluate; {}; evaluate; write model/", PlanOfDistill(r.distill));
    case StageKind::kSample:
      return fmt::format(
          "sample {} prompts x {} completions; keep at most {} of a prompt; write dataset.jsonl",
          r.sample.prompts, r.sample.completions, r.sample.most_per_prompt);
    case StageKind::kEval:
      return fmt::format("{} prompts x {} completions of each of {} models", r.eval.prompts,
                         r.eval.samples_per_prompt, r.eval.models.size());
  }
  std::abort();
}

void PrintStagePlan(const Recipe& recipe) {
  if (recipe.kind == StageKind::kEval) {
    fmt::print("# plan: {}\n", PlanOf(recipe));
    return;
  }
  const auto scratch = std::filesystem::temp_directory_path() / ("hone-plan-" + std::to_string(getpid()));
  const auto policy = MakePolicy(recipe, scratch.string());
  const auto teacher = CheckModels(recipe, *policy);
  for (const std::string& line : FileSummaries(recipe, policy->tokenizer())) fmt::print("# {}\n", line);
  const ModelConfig& c = policy->config();
  std::filesystem::remove_all(scratch);
  const double mb = 1.0 / (1 << 20);
  const std::vector<Parameter> parameters = DescribeParameters(c);
  const int64_t values = CountValues(parameters);
  const TrainingBytes bytes(values, recipe.run.precision);
  const double cache =
      std::min(static_cast<double>(recipe.rollout.cache_mb),
               static_cast<double>((recipe.rollout.max_sequences + 1) * PagesFor(c.max_position_embeddings) *
                                   KvCache::BytesPerPage(c, recipe.run.precision)) *
                   mb);
  fmt::print("# model: {}, {:.3f} M parameters, {:.3f} M active per token\n", c.architecture,
             static_cast<double>(values) * 1e-6, static_cast<double>(CountActive(parameters, c)) * 1e-6);
  if (teacher != nullptr) {
    const auto taught = static_cast<double>(teacher->CountValues());
    fmt::print("# teacher: {}, {:.3f} M parameters, {:.1f} MB of weights\n", teacher->config().architecture,
               taught * 1e-6,
               static_cast<double>(PackedBytes(teacher->CountValues(), recipe.run.precision)) * mb);
  }
  fmt::print(
      "# memory: weights {:.1f} MB, packed {:.1f} MB, gradients and AdamW {:.1f} MB, key/value cache {:.1f} "
      "MB\n",
      static_cast<double>(bytes.weights) * mb, static_cast<double>(bytes.packed) * mb,
      static_cast<double>(bytes.gradients + bytes.moments) * mb, cache);
  fmt::print("# plan: {}\n# numerics: {}\n", PlanOf(recipe), NumericsFingerprint(recipe.run.precision));
}

}  // namespace hone
