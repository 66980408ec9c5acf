// The filters of templates. Covered by tests/data/chat_template_test.cc.
#ifndef HONE_DATA_JINJA_FILTERS_H_
#define HONE_DATA_JINJA_FILTERS_H_

#include <string_view>

#include "data/jinja/arguments.h"
#include "data/jinja/value.h"

namespace hone::jinja {

struct Filter {
  std::string_view name;
  Value (*apply)(const Value& value, Arguments& arguments, Budget& budget);
};

// null: there is none, or it is not supported.
const Filter* FindFilter(std::string_view name);

}  // namespace hone::jinja

#endif  // HONE_DATA_JINJA_FILTERS_H_
