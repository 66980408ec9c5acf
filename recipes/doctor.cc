// hone doctor: what this machine offers and what is wrong with it, each line with its remedy. Covered by
// tests/recipes/cli_test.cc.
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "data/error.h"
#include "kernels/gemm.h"
#include "recipes/commands.h"
#include "rewards/code/sandbox.h"
#include "rl/policy.h"

namespace hone {
namespace {

enum class Level { kOk, kNote, kBad };

struct Finding {
  Level level;
  std::string text;
  std::string remedy;  // empty when nothing needs to be done
};

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Finding Threads() {
  const int usable = ThreadCount(0), present = static_cast<int>(std::thread::hardware_concurrency());
  if (usable < present) {
    return {Level::kNote, fmt::format("{} of {} CPU cores may be used", usable, present),
            "widen the CPU set of this process (taskset, cgroup) to use all"};
  }
  return {Level::kOk, fmt::format("{} CPU cores", usable), ""};
}

Finding Instructions() {
  const std::string fp32 = kernels::GemmInstructions(kernels::GemmType::kFp32);
  const std::string bf16 = kernels::GemmInstructions(kernels::GemmType::kBf16);
  if (bf16 == "vdpbf16ps") return {Level::kOk, fmt::format("fp32 on {}, bf16 on vdpbf16ps", fp32), ""};
  return {Level::kNote,
          fmt::format("fp32 on {}; bf16 has no instruction of its own here and is no faster", fp32),
          "use run.precision = \"fp32\""};
}

// What a GEMM reaches on one core and on all: a busy machine shows up here.
Finding Speed() {
  const int64_t m = 256, k = 512, n = 512;
  const auto measure = [&](int threads) {
    kernels::ThreadPool pool(threads);
    std::vector<float> a(m * k, 0.5f), b(k * n, 0.25f), c(m * n);
    kernels::PackedMatrix packed;
    packed.Pack(pool, k, n, b.data(), n, 1, kernels::GemmType::kFp32);
    const kernels::GemmProblem problem = {
        .m = m, .a = a.data(), .a_row_stride = k, .b = &packed, .c = c.data(), .c_stride = n};
    double best = 1e9;
    for (int i = 0; i < 20; ++i) {
      const double start = Now();
      kernels::Gemm(pool, {&problem, 1});
      best = std::min(best, Now() - start);
    }
    return 2.0 * static_cast<double>(m * k * n) / best * 1e-9;
  };
  const int threads = ThreadCount(0);
  const double one = measure(1), all = measure(threads);
  const std::string text =
      fmt::format("fp32 GEMM {:.0f} GFLOP/s on one core, {:.0f} on {}", one, all, threads);
  if (threads > 1 && all < 0.6 * one * threads) {
    return {Level::kNote, text, "other work is using the cores: runs will be slower while it does"};
  }
  return {Level::kOk, text, ""};
}

// The first number in a file; `otherwise` where there is none ("max").
double NumberIn(const char* path, double otherwise) {
  std::ifstream file(path);
  double value = 0.0;
  return file >> value ? value : otherwise;
}

Finding Memory() {
  double total = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  std::ifstream file("/proc/meminfo");
  double available = total;
  for (std::string key, unit; double value = 0;) {
    if (!(file >> key >> value)) break;
    std::getline(file, unit);
    if (key == "MemAvailable:") available = value * 1024;
  }
  // A container's share (cgroup v2, as seen from inside it).
  const double allowed = NumberIn("/sys/fs/cgroup/memory.max", total);
  const char* whose = allowed < total ? "allowed by the cgroup" : "of memory";
  total = std::min(total, allowed);
  available = std::min(available, allowed - NumberIn("/sys/fs/cgroup/memory.current", 0.0));
  const std::string text =
      fmt::format("{:.1f} GB {}, {:.1f} GB available", total / 1e9, whose, available / 1e9);
  if (available < 1e9) return {Level::kBad, text, "free some memory: the bundled recipes need about 0.5 GB"};
  return {Level::kOk, text, ""};
}

Finding Disk(const std::string& dir) {
  struct statvfs disk {};
  if (statvfs(dir.c_str(), &disk) != 0)
    return {Level::kBad, dir + " cannot be looked at", "choose another directory"};
  const double free = static_cast<double>(disk.f_bavail) * static_cast<double>(disk.f_frsize) / 1e9;
  const std::string text = fmt::format("{:.1f} GB free under {}", free, dir);
  if (free < 0.5) return {Level::kBad, text, "free some space, or put runs elsewhere with --run-dir"};
  return {Level::kOk, text, ""};
}

// The run store commits through fsync: a directory that cannot do it, or a network file system, would break its promises.
Finding Durability(const std::string& dir) {
  struct statfs fs {};
  constexpr long kNfs = 0x6969, kSmb = 0x517B, kCifs = 0xFF534D42, kLustre = 0x0BD00BD0;
  if (statfs(dir.c_str(), &fs) == 0 &&
      (fs.f_type == kNfs || fs.f_type == kSmb || fs.f_type == kCifs || fs.f_type == kLustre)) {
    return {Level::kBad, dir + " is on a network file system, where SQLite's WAL is not safe",
            "put runs on a local disk with --run-dir"};
  }
  const std::string path = dir + "/.hone-doctor-" + std::to_string(getpid());
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return {Level::kBad, dir + " is not writable", "run in a writable directory or use --run-dir"};
  const double start = Now();
  bool ok = true;
  constexpr int kSyncs = 10;
  for (int i = 0; i < kSyncs; ++i) ok = ok && write(fd, "x", 1) == 1 && fsync(fd) == 0;
  const double ms = (Now() - start) / kSyncs * 1e3;
  close(fd);
  unlink(path.c_str());
  if (!ok) return {Level::kBad, "fsync fails under " + dir, "put runs on another disk with --run-dir"};
  if (ms > 50)
    return {Level::kNote, fmt::format("fsync takes {:.0f} ms under {}", ms, dir),
            "a faster disk makes commits cheaper"};
  return {Level::kOk, fmt::format("fsync takes {:.2f} ms under {}", ms, dir), ""};
}

Finding OpenFiles() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < 256) {
    return {Level::kBad, fmt::format("only {} open files allowed", limit.rlim_cur),
            "raise it: ulimit -n 1024"};
  }
  return {Level::kOk, fmt::format("{} open files allowed", limit.rlim_cur), ""};
}

// What holds the programs that `hone judge` and the reward `code` run.
std::vector<Finding> CodeJudge() {
  try {
    std::vector<Finding> findings;
    for (const std::string& line : Sandbox(1).Describe()) {
      findings.push_back({line.starts_with("no ") ? Level::kNote : Level::kOk, "code judge: " + line, ""});
    }
    return findings;
  } catch (const Error& e) {
    return {{Level::kNote, std::string("code judge: ") + e.what(), ""}};
  }
}

int Diagnose(const std::string& dir) {
  bool bad = false;
  std::vector<Finding> findings = {Threads(), Instructions(),  Speed(),    Memory(),
                                   Disk(dir), Durability(dir), OpenFiles()};
  for (Finding& finding : CodeJudge()) findings.push_back(std::move(finding));
  for (const Finding& f : findings) {
    const char* mark = f.level == Level::kOk ? "ok  " : f.level == Level::kNote ? "note" : "BAD ";
    fmt::print("{} {}{}{}\n", mark, f.text, f.remedy.empty() ? "" : ": ", f.remedy);
    bad = bad || f.level == Level::kBad;
  }
  return bad ? 1 : 0;
}

}  // namespace

Command AddDoctorCommand(CLI::App& app) {
  auto* command = app.add_subcommand("doctor", "Say what this machine offers and what is wrong with it");
  auto dir = std::make_shared<std::string>(".");
  command->add_option("directory", *dir, "where runs would go (default: here)");
  command->footer("Exit code 1 when something would keep a run from working.\nExample:\n  hone doctor");
  return [dir] { return Diagnose(*dir); };
}

}  // namespace hone
