// Tokens one after another, for the parsers. Covered by tests/data/chat_template_test.cc.
#ifndef HONE_DATA_JINJA_TOKEN_STREAM_H_
#define HONE_DATA_JINJA_TOKEN_STREAM_H_

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/jinja/lexer.h"

namespace hone::jinja {

class TokenStream {
 public:
  TokenStream(std::string_view source, const std::string& where)
      : where_(where), tokens_(Tokenize(source, where)) {}

  const Token& Current() const { return tokens_[at_]; }
  const Token& Look() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  Token Next() { return at_ + 1 < tokens_.size() ? std::move(tokens_[at_++]) : tokens_[at_]; }

  const std::string& where() const { return where_; }
  bool Is(Token::Type type) const { return Current().type == type; }
  bool IsOp(std::string_view op) const { return Is(Token::Type::kOperator) && Current().text == op; }
  bool IsName(std::string_view name) const { return Is(Token::Type::kName) && Current().text == name; }
  bool SkipOp(std::string_view op) { return IsOp(op) && (++at_, true); }
  bool SkipName(std::string_view name) { return IsName(name) && (++at_, true); }

  void ExpectOp(std::string_view op) {
    if (!SkipOp(op)) Fail("expected '" + std::string(op) + "'" + Found());
  }
  void ExpectName(std::string_view name) {
    if (!SkipName(name)) Fail("expected '" + std::string(name) + "'" + Found());
  }
  std::string TakeName(const char* what) {
    if (!Is(Token::Type::kName)) Fail(std::string("expected ") + what + Found());
    return Next().text;
  }
  void Expect(Token::Type type, const char* what) {
    if (!Is(type)) Fail(std::string("expected ") + what + Found());
    ++at_;
  }

  // ", found ..", for errors.
  std::string Found() const {
    switch (Current().type) {
      case Token::Type::kEnd:
        return ", found the end of the template";
      case Token::Type::kOutputEnd:
        return ", found '}}'";
      case Token::Type::kBlockEnd:
        return ", found '%}'";
      default:
        return ", found '" + Current().text.substr(0, 40) + "'";
    }
  }
  [[noreturn]] void Fail(const std::string& what) const { FailAt(where_, Current().line, what); }

  // One level of nested source while it lives; too many are refused, so that no template exhausts the stack.
  class Level {
   public:
    explicit Level(TokenStream& in) : in_(in) {
      if (++in_.depth_ > kMostLevels) in_.Fail("the template is nested too deeply");
    }
    ~Level() { --in_.depth_; }
    Level(const Level&) = delete;

   private:
    TokenStream& in_;
  };

 private:
  static constexpr int kMostLevels = 100;

  const std::string& where_;
  std::vector<Token> tokens_;  // the last is kEnd
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace hone::jinja

#endif  // HONE_DATA_JINJA_TOKEN_STREAM_H_
