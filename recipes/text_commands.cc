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
#include "data/json.h"
#include "recipes/commands.h"
#include "rl/policy.h"

namespace hone {
namespace {

struct TextArguments {
  std::string model;
  std::string dtype = "fp32";
  int64_t threads = 0;

  Precision precision() const { return dtype == "bf16" ? Precision::kBf16 : Precision::kFp32; }
};

void AddCommon(CLI::App* command, TextArguments& a) {
  command->add_option("model", a.model, "Hugging Face directory")->required();
  command->add_option("--dtype", a.dtype, "what the matrix products multiply")
      ->check(CLI::IsMember({"fp32", "bf16"}));
  command->add_option("--threads", a.threads, "CPU threads (0: all cores)")->check(CLI::Range(0, 1024));
}

// {"ids": [...]} -> ids. Error naming the line.
std::vector<int32_t> ParseIds(const std::string& line, int64_t number, const ModelConfig& config) {
  const std::string where = "stdin:" + std::to_string(number);
  const auto json = ParseStrictJson(line, where);
  if (!json.is_object() || !json.contains("ids") || !json["ids"].is_array() || json["ids"].empty()) {
    throw Error("expected an object such as {\"ids\":[1,2,3]}", where, "write one per line");
  }
  std::vector<int32_t> ids;
  for (const auto& id : json["ids"]) {
    if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() >= config.vocab_size) {
      throw Error("id " + id.dump() + " is not a token of this model", where,
                  "use integers from 0 to " + std::to_string(config.vocab_size - 1));
    }
    ids.push_back(id.get<int32_t>());
  }
  if (static_cast<int64_t>(ids.size()) > config.max_position_embeddings) {
    throw Error(std::to_string(ids.size()) + " ids are more than the model's " +
                    std::to_string(config.max_position_embeddings) + " positions",
                where, "shorten the line");
  }
  return ids;
}

int LogProbs(const TextArguments& a) {
  const Checkpoint checkpoint = LoadCheckpoint(a.model);
  kernels::ThreadPool pool(ThreadCount(a.threads));
  Model model(checkpoint.config, checkpoint.weights, a.precision(), pool);
  std::string line;
  for (int64_t number = 1; std::getline(std::cin, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    TrainingBatch batch;
    batch.tokens = ParseIds(line, number, checkpoint.config);
    const auto length = static_cast<int32_t>(batch.tokens.size());
    batch.sequence_begin = {0, length};
    for (int32_t i = 0; i + 1 < length; ++i) {
      batch.scored_rows.push_back(i);
      batch.targets.push_back(batch.tokens[i + 1]);
    }
    std::vector<float> logprobs(batch.targets.size());
    model.LogProbs(batch, logprobs, {});
    if (!std::all_of(logprobs.begin(), logprobs.end(), [](float l) { return std::isfinite(l); })) {
      throw Error("the model gives no finite log-prob for these ids", "stdin:" + std::to_string(number),
                  "check how the model was made");
    }
    // Nine digits bring every float back bit for bit.
    std::string out = "{\"logprobs\":[null";
    for (const float l : logprobs) out += fmt::format(",{:.9g}", l);
    fmt::print("{}]}}\n", out);
  }
  return 0;
}

}  // namespace

Command AddLogProbsCommand(CLI::App& app) {
  auto* command = app.add_subcommand("logprobs", "Log-probs of token ids: JSONL in, JSONL out");
  auto a = std::make_shared<TextArguments>();
  AddCommon(command, *a);
  command->footer(
      "Reads {\"ids\":[..]} per line on stdin and writes {\"logprobs\":[null, ..]} of the same length, in "
      "order.\n"
      "Example:\n  echo '{\"ids\":[1,16,17]}' | hone logprobs data/tiny_base");
  return [a] { return LogProbs(*a); };
}

}  // namespace hone
