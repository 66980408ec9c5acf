// hone generate and hone logprobs: what a model writes, and what it thinks of token ids. Covered by tests/recipes/cli_test.cc.
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
#include "policy/stored_weights.h"
#include "recipes/commands.h"
#include "recipes/token_lines.h"
#include "rl/policy.h"
#include "rl/sampler.h"

namespace hone {
namespace {

struct TextArguments {
  std::string model;
  std::string prompt;
  std::string dtype = "fp32";
  int64_t completions = 1;
  int64_t max_new_tokens = 128;
  double temperature = 1.0;
  int64_t seed = 1;
  int64_t threads = 0;
  bool json = false;

  Precision precision() const { return dtype == "bf16" ? Precision::kBf16 : Precision::kFp32; }
};

void AddCommon(CLI::App* command, TextArguments& a) {
  command->add_option("model", a.model, "Hugging Face directory")->required();
  command->add_option("--dtype", a.dtype, "what the matrix products multiply")
      ->check(CLI::IsMember({"fp32", "bf16"}));
  command->add_option("--threads", a.threads, "CPU threads (0: all cores)")->check(CLI::Range(0, 1024));
}

int Generate(const TextArguments& a) {
  const auto policy = Policy::LoadFrozen(a.model, a.precision(), ThreadCount(a.threads));
  Prompt prompt;
  prompt.text = a.prompt;
  prompt.ids = policy->tokenizer().Encode(a.prompt);
  if (prompt.ids.empty())
    throw Error("the prompt is empty", "PROMPT", "write at least one token, such as '<bos>'");
  RolloutConfig rollout;
  rollout.max_new_tokens = a.max_new_tokens;
  Sampler sampler(*policy, rollout);
  SampleRequest request;
  request.prompts = {prompt};
  request.slots = {0};
  request.seed = static_cast<uint64_t>(a.seed);
  request.completions = a.completions;
  sampler.Sample(std::move(request), static_cast<float>(a.temperature), [&](const Group& group) {
    RequireFiniteLogProbs(group);
    for (const Completion& c : group.completions) {
      if (!a.json) {
        fmt::print("{}{}\n", c.text, c.finish == FinishReason::kLength ? " [cut]" : "");
        continue;
      }
      nlohmann::ordered_json line;
      line["text"] = c.text;
      line["ids"] = c.ids;
      line["logprobs"] = c.logprobs;
      line["finish_reason"] = c.finish == FinishReason::kStop ? "stop" : "length";
      fmt::print("{}\n", line.dump());
    }
  });
  return 0;
}

int LogProbs(const TextArguments& a) {
  const auto stored = StoredWeights::Open(a.model);
  kernels::ThreadPool pool(ThreadCount(a.threads));
  Model model(stored->config(), *stored, a.precision(), pool);
  ForEachTokenLine(std::cin, checkpoint.config, [&](const TrainingBatch& batch, const std::string& where) {
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

Command AddGenerateCommand(CLI::App& app) {
  auto* command = app.add_subcommand("generate", "Sample completions of a prompt");
  auto a = std::make_shared<TextArguments>();
  AddCommon(command, *a);
  command->add_option("prompt", a->prompt, "text, special tokens included")->required();
  command->add_option("--completions,-n", a->completions, "how many")->check(CLI::Range(1, 1 << 20));
  command->add_option("--max-new-tokens", a->max_new_tokens, "longest completion")
      ->check(CLI::Range(1, 1 << 30));
  command->add_option("--temperature", a->temperature, "0 takes the most likely token")
      ->check(CLI::Range(0.0, 1000.0));
  command->add_option("--seed", a->seed, "of the draws")->check(CLI::Range(int64_t{0}, int64_t{1} << 53));
  command->add_flag("--json", a->json, "one JSON object per completion, with ids and log-probs");
  command->footer("Example:\n  hone generate data/tiny_base '<bos>Q:47+185=?A:' -n 4");
  return [a] { return Generate(*a); };
}

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
