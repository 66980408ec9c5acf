// The values of a template: Python's, as far as chat templates use them. Covered by tests/data/chat_template_test.cc.
#ifndef HONE_DATA_JINJA_VALUE_H_
#define HONE_DATA_JINJA_VALUE_H_

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace hone::jinja {

// What a template does wrong; whoever knows the line makes an Error of it.
class Fault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What a rendering may still do, in bytes looked at. All work is paid for before it is done, so a template's time and
// memory have a bound.
class Budget {
 public:
  static constexpr int64_t kTotal = int64_t{1} << 28;
  static constexpr int64_t kStep = 8;   // of the interpreter
  static constexpr int64_t kItem = 64;  // of a list or dict

  // Fault when it is used up.
  void Spend(int64_t bytes);
  void SpendItems(size_t count) { Spend(static_cast<int64_t>(count) * kItem); }

 private:
  int64_t left_ = kTotal;
};

class Value;
struct MacroNode;

struct Undefined {
  std::shared_ptr<const std::string> fault;  // what is said when it is used
};
struct None {};
struct Text {
  std::shared_ptr<const std::string> bytes;  // valid UTF-8
  bool safe = false;                         // Markup: what is added to it is escaped
};
// Immutable. The views of a dict, its keys, values and items, can only be gone through.
struct Sequence {
  enum class Kind { kList, kTuple, kRange, kKeys, kValues, kItems };
  Kind kind = Kind::kList;
  std::vector<Value> items;
  int depth = 1;  // of the nesting
};
struct Dict {  // immutable; keys are hashable, unique and in order of insertion
  std::vector<std::pair<Value, Value>> entries;
  int depth = 1;

  const Value* Find(const Value& key, Budget& budget) const;
};
// What a generator is in Jinja: gone through once.
struct Iterator {
  std::shared_ptr<const Sequence> items;
  size_t next = 0;
};
struct Namespace {
  std::vector<std::pair<std::string, Value>> attributes;
};
struct Loop {
  std::shared_ptr<const Sequence> items;
  size_t index = 0;
  std::shared_ptr<const Value> changed;  // what loop.changed saw last
};
struct MacroRef {
  const MacroNode* node;
};
struct CallerRef {
  uint64_t id;  // of the call block being run
};
struct FunctionRef {
  const char* name;
};
struct Method {
  std::shared_ptr<const Value> self;
  std::string name;
};

class Value {
 public:
  using Data = std::variant<Undefined, None, bool, int64_t, double, Text, std::shared_ptr<const Sequence>,
                            std::shared_ptr<const Dict>, std::shared_ptr<Iterator>, Namespace*,
                            std::shared_ptr<Loop>, MacroRef, CallerRef, FunctionRef, Method>;

  Value() : data_(None{}) {}
  template <class T>
  Value(T data) : data_(std::move(data)) {}  // NOLINT: any of the alternatives is a value
  static Value String(std::string bytes, bool safe = false);
  static Value Missing(std::string fault);  // undefined; `fault` is said when it is used

  template <class T>
  const T* As() const {
    return std::get_if<T>(&data_);
  }
  bool IsUndefined() const { return As<Undefined>() != nullptr; }
  bool IsNone() const { return As<None>() != nullptr; }
  bool IsNumber() const { return IsInteger() || As<double>() != nullptr; }
  bool IsInteger() const {
    return As<bool>() != nullptr || As<int64_t>() != nullptr;
  }                         // Python's bool is one
  int64_t Integer() const;  // of IsInteger
  double Number() const;    // of IsNumber

  const std::string* AsString() const;    // null: not one
  const Sequence* AsListOrTuple() const;  // null: neither
  const Sequence* AsSequence() const;     // the same, ranges and views
  const Dict* AsDict() const;             // null: not one
  const char* TypeName() const;           // as Python names it in errors
  int depth() const;                      // of the nesting; 0 of what holds nothing

 private:
  Data data_;
};

inline constexpr int kMostNesting = 100;  // of lists in lists

// Paid for, with their nesting checked.
Value MakeSequence(Sequence::Kind kind, std::vector<Value> items, Budget& budget);
inline Value MakeList(std::vector<Value> items, Budget& budget) {
  return MakeSequence(Sequence::Kind::kList, std::move(items), budget);
}
Value MakeIterator(std::vector<Value> items, Budget& budget);
// The last of equal keys wins. Fault for a key that cannot be one.
Value MakeDict(std::vector<std::pair<Value, Value>> entries, Budget& budget);
void RequireKey(const Value& value);  // Fault for what cannot be a key: lists, dicts
Value MakeString(std::string bytes, Budget& budget);
// Fault for a number beyond 64 bits.
Value FromJson(const nlohmann::ordered_json& json, Budget& budget);

bool Truth(const Value& value);
bool Equal(const Value& a, const Value& b, Budget& budget);
// a < b. Fault for what has no order.
bool Less(const Value& a, const Value& b, Budget& budget);

// str(value): what printing gives. Fault for what has no text of its own.
std::string ToText(const Value& value, Budget& budget);
// The value itself where it is a string, else str(value).
Value ToString(const Value& value, Budget& budget);
std::string Repr(const Value& value, Budget& budget);

struct JsonStyle {
  bool ensure_ascii = false;
  bool indented = false;
  std::string indent;
  std::string item_separator = ", ";
  std::string key_separator = ": ";
  bool sort_keys = false;
};
// json.dumps.
std::string ToJson(const Value& value, const JsonStyle& style, Budget& budget);

// All that comes when `value` is gone through: characters, keys, items. Uses up an iterator. Fault for what cannot be.
std::vector<Value> Items(const Value& value, Budget& budget);

}  // namespace hone::jinja

#endif  // HONE_DATA_JINJA_VALUE_H_
