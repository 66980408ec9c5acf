// Values that functions return, with their types: what JSON can say, and the few things it cannot. Covered by
// tests/rewards/typed_value_test.cc.
#ifndef HONE_REWARDS_CODE_TYPED_VALUE_H_
#define HONE_REWARDS_CODE_TYPED_VALUE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

struct TypedValue {
  enum class Kind { kNull, kBool, kInt, kFloat, kString, kBytes, kList, kTuple, kSet, kMap, kOther };
  Kind kind = Kind::kNull;
  bool boolean = false;  // of kBool
  double number = 0.0;   // of kFloat; may be NaN or infinite when a program returned it
  std::string text;      // kInt: its decimal digits, of any number; kString, kBytes; kOther: the type's name
  std::vector<TypedValue> items;  // of kList, kTuple, kSet; of kMap key, value, key, value, ...

  // The value of a kMap at a string key, or null.
  const TypedValue* Find(std::string_view key) const;
  bool operator==(const TypedValue& other) const = default;
};

// One JSON value; integers keep all digits. Error, with `where`, on anything that is not exactly one JSON
// value in UTF-8 with unique keys, or nests deeper than 64.
TypedValue ParseJsonValue(std::string_view text, const std::string& where);

// What a harness writes: JSON in which an object has one key, the type, and stands for what JSON lacks:
// {"t":[..]} tuple, {"s":[..]} set, {"d":[[key, value], ..]} map, {"b":"hex"} bytes, {"f":"nan"} and "inf",
// "-inf"; another key names a type that equals nothing. nullopt when it is not that; the text comes from a
// program that may write anything.
std::optional<TypedValue> ParseHarnessValue(std::string_view text);

// The value as JSON again; only of what JSON can say (a broken invariant otherwise).
std::string ToJson(const TypedValue& value);

// For people: like JSON, at most `size` bytes and then "...".
std::string Display(const TypedValue& value, size_t size);

struct ValueRules {
  bool numbers_by_value = true;  // 42 and 42.0 are equal; else an int equals no float
  double absolute = 0.0,
         relative = 0.0;   // |a - b| <= max(absolute, relative * |expected|) is equal, when either is > 0
  bool unordered = false;  // the outermost list is compared as a multiset; then a set counts as a list too
};

// Whether a returned value is the expected one, which comes from JSON. A bool is no number and a string no
// number, ever; a JSON array equals a list or tuple; a JSON object equals a map whose keys are its strings,
// or integers written as they are. Without tolerances exact, an int against a float too.
bool SameValue(const TypedValue& expected, const TypedValue& actual, const ValueRules& rules);

}  // namespace hone

#endif  // HONE_REWARDS_CODE_TYPED_VALUE_H_
