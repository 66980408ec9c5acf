// See arguments.h. Covered by tests/data/chat_template_test.cc.
#include "data/jinja/arguments.h"

#include <algorithm>

namespace hone::jinja {

std::optional<Value> Arguments::TakeNext() {
  if (next_ >= positional_.size()) return std::nullopt;
  return std::move(positional_[next_++]);
}

std::optional<Value> Arguments::TakeNamed(std::string_view name) {
  const auto it = std::find_if(named_.begin(), named_.end(), [&](const auto& n) { return n.first == name; });
  if (it == named_.end()) return std::nullopt;
  Value value = std::move(it->second);
  named_.erase(it);
  return value;
}

std::optional<Value> Arguments::Take(std::string_view name) {
  std::optional<Value> value = TakeNamed(name);
  if (!value) return TakeNext();
  if (next_ < positional_.size()) throw Fault("the argument '" + std::string(name) + "' is given twice");
  return value;
}

Value Arguments::Require(std::string_view name) {
  std::optional<Value> value = Take(name);
  if (!value) throw Fault("the argument '" + std::string(name) + "' is missing");
  return *std::move(value);
}

std::optional<std::string> Arguments::TakeString(std::string_view name, bool or_none) {
  const std::optional<Value> value = Take(name);
  if (!value || (or_none && value->IsNone())) return std::nullopt;
  if (value->AsString() != nullptr) return *value->AsString();
  throw Fault("the argument '" + std::string(name) + "' is a " + value->TypeName() + ", not a str");
}

std::optional<int64_t> Arguments::TakeInteger(std::string_view name, bool or_none) {
  const std::optional<Value> value = Take(name);
  if (!value || (or_none && value->IsNone())) return std::nullopt;
  if (value->IsInteger()) return value->Integer();
  throw Fault("the argument '" + std::string(name) + "' is a " + value->TypeName() + ", not an int");
}

bool Arguments::TakeTruth(std::string_view name, bool otherwise) {
  const std::optional<Value> value = Take(name);
  return value ? Truth(*value) : otherwise;
}

void Arguments::Finish() const {
  if (next_ < positional_.size()) throw Fault("there are too many arguments");
  if (!named_.empty()) throw Fault("there is no argument '" + named_.front().first + "'");
}

}  // namespace hone::jinja
