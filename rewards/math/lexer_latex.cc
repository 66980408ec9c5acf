// The lexer's way with LaTeX commands. Covered by tests/rewards/math_parse_test.cc.
#include <algorithm>

#include "rewards/math/expr.h"
#include "rewards/math/lexer.h"

namespace hone {
namespace {

std::string_view Trim(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '~'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool AllLetters(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return IsLetter(c); });
}

}  // namespace

void Lexer::Command() {
  size_t end = at_ + 1;
  while (end < text_.size() && IsLetter(text_[end])) ++end;
  if (end == at_ + 1 && end < text_.size()) ++end;  // one sign
  const std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
  if (name.empty()) {  // a lone backslash at the end
    at_ = end;
  } else if (const NamedToken* command = FindLatexCommand(name)) {
    ActOn(*command, end - at_);
  } else {
    UnknownCommand(name);
  }
}

void Lexer::ActOn(const NamedToken& command, size_t size) {
  switch (command.type) {
    case Tok::kDelimiter:
      return Delimiter(size);
    case Tok::kSkipArgument:
      return SkipArgument(size);
    case Tok::kStyle:
      return Style(size, command.value != 0);
    case Tok::kVector:
      return Accent(size);
    case Tok::kBegin:
    case Tok::kEndEnvironment:
      return Environment(command.type, size);
    case Tok::kTransparent:
      at_ += size;
      space_ = true;
      return;
    case Tok::kOpenBrace:
      ++depth_;
      break;
    case Tok::kCloseBrace:
      depth_ = std::max(depth_ - 1, 0);
      break;
    default:
      break;
  }
  PushNamed(command, size);
}

// A variable with that name, unless a known command is stuck to its front: \quadx, \pir.
void Lexer::UnknownCommand(std::string_view name) {
  for (size_t n = std::min<size_t>(name.size() - 1, 12); n >= 2 && n < name.size(); --n) {
    const NamedToken* front = FindLatexCommand(name.substr(0, n));
    if (front == nullptr) continue;
    if (front->type != Tok::kSpace && front->type != Tok::kTimes && front->type != Tok::kConstant) continue;
    return PushNamed(*front, n + 1);
  }
  if (name.size() == 1 && !IsLetter(name[0])) return Fail("an unknown command");
  Push(Tok::kLetter, name.size() + 1, kAccented, name);
}

void Lexer::Delimiter(size_t size) {
  at_ = SkipBlanks(text_, at_ + size);
  if (Peek() == '.') ++at_;  // \left. prints nothing
  if (Peek() == '<') Push(Tok::kOpenAngle, 1);
  if (Peek() == '>') Push(Tok::kCloseAngle, 1);
}

// The brace that closes the one at `open`, or npos.
size_t Lexer::GroupEnd(size_t open) const {
  int depth = 0;
  for (size_t i = open; i < text_.size(); ++i) {
    if (text_[i] == '\\') {
      ++i;
    } else if (text_[i] == '{') {
      ++depth;
    } else if (text_[i] == '}' && --depth == 0) {
      return i;
    }
  }
  return text_.npos;
}

void Lexer::SkipArgument(size_t size) {
  at_ += size;
  if (Peek() == '*') ++at_;
  if (Peek() != '{') return;
  const size_t end = GroupEnd(at_);
  if (end == text_.npos) return Fail("a brace is not closed");
  at_ = end + 1;
}

void Lexer::Style(size_t size, bool blackboard) {
  const size_t open = SkipBlanks(text_, at_ + size + (Peek(size) == '*'));
  const auto is_set = [](char c) { return std::string_view("RZNQC").find(c) != std::string_view::npos; };
  if (open >= text_.size() || text_[open] != '{') {
    if (blackboard && open < text_.size() && is_set(text_[open])) {  // \mathbb R
      Push(Tok::kNamedSet, open + 1 - at_, 0, text_.substr(open, 1));
      return;
    }
    at_ = open;
    return;
  }
  const size_t special = text_.find_first_of("{}\\$", open + 1);
  const size_t end = special == text_.npos || text_[special] != '}' ? text_.npos : special;
  if (end == text_.npos) {  // formulas within: an ordinary group
    at_ = open;
    return;
  }
  const std::string_view content = Trim(text_.substr(open + 1, end - open - 1));
  if (blackboard && content.size() == 1 && is_set(content[0])) {
    Push(Tok::kNamedSet, end + 1 - at_, 0, content);
  } else if (std::any_of(content.begin(), content.end(),
                         [](char c) { return IsLetter(c) || static_cast<unsigned char>(c) >= 0x80; })) {
    StyledWords(content, end + 1);
  } else {  // digits or signs
    at_ = open + 1;
    space_ = true;
    hidden_close_ = end;
  }
}

void Lexer::StyledWords(std::string_view content, size_t end) {
  if (content.front() == ',' || content.front() == ';') {  // \text{, and }
    Push(Tok::kComma, 0);
    content = Trim(content.substr(1));
  }
  const std::string_view last =
      content.ends_with(',') ? Trim(content.substr(0, content.size() - 1)) : content;
  const NamedToken* word = AllLetters(last) && last.size() >= 2 ? FindPlainWord(last) : nullptr;
  const bool unit = word != nullptr && Last() == Tok::kNumber && FindUnit(last) != nullptr;
  if (word != nullptr && !unit) {
    Push(word->type, end - at_, word->value, word->text);
    if (word->type == Tok::kFunction) list_.tokens.back().text = last;
  } else if (content.size() == 1) {
    Push(Tok::kLetter, end - at_, kUpright, content);
  } else {
    Push(Tok::kText, end - at_, 0, content);
  }
}

// \vec{v}, \mathbf i, \overrightarrow{AB}: a variable; over anything else the accent is dropped.
void Lexer::Accent(size_t size) {
  const size_t open = SkipBlanks(text_, at_ + size);
  const bool braced = open < text_.size() && text_[open] == '{';
  size_t begin = open + braced, end = begin;
  if (begin < text_.size() && text_[begin] == '\\') ++end;
  while (end < text_.size() && IsLetter(text_[end]) && (braced || end == begin)) ++end;
  std::string_view name = text_.substr(std::min(begin, text_.size()), end - begin);
  const bool closed = !braced || (end < text_.size() && text_[end] == '}');
  if (name == "\\imath" || name == "\\jmath") name = name.substr(1, 1);
  if (!closed || name.empty() || !AllLetters(name)) {
    at_ += size;
    space_ = true;
    return;
  }
  Push(Tok::kLetter, end + braced - at_, kAccented, name);
}

void Lexer::Environment(Tok type, size_t size) {
  const size_t open = SkipBlanks(text_, at_ + size);
  const size_t end = open < text_.size() && text_[open] == '{' ? text_.find('}', open) : text_.npos;
  if (end == text_.npos) return Fail("an environment has no name");
  std::string_view name = Trim(text_.substr(open + 1, end - open - 1));
  if (name.ends_with('*')) name.remove_suffix(1);
  Push(type, end + 1 - at_, 0, name);
  depth_ = std::max(depth_ + (type == Tok::kBegin ? 1 : -1), 0);
  if (type == Tok::kBegin && (name == "array" || name == "tabular") && Peek() == '{') SkipArgument(0);
}

}  // namespace hone
