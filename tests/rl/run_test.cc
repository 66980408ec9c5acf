// The run loop: same seed, same bytes, on any number of threads and however often it is stopped; and what a run leaves behind.
#include "rl/run.h"

#include <algorithm>
#include <map>

#include "data/random.h"
#include "data/sqlite.h"
#include "rl/distill.h"
#include "rl/metrics.h"
#include "rl/sft.h"
#include "tests/rl/event_file.h"
#include "tests/rl/tiny.h"

using namespace hone;

namespace {

namespace fs = std::filesystem;

enum class Kind { kGrpo, kSft, kDistillOwn, kDistillData };

struct RunOptions {
  Kind kind = Kind::kGrpo;
  int threads = 1;
  uint64_t seed = 1;
  Precision precision = Precision::kFp32;
  int stop_after = 1000;  // steps of this process
  int64_t checkpoint_every = 2;
  std::string keep_best = "";
};

struct Outcome {
  RunEnd end;
  std::string said;  // progress lines
};

// A number in [0, 1) that every update throws anew, and that depends on the weights alone.
double Luck(const Weights& weights) {
  KeyHash hash;
  for (const Parameter& p : weights.parameters())
    hash.Add(std::string_view(reinterpret_cast<const char*>(p.value.data()), p.value.size() * sizeof(float)));
  return static_cast<double>(hash.value() % 1000) / 1000.0;
}

// A run of six steps, started, or resumed where there is one.
Outcome Run(const std::string& path, const RunOptions& options) {
  const bool resume = RunDirectory::HoldsRun(path);
  RunDirectory directory =
      resume ? RunDirectory::Open(path) : RunDirectory::Create(path, "name = \"test\"\n");
  const auto policy = TinyPolicy(path + "/tokenizer", true, options.precision, options.threads, options.seed);
  RolloutConfig rollout;
  rollout.max_new_tokens = 8;
  Sampler sampler(*policy, rollout);
  const auto rewards = RunnerOf(EvenShare);
  OptimizerConfig optimizer;
  optimizer.learning_rate = 1e-2;
  optimizer.gate_bias_rate = 0.01;
  optimizer.balance_alpha = 0.01;
  optimizer.warmup_steps = 2;
  const MemoryConfig memory = {.micro_batch_tokens = 100};
  const GrpoConfig grpo = {.steps = 6,
                           .prompts_per_step = 4,
                           .group_size = 4,
                           .minibatches = 2,
                           .objective = {.kl_coefficient = 0.01, .reference_every = 2}};
  const SftConfig sft = {{.steps = 6, .rows_per_step = 3, .row_tokens = 30}};
  DistillConfig distill;
  distill.steps = 6;
  distill.rows_per_step = 3;
  distill.row_tokens = 30;
  distill.beta = options.kind == Kind::kDistillOwn ? 1.0 : 0.3;
  // Documents of random length, so that rows and steps break at uneven places.
  const Documents documents = {[&](int64_t index) {
                                 std::mt19937_64 random(static_cast<uint64_t>(index));
                                 return RandomSequences(policy->config(), 1, random)[0];
                               },
                               0};
  std::unique_ptr<Teacher> teacher;
  std::unique_ptr<Stage> stage;
  if (options.kind == Kind::kSft) {
    stage = std::make_unique<SftStage>(*policy, documents, sft, optimizer, memory);
  } else if (options.kind == Kind::kGrpo) {
    stage = std::make_unique<GrpoStage>(*policy, sampler, *rewards, directory.store(),
                                        TrainPrompts(policy->tokenizer()), grpo, rollout, optimizer, memory,
                                        options.seed);
  } else {
    const ModelConfig config = TinyConfig(policy->tokenizer(), false);
    const Weights wise = InitWeights(config, 9, 1.0);
    WeightsSource weights(wise);
    teacher = std::make_unique<Teacher>(config, weights, policy->tokenizer(), *policy, "teacher");
    const auto source = [&]() -> DistillSource {
      if (options.kind == Kind::kDistillData) return DocumentBatches(documents, distill, "distill", 128);
      return GroupSource(*policy, sampler, *rewards, directory.store(), TrainPrompts(policy->tokenizer()),
                         {.prompts_per_step = 8, .completions = 2, .seed = options.seed});
    };
    stage = std::make_unique<DistillStage>(*policy, *teacher, source(), distill, 1.0, optimizer, memory);
  }
  directory.store().PutMeta("name", "test");
  const RunConfig config = {.checkpoint_every = options.checkpoint_every,
                            .keep_best = options.keep_best,
                            .tensorboard = true,
                            .trackio = true};
  FILE* out = std::tmpfile();
  Outcome outcome;
  {
    Progress progress(out, false, 6, "test");
    int asked = 0;
    const RunParts parts = {
        .directory = directory,
        .policy = *policy,
        .stage = *stage,
        .config = config,
        .evaluate_every = options.keep_best.empty() ? 4 : 1,
        .evaluate =
            [&] {
              Evaluation e;
              e.measures.push_back({"pass@1", {Luck(policy->weights()), 0.0}, {1.0, 1.0}});
              return e;
            },
        .stop_requested = [&] { return asked++ >= options.stop_after; },
        .progress = progress};
    outcome.end = RunStage(parts);
  }
  std::rewind(out);
  for (int c; (c = std::fgetc(out)) != EOF;) outcome.said += static_cast<char>(c);
  std::fclose(out);
  return outcome;
}

std::string ModelBytes(const std::string& path) { return ReadFile(path + "/model/model.safetensors"); }
uint64_t Digest(const std::string& path) { return RunStore::OpenReadOnly(path + "/hone.db").RolloutDigest(); }

// Everything a run reports but its timings and sizes.
std::vector<std::pair<std::string, double>> Reported(const std::string& path) {
  std::vector<std::pair<std::string, double>> values;
  for (const StepMetrics& step : RunStore::OpenReadOnly(path + "/hone.db").AllMetrics()) {
    for (const auto& [name, value] : step.values) {
      const bool measured = name.find("second") != std::string::npos || name == "peak_memory_mb";
      if (!measured) values.emplace_back(std::to_string(step.step) + " " + name, value);
    }
  }
  return values;
}

}  // namespace

TEST_CASE("same seed, same bytes: twice, and on one, two or four threads; another seed, others") {
  for (const auto& [kind, precision] : {std::pair{Kind::kGrpo, Precision::kFp32},
                                        {Kind::kGrpo, Precision::kBf16},
                                        {Kind::kSft, Precision::kBf16},
                                        {Kind::kDistillOwn, Precision::kFp32},
                                        {Kind::kDistillOwn, Precision::kBf16},
                                        {Kind::kDistillData, Precision::kFp32}}) {
    CAPTURE(static_cast<int>(kind));
    TempDir dir;
    CHECK(Run(dir / "a", {.kind = kind, .precision = precision}).end == RunEnd::kFinished);
    Run(dir / "again", {.kind = kind, .precision = precision});
    Run(dir / "threads", {.kind = kind, .threads = 2, .precision = precision});
    Run(dir / "four", {.kind = kind, .threads = 4, .precision = precision});
    Run(dir / "seed", {.kind = kind, .seed = 2, .precision = precision});
    CHECK(ModelBytes(dir / "a") == ModelBytes(dir / "again"));
    CHECK(ModelBytes(dir / "a") == ModelBytes(dir / "threads"));
    CHECK(ModelBytes(dir / "a") == ModelBytes(dir / "four"));
    CHECK(ModelBytes(dir / "a") != ModelBytes(dir / "seed"));
    CHECK(Digest(dir / "a") == Digest(dir / "threads"));
    CHECK(Reported(dir / "a") == Reported(dir / "threads"));
  }
}

TEST_CASE("a run that was stopped and resumed, again and again, ends as one that was not") {
  for (const auto& [kind, precision] : {std::pair{Kind::kGrpo, Precision::kBf16},
                                        {Kind::kSft, Precision::kFp32},
                                        {Kind::kDistillOwn, Precision::kFp32},
                                        {Kind::kDistillData, Precision::kBf16}}) {
    CAPTURE(static_cast<int>(kind));
    TempDir dir;
    Run(dir / "calm", {.kind = kind, .precision = precision});
    int stops = 0;
    for (int i = 0; i < 20; ++i) {
      const Outcome o = Run(
          dir / "stopped", {.kind = kind, .threads = 1 + i % 2, .precision = precision, .stop_after = i % 3});
      if (o.end == RunEnd::kFinished) break;
      CHECK(Mentions(o.said, "continue with --resume"));
      ++stops;
    }
    CHECK(stops >= 4);
    CHECK(ModelBytes(dir / "calm") == ModelBytes(dir / "stopped"));
    CHECK(Digest(dir / "calm") == Digest(dir / "stopped"));
    CHECK(Reported(dir / "calm") == Reported(dir / "stopped"));
    const RunStore calm = RunStore::OpenReadOnly(dir / "calm/hone.db"),
                   stopped = RunStore::OpenReadOnly(dir / "stopped/hone.db");
    CHECK(calm.CountConsumed() == stopped.CountConsumed());
    const bool samples = kind == Kind::kGrpo || kind == Kind::kDistillOwn;
    CHECK(calm.CountConsumed() == (samples ? 6 * 16 : 0));
    const auto reported = Reported(dir / "stopped");
    double tokens = 0.0, counted = 0.0;  // each step's, and the last running sum
    for (const auto& [name, value] : reported) {
      if (name.ends_with(" tokens")) tokens += value;
      if (name.ends_with(" sampled_tokens")) counted = value;
    }
    CHECK(counted == (samples ? tokens : 0.0));
    // What was exported holds each step once, those a resume went back behind included.
    for (const char* run : {"calm", "stopped"}) {
      CHECK(StepsIn(dir / (std::string(run) + "/tensorboard/events.out.tfevents.0.hone")) ==
            std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6});
      const sqlite::Database trackio(dir / (std::string(run) + "/trackio/test.db"),
                                     sqlite::Database::Mode::kReadOnly);
      CHECK(trackio.Integer("SELECT count(*) FROM metrics") == 7);
      CHECK(trackio.Integer("SELECT count(DISTINCT step) FROM metrics") == 7);
    }
  }
}

TEST_CASE("the best evaluated checkpoint is the result, however often the run was stopped or what broke") {
  for (const auto& [seed, precision] : {std::pair{1, Precision::kFp32},
                                        {2, Precision::kBf16},
                                        {3, Precision::kFp32},
                                        {4, Precision::kFp32}}) {
    CAPTURE(seed);
    TempDir dir;
    RunOptions options = {
        .seed = static_cast<uint64_t>(seed), .precision = precision, .checkpoint_every = 100};
    options.keep_best = "held_out/pass@1";
    const Outcome o = Run(dir / "calm", options);
    int64_t best = -1;
    double most = -1.0;
    for (const StepMetrics& step : RunStore::OpenReadOnly(dir / "calm/hone.db").AllMetrics()) {
      const double value = MetricValue(step.values, "held_out/pass@1");
      if (value > most) most = value, best = step.step;
    }
    CAPTURE(best);
    CHECK(Mentions(o.said, "model/ is the checkpoint of step " + std::to_string(best) + ","));
    const std::string kept = dir / "calm/checkpoints/step_00000" + std::to_string(best);
    CHECK(ModelBytes(dir / "calm") == ReadFile(kept + "/model.safetensors"));
    CHECK(fs::exists(dir / "calm/checkpoints/step_000006"));

    options.stop_after = 1;
    while (Run(dir / "stopped", options).end == RunEnd::kStopped) options.stop_after = 1 + (best + 1) % 3;
    CHECK(ModelBytes(dir / "calm") == ModelBytes(dir / "stopped"));
    CHECK(Reported(dir / "calm") == Reported(dir / "stopped"));
    // Resumed once more, nothing changes; with the best one gone it is the best of those there are.
    Run(dir / "calm", options);
    CHECK(ModelBytes(dir / "calm") == ModelBytes(dir / "stopped"));
    if (best == 6) continue;
    fs::remove_all(kept);
    Run(dir / "calm", options);
    CHECK(ModelBytes(dir / "calm") != ModelBytes(dir / "stopped"));
  }
  TempDir dir;
  RunOptions options;
  options.keep_best = "held_out/pass@64";
  const std::string error = ErrorOf([&] { Run(dir / "x", options); });
  CHECK(Mentions(error, "reports no 'held_out/pass@64'"));
  CHECK(Mentions(error, "name one of held_out/pass@1"));
}

TEST_CASE("a damaged checkpoint costs the steps since the one before, and nothing else") {
  TempDir dir;
  Run(dir / "calm", {});
  Run(dir / "damaged", {.stop_after = 5});
  const std::string newest = dir / "damaged/checkpoints/step_000005";
  fs::resize_file(newest + "/model.safetensors", fs::file_size(newest + "/model.safetensors") - 1);
  const Outcome o = Run(dir / "damaged", {});
  CHECK(Mentions(o.said, newest + " is damaged"));
  CHECK(Mentions(o.said, "resumed after step 4"));
  CHECK(ModelBytes(dir / "calm") == ModelBytes(dir / "damaged"));
  CHECK(Digest(dir / "calm") == Digest(dir / "damaged"));
  // With all of them gone it starts over, from the stored groups.
  Run(dir / "gone", {.stop_after = 5});
  fs::remove_all(dir / "gone/checkpoints");
  Run(dir / "gone", {});
  CHECK(ModelBytes(dir / "calm") == ModelBytes(dir / "gone"));
  CHECK(Digest(dir / "calm") == Digest(dir / "gone"));
}

TEST_CASE("a finished run holds what it promised; resuming it changes nothing") {
  TempDir dir;
  const Outcome o = Run(dir / "run", {});
  CHECK(Mentions(o.said, "step=0 "));
  CHECK(Mentions(o.said, "step=6 "));
  for (const char* file :
       {"model/config.json", "model/tokenizer.json", "report.html", "hone.db", "recipe.toml",
        "checkpoints/step_000006/learner.safetensors", "checkpoints/step_000004/manifest.json"}) {
    CAPTURE(file);
    CHECK(fs::exists(dir / "run" + "/" + file));
  }
  std::map<std::string, int> evaluations;
  for (const auto& [name, value] : Reported(dir / "run")) evaluations[name] = 1;
  for (const int step : {0, 4, 6}) CHECK(evaluations.count(std::to_string(step) + " held_out/pass@1") == 1);
  CHECK(evaluations.count("2 held_out/pass@1") == 0);
  CHECK(Mentions(ReadFile(dir / "run/report.html"), "<svg"));
  const auto exported = Policy::Load(dir / "run/model", Precision::kFp32, 1);
  const auto last = Policy::Load(dir / "run/checkpoints/step_000006", Precision::kFp32, 1);
  CHECK(SameBits(exported->weights(), last->weights()));

  const std::string before = ModelBytes(dir / "run");
  CHECK(Run(dir / "run", {}).end == RunEnd::kFinished);
  CHECK(ModelBytes(dir / "run") == before);
}

TEST_CASE("a checkpoint of another model or other arithmetic is refused by name") {
  TempDir dir;
  Run(dir / "run", {.stop_after = 3});
  CHECK(Mentions(ErrorOf([&] { Run(dir / "run", {.precision = Precision::kBf16}); }), "other arithmetic"));
  CHECK(Mentions(ErrorOf([&] { Run(dir / "run", {.kind = Kind::kSft}); }), "cursor.safetensors"));
  // A whole checkpoint, but of a smaller model.
  {
    RunDirectory directory = RunDirectory::Open(dir / "run");
    const auto dense = TinyPolicy(dir / "t", false);
    directory.SaveCheckpoint(4, 2, [&](const std::string& to) { dense->Save(to); });
  }
  CHECK(Mentions(ErrorOf([&] { Run(dir / "run", {}); }), "model of another shape"));
}

TEST_CASE("epochs are gone through whole: each row once an epoch, the last step with what is left") {
  const TempDir dir;
  const auto policy = TinyPolicy(dir / "tokenizer");
  std::mt19937_64 random(3);
  std::vector<TrainingSequence> rows;
  for (int i = 0; i < 23; ++i) rows.push_back(RandomSequences(policy->config(), 1, random)[0]);
  std::vector<int64_t> asked;
  const Documents documents = {[&](int64_t index) {
                                 asked.push_back(index);
                                 return rows[static_cast<size_t>(index % 23)];
                               },
                               23};
  SftConfig sft = {{.rows_per_step = 2, .row_tokens = 40}};
  sft.epochs = 1.5;
  OptimizerConfig optimizer;
  const MemoryConfig memory;
  SftStage stage(*policy, documents, sft, optimizer, memory);
  asked.clear();
  double tokens = 0.0, all = 0.0;
  for (int64_t step = 1; step <= stage.num_steps(); ++step) tokens += MetricValue(stage.Step(step), "tokens");
  for (int64_t i = 0; i < 35; ++i) all += static_cast<double>(rows[static_cast<size_t>(i % 23)].ids.size());
  CHECK(stage.num_steps() > 3);
  CHECK(tokens == all);
  CHECK(*std::max_element(asked.begin(), asked.end()) == 34);
  CHECK_THROWS_AS(SftStage(*policy, Documents{documents.at, 0}, sft, optimizer, memory), Error);
}
