// See adapters.h. Covered by tests/data/adapters_test.cc.
#include "data/adapters.h"

#include <string_view>

#include "data/code_adapters.h"
#include "data/row_reader.h"

namespace hone {
namespace {

using json = Row;

// What follows the last ####, a number without its commas.
std::string Gsm8kAnswer(const std::string& solution) {
  constexpr std::string_view kMark = "####";
  const size_t mark = solution.rfind(kMark);
  if (mark == std::string::npos) return "";
  std::string answer = Trimmed(std::string_view(solution).substr(mark + kMark.size()));
  std::erase(answer, ',');
  return answer;
}

// What the last \boxed holds: `\boxed{..}`, or `\boxed 2` up to the next $. Empty without one.
std::string LastBoxed(const std::string& solution) {
  constexpr std::string_view kBox = "\\boxed";
  const size_t box = solution.rfind(kBox);
  if (box == std::string::npos) return "";
  const size_t begin = solution.find_first_not_of(" \t\r\n", box + kBox.size());
  if (begin == std::string::npos) return "";
  if (solution[begin] != '{') return Trimmed(solution.substr(begin, solution.find('$', begin) - begin));
  int depth = 0;
  for (size_t at = begin; at < solution.size(); ++at) {
    if (solution[at] == '\\') {
      ++at;  // \{ is no brace
    } else if (solution[at] == '{') {
      ++depth;
    } else if (solution[at] == '}' && --depth == 0) {
      return Trimmed(solution.substr(begin + 1, at - begin - 1));
    }
  }
  return "";
}

// An answer as it stands, or the last box of a solution.
std::string MathAnswer(const RowReader& row) {
  const json& value = row.Choose(row.columns.gold, {"answer", "solution"});
  const std::string text = row.Plain(value, "the gold");
  const bool is_solution =
      text.find("\\boxed") != std::string::npos || &value == FindColumn(row.row, "solution");
  return is_solution ? LastBoxed(text) : Trimmed(text);
}

struct Message {
  std::string role, content;
};

std::vector<Message> Messages(const RowReader& row, const json& value) {
  constexpr char kRemedy[] = "write [{\"role\":\"user\",\"content\":\"..\"},..]";
  std::vector<Message> messages;
  for (const json& message : value) {
    const auto text = [&](const char* key) {
      const json* found = FindColumn(message, key);
      if (found == nullptr || !found->is_string())
        row.Refuse(std::string("a message without a text '") + key + "'", kRemedy);
      return found->get<std::string>();
    };
    messages.push_back({text("role"), text("content")});
  }
  return messages;
}

// One message of the user, perhaps with an answer: what a {question} can hold. The answer, if there is one, is the gold.
void ReadMessages(const RowReader& row, const json& value, FileQuestion& question) {
  std::vector<Message> messages = Messages(row, value);
  if (!messages.empty() && messages.back().role == "assistant") {
    question.gold = Trimmed(messages.back().content);
    messages.pop_back();
  }
  if (messages.empty()) return;
  if (messages.size() > 1 || messages[0].role != "user")
    row.Refuse("a conversation of more than one message of the user", "keep rows with one question");
  question.text = messages[0].content;
}

// A text, or messages, and a gold beside them.
void ReadMapped(const RowReader& row, RowAdapter adapter, FileQuestion& question) {
  const bool is_chat = adapter == RowAdapter::kMessages;
  const json& prompt = row.Choose(row.columns.prompt, {is_chat ? "messages" : "prompt"});
  if (prompt.is_array()) {
    ReadMessages(row, prompt, question);
  } else {
    question.text = row.Text(prompt, "the prompt");
  }
  if (adapter == RowAdapter::kNone || !row.columns.gold.empty()) question.gold = row.GoldText({"gold"});
}

std::string KeptColumns(const RowReader& row) {
  if (row.columns.keep.empty()) return "";
  json kept = json::object();
  for (const std::string& column : row.columns.keep) {
    const json& value = row.At(column);
    if (value.is_binary())
      row.Refuse("column '" + column + "' holds bytes that are no text", "do not keep it");
    kept[column] = value;
  }
  return kept.dump();
}

std::string KindOf(const RowReader& row, RowAdapter adapter) {
  const auto plain = [&](const std::string& column) {
    return Trimmed(row.Plain(row.At(column), "the kind"));
  };
  if (!row.columns.kind.empty()) return plain(row.columns.kind);
  if (adapter != RowAdapter::kMath) return "";
  return row.Has("subject") ? plain("subject") : row.Has("type") ? plain("type") : "";
}

}  // namespace

FileQuestion ReadQuestion(const json& row, RowAdapter adapter, const QuestionColumns& columns,
                          const std::string& language, const std::string& where) {
  const RowReader reader{row, columns, where};
  FileQuestion question;
  question.kind = KindOf(reader, adapter);
  question.columns = KeptColumns(reader);
  switch (adapter) {
    case RowAdapter::kNone:
    case RowAdapter::kPrompts:
    case RowAdapter::kMessages:
      ReadMapped(reader, adapter, question);
      break;
    case RowAdapter::kGsm8k:
      question.text = reader.PromptText({"question"});
      question.gold = Gsm8kAnswer(reader.GoldText({"answer"}));
      break;
    case RowAdapter::kMath:
      question.text = reader.PromptText({"problem"});
      question.gold = MathAnswer(reader);
      break;
    case RowAdapter::kHumanEval:
      ReadHumanEval(reader, question);
      return question;  // a program's blanks belong to it
    case RowAdapter::kMbpp:
      ReadMbpp(reader, question);
      break;
    case RowAdapter::kCodeContests:
      ReadContest(reader, language, question);
      break;
  }
  question.text = Trimmed(question.text);
  question.gold = Trimmed(question.gold);
  return question;
}

}  // namespace hone
