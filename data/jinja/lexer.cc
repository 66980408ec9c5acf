// See lexer.h. The rules are those of Jinja's own lexer. Covered by tests/data/chat_template_test.cc.
#include "data/jinja/lexer.h"

#include <algorithm>
#include <charconv>

#include "data/error.h"
#include "data/jinja/python_text.h"
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
    if (IsDigit(c)) return Number();
    if (IsNameStart(c)) {
      const size_t begin = at_;
      while (IsNamePart(Peek())) ++at_;
      const std::string name = source_.substr(begin, at_ - begin);
      Add(Type::kName, name);
      return;
    }
    if (c == '\'' || c == '"') return String(c);
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

  // Digits, with single underscores between them, from `at` on; where they end.
  size_t Digits(size_t at) const {
    while (at < source_.size() && (IsDigit(source_[at]) || (source_[at] == '_' && at + 1 < source_.size() &&
                                                            IsDigit(source_[at + 1]))))
      ++at;
    return at;
  }

  void Number() {
    const size_t begin = at_;
    size_t end = Digits(begin);
    bool is_float = false;
    if (begin == 0 || source_[begin - 1] != '.') {
      if (end + 1 < source_.size() && source_[end] == '.' && IsDigit(source_[end + 1])) {
        end = Digits(end + 1);
        is_float = true;
      }
      if (end < source_.size() && (source_[end] == 'e' || source_[end] == 'E')) {
        size_t exponent = end + 1;
        if (exponent < source_.size() && (source_[exponent] == '+' || source_[exponent] == '-')) ++exponent;
        if (exponent < source_.size() && IsDigit(source_[exponent])) {
          end = Digits(exponent);
          is_float = true;
        }
      }
    }
    std::string text = source_.substr(begin, end - begin);
    text.erase(std::remove(text.begin(), text.end(), '_'), text.end());
    const char *first = text.data(), *last = first + text.size();
    int64_t integer = 0;
    double number = 0.0;
    const auto result =
        is_float ? std::from_chars(first, last, number) : std::from_chars(first, last, integer);
    if (result.ec != std::errc()) Fail("the number " + text + " is out of range");
    if (!is_float && text[0] == '0' && integer != 0) Fail("a number begins with 0");
    if (!is_float && text == "0" && IsOneOf(end, "xXoObB")) Fail("numbers are written in decimals");
    Token& token = Add(is_float ? Type::kFloat : Type::kInteger, text);
    token.integer = integer;
    token.number = number;
    at_ = end;
  }

  void String(char quote) {
    std::string text;
    const size_t begin = at_++;
    while (Peek() != quote) {
      if (at_ >= source_.size()) {
        at_ = begin;
        Fail("a string has no end");
      }
      if (Peek() != '\\') {
        text += source_[at_++];
        continue;
      }
      ++at_;
      Escape(text);
    }
    const size_t end = at_ + 1;
    at_ = begin;
    Add(Type::kString, std::move(text));
    at_ = end;
  }

  void Escape(std::string& text) {
    static constexpr std::string_view kLetters = "\\'\"abfnrtv", kMeans = "\\'\"\a\b\f\n\r\t\v";
    const char c = Peek();
    const size_t known = c == '\0' ? std::string_view::npos : kLetters.find(c);
    if (known != std::string_view::npos) {
      text += kMeans[known];
      ++at_;
    } else if (c == '\n') {
      ++at_;
    } else if (c == 'x' || c == 'u' || c == 'U') {
      ++at_;
      CodePoint(text, c == 'x' ? 2 : c == 'u' ? 4 : 8, 16);
    } else if (c >= '0' && c <= '7') {
      size_t digits = 1;
      while (digits < 3 && Peek(digits) >= '0' && Peek(digits) <= '7') ++digits;
      CodePoint(text, digits, 8);
    } else if (c == 'N' || (c & 0x80) != 0) {
      Fail(std::string("the escape '\\") + (c == 'N' ? "N" : "..") + "' is not supported");
    } else {
      text += '\\';  // as Python has it: no escape
    }
  }

  void CodePoint(std::string& text, size_t digits, int base) {
    uint32_t code = 0;
    const char* first = source_.data() + at_;
    const char* last = first + std::min(digits, source_.size() - at_);
    const auto result = std::from_chars(first, last, code, base);
    const bool surrogate = code >= 0xd800 && code < 0xe000;
    if (result.ec != std::errc() || result.ptr != first + digits || surrogate || code > 0x10ffff)
      Fail("an escape names no character");
    text += EncodeUtf8(code);
    at_ += digits;
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
