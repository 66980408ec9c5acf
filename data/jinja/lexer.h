// A template's source to tokens: text, and what stands between the delimiters. White space control as Jinja's with
// trim_blocks and lstrip_blocks. Covered by tests/data/chat_template_test.cc.
#ifndef HONE_DATA_JINJA_LEXER_H_
#define HONE_DATA_JINJA_LEXER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hone::jinja {

struct Token {
  enum class Type {
    kText,
    kOutputBegin,
    kOutputEnd,
    kBlockBegin,
    kBlockEnd,
    kName,
    kString,
    kInteger,
    kFloat,
    kOperator,
    kEnd
  };
  Type type = Type::kEnd;
  std::string text;  // of a string: what it means
  int64_t integer = 0;
  double number = 0.0;
  int line = 1;
};

// Ends with kEnd. Error with `where` and line for what is no template.
std::vector<Token> Tokenize(std::string_view source, const std::string& where);

[[noreturn]] void FailAt(const std::string& where, int line, const std::string& what);

}  // namespace hone::jinja

#endif  // HONE_DATA_JINJA_LEXER_H_
