// Running a chain: which stages are done, which must be done anew, and whether what they reached is enough. See chain.h. Covered by
// tests/recipes/chain_test.cc.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>

#include "data/condition.h"
#include "data/error.h"
#include "data/random.h"
#include "recipes/chain.h"
#include "recipes/stage_run.h"
#include "rl/chain_report.h"
#include "rl/metrics.h"

namespace hone {
namespace {

namespace fs = std::filesystem;
constexpr char kFinished[] = "finished";

double Now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Names and bytes of a file, or of the files right in a directory.
uint64_t ContentDigest(const std::string& path) {
  if (!fs::is_directory(path)) return FileDigest(path);
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(path)) {
    if (entry.is_regular_file()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  KeyHash hash;
  for (const std::string& name : names) hash.Add(name).Add(FileDigest(path + "/" + name));
  return hash.value();
}

class Chain {
 public:
  explicit Chain(const ChainRequest& request)
      : r_(request),
        order_(StageOrder(request.file, request.path)),
        wanted_(Wanted()),
        directory_(request.resume ? RunDirectory::Open(request.run_dir)
                                  : RunDirectory::Create(request.run_dir, DumpRecipe(request.file))) {
    if (request.resume) directory_.WriteRecipe(DumpRecipe(request.file));
    directory_.store().PutMeta("name", request.file.recipe.name);
  }

  RunEnd Run() {
    for (size_t i = 0; i < wanted_.size(); ++i) {
      const std::string& name = wanted_[i];
      const std::string title =
          fmt::format("{}: {} ({} of {})", r_.file.recipe.name, name, i + 1, wanted_.size());
      if (RunOne(name, title) == RunEnd::kStopped) return RunEnd::kStopped;
      RecordFinished();
      CheckRequirements(name);
    }
    if (r_.only.empty()) CopyModel();
    return RunEnd::kFinished;
  }

 private:
  std::string Directory(const std::string& stage) const { return r_.run_dir + "/stages/" + stage; }

  // All stages, or `only` and those it needs, in order.
  std::vector<std::string> Wanted() const {
    if (r_.only.empty()) return order_;
    if (!r_.file.stages.contains(r_.only)) {
      throw Error("there is no stage '" + r_.only + "'", r_.path,
                  "there are: " + fmt::format("{}", fmt::join(order_, ", ")));
    }
    std::vector<std::string> needed = {r_.only};
    for (size_t i = 0; i < needed.size(); ++i) {
      for (const std::string& from : r_.file.stages.at(needed[i]).from) {
        if (r_.file.stages.contains(from)) needed.push_back(from);
      }
    }
    std::vector<std::string> wanted;
    for (const std::string& name : order_) {
      if (std::find(needed.begin(), needed.end(), name) != needed.end()) wanted.push_back(name);
    }
    return wanted;
  }

  // Changes when the stage's recipe does or anything it starts from; `require` and what never moves a bit are outside.
  std::string KeyOf(const std::string& name) const {
    const StageTable& stage = r_.file.stages.at(name);
    KeyHash hash;
    for (const auto& [key, value] : FlattenRecipe(stage.recipe)) {
      if (!MovesNoBit(key)) hash.Add(key).Add(value);
    }
    const auto add_path = [&](const std::string& path) { hash.Add(path).Add(ContentDigest(path)); };
    for (const std::string& from : stage.from) {
      if (r_.file.stages.contains(from)) {
        hash.Add(from).Add(KeyOf(from));
      } else {
        add_path(from);
      }
    }
    if (!stage.recipe.model.path.empty()) add_path(stage.recipe.model.path);
    if (!stage.recipe.distill.teacher.empty()) add_path(stage.recipe.distill.teacher);
    for (const std::string& model : stage.recipe.eval.models) add_path(model);
    if (stage.recipe.task.kind == TaskKind::kFile) {
      for (const std::string& data : stage.recipe.task.files.data) add_path(data);
      for (const std::string& data : stage.recipe.task.files.held_out) add_path(data);
    }
    for (const std::string& data : stage.recipe.sft.data) add_path(data);
    for (const std::string& data : stage.recipe.distill.data) add_path(data);
    if (!stage.recipe.curriculum.pass_rates.empty()) add_path(stage.recipe.curriculum.pass_rates);
    return fmt::format("{:016x}", hash.value());
  }

  struct Standing {
    std::string key;  // "" of a stage that was killed while its directory was made
    bool finished = false;
  };
  Standing StandingOf(const std::string& name) const {
    if (!RunDirectory::HoldsRun(Directory(name))) return {};
    const RunStore store = RunStore::OpenReadOnly(Directory(name) + "/hone.db");
    return {store.Meta(kStageKey).value_or(""), store.Meta(kFinished).has_value()};
  }

  void PutAside(const std::string& name) {
    std::string aside;
    for (int i = 1; aside.empty() || fs::exists(aside); ++i)
      aside = Directory(name) + ".old-" + std::to_string(i);
    fs::rename(Directory(name), aside);
    Note("stage " + name + " is run anew: its recipe or what it starts from changed; the old one is in " +
         aside);
  }

  void Note(const std::string& message) {
    directory_.store().PutEvent({0, "stage", message, Now()});
    fmt::print(stderr, "{}\n", message);
  }

  RunEnd RunOne(const std::string& name, const std::string& title) {
    const std::string key = KeyOf(name);
    const Standing standing = StandingOf(name);
    if (standing.key == key && standing.finished) {
      fmt::print(stderr, "stage {} is finished already\n", name);
      return RunEnd::kFinished;
    }
    const bool resume = standing.key == key;
    if (!resume && RunDirectory::HoldsRun(Directory(name))) PutAside(name);
    const Recipe recipe = ResolveStage(r_.file, name, r_.run_dir);
    const double start = Now();
    const RunEnd end = RunStageRecipe({.recipe = recipe,
                                       .run_dir = Directory(name),
                                       .title = title,
                                       .resume = resume,
                                       .accepted = {"model.path", "sft.data", "distill.teacher",
                                                    "distill.data", "eval.models", "curriculum.pass_rates"},
                                       .stage_key = key});
    if (end == RunEnd::kStopped) return end;
    RunStore::Open(Directory(name) + "/hone.db").PutMeta(kFinished, "1");
    Note(fmt::format("stage {} finished after {:.0f} s", name, Now() - start));
    return end;
  }

  // Every finished stage's end, in the chain's own store and report.
  void RecordFinished() {
    RunStore& store = directory_.store();
    store.VoidFrom(0);
    for (size_t i = 0; i < order_.size(); ++i) {
      if (!StandingOf(order_[i]).finished) continue;
      const auto number = static_cast<int64_t>(i) + 1;
      store.PutMeta(StageNameKey(number), order_[i]);
      store.FinishStep(number, LastMetrics(order_[i]));
    }
    WriteChainReport(store, r_.run_dir);
  }

  // The last value of each metric that the stage reported.
  Metrics LastMetrics(const std::string& name) const {
    Metrics last;
    for (const StepMetrics& step : RunStore::OpenReadOnly(Directory(name) + "/hone.db").AllMetrics()) {
      for (const auto& [metric, value] : step.values) {
        const auto found =
            std::find_if(last.begin(), last.end(), [&](const auto& entry) { return entry.first == metric; });
        found == last.end() ? void(last.emplace_back(metric, value)) : void(found->second = value);
      }
    }
    return last;
  }

  void CheckRequirements(const std::string& name) const {
    const Metrics last = LastMetrics(name);
    const std::string where = r_.path + ": stages." + name + ".require";
    for (const Condition& c : ParseConditions(r_.file.stages.at(name).require, where)) {
      const std::string metric = RequiredMetric(c.name);
      const double value = MetricValue(last, metric);
      if (c.Holds(value)) continue;
      if (std::isnan(value)) {
        std::string names;
        for (const auto& [known, ignored] : last) names += (names.empty() ? "" : ", ") + known;
        throw Error("the stage reports no '" + metric + "'", where, "it reports: " + names);
      }
      throw Error(fmt::format("it ended with {} = {:.4g}, which is not {} {:.4g}", c.name, value,
                              c.comparison, c.bound),
                  where,
                  "look at " + Directory(name) + "/report.html; change the stage and go on with --resume");
    }
  }

  void CopyModel() {
    const auto trained = std::find_if(order_.rbegin(), order_.rend(), [&](const std::string& name) {
      return fs::exists(Directory(name) + "/model");
    });
    if (trained == order_.rend()) return;
    directory_.SaveModel([&](const std::string& dir) {
      for (const auto& entry : fs::directory_iterator(Directory(*trained) + "/model"))
        fs::copy_file(entry.path(), dir / entry.path().filename(), fs::copy_options::overwrite_existing);
    });
  }

  const ChainRequest& r_;
  const std::vector<std::string> order_;
  const std::vector<std::string> wanted_;
  RunDirectory directory_;
};

}  // namespace

RunEnd RunChain(const ChainRequest& request) { return Chain(request).Run(); }

}  // namespace hone
