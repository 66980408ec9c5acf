// See stage_run.h. Covered by tests/recipes/run_command_test.cc.
#include "recipes/stage_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "data/error.h"
#include "recipes/assembly.h"
#include "recipes/commands.h"
#include "rl/distill.h"
#include "rl/eval_report.h"
#include "rl/metric_exports.h"
#include "rl/sampling.h"

namespace hone {

bool MovesNoBit(const std::string& key) {
  for (const char* known :
       {"run.threads", "run.keep_checkpoints", "run.tensorboard", "run.trackio", "run.license"}) {
    if (key == known) return true;
  }
  return false;
}

namespace {

// Refuses a resume with another recipe, listing what changed, unless every changed key was accepted. Returns whether any was.
bool CheckUnchanged(const StageRequest& request, const std::string& stored_toml) {
  const Recipe stored = ResolveRecipeFile(stored_toml, request.run_dir + "/recipe.toml", {}).recipe;
  std::string changed;
  bool any = false;
  for (const std::string& line : DiffRecipes(FlattenRecipe(stored), FlattenRecipe(request.recipe))) {
    const std::string key = line.substr(0, line.find(':'));
    const auto& accepted = request.accepted;
    const bool is_accepted = std::find(accepted.begin(), accepted.end(), key) != accepted.end();
    // None of these moves a bit of the result: for a chain's stages, the key vouches for what stands in the paths.
    if (MovesNoBit(key) || (is_accepted && !request.stage_key.empty())) continue;
    any = true;
    if (!is_accepted) changed += "\n  " + line;
  }
  if (changed.empty()) return any;
  throw Error("the recipe is not the one this run was started with:" + changed + "\n  (stored -> now)",
              request.run_dir, "resume with the stored recipe, or name each wanted change with --accept KEY");
}

// Everything a stage that has one model works with.
struct Parts {
  const StageRequest& request;
  const Recipe& recipe;
  RunDirectory& directory;
  RewardRunner& rewards;
  Policy& policy;
  Teacher* teacher;  // of a distill stage
  Sampler& sampler;
  bool changed;
};

std::string RewardLine(const Recipe& recipe) {
  std::string line;
  for (const auto& [name, reward] : recipe.rewards) {
    if (reward.weight != 0.0)
      line += fmt::format("{}`{}` (weight {})", line.empty() ? "" : ", ", name, reward.weight);
  }
  return line;
}

// A line for each file of rows; without any, `otherwise`.
std::vector<std::string> DataLines(const std::vector<std::string>& files, const std::string& otherwise) {
  std::vector<std::string> lines;
  for (const std::string& file : files) lines.push_back("rows of `" + file + "`");
  if (files.empty()) lines.push_back(otherwise);
  return lines;
}

std::string TaskLine(const TaskConfig& task) {
  if (task.kind != TaskKind::kFile)
    return fmt::format("the generated task `{}`, seed {}", NameOf(task.kind), task.seed);
  return fmt::format("`{}`",
                     fmt::join(task.files.data.empty() ? task.files.held_out : task.files.data, "`, `"));
}

ModelCard CardOf(const Recipe& r) {
  ModelCard card{r.name, r.run.license, r.model.path, "", {}, DumpRecipe(r)};
  if (card.license.empty() && !r.model.path.empty()) card.license = LicenseOf(r.model.path);
  const std::string task = TaskLine(r.task);
  switch (r.kind) {
    case StageKind::kGrpo:
      card.method = fmt::format("{} steps of group relative policy optimisation, objective `{}`",
                                r.grpo.steps, r.grpo.preset);
      card.data = {"prompts of " + task, "rewards: " + RewardLine(r)};
      return card;
    case StageKind::kSft:
      card.method = "supervised learning";
      card.data = DataLines(r.sft.data,
                            fmt::format("documents of the corpus of {}, drawn by seed {}", task, r.run.seed));
      return card;
    case StageKind::kDistill:
      card.method = fmt::format("distillation from `{}` (beta {})", r.distill.teacher, r.distill.beta);
      card.data = DataLines(r.distill.data, "completions of its own to prompts of " + task);
      return card;
    case StageKind::kSample:
    case StageKind::kEval:
      break;  // they make no model
  }
  std::abort();
}

RunEnd Train(const Parts& p, Stage& stage) {
  Progress progress(stderr, Progress::CanBeLive(stderr), stage.num_steps(), p.request.title);
  return RunStage({.directory = p.directory,
                   .policy = p.policy,
                   .stage = stage,
                   .config = p.recipe.run,
                   .evaluate_every = p.recipe.eval.every,
                   .evaluate = [&] { return EvaluatePolicy(p.recipe, p.policy, p.sampler, p.rewards); },
                   .stop_requested = [] { return StopSignal() != 0; },
                   .progress = progress,
                   .card = CardOf(p.recipe),
                   .recipe_changed = p.changed});
}

RunEnd Reinforce(const Parts& p) {
  const Recipe& r = p.recipe;
  GrpoStage stage(p.policy, p.sampler, p.rewards, p.directory.store(),
                  MakePrompts(r, Split::kTrain, p.policy.tokenizer()), r.grpo, r.rollout, r.optimizer,
                  r.memory, static_cast<uint64_t>(r.run.seed));
  return Train(p, stage);
}

// Where a distill stage's sequences come from.
DistillSource MakeDistillSource(const Parts& p) {
  const Recipe& r = p.recipe;
  if (!r.distill.OnPolicy()) {
    const int64_t positions =
        std::min(p.policy.config().max_position_embeddings, p.teacher->config().max_position_embeddings);
    return DocumentBatches(MakeRowDocuments(r, r.distill, LossOn::kCompletion, p.policy), r.distill,
                           "distill", positions);
  }
  return GroupSource(p.policy, p.sampler, p.rewards, p.directory.store(),
                     MakePrompts(r, Split::kTrain, p.policy.tokenizer()),
                     {.prompts_per_step = r.distill.prompts_per_step,
                      .completions = r.distill.completions,
                      .temperature = r.rollout.temperature,
                      .seed = static_cast<uint64_t>(r.run.seed)});
}

// A resumed run must go on with the teacher it had, whatever its path says.
void CheckTeacher(const Parts& p) {
  constexpr char kTeacherDigest[] = "teacher digest";
  const std::string digest = fmt::format("{:016x}", p.teacher->Digest());
  const auto stored = p.directory.store().Meta(kTeacherDigest);
  if (stored && *stored != digest && !p.changed)
    throw Error("the teacher is not the one this run was started with", p.recipe.distill.teacher,
                "resume with that model, or start a new run");
  p.directory.store().PutMeta(kTeacherDigest, digest);
}

RunEnd Distill(const Parts& p) {
  const Recipe& r = p.recipe;
  CheckTeacher(p);
  DistillStage stage(p.policy, *p.teacher, MakeDistillSource(p), r.distill, r.rollout.temperature,
                     r.optimizer, r.memory);
  return Train(p, stage);
}

RunEnd Supervise(const Parts& p) {
  const Recipe& r = p.recipe;
  SftStage stage(p.policy, MakeDocuments(r, p.policy), r.sft, r.optimizer, r.memory);
  return Train(p, stage);
}

// Where a dataset's completions come from: another stage of the same chain by its place beside this one, so that the rows do not
// depend on where the chain is; else the model's directory.
std::string Provenance(const std::string& model, const std::string& run_dir) {
  const std::filesystem::path run = std::filesystem::absolute(run_dir).lexically_normal();
  const std::string stages = run.parent_path().string() + "/";
  return model.starts_with(stages) ? std::filesystem::path(model).lexically_relative(run).string() : model;
}

RunEnd SampleDataset(const Parts& p) {
  const SampleConfig& sample = p.recipe.sample;
  if (p.changed) p.directory.store().DropGroupsFrom(0);
  const int64_t steps = (sample.prompts + sample.prompts_per_step - 1) / sample.prompts_per_step;
  Progress progress(stderr, Progress::CanBeLive(stderr), steps, p.request.title);
  const RunEnd end = RunSampling({.directory = p.directory,
                                  .policy = p.policy,
                                  .sampler = p.sampler,
                                  .rewards = p.rewards,
                                  .prompts = MakePrompts(p.recipe, Split::kTrain, p.policy.tokenizer()),
                                  .config = sample,
                                  .temperature = p.recipe.rollout.temperature,
                                  .seed = static_cast<uint64_t>(p.recipe.run.seed),
                                  .model = Provenance(p.recipe.model.path, p.request.run_dir),
                                  .stop_requested = [] { return StopSignal() != 0; },
                                  .progress = progress});
  MetricExports(p.recipe.run, p.directory.path(), p.directory.store());
  return end;
}

void SayFileSummaries(const Recipe& recipe, const Policy& policy) {
  for (const std::string& line : FileSummaries(recipe, policy.tokenizer())) fmt::print(stderr, "{}\n", line);
}

// Every model on the same prompts with the same luck; the groups are kept under the model's number, so that a stop costs nothing and
// differences are paired.
RunEnd EvaluateModels(const StageRequest& request, RunDirectory& directory, RewardRunner& rewards) {
  const Recipe& recipe = request.recipe;
  const auto count = static_cast<int64_t>(recipe.eval.models.size());
  RunStore& store = directory.store();
  const auto done =
      static_cast<int64_t>(store.AllMetrics().size());  // models that were measured before a stop
  Progress progress(stderr, Progress::CanBeLive(stderr), count, request.title);
  for (int64_t i = done; i < count; ++i) {
    if (StopSignal() != 0) return RunEnd::kStopped;
    const auto policy =
        Policy::LoadFrozen(recipe.eval.models[i], recipe.run.precision, ThreadCount(recipe.run.threads));
    CheckPrompts(recipe, *policy);
    SayFileSummaries(recipe, *policy);
    Sampler sampler(*policy, recipe.rollout);
    const Evaluation evaluation = Summarize(SampleHeldOut(
        sampler, rewards, HeldOutPrompts(recipe, policy->tokenizer()), recipe.eval, &store, i + 1));
    Metrics metrics = EvaluationMetrics(evaluation);
    if (i > 0) {
      const Metrics differences = DifferenceMetrics(Differences(evaluation, Summarize(store.Groups(1))));
      metrics.insert(metrics.end(), differences.begin(), differences.end());
    }
    store.PutMeta(MeasuredModelKey(i + 1), recipe.eval.models[i]);
    store.FinishStep(i + 1, metrics);
    progress.Step(i + 1, EvaluationHeadline(metrics));
  }
  WriteReport(store, directory.path());
  MetricExports(recipe.run, directory.path(), store);
  return RunEnd::kFinished;
}

RunEnd RunWithModel(const StageRequest& request, RunDirectory& directory, RewardRunner& rewards,
                    Policy& policy, Teacher* teacher, bool changed) {
  SayFileSummaries(request.recipe, policy);
  Sampler sampler(policy, request.recipe.rollout);
  const Parts parts{request, request.recipe, directory, rewards, policy, teacher, sampler, changed};
  switch (request.recipe.kind) {
    case StageKind::kGrpo:
      return Reinforce(parts);
    case StageKind::kSft:
      return Supervise(parts);
    case StageKind::kDistill:
      return Distill(parts);
    case StageKind::kSample:
      return SampleDataset(parts);
    case StageKind::kEval:
      break;
  }
  std::abort();
}

// A resumed run must go on with the questions it had, whatever their files' names say.
void CheckQuestions(const Recipe& recipe, RunStore& store, bool changed) {
  constexpr char kQuestionsDigest[] = "questions digest";
  const std::string digest = QuestionsDigest(recipe);
  const auto stored = store.Meta(kQuestionsDigest);
  if (stored && *stored != digest && !changed)
    throw Error("the questions are not those this run was started with", "task.data",
                "resume with those files, or start a new run");
  if (!digest.empty()) store.PutMeta(kQuestionsDigest, digest);
}

void CheckTrainingPrompts(const Recipe& recipe) {
  if (recipe.kind == StageKind::kDistill && recipe.distill.OnPolicy() && recipe.distill.epochs > 0.0)
    throw Error("distill.epochs counts readings of data, and there is none", "distill",
                "set distill.steps, or name distill.data");
  if (recipe.kind == StageKind::kSft && recipe.sft.data.empty())
    MakeCorpus(recipe);  // refuses a task that has no documents
  if (SamplesTrainingPrompts(recipe))
    MakePromptTexts(recipe, Split::kTrain);  // refuses a curriculum that cannot be
}

}  // namespace

RunEnd RunStageRecipe(const StageRequest& request) {
  const Recipe& recipe = request.recipe;
  const auto rewards = MakeRewards(recipe);
  const bool one_model = recipe.kind != StageKind::kEval;
  CheckTrainingPrompts(recipe);
  std::unique_ptr<Policy> policy;
  std::unique_ptr<Teacher> teacher;  // of the policy, which it references
  if (one_model && !recipe.model.shape) policy = MakePolicy(recipe, "");
  if (policy != nullptr) teacher = CheckModels(recipe, *policy);
  RunDirectory directory = request.resume ? RunDirectory::Open(request.run_dir)
                                          : RunDirectory::Create(request.run_dir, DumpRecipe(recipe));
  const bool changed = request.resume && CheckUnchanged(request, directory.ReadRecipe());
  if (request.resume) directory.WriteRecipe(DumpRecipe(recipe));
  CheckQuestions(recipe, directory.store(), changed);
  directory.store().PutMeta("name", recipe.name);
  if (!request.stage_key.empty()) directory.store().PutMeta(kStageKey, request.stage_key);
  if (!one_model) {
    if (changed) {
      directory.store().VoidFrom(0);
      directory.store().DropGroupsFrom(0);
    }
    return EvaluateModels(request, directory, *rewards);
  }
  if (policy == nullptr) {
    policy = MakePolicy(recipe, request.run_dir + "/tokenizer");
    teacher = CheckModels(recipe, *policy);
  }
  return RunWithModel(request, directory, *rewards, *policy, teacher.get(), changed);
}

}  // namespace hone
