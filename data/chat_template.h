// A model's chat template: messages to the text that it was trained on. Covered by tests/data/chat_template_test.cc.
#ifndef HONE_DATA_CHAT_TEMPLATE_H_
#define HONE_DATA_CHAT_TEMPLATE_H_

#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace hone {

// What a conversation is rendered from.
struct ChatInput {
  nlohmann::ordered_json messages = nlohmann::ordered_json::array();    // of objects
  nlohmann::ordered_json tools;                                         // null: none
  bool add_generation_prompt = false;                                   // end with what comes before a reply
  nlohmann::ordered_json variables = nlohmann::ordered_json::object();  // others that the template knows
  std::optional<std::tm>
      now;  // what strftime_now sees; without it templates that ask whether there is one are told no
};

// For `now`.
std::tm LocalTime();

// {"messages":[..]} and, where they are, "tools", "add_generation_prompt" and further variables in "chat_template_kwargs" (as TRL's data
// sets have them); other keys are left alone. Error naming `where` for anything else.
ChatInput ParseChatInput(const nlohmann::ordered_json& row, const std::string& where);

// The part of Jinja that chat templates use, set up as `transformers` does. Immutable, so threads may share it. What a
// template may do is bounded (data/jinja/value.h), and what the messages say is never read as a template.
class ChatTemplate {
 public:
  // Error with `where` and the line for what is no template, and by name for what is not supported.
  static ChatTemplate Parse(std::string_view source, const std::string& where);
  // Of a checkpoint directory: chat_template.jinja, or what tokenizer_config.json says, of several the one named
  // `default`; the special tokens that it names are variables. Error when there is none.
  static ChatTemplate Load(const std::string& directory);

  // Error naming the template's line for whatever it does wrong, raise_exception included.
  std::string Render(const ChatInput& input) const;

 private:
  struct Tree;
  ChatTemplate(std::shared_ptr<const Tree> tree, std::string where)
      : tree_(std::move(tree)), where_(std::move(where)) {}

  std::shared_ptr<const Tree> tree_;
  std::string where_;
  nlohmann::ordered_json special_tokens_ = nlohmann::ordered_json::object();
};

// The source of the template that Load takes; nullopt: the model has none.
std::optional<std::string> ReadChatTemplate(const std::string& directory);

}  // namespace hone

#endif  // HONE_DATA_CHAT_TEMPLATE_H_
