// hone judge: programs and tests in, verdicts out. Covered by
// tests/recipes/cli_test.cc and tests/rewards/judge_test.cc.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include "recipes/commands.h"
#include "rewards/code/judge.h"
#include "rewards/code/judge_lines.h"

namespace hone {
namespace {

struct JudgeArguments {
  int threads = 0;
  std::string cache = DefaultCacheDirectory();
};

int JudgeStdin(const JudgeArguments &a) {
  const int threads =
      a.threads > 0 ? a.threads : static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 256u));
  Judge judge({threads, a.cache});
  fmt::print(stderr, "sandbox: {}; `hone doctor` says more\n", judge.sandbox().Summary());
  const LinesSummary summary = JudgeLines(std::cin, std::cout, judge, threads);
  if (summary.unreadable > 0) {
    fmt::print(stderr, "{} of {} lines could not be read; the first: {}\n", summary.unreadable, summary.lines,
               summary.first_error);
  }
  return summary.failed + summary.unreadable > 0 ? 1 : 0;
}

}  // namespace

Command AddJudgeCommand(CLI::App &app) {
  auto *command = app.add_subcommand("judge", "Run programs against tests in a sandbox");
  auto a = std::make_shared<JudgeArguments>();
  command->add_option("--threads", a->threads, "submissions judged at once; default: the number of cores")
      ->check(CLI::Range(1, 256));
  command->add_option("--cache", a->cache, "directory of compiled programs; '' keeps nothing")
      ->capture_default_str();
  command->footer(
      "Reads one submission per line on stdin, writes one verdict per line, in order "
      "(rewards/code/README.md).\n"
      "A line that is no submission is answered in its place with verdict IE; its error has its number.\n"
      "Exit code: 0 when every line was judged; 1 when some line ended as a fault (verdict IE);\n"
      "2 for a wrong command line.\n"
      "Example:\n"
      "  echo '{\"id\":1,\"lang\":\"python\",\"code\":\"def f(x): return 2*x\","
      "\"tests\":[{\"call\":\"f\",\"args\":[21],\"returns\":42}]}' | hone judge");
  return [a] { return JudgeStdin(*a); };
}

}  // namespace hone
