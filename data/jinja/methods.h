// The methods of strings, dicts and loops. Covered by tests/data/chat_template_test.cc.
#ifndef HONE_DATA_JINJA_METHODS_H_
#define HONE_DATA_JINJA_METHODS_H_

#include <string>

#include "data/jinja/arguments.h"
#include "data/jinja/value.h"

namespace hone::jinja {

// Whether `value.name` is a method. Fault by name for one that Python has and this has not.
bool IsMethod(const Value& value, const std::string& name);
Value CallMethod(const Method& method, Arguments& arguments, Budget& budget);

}  // namespace hone::jinja

#endif  // HONE_DATA_JINJA_METHODS_H_
