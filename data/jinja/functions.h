// The functions that a template may call: range, dict, namespace, raise_exception, strftime_now. Covered by
// tests/data/chat_template_test.cc.
#ifndef HONE_DATA_JINJA_FUNCTIONS_H_
#define HONE_DATA_JINJA_FUNCTIONS_H_

#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/jinja/arguments.h"
#include "data/jinja/value.h"

namespace hone::jinja {

// What functions share in one rendering. It owns the namespaces, which can hold each other.
struct FunctionContext {
  std::optional<std::tm> now;  // without it there is no strftime_now
  std::vector<std::unique_ptr<Namespace>> namespaces;
};

// The function of that name; nullopt: there is none. Fault by name for one of Jinja's that is not supported.
std::optional<Value> FindFunction(const std::string& name, const FunctionContext& context);
Value CallFunction(const FunctionRef& function, Arguments& arguments, FunctionContext& context,
                   Budget& budget);

// Fault for a name that namespaces may not hold.
void SetAttribute(Namespace& ns, const std::string& name, Value value, Budget& budget);

}  // namespace hone::jinja

#endif  // HONE_DATA_JINJA_FUNCTIONS_H_
