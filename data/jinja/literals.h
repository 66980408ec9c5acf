// Numbers and strings as templates write them. Covered by tests/data/chat_template_test.cc.
#ifndef HONE_DATA_JINJA_LITERALS_H_
#define HONE_DATA_JINJA_LITERALS_H_

#include <string_view>

#include "data/jinja/lexer.h"

namespace hone::jinja {

struct LiteralToken {
  Token token;
  size_t end;  // where the source goes on
};

// What begins at `at`: a digit, or a quote. Fault for what is none, or is not supported.
LiteralToken ReadNumber(std::string_view source, size_t at);
LiteralToken ReadString(std::string_view source, size_t at);

}  // namespace hone::jinja

#endif  // HONE_DATA_JINJA_LITERALS_H_
