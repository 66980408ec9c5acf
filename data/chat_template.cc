// See chat_template.h. Covered by tests/data/chat_template_test.cc.
#include "data/chat_template.h"

#include <filesystem>
#include <optional>
#include <utility>

#include "data/error.h"
#include "data/jinja/interpreter.h"
#include "data/jinja/parser.h"
#include "data/json.h"
#include "data/text_file.h"

namespace hone {
namespace {

constexpr size_t kMostBytes = size_t{1} << 20;  // of a template's source

// The special tokens that tokenizer_config.json names, each as a text or as an added token's object.
nlohmann::ordered_json SpecialTokens(const nlohmann::json& config) {
  nlohmann::ordered_json tokens = nlohmann::ordered_json::object();
  for (const char* name : {"bos_token", "eos_token", "unk_token", "pad_token"}) {
    const auto it = config.find(name);
    if (it == config.end()) continue;
    if (it->is_string()) tokens[name] = it->get<std::string>();
    if (it->is_object() && it->contains("content") && (*it)["content"].is_string())
      tokens[name] = (*it)["content"].get<std::string>();
  }
  return tokens;
}

struct Source {
  std::string text, where;
};

// What `chat_template` holds: a text, or a list of {"name":..,"template":..}.
std::optional<std::string> SourceIn(const nlohmann::json& config) {
  const auto it = config.find("chat_template");
  if (it != config.end() && it->is_string()) return it->get<std::string>();
  if (it != config.end() && it->is_array()) {
    for (const auto& named : *it) {
      if (named.is_object() && named.value("name", "") == "default" && named.contains("template") &&
          named["template"].is_string())
        return named["template"].get<std::string>();
    }
  }
  return std::nullopt;
}

nlohmann::json ReadConfig(const std::string& file) {
  if (!std::filesystem::exists(file)) return nlohmann::json::object();
  nlohmann::json config = ParseStrictJson(ReadRegularFile(file), file, kFetchAgain);
  if (!config.is_object()) throw Error("it does not hold an object", file, kFetchAgain);
  return config;
}

std::string ConfigFile(const std::string& directory) { return directory + "/tokenizer_config.json"; }

std::optional<Source> FindSource(const std::string& directory, const nlohmann::json& config) {
  const std::string file = directory + "/chat_template.jinja";
  if (std::filesystem::exists(file)) return Source{ReadRegularFile(file), file};
  const std::optional<std::string> text = SourceIn(config);
  return text ? std::optional(Source{*text, ConfigFile(directory)}) : std::nullopt;
}

}  // namespace

std::tm LocalTime() {
  const std::time_t seconds = std::time(nullptr);
  std::tm local{};
  localtime_r(&seconds, &local);
  return local;
}

ChatInput ParseChatInput(const nlohmann::ordered_json& row, const std::string& where) {
  const auto refuse = [&](const std::string& what) {
    throw Error(what, where,
                "write {\"messages\":[{\"role\":\"user\",\"content\":\"..\"},..]} on every line");
  };
  if (!row.is_object() || !row.contains("messages")) refuse("the line has no messages");
  ChatInput input;
  input.messages = row["messages"];
  if (!input.messages.is_array() || input.messages.empty())
    refuse("'messages' is not a list with messages in it");
  for (const auto& message : input.messages) {
    if (!message.is_object() || !message.contains("role") || !message["role"].is_string())
      refuse("a message is not an object with a role");
  }
  if (row.contains("tools")) input.tools = row["tools"];
  if (!input.tools.is_null() && !input.tools.is_array()) refuse("'tools' is not a list");
  if (row.contains("add_generation_prompt")) {
    if (!row["add_generation_prompt"].is_boolean())
      refuse("'add_generation_prompt' is neither true nor false");
    input.add_generation_prompt = row["add_generation_prompt"];
  }
  if (row.contains("chat_template_kwargs") && !row["chat_template_kwargs"].is_null()) {
    if (!row["chat_template_kwargs"].is_object()) refuse("'chat_template_kwargs' is not an object");
    input.variables = row["chat_template_kwargs"];
  }
  return input;
}

struct ChatTemplate::Tree {
  jinja::Body body;
};

ChatTemplate ChatTemplate::Parse(std::string_view source, const std::string& where) {
  if (source.size() > kMostBytes)
    throw Error("the template is larger than 1 MiB", where, "name a chat template");
  return ChatTemplate(std::make_shared<const Tree>(Tree{jinja::ParseTemplate(source, where)}), where);
}

ChatTemplate ChatTemplate::Load(const std::string& directory) {
  const nlohmann::json config = ReadConfig(ConfigFile(directory));
  const std::optional<Source> source = FindSource(directory, config);
  if (!source) {
    throw Error("the model has no chat template", ConfigFile(directory),
                "put its chat_template.jinja beside it, or take a model made for conversations");
  }
  ChatTemplate chat = Parse(source->text, source->where);
  chat.special_tokens_ = SpecialTokens(config);
  return chat;
}

std::optional<std::string> ReadChatTemplate(const std::string& directory) {
  const std::optional<Source> source = FindSource(directory, ReadConfig(ConfigFile(directory)));
  return source ? std::optional(source->text) : std::nullopt;
}

std::string ChatTemplate::Render(const ChatInput& input) const {
  nlohmann::ordered_json variables = special_tokens_;
  variables["messages"] = input.messages;
  variables["tools"] = input.tools;
  variables["documents"] = nullptr;
  variables["add_generation_prompt"] = input.add_generation_prompt;
  for (const auto& [name, value] : input.variables.items()) variables[name] = value;
  jinja::Interpreter interpreter(input.now);
  try {
    return interpreter.Run(tree_->body, variables);
  } catch (const jinja::Fault& fault) {
    throw Error(fault.what(), where_ + ":" + std::to_string(interpreter.line()), "");
  }
}

}  // namespace hone
