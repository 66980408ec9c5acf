// The hone binary: composes the layers, turns an Error into one line and exit code 1. Covered by tests/recipes/cli_test.cc.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <vector>

#include "data/error.h"
#include "data/utf8.h"
#include "recipes/commands.h"

namespace {

// Activations are allocated and freed by the hundred each step: keep their pages instead of faulting them in again.
void KeepFreedMemory() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

bool CpuIsSupported() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
#else
  return true;
#endif
}

int Main(int argc, char** argv) {
  CLI::App app{"hone post-trains language models with reinforcement learning.", "hone"};
  app.set_version_flag("--version", "hone " HONE_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  hone run recipes/r1_zero.toml\n"
      "  hone run recipes/r1_zero.toml --set run.seed=2 --run-dir runs/second\n"
      "  hone run recipes/r1_zero.toml --resume\n"
      "  hone eval runs/r1_zero/model --recipe recipes/r1_zero.toml --json\n"
      "  hone generate runs/r1_zero/model '<bos>Q:47+185=?A:'\n"
      "  hone chat MODEL\n"
      "`hone COMMAND --help` says more.");
  std::vector<std::pair<CLI::App*, hone::Command>> commands;
  for (const auto add : {hone::AddRunCommand,      hone::AddEvalCommand,         hone::AddGenerateCommand,
                         hone::AddChatCommand,     hone::AddLogProbsCommand,     hone::AddGradientsCommand,
                         hone::AddTokenizeCommand, hone::AddDetokenizeCommand,   hone::AddTemplateCommand,
                         hone::AddExportCommand,   hone::AddInfoCommand,         hone::AddReportCommand,
                         hone::AddDoctorCommand,   hone::AddVerifyResumeCommand, hone::AddRecipeKeysCommand,
                         hone::AddJudgeCommand,    hone::AddRewardCommand,       hone::AddGradeCommand,
                         hone::AddLossCommand,     hone::AddDataCommand}) {
    const hone::Command command = add(app);
    commands.emplace_back(app.get_subcommands({}).back(), command);
  }
  const auto is_first = [&](const auto& command) { return command.first->get_name() == argv[1]; };
  if (argc > 1 && argv[1][0] != '-' && std::none_of(commands.begin(), commands.end(), is_first)) {
    std::fprintf(stderr, "hone: there is no command '%s'; `hone --help` lists them\n", argv[1]);
    return 2;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  if (!CpuIsSupported()) {
    throw hone::Error("this CPU has no AVX2 and FMA, which the arithmetic is defined on", "",
                      "run on an x86-64 CPU from 2013 or later, or on 64-bit Arm");
  }
  for (const auto& [subcommand, command] : commands) {
    if (subcommand->parsed()) return command();
  }
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  KeepFreedMemory();
  std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit is then an error of the write, which says what to do
  try {
    const int code = Main(argc, argv);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      throw hone::Error("cannot write all output", "stdout", "check the disk or the pipe behind it");
    }
    return code;
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "hone: out of memory; use smaller sizes or a machine with more\n");
    return 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "hone: %s\n", hone::OneLine(e.what()).c_str());
    return 1;
  }
}
