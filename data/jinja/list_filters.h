// The filters that go through a list. Covered by tests/data/chat_template_test.cc.
#ifndef HONE_DATA_JINJA_LIST_FILTERS_H_
#define HONE_DATA_JINJA_LIST_FILTERS_H_

#include <string_view>

#include "data/jinja/filters.h"

namespace hone::jinja {

const Filter* FindListFilter(std::string_view name);

}  // namespace hone::jinja

#endif  // HONE_DATA_JINJA_LIST_FILTERS_H_
