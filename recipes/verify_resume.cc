// hone verify-resume: the proof that a killed run ends with the same bytes. Covered by
// tests/recipes/run_command_test.cc.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
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

// Waits at most `seconds` (< 0: for ever). True if the child ended by itself, successfully. Error if it failed by itself.
bool WaitFor(pid_t child, double seconds, const std::string& log) {
  const double deadline = Now() + seconds;
  for (;;) {
    int status = 0;
    const pid_t ended = waitpid(child, &status, seconds < 0 ? 0 : WNOHANG);
    if (ended == child) {
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
      throw Error("the run failed: " + LastLine(log), log, "");
    }
    if (Now() >= deadline && seconds >= 0) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

// Runs to the end, killed `a.kills` times on the way. Each kill comes at a random moment of what an undisturbed run takes,
// shrinking as the run moves on, so that kills fall everywhere: start-up, sampling, learning, committing, checkpoints.
int64_t RunWithKills(const VerifyArguments& a, const std::string& run_dir, double undisturbed,
                     const std::string& log) {
  std::mt19937_64 random(a.seed);
  int64_t kills = 0;
  for (bool first = true;; first = false) {
    const pid_t child = StartRun(a, run_dir, !first && RunDirectory::HoldsRun(run_dir), log);
    const double moment =
        undisturbed * 2.0 / static_cast<double>(a.kills + 1) * static_cast<double>(random() >> 11) * 0x1p-53;
    if (WaitFor(child, kills < a.kills ? moment : -1.0, log)) return kills;
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ++kills;
    fmt::print(stderr, "kill {} of {} after {:.2f} s\n", kills, a.kills, moment);
  }
}

int Verify(const VerifyArguments& a) {
  LoadRecipe(a.recipe, a.overrides);  // what is wrong with it is better said here than in a log
  const std::string work =
      a.work_dir.empty()
          ? (std::filesystem::temp_directory_path() / ("hone-verify-" + std::to_string(getpid()))).string()
          : a.work_dir;
  if (std::filesystem::exists(work)) throw Error("the directory exists", work, "choose another --work-dir");
  std::filesystem::create_directories(work);
  const std::string calm = work + "/undisturbed", killed = work + "/killed", log = work + "/log";
  const double start = Now();
  WaitFor(StartRun(a, calm, false, log), -1.0, log);
  const double seconds = Now() - start;
  fmt::print(stderr, "undisturbed run: {:.1f} s\n", seconds);
  const int64_t kills = RunWithKills(a, killed, seconds, log);

  const bool same_weights =
      ReadFile(calm + "/model/model.safetensors") == ReadFile(killed + "/model/model.safetensors");
  const RunStore calm_store = RunStore::OpenReadOnly(calm + "/hone.db"),
                 killed_store = RunStore::OpenReadOnly(killed + "/hone.db");
  const bool same_rollouts = calm_store.RolloutDigest() == killed_store.RolloutDigest();
  const bool same_count = calm_store.CountConsumed() == killed_store.CountConsumed();
  fmt::print("kills {}; final weights {}; stored rollouts {}; completions trained on {} ({} and {})\n", kills,
             same_weights ? "identical" : "DIFFER", same_rollouts ? "identical" : "DIFFER",
             same_count ? "equal" : "DIFFER", calm_store.CountConsumed(), killed_store.CountConsumed());
  if (!same_weights || !same_rollouts || !same_count) {
    fmt::print(stderr, "kept for a look: {}\n", work);
    return 1;
  }
  if (kills < a.kills) {
    fmt::print(stderr, "the run ended before all kills: only {} of {} were tried\n", kills, a.kills);
  }
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
  command->add_option("--kills", a->kills, "SIGKILLs at random moments")->check(CLI::NonNegativeNumber);
  command->add_option("--seed", a->seed, "of the moments");
  command->add_option("--work-dir", a->work_dir,
                      "where both runs go and stay (default: a temporary directory, removed)");
  command->footer(
      "Compares final weights and stored rollouts byte for byte; timings are outside the comparison.\n"
      "Exit code 1 when anything differs.\nExample:\n  hone verify-resume recipes/r1_zero.toml --kills 20");
  return [a] { return Verify(*a); };
}

}  // namespace hone
