// The box that untrusted programs run in: namespaces, a minimal read-only root, seccomp, Landlock, rlimits and cgroups. Prepared
// boxes wait in a pool; whatever a run does, every process and file of it is gone when Run returns.
// Covered by tests/rewards/sandbox_test.cc.
#ifndef HONE_REWARDS_CODE_SANDBOX_H_
#define HONE_REWARDS_CODE_SANDBOX_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

using JudgeClock = std::chrono::steady_clock;
inline constexpr JudgeClock::time_point kNoDeadline = JudgeClock::time_point::max();

// For the whole tree of processes of a run, not for each.
struct RunLimits {
  double cpu_s = 1.0;
  double wall_s = 3.0;
  int64_t memory_mb = 256;
  int64_t output_kb = 16384;  // of stdout and of stderr, each
  int64_t file_mb = 64;       // all files written, together; at most half of memory_mb, being in memory
  int64_t processes = 64;     // and threads
  int64_t open_files = 64;
};

inline constexpr char kDeadlinePassed[] = "no verdict within the deadline";

struct BoxFile {
  std::string name;  // relative, without "/"; in the working directory of the run
  std::string content;
  bool executable = false;
};

struct RunRequest {
  std::vector<std::string> argv;         // argv[0] is an absolute path in the box, or "./name" of a file
  std::vector<std::string> environment;  // "NAME=value"; nothing of the host's is inherited
  std::vector<BoxFile> files;            // the working directory before the run; empty otherwise
  std::string_view stdin_text;
  std::vector<int>
      channels;  // host descriptors the program gets as 3, 4, ...; the caller keeps its own copies
  RunLimits limits;
  bool compiling = false;  // the root also holds compilers and headers, and the allow-list what they need
  std::vector<std::string> fetch;  // files of the working directory to return, regular ones only
  JudgeClock::time_point until =
      kNoDeadline;  // a run that is not over by then, its wait for a box too, is an Error
};

struct RunResult {
  enum class End { kExited, kSignalled, kCpuLimit, kWallLimit, kMemoryLimit, kOutputLimit, kFileLimit };
  End end = End::kExited;
  int exit_code = 0;  // of kExited
  int signal = 0;     // of kSignalled
  double cpu_ms = 0.0, wall_ms = 0.0;
  int64_t memory_kb = 0;         // peak of the tree
  std::string out, err;          // no longer than the limit
  std::vector<BoxFile> fetched;  // those of `fetch` that were there
};

// A host directory that every box of a sandbox sees, read-only, at an absolute path of its own, such as "/opt/pch". What
// the host puts into it later appears in boxes that are already there.
struct SharedDirectory {
  std::string host, box;
};

// Thread-safe. A run that could not be judged because the box itself failed throws Error: never a result.
class Sandbox {
 public:
  // `size` boxes ready at once. Throws Error when this machine cannot isolate or the self-test fails, with the reason.
  // `shared` directories that do not exist are an Error too.
  explicit Sandbox(int size, std::vector<SharedDirectory> shared = {});
  ~Sandbox();

  RunResult Run(const RunRequest& request);

  // One line each: which layers hold ("cgroup v1 memory, pids") and which are missing with their stand-in
  // ("no cgroup: the tree's memory is sampled").
  std::vector<std::string> Describe() const;
  // The same on one line.
  std::string Summary() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hone

#endif  // HONE_REWARDS_CODE_SANDBOX_H_
