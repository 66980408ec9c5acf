// hone grade: answers against golds, one pair of JSON per line. Covered by tests/recipes/cli_test.cc and
// tests/rewards/math_grade_test.cc.
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "data/error.h"
#include "recipes/commands.h"
#include "rewards/math/grade_lines.h"

namespace hone {
namespace {

struct GradeArguments {
  std::string reward = "math";
  std::vector<std::string> flags;
  int threads = 0;
};

size_t ReadStdin(char* into, size_t most) {
  for (;;) {
    const ssize_t got = read(STDIN_FILENO, into, most);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) throw Error(std::string("cannot read: ") + std::strerror(errno), "stdin", "");
  }
}

void WriteStdout(std::string_view lines) {
  if (std::fwrite(lines.data(), 1, lines.size(), stdout) != lines.size() || std::fflush(stdout) != 0) {
    throw Error("cannot write all output", "stdout", "check the disk or the pipe behind it");
  }
}

int GradeStdin(const GradeArguments& a) {
  MathPolicy policy;
  for (const std::string& flag : a.flags) SetFlag(policy, flag, "--flag");
  const int threads =
      a.threads > 0 ? a.threads : static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 256u));
  const GradeSummary summary = GradeLines({ReadStdin, WriteStdout}, policy, threads);
  if (summary.unreadable > 0) {
    throw Error(fmt::format("{} of {} lines could not be read; the first: {}", summary.unreadable,
                            summary.lines, summary.first_error),
                "", "");
  }
  return summary.faults > 0 ? 1 : 0;
}

std::string FlagsHelp() {
  std::string text = "Flags (NAME=VALUE) and their defaults:\n";
  for (const FieldDoc& doc : DescribeRecipe<MathPolicy>()) {
    text += "  " + doc.key + " = " + doc.default_value + "  (" + doc.type + ")\n      " + doc.doc + "\n";
  }
  return text;
}

}  // namespace

Command AddGradeCommand(CLI::App& app) {
  auto* command = app.add_subcommand("grade", "Compare answers with golds");
  auto a = std::make_shared<GradeArguments>();
  command->add_option("--reward", a->reward, "the reward that grades")->check(CLI::IsMember({"math"}));
  command->add_option("--flag", a->flags, "a policy, NAME=VALUE; may be given several times")->type_size(1);
  command->add_option("--threads", a->threads, "lines graded at once; default: the number of cores")
      ->check(CLI::Range(1, 256));
  command->footer(
      "Reads {\"gold\":..,\"pred\":..} per line on stdin and writes, in order,\n"
      "{\"reward\":0|1|null,\"status\":..,\"extracted\":..,\"span\":[..],\"reason\":..,\"method\":..,"
      "\"micros\":..}.\n"
      "A line that is no such object is answered in its place with status fault; its reason has its number.\n"
      "Exit code: 0 when every line was graded; 1 when some line ended as a fault, or a flag is wrong;\n"
      "2 for a wrong command line.\n" +
      FlagsHelp() +
      "Example:\n  echo '{\"gold\":\"1/2\",\"pred\":\"so it is \\\\boxed{0.5}\"}' | hone grade --flag "
      "percent=either");
  return [a] { return GradeStdin(*a); };
}

}  // namespace hone
