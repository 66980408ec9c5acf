// See lexer.h. The rules are those of Jinja's own lexer. Covered by tests/data/chat_template_test.cc.
#include "data/jinja/lexer.h"

#include <algorithm>

#include "data/error.h"
#include "data/jinja/literals.h"
#include "data/jinja/python_text.h"
#include "data/jinja/value.h"
#include "data/utf8.h"

namespace hone::jinja {
namespace {

using Type = Token::Type;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsNamePart(char c) { return IsNameStart(c) || IsDigit(c); }

// Jinja reads \r\n and \r as \n, and leaves out one newline at the very end.
std::string NormalNewlines(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r' && i + 1 < source.size() && source[i + 1] == '\n') continue;
    out += source[i] == '\r' ? '\n' : source[i];
  }
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

class Lexer {
 public:
  Lexer(std::string source, const std::string& where) : source_(std::move(source)), where_(where) {}

  std::vector<Token> Run() {
    while (at_ < source_.size()) Root();
    Add(Type::kEnd, "");
    return std::move(tokens_);
  }

 private:
  [[noreturn]] void Fail(const std::string& what) { FailAt(where_, LineAt(at_), what); }

  int LineAt(size_t at) {  // called with ever larger positions, but for errors
    if (at < counted_) counted_ = 0, line_ = 1;
    line_ += static_cast<int>(std::count(source_.begin() + static_cast<int64_t>(counted_),
                                         source_.begin() + static_cast<int64_t>(at), '\n'));
    counted_ = at;
    return line_;
  }
  Token& Add(Type type, std::string text) {
    tokens_.push_back({type, std::move(text), 0, 0.0, LineAt(std::min(at_, source_.size()))});
    return tokens_.back();
  }
  char Peek(size_t offset = 0) const { return at_ + offset < source_.size() ? source_[at_ + offset] : '\0'; }
  bool IsOneOf(size_t at, std::string_view characters) const {
    return at < source_.size() && characters.find(source_[at]) != std::string_view::npos;
  }
  bool Follows(std::string_view text) const { return source_.compare(at_, text.size(), text) == 0; }
  bool Skip(std::string_view text) {
    if (!Follows(text)) return false;
    at_ += text.size();
    return true;
  }
  void SkipSpace() {
    while (at_ < source_.size()) {
      const Utf8Char c = NextUtf8(source_, at_);
      if (!IsSpace(c.code_point)) return;
      at_ += c.size;
    }
  }
  char TakeSign() {
    const char sign = Peek();
    if (sign != '-' && sign != '+') return ' ';
    ++at_;
    return sign;
  }

  // Text up to the tag at `end`, where `sign` follows the tag's opening.
  void AddText(size_t begin, size_t end, char sign, bool is_output) {
    std::string_view text = std::string_view(source_).substr(begin, end - begin);
    if (sign == '-') {
      text = Strip(text, std::nullopt, Side::kRight);
    } else if (sign != '+' && !is_output) {  // lstrip_blocks: a tag alone on its line
      const size_t newline = text.rfind('\n');
      const size_t line = newline == std::string_view::npos ? 0 : newline + 1;
      const bool starts_line = line > 0 || begin == 0 || source_[begin - 1] == '\n';
      if (starts_line && Strip(text.substr(line), std::nullopt, Side::kRight).empty())
        text = text.substr(0, line);
    }
    if (!text.empty()) Add(Type::kText, std::string(text));
  }

  // The text before the next tag, and the tag.
  void Root() {
    const size_t begin = at_;
    size_t tag = source_.find('{', begin);
    while (tag != std::string::npos && !IsOneOf(tag + 1, "%{#")) tag = source_.find('{', tag + 1);
    if (tag == std::string::npos) {
      Add(Type::kText, source_.substr(begin));
      at_ = source_.size();
      return;
    }
    const char kind = source_[tag + 1];
    at_ = tag + 2;
    AddText(begin, tag, TakeSign(), kind == '{');
    if (kind == '#') return Comment();
    if (kind == '%' && Raw()) return;
    Inside(kind == '{');
  }

  // What may follow the end of a block or comment, whose last sign is given.
  void AfterTag(char sign) {
    if (sign == '-') {
      SkipSpace();
    } else if (sign != '+') {
      Skip("\n");  // trim_blocks
    }
  }

  void Comment() {
    const size_t begin = at_, end = source_.find("#}", at_);
    if (end == std::string::npos) Fail("a comment has no end");
    at_ = end + 2;
    AfterTag(end > begin ? source_[end - 1] : ' ');
  }

  // {% raw %} .. {% endraw %}; false and nowhere else when there is none.
  bool Raw() {
    const size_t start = at_;
    SkipSpace();
    if (Skip("raw")) {
      SkipSpace();
      const bool trims = Follows("-%}");
      if (Skip("-%}") || Skip("%}")) {
        if (trims) SkipSpace();
        RawText();
        return true;
      }
    }
    at_ = start;
    return false;
  }

  void RawText() {
    const size_t begin = at_;
    for (size_t tag = source_.find("{%", begin); tag != std::string::npos;
         tag = source_.find("{%", tag + 1)) {
      at_ = tag + 2;
      const char sign = TakeSign();
      SkipSpace();
      if (!Skip("endraw")) continue;
      SkipSpace();
      const char last = Follows("-%}") || Follows("+%}") ? TakeSign() : ' ';
      if (!Skip("%}")) continue;
      const size_t after = at_;
      at_ = begin;
      AddText(begin, tag, sign, false);
      at_ = after;
      return AfterTag(last);
    }
    at_ = begin;
    Fail("{% raw %} has no {% endraw %}");
  }

  bool End(bool is_output) {
    if (is_output) {
      if (Skip("-}}")) {
        SkipSpace();
        return true;
      }
      return Skip("}}");
    }
    for (const std::string_view end : {"+%}", "-%}", "%}"}) {
      if (!Skip(end)) continue;
      AfterTag(end[0]);
      return true;
    }
    return false;
  }

  void Inside(bool is_output) {
    Add(is_output ? Type::kOutputBegin : Type::kBlockBegin, "");
    std::string open;
    while (true) {
      SkipSpace();
      if (at_ >= source_.size()) Fail(is_output ? "'{{' has no '}}'" : "'{%' has no '%}'");
      const size_t before = at_;
      if (open.empty() && End(is_output)) {
        const size_t after = at_;
        at_ = before;
        Add(is_output ? Type::kOutputEnd : Type::kBlockEnd, "");
        at_ = after;
        return;
      }
      Expression(open);
    }
  }

  void Expression(std::string& open) {
    const char c = Peek();
    if (IsDigit(c)) return Literal(Read(ReadNumber));
    if (IsNameStart(c)) {
      const size_t begin = at_;
      while (IsNamePart(Peek())) ++at_;
      const std::string name = source_.substr(begin, at_ - begin);
      Add(Type::kName, name);
      return;
    }
    if (c == '\'' || c == '"') return Literal(Read(ReadString));
    for (const std::string_view op : {"//", "**", "==", "!=", ">=", "<="}) {
      if (Skip(op)) {
        Add(Type::kOperator, std::string(op));
        return;
      }
    }
    static constexpr std::string_view kSingle = "+-/*%~[](){}><=.:|,;";
    if (c == '\0' || kSingle.find(c) == std::string_view::npos)
      Fail("unexpected " + DescribeUtf8(source_, at_));
    const size_t closing = std::string_view(")]}").find(c);
    if (closing != std::string_view::npos) {
      if (open.empty() || open.back() != "([{"[closing]) Fail(std::string("unexpected '") + c + "'");
      open.pop_back();
    } else if (c == '(' || c == '[' || c == '{') {
      open += c;
    }
    ++at_;
    Add(Type::kOperator, std::string(1, c));
  }

  LiteralToken Read(LiteralToken (*read)(std::string_view, size_t)) {
    try {
      return read(source_, at_);
    } catch (const Fault& fault) {
      Fail(fault.what());
    }
  }
  void Literal(const LiteralToken& literal) {
    Token& token = Add(literal.token.type, literal.token.text);
    token.integer = literal.token.integer;
    token.number = literal.token.number;
    at_ = literal.end;
  }

  const std::string source_;
  const std::string& where_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  size_t counted_ = 0;  // newlines before it are in line_
  int line_ = 1;
};

}  // namespace

void FailAt(const std::string& where, int line, const std::string& what) {
  throw Error(what, where + ":" + std::to_string(line), "");
}

std::vector<Token> Tokenize(std::string_view source, const std::string& where) {
  if (ValidUtf8(source) != source) throw Error("the template is not UTF-8", where, "save it as UTF-8");
  return Lexer(NormalNewlines(source), where).Run();
}

}  // namespace hone::jinja
