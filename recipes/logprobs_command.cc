// hone logprobs: what a model thinks of token ids. Covered by tests/recipes/cli_test.cc.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "data/error.h"
#include "policy/stored_weights.h"
#include "recipes/commands.h"
#include "recipes/token_lines.h"
#include "rl/policy.h"

namespace hone {
namespace {

struct LogProbsArguments {
  std::string model;
  std::string dtype = "fp32";
  int64_t threads = 0;

  Precision precision() const { return dtype == "bf16" ? Precision::kBf16 : Precision::kFp32; }
};

int LogProbs(const LogProbsArguments& a) {
  const auto stored = StoredWeights::Open(a.model);
  kernels::ThreadPool pool(ThreadCount(a.threads));
  Model model(stored->config(), *stored, a.precision(), pool);
  ForEachTokenLine(std::cin, stored->config(), [&](const TrainingBatch& batch, const std::string& where) {
    std::vector<float> logprobs(batch.targets.size());
    model.LogProbs(batch, logprobs, {});
    if (!std::all_of(logprobs.begin(), logprobs.end(), [](float l) { return std::isfinite(l); })) {
      throw Error("the model gives no finite log-prob for these ids", where, "check how the model was made");
    }
    // Nine digits bring every float back bit for bit.
    std::string out = "{\"logprobs\":[null";
    for (const float l : logprobs) out += fmt::format(",{:.9g}", l);
    fmt::print("{}]}}\n", out);
  });
  return 0;
}

}  // namespace

Command AddLogProbsCommand(CLI::App& app) {
  auto* command = app.add_subcommand("logprobs", "Log-probs of token ids: JSONL in, JSONL out");
  auto a = std::make_shared<LogProbsArguments>();
  command->add_option("model", a->model, "Hugging Face directory")->required();
  command->add_option("--dtype", a->dtype, "what the matrix products multiply")
      ->check(CLI::IsMember({"fp32", "bf16"}));
  command->add_option("--threads", a->threads, "CPU threads (0: all cores)")->check(CLI::Range(0, 1024));
  command->footer(
      "Reads {\"ids\":[..]} per line on stdin and writes {\"logprobs\":[null, ..]} of the same length, in "
      "order.\n"
      "Example:\n  echo '{\"ids\":[1,16,17]}' | hone logprobs data/tiny_base");
  return [a] { return LogProbs(*a); };
}

}  // namespace hone
