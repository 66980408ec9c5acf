// See run.h. Covered by tests/rl/run_test.cc.
#include "rl/run.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "data/error.h"
#include "data/text_file.h"
#include "policy/probe.h"
#include "rl/metric_exports.h"
#include "rl/metrics.h"
#include "rl/report.h"

namespace hone {
namespace {

double Now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

class Loop {
 public:
  explicit Loop(const RunParts& parts) : p_(parts), store_(parts.directory.store()) {}

  RunEnd Run() {
    const std::string fingerprint = NumericsFingerprint(p_.policy.model().precision());
    if (const auto stored = store_.Meta("fingerprint"); stored && *stored != fingerprint) {
      throw Error("the run was made with other arithmetic (" + *stored + ") than this machine's (" +
                      fingerprint + ")",
                  p_.directory.path(), "resume on a machine of the same kind, or start a new run");
    }
    store_.PutMeta("fingerprint", fingerprint);
    const int64_t first = Restore() + 1;
    exports_.emplace(p_.config, p_.directory.path(), store_);
    if (first == 1) EvaluateStart();
    for (int64_t step = first; step <= p_.stage.num_steps(); ++step) {
      if (p_.stop_requested()) return Stop(step - 1);
      DoStep(step);
    }
    Finish();
    return RunEnd::kFinished;
  }

 private:
  void Note(int64_t step, const std::string& kind, const std::string& message) {
    store_.PutEvent({step, kind, message, Now()});
    p_.progress.Note(message);
  }

  // The step the run stands at: that of the newest checkpoint, or 0.
  int64_t Restore() {
    const auto checkpoint =
        p_.directory.LatestCheckpoint([&](const std::string& message) { Note(0, "damaged", message); });
    const bool resumed = store_.Meta("started").has_value();
    if (!resumed) store_.PutMeta("started", std::to_string(Now()));
    const int64_t step = checkpoint ? checkpoint->step : 0;
    if (checkpoint) {
      LoadAll(checkpoint->path);
      checkpointed_ = step;
    }
    store_.VoidFrom(step == 0 ? 0 : step + 1);
    if (p_.recipe_changed) store_.DropGroupsFrom(step + 1);
    if (resumed) Note(step, "resume", "resumed after step " + std::to_string(step));
    return step;
  }

  // Weights and the stage's state.
  void LoadAll(const std::string& path) {
    Checkpoint loaded = LoadCheckpoint(path);
    if (loaded.config != p_.policy.config()) {
      throw Error("the checkpoint holds a model of another shape than the recipe's", path,
                  "resume with the model the run was started with, or start a new run");
    }
    for (size_t i = 0; i < loaded.weights.parameters().size(); ++i) {
      const FloatBuffer& from = loaded.weights.parameters()[i].value;
      std::copy_n(from.data(), from.size(), p_.policy.weights().parameters()[i].value.data());
    }
    p_.policy.model().Refresh();
    p_.stage.Load(path);
  }

  void EvaluateStart() {
    Metrics metrics;
    AddEvaluation(metrics);
    RequireBestMetric(metrics);
    Record(0, metrics);
    if (BestStep() == 0) SaveCheckpoint(0);
  }

  void Record(int64_t step, const Metrics& metrics) {
    store_.FinishStep(step, metrics);
    exports_->Add({step, metrics});
    ReportFaults(step, metrics);
    p_.progress.Step(step, EvaluationHeadline(metrics));
  }

  void RequireBestMetric(const Metrics& metrics) const {
    if (p_.config.keep_best.empty() || !std::isnan(MetricValue(metrics, p_.config.keep_best))) return;
    std::string known;
    for (const auto& [name, value] : metrics) {
      if (name.starts_with("held_out/")) known += (known.empty() ? "" : ", ") + name;
    }
    throw Error("the evaluation reports no '" + p_.config.keep_best + "'", "run.keep_best",
                "name one of " + known);
  }

  // The evaluated steps by run.keep_best, the best first, of equals the earlier one; none when nothing is asked for.
  std::vector<int64_t> StepsByMerit() const {
    if (p_.config.keep_best.empty()) return {};
    std::vector<MetricPoint> points = MetricSeries(store_.AllMetrics(), p_.config.keep_best);
    std::erase_if(points, [](const MetricPoint& point) { return std::isnan(point.value); });
    std::stable_sort(points.begin(), points.end(),
                     [](const MetricPoint& a, const MetricPoint& b) { return a.value > b.value; });
    std::vector<int64_t> steps;
    for (const MetricPoint& point : points) steps.push_back(static_cast<int64_t>(point.step));
    return steps;
  }

  std::optional<int64_t> BestStep() const {
    const std::vector<int64_t> steps = StepsByMerit();
    return steps.empty() ? std::nullopt : std::optional(steps.front());
  }

  void AddEvaluation(Metrics& metrics) {
    const Metrics held_out = EvaluationMetrics(p_.evaluate());
    metrics.insert(metrics.end(), held_out.begin(), held_out.end());
  }

  void DoStep(int64_t step) {
    Metrics metrics = p_.stage.Step(step);
    const bool last = step == p_.stage.num_steps();
    const bool evaluated = last || (p_.evaluate_every > 0 && step % p_.evaluate_every == 0);
    if (evaluated) AddEvaluation(metrics);
    metrics.emplace_back("peak_memory_mb", PeakMemoryMb());
    Record(step, metrics);
    // Weights without a finite gradient may be beyond help: the checkpoint before them stays the one to go back to.
    const bool sound = !(MetricValue(metrics, "updates_not_applied") > 0);
    const bool best = evaluated && BestStep() == step;
    if (sound && (last || step % p_.config.checkpoint_every == 0 || best)) SaveCheckpoint(step);
  }

  // What the step's first fault says, on one line.
  std::string FirstFault(int64_t step) const {
    constexpr size_t kMostBytes = 300;
    for (const ScoredGroup& group : store_.Groups(step)) {
      for (const Score& score : group.scores) {
        if (score.status != Score::Status::kFault) continue;
        return score.explanation.substr(0, std::min(kMostBytes, score.explanation.find('\n')));
      }
    }
    return "";
  }

  void ReportFaults(int64_t step, const Metrics& metrics) {
    for (const auto& [name, value] : metrics) {
      if (name == "faults" && value > 0) {
        Note(step, "fault",
             "step " + std::to_string(step) + ": scores that were faults: " +
                 std::to_string(std::lround(value)) + "; the first: " + FirstFault(step));
      }
      if (name == "updates_not_applied" && value > 0) {
        Note(step, "not_applied",
             "step " + std::to_string(step) +
                 ": updates not applied because loss or gradient was not finite: " +
                 std::to_string(std::lround(value)));
      }
    }
  }

  void SaveCheckpoint(int64_t step) {
    if (checkpointed_ == step) return;
    const auto write = [&](const std::string& dir) {
      p_.policy.Save(dir);
      p_.stage.Save(dir);
    };
    p_.directory.SaveCheckpoint(step, p_.config.keep_checkpoints, write, BestStep());
    checkpointed_ = step;
    store_.PutEvent({step, "checkpoint", "checkpoint of step " + std::to_string(step), Now()});
  }

  RunEnd Stop(int64_t step) {
    if (step > 0) SaveCheckpoint(step);
    Note(step, "stop", "stopped after step " + std::to_string(step) + "; continue with --resume");
    WriteReport(store_, p_.directory.path());
    return RunEnd::kStopped;
  }

  void RequireFiniteWeights() {
    for (const Parameter& p : p_.policy.weights().parameters()) {
      if (std::all_of(p.value.data(), p.value.data() + p.value.size(),
                      [](float v) { return std::isfinite(v); }))
        continue;
      throw Error("the run ended with weights that are not finite (" + p.name + "): no model was written",
                  p_.directory.path(), "lower optimizer.learning_rate and start again");
    }
  }

  // The exported model must load and give the log-probs of the policy in memory, bit for bit.
  void VerifyModel() {
    const auto loaded = Policy::LoadFrozen(p_.directory.ModelPath(), p_.policy.model().precision(),
                                           p_.policy.pool().num_threads());
    const std::vector<float> ours = ProbeLogProbs(p_.policy.model());
    if (!AllFinite(ours)) {
      throw Error("the run ended with a model that gives no finite log-probs", p_.directory.ModelPath(),
                  "lower optimizer.learning_rate and start again");
    }
    if (!SameBits(ours, ProbeLogProbs(loaded->model()))) {
      throw Error("the exported model does not score as the trained one", p_.directory.ModelPath(),
                  "check the disk");
    }
  }

  // The weights that become the result, and their step: the best evaluated checkpoint that is whole, when that is asked for.
  int64_t LoadBest() {
    for (const int64_t step : StepsByMerit()) {
      const auto checkpoint = p_.directory.CheckpointOf(step);
      if (!checkpoint) continue;
      if (step != p_.stage.num_steps()) LoadAll(checkpoint->path);
      Note(step, "best",
           "model/ is the checkpoint of step " + std::to_string(step) + ", the best by " +
               p_.config.keep_best);
      return step;
    }
    return p_.stage.num_steps();
  }

  void Finish() {
    const int64_t step = LoadBest();
    RequireFiniteWeights();
    p_.directory.SaveModel([&](const std::string& dir) {
      p_.policy.Save(dir);
      WriteFileAtomic(dir + "/README.md",
                      RenderModelCard(p_.card, p_.policy.config(), p_.policy.weights().CountValues(),
                                      store_.AllMetrics(), step));
    });
    VerifyModel();
    store_.PutEvent({p_.stage.num_steps(), "finish", "finished", Now()});
    WriteReport(store_, p_.directory.path());
  }

  const RunParts& p_;
  RunStore& store_;
  int64_t checkpointed_ = -1;  // the step of the newest checkpoint
  std::optional<MetricExports> exports_;
};

}  // namespace

double PeakMemoryMb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

void WriteReport(const RunStore& store, const std::string& run_path) {
  WriteFileAtomic(run_path + "/report.html", RenderReport(store, ReadFile(run_path + "/recipe.toml")));
}

RunEnd RunStage(const RunParts& parts) { return Loop(parts).Run(); }

}  // namespace hone
