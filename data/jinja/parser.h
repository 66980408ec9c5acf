// A template's source to its tree. Covered by tests/data/chat_template_test.cc.
#ifndef HONE_DATA_JINJA_PARSER_H_
#define HONE_DATA_JINJA_PARSER_H_

#include <string>
#include <string_view>

#include "data/jinja/ast.h"

namespace hone::jinja {

// Error with `where` and the line for what is no template, and by name for what is not supported.
Body ParseTemplate(std::string_view source, const std::string& where);

}  // namespace hone::jinja

#endif  // HONE_DATA_JINJA_PARSER_H_
