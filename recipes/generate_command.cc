// hone generate and hone chat: what a model writes, shown as it is drawn. Covered by tests/recipes/cli_test.cc and
// tests/recipes/chat_command_test.cc.
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/chat_template.h"
#include "data/error.h"
#include "data/utf8.h"
#include "recipes/commands.h"
#include "rl/policy.h"
#include "rl/sampler.h"

namespace hone {
namespace {

struct GenerateArguments {
  std::string model;
  std::string prompt;  // of generate
  std::string system;  // of chat
  std::string dtype = "fp32";
  int64_t completions = 1;
  int64_t max_new_tokens = 128;
  double temperature = 1.0;
  int64_t seed = 1;
  int64_t threads = 0;
  bool json = false;

  Precision precision() const { return dtype == "bf16" ? Precision::kBf16 : Precision::kFp32; }
};

void Show(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void PrintJson(const Completion& c) {
  nlohmann::ordered_json line;
  line["text"] = c.text;
  line["ids"] = c.ids;
  line["logprobs"] = c.logprobs;
  line["finish_reason"] = c.finish == FinishReason::kStop ? "stop" : "length";
  fmt::print("{}\n", line.dump());
}

// Samples one completion and shows it meanwhile; gives its text.
std::string Stream(Sampler& sampler, const Tokenizer& tokenizer, SampleRequest request, double temperature) {
  StreamDecoder decoder(tokenizer, true);
  std::string text;
  request.drawn = [&](int64_t, int32_t id) { Show(decoder.Push(id)); };
  sampler.Sample(std::move(request), static_cast<float>(temperature), [&](const Group& group) {
    RequireFiniteLogProbs(group);
    const Completion& c = group.completions[0];
    text = c.text;
    Show(decoder.Flush());
    fmt::print("{}\n", c.finish == FinishReason::kLength ? " [cut]" : "");
    std::fflush(stdout);
  });
  return text;
}

int Generate(const GenerateArguments& a) {
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
  if (a.completions == 1 && !a.json) {
    Stream(sampler, policy->tokenizer(), std::move(request), a.temperature);
    return 0;
  }
  sampler.Sample(std::move(request), static_cast<float>(a.temperature), [&](const Group& group) {
    RequireFiniteLogProbs(group);
    for (const Completion& c : group.completions) {
      if (a.json) {
        PrintJson(c);
      } else {
        fmt::print("{}{}\n", c.text, c.finish == FinishReason::kLength ? " [cut]" : "");
      }
    }
  });
  return 0;
}

class Chat {
 public:
  explicit Chat(const GenerateArguments& a)
      : a_(a),
        policy_(Policy::LoadFrozen(a.model, a.precision(), ThreadCount(a.threads))),
        template_(ChatTemplate::Load(a.model)),
        sampler_(*policy_, RolloutConfig{}) {
    conversation_.add_generation_prompt = true;
    conversation_.now = LocalTime();
    Reset();
  }

  void Run() {
    const bool asks = isatty(STDIN_FILENO) != 0;
    std::string line;
    while (true) {
      if (asks) std::fputs("> ", stderr);
      if (!std::getline(std::cin, line) || line == "/exit") break;
      if (line == "/reset") {
        Reset();
      } else if (!line.empty()) {
        Answer(line);
      }
    }
    if (asks && !std::cin) std::fputs("\n", stderr);
  }

 private:
  void Reset() {
    conversation_.messages = nlohmann::ordered_json::array();
    if (!a_.system.empty()) Say("system", a_.system);
  }
  void Say(const char* role, const std::string& content) {
    conversation_.messages.push_back({{"role", role}, {"content", content}});
  }

  void Answer(const std::string& line) {
    if (ValidUtf8(line) != line) throw Error("the line is not UTF-8", "stdin", "set the terminal to UTF-8");
    Say("user", line);
    SampleRequest request;
    request.prompts.emplace_back();
    request.prompts[0].text = template_.Render(conversation_);
    request.prompts[0].ids = policy_->tokenizer().Encode(request.prompts[0].text);
    const auto length = static_cast<int64_t>(request.prompts[0].ids.size());
    const int64_t room = policy_->config().max_position_embeddings - length;
    if (room < 1) {
      fmt::print(
          stderr,
          "hone: the conversation has {} tokens, which leaves no room for a reply; /reset begins a new one\n",
          length);
      conversation_.messages.erase(conversation_.messages.size() - 1);
      return;
    }
    request.slots = {0};
    request.step = num_replies_++;
    request.seed = static_cast<uint64_t>(a_.seed);
    request.max_new_tokens = std::min(a_.max_new_tokens, room);
    Say("assistant", Stream(sampler_, policy_->tokenizer(), std::move(request), a_.temperature));
  }

  const GenerateArguments& a_;
  std::unique_ptr<Policy> policy_;
  ChatTemplate template_;
  Sampler sampler_;
  ChatInput conversation_;
  int64_t num_replies_ = 0;
};

void AddCommon(CLI::App* command, GenerateArguments& a) {
  command->add_option("model", a.model, "Hugging Face directory")->required();
  command->add_option("--dtype", a.dtype, "what the matrix products multiply")
      ->check(CLI::IsMember({"fp32", "bf16"}));
  command->add_option("--threads", a.threads, "CPU threads (0: all cores)")->check(CLI::Range(0, 1024));
  command->add_option("--temperature", a.temperature, "0 takes the most likely token")
      ->check(CLI::Range(0.0, 1000.0));
  command->add_option("--seed", a.seed, "of the draws")->check(CLI::Range(int64_t{0}, int64_t{1} << 53));
}

}  // namespace

Command AddGenerateCommand(CLI::App& app) {
  auto* command = app.add_subcommand("generate", "Sample completions of a prompt");
  auto a = std::make_shared<GenerateArguments>();
  AddCommon(command, *a);
  command->add_option("prompt", a->prompt, "text, special tokens included")->required();
  command->add_option("--completions,-n", a->completions, "how many")->check(CLI::Range(1, 1 << 20));
  command->add_option("--max-new-tokens", a->max_new_tokens, "longest completion")
      ->check(CLI::Range(1, 1 << 30));
  command->add_flag("--json", a->json, "one JSON object per completion, with ids and log-probs");
  command->footer(
      "One completion is shown as it is written.\n"
      "Example:\n  hone generate data/tiny_base '<bos>Q:47+185=?A:' -n 4");
  return [a] { return Generate(*a); };
}

Command AddChatCommand(CLI::App& app) {
  auto* command = app.add_subcommand("chat", "Talk with a model through its chat template");
  auto a = std::make_shared<GenerateArguments>();
  a->max_new_tokens = 512;
  AddCommon(command, *a);
  command->add_option("--system", a->system, "the conversation's system message");
  command
      ->add_option("--max-new-tokens", a->max_new_tokens,
                   "longest reply; never more than the model has room for")
      ->check(CLI::Range(1, 1 << 30));
  command->footer(
      "Reads a line at a time and shows the reply as it is written. /reset begins a new conversation, /exit "
      "or\n"
      "the end of the input ends the command.\n"
      "Examples:\n"
      "  hone chat MODEL --system 'Answer briefly.' --temperature 0.7\n"
      "  echo 'What is 2+2?' | hone chat MODEL --temperature 0");
  return [a] {
    Chat(*a).Run();
    return 0;
  };
}

}  // namespace hone
