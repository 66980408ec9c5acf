// One run of a trivial C program in a box against plain fork and exec of it, in turns, on one core: the median of each, the difference,
// and runs per second. Many submissions at once and the soak: rewards_judge.cc.
#include <benchmark/benchmark.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "rewards/code/sandbox.h"

namespace hone {
namespace {

RunRequest TrivialProgram(Sandbox& sandbox) {
  RunRequest request;
  request.argv = {"/usr/bin/gcc", "-O2", "-static", "main.c", "-o", "main"};
  request.files = {{"main.c", "#include <stdio.h>\nint main(){return puts(\"6\")<0;}\n"}};
  request.fetch = {"main"};
  request.compiling = true;
  request.limits = {.cpu_s = 10, .wall_s = 20, .memory_mb = 1024};
  const RunResult compiled = sandbox.Run(request);
  if (compiled.fetched.size() != 1) throw std::runtime_error("gcc: " + compiled.err);
  RunRequest run;
  run.files = compiled.fetched;
  run.argv = {"./main"};
  return run;
}

// The program outside any box. Its output is read, as a judge must.
void PlainRun(const std::string& path) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("pipe");
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 1);
    execl(path.c_str(), path.c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  char bytes[64];
  while (read(ends[0], bytes, sizeof bytes) > 0) {
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) throw std::runtime_error("the plain program failed");
}

double Median(std::vector<double>& values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

double Milliseconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - since).count();
}

void BoxedAgainstPlain(benchmark::State& state) {
  cpu_set_t before, one;
  sched_getaffinity(0, sizeof before, &before);
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  sched_setaffinity(0, sizeof one, &one);  // the boxes inherit it
  {
    Sandbox sandbox(1);
    const RunRequest request = TrivialProgram(sandbox);
    const std::string path = "/tmp/hone-bench-" + std::to_string(getpid());
    std::ofstream(path, std::ios::binary) << request.files[0].content;
    chmod(path.c_str(), 0755);
    std::vector<double> plain, boxed;
    for (auto _ : state) {
      auto start = std::chrono::steady_clock::now();
      PlainRun(path);
      plain.push_back(Milliseconds(start));
      start = std::chrono::steady_clock::now();
      const RunResult result = sandbox.Run(request);
      boxed.push_back(Milliseconds(start));
      if (result.out != "6\n") state.SkipWithError("a wrong result");
      state.SetIterationTime(boxed.back() / 1000);
    }
    unlink(path.c_str());
    const double plain_ms = Median(plain), boxed_ms = Median(boxed);
    double total = 0;
    for (const double ms : boxed) total += ms;
    state.counters["plain_ms"] = plain_ms;
    state.counters["boxed_ms"] = boxed_ms;
    state.counters["overhead_ms"] = boxed_ms - plain_ms;
    state.counters["runs_per_s"] = 1000 * static_cast<double>(boxed.size()) / total;
  }
  sched_setaffinity(0, sizeof before, &before);
}
BENCHMARK(BoxedAgainstPlain)
    ->Name("judge/overhead")
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1000);

}  // namespace
}  // namespace hone
