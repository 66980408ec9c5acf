// The arguments of a call, taken one by one by whoever is called. Covered by tests/data/chat_template_test.cc.
#ifndef HONE_DATA_JINJA_ARGUMENTS_H_
#define HONE_DATA_JINJA_ARGUMENTS_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/jinja/value.h"

namespace hone::jinja {

class Arguments {
 public:
  Arguments(std::vector<Value> positional, std::vector<std::pair<std::string, Value>> named)
      : positional_(std::move(positional)), named_(std::move(named)) {}

  size_t size() const { return positional_.size() - next_ + named_.size(); }  // not taken yet

  // The next argument in place, or the one of that name; nullopt when it is not given.
  std::optional<Value> Take(std::string_view name);
  // The next in place alone.
  std::optional<Value> TakeNext();
  Value Require(std::string_view name);

  std::optional<Value> TakeNamed(std::string_view name);  // given by name alone
  void AddNamed(std::string name, Value value) { named_.emplace_back(std::move(name), std::move(value)); }
  std::vector<std::pair<std::string, Value>> TakeAllNamed() { return std::exchange(named_, {}); }

  // Of a certain kind. Fault for another one; nullopt when not given, or None where the second says so.
  std::optional<std::string> TakeString(std::string_view name, bool or_none = false);
  std::optional<int64_t> TakeInteger(std::string_view name, bool or_none = false);
  bool TakeTruth(std::string_view name, bool otherwise);

  // Fault when something was not taken.
  void Finish() const;

 private:
  std::vector<Value> positional_;
  std::vector<std::pair<std::string, Value>> named_;
  size_t next_ = 0;
};

}  // namespace hone::jinja

#endif  // HONE_DATA_JINJA_ARGUMENTS_H_
