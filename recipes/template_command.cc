// hone template: conversations to the text that a model's chat template makes of them. Covered by
// tests/recipes/chat_command_test.cc.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "data/chat_template.h"
#include "data/error.h"
#include "data/json.h"
#include "data/text_file.h"
#include "recipes/commands.h"

namespace hone {
namespace {

struct TemplateArguments {
  std::string model;
};

ChatTemplate LoadTemplate(const std::string& path) {
  if (!std::filesystem::exists(path))
    throw Error("there is no such file or directory", path, "name a model's directory or a .jinja file");
  return std::filesystem::is_directory(path) ? ChatTemplate::Load(path)
                                             : ChatTemplate::Parse(ReadFile(path), path);
}

int RenderLines(const TemplateArguments& a) {
  const ChatTemplate chat = LoadTemplate(a.model);
  const std::tm now = LocalTime();
  std::string line;
  for (int64_t number = 1; std::getline(std::cin, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string where = "stdin:" + std::to_string(number);
    ChatInput input = ParseChatInput(ParseOrderedJson(line, where), where);
    input.now = now;
    nlohmann::ordered_json out;
    try {
      out["text"] = chat.Render(input);
    } catch (const Error& e) {
      throw Error(e.what(), where, "");
    }
    fmt::print("{}\n", out.dump());
  }
  return 0;
}

}  // namespace

Command AddTemplateCommand(CLI::App& app) {
  auto* command =
      app.add_subcommand("template", "Conversations through a model's chat template: JSONL in, JSONL out");
  auto a = std::make_shared<TemplateArguments>();
  command->add_option("model", a->model, "Hugging Face directory, or a .jinja file")->required();
  command->footer(
      "Reads {\"messages\":[{\"role\":..,\"content\":..},..]} per line on stdin and writes {\"text\":..}, in "
      "order.\n"
      "A line may also have \"tools\", \"add_generation_prompt\" (true: end where a reply begins) and, in\n"
      "\"chat_template_kwargs\", whatever else the template asks for.\n"
      "Examples:\n"
      "  echo '{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"add_generation_prompt\":true}' | "
      "hone template MODEL\n"
      "  hone template chat.jinja < conversations.jsonl > texts.jsonl");
  return [a] { return RenderLines(*a); };
}

}  // namespace hone
