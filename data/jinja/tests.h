// The tests of templates: `x is defined`. Covered by tests/data/chat_template_test.cc.
#ifndef HONE_DATA_JINJA_TESTS_H_
#define HONE_DATA_JINJA_TESTS_H_

#include <string_view>

#include "data/jinja/arguments.h"
#include "data/jinja/value.h"

namespace hone::jinja {

struct Test {
  std::string_view name;
  bool (*holds)(const Value& value, Arguments& arguments, Budget& budget);
};

// null: there is none, or it is not supported.
const Test* FindTest(std::string_view name);

}  // namespace hone::jinja

#endif  // HONE_DATA_JINJA_TESTS_H_
