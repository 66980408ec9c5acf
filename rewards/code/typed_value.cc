// A SAX parser that keeps digits, and a comparison that knows types. Covered by
// tests/rewards/typed_value_test.cc.
#include "rewards/code/typed_value.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "data/error.h"
#include "data/json.h"

namespace hone {
namespace {

using Kind = TypedValue::Kind;

constexpr size_t kMaxDepth = 64;

TypedValue Text(Kind kind, std::string text) {
  TypedValue value;
  value.kind = kind;
  value.text = std::move(text);
  return value;
}

// Builds the value from nlohmann's events; the library's own values would round long integers.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return Add({}); }
  bool boolean(bool b) override {
    TypedValue value;
    value.kind = Kind::kBool;
    value.boolean = b;
    return Add(std::move(value));
  }
  bool number_integer(number_integer_t n) override { return Add(Text(Kind::kInt, std::to_string(n))); }
  bool number_unsigned(number_unsigned_t n) override { return Add(Text(Kind::kInt, std::to_string(n))); }
  bool number_float(number_float_t number, const std::string& digits) override {
    if (digits.find_first_of(".eE") == std::string::npos) return Add(Text(Kind::kInt, digits));
    TypedValue value;
    value.kind = Kind::kFloat;
    value.number = number;
    return Add(std::move(value));
  }
  bool string(std::string& text) override { return Add(Text(Kind::kString, std::move(text))); }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_object(size_t) override { return Open(Kind::kMap); }
  bool start_array(size_t) override { return Open(Kind::kList); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(std::string& name) override {
    if (!keys_.back().insert(name).second) return Fail("duplicate key '" + name + "'");
    open_.back().items.push_back(Text(Kind::kString, name));
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& e) override {
    std::string what = JsonFault(e);
    constexpr std::string_view kOnlyLine = " at line 1, column";  // of a text that is one line of a file
    if (const size_t at = what.find(kOnlyLine); at != std::string::npos)
      what.replace(at, kOnlyLine.size(), " at column");
    return Fail("not valid JSON: " + what);
  }

  std::string fault;
  TypedValue result;

 private:
  bool Fail(std::string why) {
    fault = std::move(why);
    return false;
  }
  bool Add(TypedValue value) {
    (open_.empty() ? result : open_.back().items.emplace_back()) = std::move(value);
    return true;
  }
  bool Open(Kind kind) {
    if (open_.size() == kMaxDepth) return Fail("JSON is nested too deeply");
    open_.emplace_back().kind = kind;
    keys_.emplace_back();
    return true;
  }
  bool Close() {
    TypedValue done = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return Add(std::move(done));
  }

  std::vector<TypedValue> open_;
  std::vector<std::set<std::string>> keys_;
};

std::optional<std::string> FromHex(const std::string& hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    if (!std::isxdigit(static_cast<unsigned char>(hex[i])) ||
        !std::isxdigit(static_cast<unsigned char>(hex[i + 1]))) {
      return std::nullopt;
    }
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

std::optional<TypedValue> Untag(TypedValue value);

bool UntagItems(std::vector<TypedValue>& items) {
  for (TypedValue& item : items) {
    std::optional<TypedValue> plain = Untag(std::move(item));
    if (!plain) return false;
    item = std::move(*plain);
  }
  return true;
}

// {"d":[[key, value], ..]}: the pairs become one flat list.
std::optional<TypedValue> UntagMap(TypedValue pairs) {
  TypedValue map;
  map.kind = Kind::kMap;
  for (TypedValue& pair : pairs.items) {
    if (pair.kind != Kind::kList || pair.items.size() != 2 || !UntagItems(pair.items)) return std::nullopt;
    for (TypedValue& item : pair.items) map.items.push_back(std::move(item));
  }
  return map;
}

std::optional<TypedValue> Untag(TypedValue value) {
  if (value.kind == Kind::kList)
    return UntagItems(value.items) ? std::optional(std::move(value)) : std::nullopt;
  if (value.kind != Kind::kMap) return value;
  if (value.items.size() != 2) return std::nullopt;
  const std::string tag = value.items[0].text;
  TypedValue body = std::move(value.items[1]);
  if (tag == "t" || tag == "s" || tag == "d") {
    if (body.kind != Kind::kList) return std::nullopt;
    if (tag == "d") return UntagMap(std::move(body));
    if (!UntagItems(body.items)) return std::nullopt;
    body.kind = tag == "t" ? Kind::kTuple : Kind::kSet;
    return body;
  }
  if (tag == "b") {
    const std::optional<std::string> bytes = FromHex(body.text);
    return bytes ? std::optional(Text(Kind::kBytes, *bytes)) : std::nullopt;
  }
  if (tag == "f") {
    TypedValue number;
    number.kind = Kind::kFloat;
    number.number = body.text == "inf"    ? std::numeric_limits<double>::infinity()
                    : body.text == "-inf" ? -std::numeric_limits<double>::infinity()
                                          : std::numeric_limits<double>::quiet_NaN();
    return number;
  }
  return Text(Kind::kOther, body.kind == Kind::kString ? body.text : tag);
}

std::string FloatText(double number) {
  if (!std::isfinite(number)) return std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf";
  std::string text = fmt::format("{}", number);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

const char* Brackets(Kind kind) { return kind == Kind::kTuple ? "()" : kind == Kind::kList ? "[]" : "{}"; }

void AppendText(const TypedValue& value, size_t limit, std::string& out) {
  if (out.size() > limit) return;
  switch (value.kind) {
    case Kind::kNull:
      out += "null";
      return;
    case Kind::kBool:
      out += value.boolean ? "true" : "false";
      return;
    case Kind::kInt:
      out += value.text;
      return;
    case Kind::kFloat:
      out += FloatText(value.number);
      return;
    case Kind::kString:
      out += nlohmann::json(value.text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
      return;
    case Kind::kBytes:
      out += fmt::format("<{} bytes>", value.text.size());
      return;
    case Kind::kOther:
      out += "<" + value.text + ">";
      return;
    default:
      break;
  }
  const bool is_map = value.kind == Kind::kMap;
  out += Brackets(value.kind)[0];
  for (size_t i = 0; i < value.items.size() && out.size() <= limit; ++i) {
    if (i > 0) out += is_map && i % 2 == 1 ? ":" : ",";
    AppendText(value.items[i], limit, out);
  }
  out += Brackets(value.kind)[1];
}

// An integer's decimal digits, or a float's when it is a whole number.
std::optional<std::string> WholeDigits(const TypedValue& value) {
  if (value.kind == Kind::kInt) return value.text;
  if (value.kind != Kind::kFloat || !std::isfinite(value.number) ||
      value.number != std::floor(value.number)) {
    return std::nullopt;
  }
  return fmt::format("{:.0f}", value.number == 0.0 ? 0.0 : value.number);
}

bool IsNumber(const TypedValue& value) { return value.kind == Kind::kInt || value.kind == Kind::kFloat; }

double AsDouble(const TypedValue& value) {
  return value.kind == Kind::kFloat ? value.number : std::strtod(value.text.c_str(), nullptr);
}

bool SameNumber(const TypedValue& expected, const TypedValue& actual, const ValueRules& rules) {
  if (!rules.numbers_by_value && expected.kind != actual.kind) return false;
  if (expected.kind == Kind::kFloat && actual.kind == Kind::kFloat && expected.number == actual.number)
    return true;
  const std::optional<std::string> a = WholeDigits(expected), b = WholeDigits(actual);
  if (a && b && *a == *b) return true;
  if (rules.absolute <= 0.0 && rules.relative <= 0.0) return false;
  const double x = AsDouble(expected), y = AsDouble(actual);
  return std::abs(x - y) <= std::max(rules.absolute, rules.relative * std::abs(x)) && std::isfinite(y);
}

// Equal texts for values that SameValue without tolerances calls equal.
std::string Canonical(const TypedValue& value, const ValueRules& rules) {
  std::string text;
  if (IsNumber(value)) {
    const std::optional<std::string> digits = WholeDigits(value);
    const bool typed = !rules.numbers_by_value && value.kind == Kind::kFloat;
    return (typed ? "f" : "i") + (digits ? *digits : fmt::format("{}", value.number));
  }
  const Kind kind = value.kind == Kind::kTuple ? Kind::kList : value.kind;
  text = fmt::format("{}:{}:{}:{}[", static_cast<int>(kind), value.boolean, value.text.size(), value.text);
  std::vector<std::string> parts;
  const size_t stride = kind == Kind::kMap ? 2 : 1;
  for (size_t i = 0; i + stride <= value.items.size(); i += stride) {
    std::string part;
    for (size_t j = i; j < i + stride; ++j) part += Canonical(value.items[j], rules);
    parts.push_back(std::move(part));
  }
  if (kind == Kind::kMap || kind == Kind::kSet) std::sort(parts.begin(), parts.end());
  for (const std::string& part : parts) text += part + ",";
  return text + "]";
}

bool SameMultiset(const TypedValue& expected, const TypedValue& actual, const ValueRules& rules) {
  if (expected.items.size() != actual.items.size()) return false;
  std::vector<std::string> sides[2];
  for (const TypedValue& item : expected.items) sides[0].push_back(Canonical(item, rules));
  for (const TypedValue& item : actual.items) sides[1].push_back(Canonical(item, rules));
  for (std::vector<std::string>& side : sides) std::sort(side.begin(), side.end());
  return sides[0] == sides[1];
}

std::string KeyText(const TypedValue& key) {
  return key.kind == Kind::kString || key.kind == Kind::kInt ? key.text : std::string(1, '\0');
}

bool SameMap(const TypedValue& expected, const TypedValue& actual, const ValueRules& rules) {
  if (expected.items.size() != actual.items.size()) return false;
  const auto sorted = [](const TypedValue& map) {
    std::vector<std::pair<std::string, const TypedValue*>> entries;
    for (size_t i = 0; i + 1 < map.items.size(); i += 2) {
      entries.emplace_back(KeyText(map.items[i]), &map.items[i + 1]);
    }
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    return entries;
  };
  const auto a = sorted(expected), b = sorted(actual);
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].first != b[i].first || !SameValue(*a[i].second, *b[i].second, rules)) return false;
  }
  return true;
}

}  // namespace

const TypedValue* TypedValue::Find(std::string_view key) const {
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i].text == key) return &items[i + 1];
  }
  return nullptr;
}

TypedValue ParseJsonValue(std::string_view text, const std::string& where) {
  Builder builder;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) throw Error(builder.fault, where, "");
  return std::move(builder.result);
}

std::optional<TypedValue> ParseHarnessValue(std::string_view text) {
  Builder builder;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return std::nullopt;
  return Untag(std::move(builder.result));
}

std::string ToJson(const TypedValue& value) {
  for (const Kind kind : {Kind::kBytes, Kind::kTuple, Kind::kSet, Kind::kOther}) {
    if (value.kind == kind) std::abort();
  }
  std::string out;
  AppendText(value, std::string::npos - 1, out);
  return out;
}

std::string Display(const TypedValue& value, size_t size) {
  std::string out;
  AppendText(value, size, out);
  if (out.size() <= size) return out;
  while (size > 0 && (out[size] & 0xC0) == 0x80) --size;  // not inside a character
  return out.substr(0, size) + "...";
}

bool SameValue(const TypedValue& expected, const TypedValue& actual, const ValueRules& rules) {
  if (IsNumber(expected) && IsNumber(actual)) return SameNumber(expected, actual, rules);
  const auto is_list = [](const TypedValue& v) { return v.kind == Kind::kList || v.kind == Kind::kTuple; };
  ValueRules inner = rules;
  inner.unordered = false;
  if (rules.unordered && is_list(expected) && (is_list(actual) || actual.kind == Kind::kSet)) {
    return SameMultiset(expected, actual, inner);
  }
  if (is_list(expected) && is_list(actual)) {
    return std::equal(expected.items.begin(), expected.items.end(), actual.items.begin(), actual.items.end(),
                      [&](const TypedValue& a, const TypedValue& b) { return SameValue(a, b, inner); });
  }
  if (expected.kind != actual.kind) return false;
  switch (expected.kind) {
    case Kind::kNull:
      return true;
    case Kind::kBool:
      return expected.boolean == actual.boolean;
    case Kind::kString:
      return expected.text == actual.text;
    case Kind::kMap:
      return SameMap(expected, actual, inner);
    default:
      return false;  // JSON expects nothing else
  }
}

}  // namespace hone
