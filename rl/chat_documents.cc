// See chat_documents.h. Covered by tests/rl/chat_documents_test.cc.
#include "rl/chat_documents.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "data/error.h"

namespace hone {
namespace {

constexpr std::string_view kOpen = "<think>", kClose = "</think>", kBlanks = " \t\r\n";

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

std::string TextAt(const nlohmann::ordered_json& message, const char* key) {
  const auto it = message.find(key);
  return it != message.end() && it->is_string() ? it->get<std::string>() : "";
}

// A reply's reasoning and answer, as `reasoning_content` and `content` or as `<think>reasoning</think>answer` have them.
struct Reply {
  std::string reasoning;
  std::string answer;
  std::string thought;  // what follows `<think>` up to the end of the answer
};
Reply ReplyOf(const nlohmann::ordered_json& message) {
  const std::string content = TextAt(message, "content"), reasoning = TextAt(message, "reasoning_content");
  if (!reasoning.empty()) {
    const std::string_view trimmed = Trimmed(reasoning);
    return {std::string(trimmed), content, std::string(trimmed) + "\n</think>\n\n" + content};
  }
  const size_t close = content.rfind(kClose);
  if (close == std::string::npos) return {"", content, ""};
  const size_t open = content.find(kOpen);
  const size_t begin = open == std::string::npos || open > close ? 0 : open + kOpen.size();
  return {std::string(Trimmed(std::string_view(content).substr(begin, close - begin))),
          content.substr(close + kClose.size()), content.substr(begin)};
}

// Where the text ends in `<think>` and blanks; nullopt where it does not.
std::optional<size_t> OpensThinking(std::string_view prompt) {
  const size_t open = prompt.rfind(kOpen);
  if (open == std::string_view::npos || !Trimmed(prompt.substr(open + kOpen.size())).empty())
    return std::nullopt;
  return open;
}

// One assistant's turn, as texts: its completion, the end of the turn included, follows `prompt`.
class Turn {
 public:
  Turn(const ChatInput& conversation, size_t index, const ChatTemplate& chat, const std::string& where)
      : where_(where), message_(conversation.messages[index]) {
    ChatInput until = conversation;
    until.messages.erase(until.messages.begin() + static_cast<int64_t>(index) + 1, until.messages.end());
    until.add_generation_prompt = false;
    whole_ = chat.Render(until);
    until.messages.erase(until.messages.begin() + static_cast<int64_t>(index));
    until.add_generation_prompt = true;
    prompt = chat.Render(until);
    completion = Completion();
  }

  std::string prompt, completion;

 private:
  std::string Completion() const {
    const Reply reply = ReplyOf(message_);
    const bool follows = whole_.starts_with(prompt);
    const std::string rest = follows ? whole_.substr(prompt.size()) : "";
    if (follows && rest.find(reply.reasoning) != std::string::npos) return rest;
    const std::optional<size_t> open = OpensThinking(prompt);
    if (!open)
      Refuse(follows ? "the template drops the reply's reasoning, so it cannot be learnt"
                     : "the template does not write a reply after its generation prompt");
    if (reply.reasoning.empty())
      Refuse("the generation prompt opens <think>, but the reply has no reasoning");
    // What the model writes after the opening, and how the template ends the turn.
    std::string_view thought = reply.thought;
    const std::string_view blanks = std::string_view(prompt).substr(*open + kOpen.size());
    if (thought.starts_with(blanks)) thought.remove_prefix(blanks.size());
    thought = thought.substr(
        0, thought.find_last_not_of(kBlanks) + 1);  // the template's own come with the end of the turn
    return std::string(thought) + EndOfTurn(*open, reply.answer);
  }

  // What follows the answer where the template wrote the turn without its reasoning.
  std::string EndOfTurn(size_t open, std::string_view answer) const {
    if (!whole_.starts_with(std::string_view(prompt).substr(0, open)))
      Refuse("the template does not write a reply after its generation prompt");
    std::string_view rest = std::string_view(whole_).substr(open);
    if (rest.starts_with(kOpen)) {
      rest = rest.substr(std::min(rest.find(kClose), rest.size()));
      if (!rest.starts_with(kClose)) Refuse("the template opens <think> in the reply and does not close it");
      rest.remove_prefix(kClose.size());
    }
    const size_t at = rest.find(Trimmed(answer));
    if (at == std::string_view::npos || !Trimmed(rest.substr(0, at)).empty())
      Refuse("the template changes the reply's answer");
    return std::string(rest.substr(at + Trimmed(answer).size()));
  }

  [[noreturn]] void Refuse(const std::string& what) const {
    throw Error(what, where_,
                "write the reply as the template expects it, or take prompt and completion rows");
  }

  const std::string& where_;
  const nlohmann::ordered_json& message_;
  std::string whole_;
};

// Appends the ids, learnt or not.
void Append(TrainingSequence& sequence, const std::vector<int32_t>& ids, size_t begin, bool learnt) {
  sequence.ids.insert(sequence.ids.end(), ids.begin() + static_cast<int64_t>(begin), ids.end());
  sequence.scored.resize(sequence.ids.size(), learnt);
}

// The completion's ids through the last that ends generation are learnt; the template's own rest is not.
void AppendCompletion(TrainingSequence& sequence, const std::string& completion, const ChatFormat& format,
                      const std::string& where) {
  const std::vector<int32_t> ids = format.tokenizer.Encode(completion);
  const auto stops = [&](int32_t id) {
    return std::find(format.stop_ids.begin(), format.stop_ids.end(), id) != format.stop_ids.end();
  };
  const auto last = std::find_if(ids.rbegin(), ids.rend(), stops);
  if (last == ids.rend())
    throw Error("the template ends the assistant's turn with no token that ends generation", where,
                "name that token in eos_token_id of the model's generation_config.json");
  const auto learnt = ids.rend() - last;
  Append(sequence, {ids.begin(), ids.begin() + learnt}, 0, true);
  Append(sequence, {ids.begin() + learnt, ids.end()}, 0, false);
}

// What a sequence means once it is complete.
TrainingSequence Finished(TrainingSequence sequence, LossOn loss_on) {
  if (loss_on == LossOn::kAll) {
    sequence.scored.clear();
    return sequence;
  }
  if (!sequence.scored.empty()) sequence.scored[0] = false;  // nothing comes before it
  return sequence;
}

}  // namespace

std::vector<TrainingSequence> ChatDocuments(const ChatInput& conversation, const ChatFormat& format,
                                            LossOn loss_on, const std::string& where) {
  std::vector<TrainingSequence> sequences;
  for (size_t i = 0; i < conversation.messages.size(); ++i) {
    if (conversation.messages[i]["role"] != "assistant") continue;
    const Turn turn(conversation, i, format.chat, where);
    const std::vector<int32_t> prompt = format.tokenizer.Encode(turn.prompt);
    const bool goes_on = !sequences.empty() && sequences.back().ids.size() <= prompt.size() &&
                         std::equal(sequences.back().ids.begin(), sequences.back().ids.end(), prompt.begin());
    if (!goes_on) sequences.emplace_back();
    Append(sequences.back(), prompt, sequences.back().ids.size(), false);
    AppendCompletion(sequences.back(), turn.completion, format, where);
  }
  if (sequences.empty()) throw Error("the conversation has no assistant's turn to learn", where, "add one");
  for (TrainingSequence& s : sequences) s = Finished(std::move(s), loss_on);
  return sequences;
}

}  // namespace hone
