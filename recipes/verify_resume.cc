// hone verify-resume: the proof that a killed run ends with the same bytes. Covered by
// tests/recipes/run_command_test.cc.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "data/error.h"
#include "data/run_store.h"
#include "data/text_file.h"
#include "recipes/commands.h"
#include "recipes/schema.h"
#include "rl/run_directory.h"

namespace hone {
namespace {

struct VerifyArguments {
  std::string recipe;
  std::vector<std::string> overrides;
  std::string work_dir;
  int64_t kills = 20;
  uint64_t seed = 0;
};

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Starts this binary's `run` in a child whose output goes to `log`.
pid_t StartRun(const VerifyArguments& a, const std::string& run_dir, bool resume, const std::string& log) {
  std::vector<std::string> words = {"hone", "run", a.recipe, "--run-dir", run_dir};
  for (const std::string& o : a.overrides) words.insert(words.end(), {"--set", o});
  if (resume) words.push_back("--resume");
  std::vector<char*> argv;
  for (std::string& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0)
    throw Error("cannot start a child process", "verify-resume", "raise the process limit: ulimit -u");
  if (child > 0) return child;
  const int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (fd >= 0) {
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
  }
  execv("/proc/self/exe", argv.data());
  _exit(127);
}

std::string LastLine(const std::string& path) {
  std::string text = ReadFile(path);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

// Waits until the child has ended by itself (true) or `due` says so (false). Error if the child failed by itself.
bool WaitFor(pid_t child, const std::function<bool()>& due, const std::string& log) {
  for (;;) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child) {
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
      throw Error("the run failed: " + LastLine(log), log, "mend what its log says and try again");
    }
    if (due()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

// The run in `run_dir`, or of a recipe with stages the run of each.
std::vector<std::string> RunsIn(const std::string& run_dir) {
  std::vector<std::string> runs;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(run_dir + "/stages", none))
    if (entry.path().extension().empty()) runs.push_back(entry.path().string());  // not what was put aside
  std::sort(runs.begin(), runs.end());
  return runs.empty() ? std::vector<std::string>{run_dir} : runs;
}

// The last finished step of the run in `run_dir`, over all its stages; -1 while there is none to be seen.
int64_t LastStep(const std::string& run_dir) {
  int64_t steps = -1;
  for (const std::string& run : RunsIn(run_dir)) {
    try {
      const auto history = RunStore::OpenReadOnly(run + "/hone.db").AllMetrics();
      if (!history.empty()) steps = std::max<int64_t>(steps, 0) + history.back().step;
    } catch (const Error&) {
      // being made this moment
    }
  }
  return steps;
}

// What two runs are compared by.
struct Remains {
  std::vector<std::string> files;  // of weights and datasets, by stage
  std::vector<uint64_t> rollouts;  // digests
  int64_t consumed = 0;            // completions trained on
};

Remains RemainsOf(const std::string& run_dir) {
  Remains remains;
  for (const std::string& run : RunsIn(run_dir)) {
    for (const char* file : {"/model/model.safetensors", "/dataset.jsonl"}) {
      if (std::filesystem::exists(run + file)) remains.files.push_back(ReadFile(run + file));
    }
    const RunStore store = RunStore::OpenReadOnly(run + "/hone.db");
    remains.rollouts.push_back(store.RolloutDigest());
    remains.consumed += store.CountConsumed();
  }
  return remains;
}

// Runs to the end, killed `a.kills` times on the way, and returns how often: a very short run can end before its last
// kills. The kills are spread over the whole run by step, and each falls at
// a random moment of the step it is meant for: start-up, sampling, learning, committing, checkpoints.
int64_t RunWithKills(const VerifyArguments& a, const std::string& run_dir, int64_t steps, double step_seconds,
                     const std::string& log) {
  std::mt19937_64 random(a.seed);
  const auto uniform = [&] { return static_cast<double>(random() >> 11) * 0x1p-53; };
  std::vector<int64_t> after;  // the finished step each kill waits for; -1: none yet
  for (int64_t i = 0; i < a.kills; ++i) {
    after.push_back(static_cast<int64_t>(uniform() * static_cast<double>(steps)) - 1);
  }
  std::sort(after.begin(), after.end());
  for (int64_t i = 0; i <= a.kills; ++i) {
    const pid_t child = StartRun(a, run_dir, RunDirectory::HoldsRun(run_dir), log);
    if (i == a.kills) {
      WaitFor(
          child, [] { return false; }, log);
      break;
    }
    const double delay = uniform() * step_seconds;
    double seen = -1.0, looked = 0.0;  // when the step was first seen; when the store was last looked at
    const bool ended = WaitFor(
        child,
        [&] {
          if (seen < 0.0 && Now() - looked > 0.05) {
            looked = Now();
            if (after[i] < 0 || LastStep(run_dir) >= after[i]) seen = looked;
          }
          return seen >= 0.0 && Now() >= seen + delay;
        },
        log);
    if (ended) return i;
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    fmt::print(stderr, "kill {} of {}: {:.2f} s after step {}\n", i + 1, a.kills, delay,
               std::max<int64_t>(0, after[i]));
  }
  return a.kills;
}

int Verify(const VerifyArguments& a) {
  LoadRecipeFile(a.recipe, a.overrides);  // what is wrong with it is better said here than in a log
  const std::string work =
      a.work_dir.empty()
          ? (std::filesystem::temp_directory_path() / ("hone-verify-" + std::to_string(getpid()))).string()
          : a.work_dir;
  if (std::filesystem::exists(work)) throw Error("the directory exists", work, "choose another --work-dir");
  std::filesystem::create_directories(work);
  const std::string calm = work + "/undisturbed", killed = work + "/killed", log = work + "/log";
  const double start = Now();
  WaitFor(
      StartRun(a, calm, false, log), [] { return false; }, log);
  const double seconds = Now() - start;
  const int64_t steps = LastStep(calm);
  fmt::print(stderr, "undisturbed run: {} steps in {:.1f} s\n", steps, seconds);
  const int64_t kills =
      RunWithKills(a, killed, steps, seconds / static_cast<double>(std::max<int64_t>(1, steps)), log);

  const Remains left = RemainsOf(calm), right = RemainsOf(killed);
  const bool same_weights = left.files == right.files, same_rollouts = left.rollouts == right.rollouts,
             same_count = left.consumed == right.consumed;
  fmt::print("kills {}; final weights {}; stored rollouts {}; completions trained on {} ({} and {})\n", kills,
             same_weights ? "identical" : "DIFFER", same_rollouts ? "identical" : "DIFFER",
             same_count ? "equal" : "DIFFER", left.consumed, right.consumed);
  if (!same_weights || !same_rollouts || !same_count) {
    fmt::print(stderr, "kept for a look: {}\n", work);
    return 1;
  }
  if (kills < a.kills) fmt::print(stderr, "the run ended before kill {} of {}\n", kills + 1, a.kills);
  if (a.work_dir.empty()) std::filesystem::remove_all(work);
  return 0;
}

}  // namespace

Command AddVerifyResumeCommand(CLI::App& app) {
  auto* command = app.add_subcommand("verify-resume",
                                     "Kill and resume a run many times; compare with an undisturbed one");
  auto a = std::make_shared<VerifyArguments>();
  command->add_option("recipe", a->recipe, "TOML recipe")->required();
  command->add_option("--set", a->overrides, "KEY=VALUE in place of the recipe's")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--kills", a->kills, "SIGKILLs at random moments")->check(CLI::Range(0, 1 << 20));
  command->add_option("--seed", a->seed, "of the moments");
  command->add_option("--work-dir", a->work_dir,
                      "where both runs go and stay (default: a temporary directory, removed)");
  command->footer(
      "Compares final weights and stored rollouts byte for byte; timings are outside the comparison.\n"
      "Exit code 1 when anything differs.\nExample:\n  hone verify-resume recipes/r1_zero.toml --kills 20");
  return [a] { return Verify(*a); };
}

}  // namespace hone
