// 64 submissions at once through the whole judge. With HONE_JUDGE_SOAK=20000 that many mixed runs instead, and memory and descriptors
// before and after. What one run costs: rewards_sandbox.cc.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "rewards/code/judge.h"

namespace hone {
namespace {

struct Mixed {
  const char *language, *code, *tests;
  JudgeVerdict verdict;
};
constexpr Mixed kMixed[] = {
    {"c",
     "#include <stdio.h>\nint main(){int "
     "a;scanf(\"%d\",&a);printf(\"%d\",2*a);}",
     R"({"stdin":"21","stdout":"42"})", JudgeVerdict::kAC},
    {"python", "print(2 * int(input()))", R"({"stdin":"21","stdout":"42"})", JudgeVerdict::kAC},
    {"python", "def f(x): return x", R"({"call":"f","args":[21],"returns":42})", JudgeVerdict::kWA},
    {"python", "def f(x): return 2 * x", R"({"assert":"assert f(21) == 42"})", JudgeVerdict::kAC},
    {"c", "int f(int x) { return 2 * x; }", R"({"call":"f","args":[21],"returns":42})", JudgeVerdict::kAC},
    {"c", "int main(){__builtin_trap();}", R"({"stdout":"42"})", JudgeVerdict::kRE},
    {"c",
     "#include <unistd.h>\nint main(){if(fork())return "
     "0;setsid();for(;;)sleep(1);}",
     R"({"stdout":"42"})", JudgeVerdict::kWA},
    {"c", "int main(){return x;}", R"({"stdout":"42"})", JudgeVerdict::kCE},
};

Submission SubmissionOf(const Mixed &mixed) {
  Submission submission;
  submission.task = ParseTask(R"({"lang":")" + std::string(mixed.language) + R"(","tests":[)" + mixed.tests +
                                  R"(],"limits":{"cpu_s":5,"wall_s":20}})",
                              "bench");
  submission.code = mixed.code;
  return submission;
}

// Judges `count` mixed submissions from `threads` threads; returns how many
// came back with another verdict.
size_t JudgeMixed(Judge &judge, size_t count, int threads) {
  std::vector<Submission> submissions;
  for (const Mixed &mixed : kMixed) submissions.push_back(SubmissionOf(mixed));
  std::atomic<size_t> next = 0, lost = 0;
  const auto work = [&] {
    for (size_t i = next++; i < count; i = next++) {
      const size_t kind = i % std::size(kMixed);
      const Outcome outcome = judge.Run(submissions[kind]);
      if (outcome.verdict == kMixed[kind].verdict) continue;
      ++lost;
      std::fprintf(stderr, "run %zu: %s instead of %s: %s\n", i, std::string(NameOf(outcome.verdict)).c_str(),
                   std::string(NameOf(kMixed[kind].verdict)).c_str(), outcome.note.c_str());
    }
  };
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) workers.emplace_back(work);
  for (std::thread &worker : workers) worker.join();
  return lost;
}

struct ScratchCache {
  std::string path =
      (std::filesystem::temp_directory_path() / ("hone-judge-bench-" + std::to_string(getpid()))).string();
  ~ScratchCache() { std::filesystem::remove_all(path); }
};

// 64 submissions wait for verdicts at the same time: `lost` must be 0.
void Concurrent(benchmark::State &state) {
  const ScratchCache cache;
  Judge judge({64, cache.path});
  size_t lost = 0, runs = 0;
  for (auto _ : state) {
    lost += JudgeMixed(judge, 256, 64);
    runs += 256;
  }
  state.counters["lost"] = static_cast<double>(lost);
  state.counters["submissions_per_s"] =
      benchmark::Counter(static_cast<double>(runs), benchmark::Counter::kIsRate);
}
BENCHMARK(Concurrent)
    ->Name("judge/concurrent_64")
    ->Iterations(2)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

int64_t ResidentKb() {
  std::ifstream in("/proc/self/statm");
  int64_t pages = 0;
  in >> pages >> pages;
  return pages * sysconf(_SC_PAGESIZE) / 1024;
}

size_t OpenDescriptors() {
  const std::filesystem::directory_iterator files("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(files), end(files)));
}

// Memory and descriptors after a tenth of the runs and after all.
void Soak(benchmark::State &state) {
  const char *wanted = std::getenv("HONE_JUDGE_SOAK");
  const size_t runs = wanted == nullptr ? 0 : std::strtoul(wanted, nullptr, 10);
  if (runs == 0) {
    state.SkipWithError("HONE_JUDGE_SOAK names no number of runs");
    return;
  }
  const ScratchCache cache;
  Judge judge({2, cache.path});
  size_t lost = 0;
  for (auto _ : state) {
    lost += JudgeMixed(judge, runs / 10, 2);
    state.counters["rss_kb_early"] = static_cast<double>(ResidentKb());
    state.counters["fds_early"] = static_cast<double>(OpenDescriptors());
    lost += JudgeMixed(judge, runs - runs / 10, 2);
    state.counters["rss_kb_late"] = static_cast<double>(ResidentKb());
    state.counters["fds_late"] = static_cast<double>(OpenDescriptors());
  }
  state.counters["lost"] = static_cast<double>(lost);
}
BENCHMARK(Soak)->Name("judge/soak")->Iterations(1)->UseRealTime()->Unit(benchmark::kSecond);

}  // namespace
}  // namespace hone
