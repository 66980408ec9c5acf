// See filters.h: those on one value and its text. Those on lists are in list_filters.cc. Covered by
// tests/data/chat_template_test.cc.
#include "data/jinja/filters.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "data/jinja/list_filters.h"
#include "data/jinja/operators.h"
#include "data/jinja/paid_text.h"

namespace hone::jinja {
namespace {

// The text that a filter works on: soft_str(value). What is marked safe stays so in Jinja, and is refused here.
std::string SubjectText(const Value& value, Budget& budget) {
  if (value.As<Text>() != nullptr && value.As<Text>()->safe)
    throw Fault("this filter on a text marked safe is not supported");
  return ToText(value, budget);
}

Value ToJsonFilter(const Value& value, Arguments& arguments, Budget& budget) {
  JsonStyle style;
  style.ensure_ascii = arguments.TakeTruth("ensure_ascii", false);
  if (const auto indent = arguments.Take("indent"); indent && !indent->IsNone()) {
    style.indented = true;
    style.item_separator = ",";
    if (indent->AsString() != nullptr) {
      style.indent = *indent->AsString();
    } else if (indent->IsInteger()) {
      if (indent->Integer() > 1000) throw Fault("tojson's indent is above 1000");
      style.indent = std::string(static_cast<size_t>(std::max<int64_t>(0, indent->Integer())), ' ');
    } else {
      throw Fault("tojson's indent is neither an int nor a str");
    }
  }
  if (const auto separators = arguments.Take("separators"); separators && !separators->IsNone()) {
    const Sequence* two = separators->AsListOrTuple();
    if (two == nullptr || two->items.size() != 2 || !two->items[0].AsString() || !two->items[1].AsString())
      throw Fault("tojson's separators are not two texts");
    style.item_separator = *two->items[0].AsString();
    style.key_separator = *two->items[1].AsString();
  }
  style.sort_keys = arguments.TakeTruth("sort_keys", false);
  arguments.Finish();
  return Value::String(ToJson(value, style, budget));
}

Value Trim(const Value& value, Arguments& arguments, Budget& budget) {
  const auto characters = arguments.TakeString("chars", true);
  arguments.Finish();
  return PaidStrip(SubjectText(value, budget), characters, Side::kBoth, budget);
}

template <auto kMap>
Value MapCase(const Value& value, Arguments& arguments, Budget& budget) {
  arguments.Finish();
  return PaidCase(kMap, SubjectText(value, budget), budget);
}

// Each word's first letter large: words begin after white space, '-' and opening brackets.
Value Title(const Value& value, Arguments& arguments, Budget& budget) {
  arguments.Finish();
  const std::string text = SubjectText(value, budget);
  budget.Spend(64 * static_cast<int64_t>(text.size()));
  std::string out;
  bool first = true;
  for (const std::string_view c : Characters(text)) {
    out += *PaidCase(first ? Upper : Lower, c, budget).AsString();
    first = (c.size() == 1 && std::string_view("-({[<").find(c[0]) != std::string_view::npos) ||
            !Strip(c, std::nullopt, Side::kBoth).size();
  }
  return Value::String(std::move(out));
}

Value ReplaceFilter(const Value& value, Arguments& arguments, Budget& budget) {
  const std::string from = ToText(arguments.Require("old"), budget),
                    to = ToText(arguments.Require("new"), budget);
  const int64_t most = arguments.TakeInteger("count", true).value_or(-1);
  arguments.Finish();
  return PaidReplace(SubjectText(value, budget), from, to, most, budget);
}

Value Indent(const Value& value, Arguments& arguments, Budget& budget) {
  const Value width = arguments.Take("width").value_or(int64_t{4});
  const bool first = arguments.TakeTruth("first", false), blank = arguments.TakeTruth("blank", false);
  arguments.Finish();
  if (!width.IsInteger() && width.AsString() == nullptr)
    throw Fault("indent's width is neither an int nor a str");
  if (width.IsInteger() && width.Integer() > 1000) throw Fault("indent's width is above 1000");
  const std::string margin =
      width.AsString() != nullptr
          ? *width.AsString()
          : std::string(static_cast<size_t>(std::max<int64_t>(0, width.Integer())), ' ');
  const std::string text = SubjectText(value, budget) + "\n";
  budget.Spend(16 * static_cast<int64_t>(text.size()));
  std::string out = first ? margin : "";
  const std::vector<std::string_view> lines = SplitLines(text);
  for (size_t i = 0; i < lines.size(); ++i) {
    budget.Spend(2 * static_cast<int64_t>(margin.size() + lines[i].size() + 1));
    if (i > 0) out += "\n";
    if (i > 0 && (blank || !lines[i].empty())) out += margin;
    out += lines[i];
  }
  return Value::String(std::move(out));
}

Value AsText(const Value& value, Arguments& arguments, Budget& budget) {
  arguments.Finish();
  return ToString(value, budget);
}

Value Safe(const Value& value, Arguments& arguments, Budget& budget) {
  arguments.Finish();
  return Value::String(ToText(value, budget), true);
}

Value Escape(const Value& value, Arguments& arguments, Budget& budget) {
  arguments.Finish();
  if (value.As<Text>() != nullptr && value.As<Text>()->safe) return value;
  std::string out = EscapeHtml(ToText(value, budget));
  budget.Spend(2 * static_cast<int64_t>(out.size()));
  return Value::String(std::move(out), true);
}

Value Default(const Value& value, Arguments& arguments, Budget&) {
  const Value otherwise = arguments.Take("default_value").value_or(Value::String(""));
  const bool boolean = arguments.TakeTruth("boolean", false);
  arguments.Finish();
  return value.IsUndefined() || (boolean && !Truth(value)) ? otherwise : value;
}

Value Absolute(const Value& value, Arguments& arguments, Budget&) {
  arguments.Finish();
  if (value.IsNumber() && value.Number() < 0) return Negative(value);
  return Positive(value);
}

// Python's float(text), without underscores.
std::optional<double> ParseFloat(std::string_view text) {
  text = Strip(text, std::nullopt, Side::kBoth);
  const bool sign = !text.empty() && (text[0] == '+' || text[0] == '-');
  const std::string_view digits = text.substr(sign ? 1 : 0);
  if (digits.empty() || digits[0] == '+' || digits[0] == '-') return std::nullopt;
  if (digits.find('_') != std::string_view::npos) throw Fault("a number with '_' is not supported");
  double number = 0.0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (result.ec == std::errc::result_out_of_range) throw Fault("a number is out of range");
  if (result.ec != std::errc() || result.ptr != digits.data() + digits.size() || digits.back() == ')')
    return std::nullopt;
  return text[0] == '-' ? -number : number;
}

std::optional<int64_t> ParseInteger(std::string_view text) {
  text = Strip(text, std::nullopt, Side::kBoth);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  int64_t integer = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), integer);
  if (result.ec == std::errc::result_out_of_range) throw Fault("an integer is beyond 64 bits");
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return integer;
}

std::optional<Value> Truncated(double number) {
  if (!std::isfinite(number)) return std::nullopt;
  if (std::fabs(number) >= 9.2e18) throw Fault("an integer is beyond 64 bits");
  return static_cast<int64_t>(number);
}

Value ToInteger(const Value& value, Arguments& arguments, Budget& budget) {
  const Value otherwise = arguments.Take("default").value_or(int64_t{0});
  const int64_t base = arguments.TakeInteger("base").value_or(10);
  arguments.Finish();
  if (base != 10) throw Fault("int with another base than 10 is not supported");
  if (const Undefined* undefined = value.As<Undefined>()) throw Fault(*undefined->fault);
  if (value.IsInteger()) return value.Integer();
  std::optional<double> number;
  if (const std::string* text = value.AsString()) {
    budget.Spend(static_cast<int64_t>(text->size()));
    if (const auto integer = ParseInteger(*text)) return *integer;
    number = ParseFloat(*text);
  } else if (value.As<double>() != nullptr) {
    number = value.Number();
  }
  return number ? Truncated(*number).value_or(otherwise) : otherwise;
}

Value ToFloat(const Value& value, Arguments& arguments, Budget& budget) {
  const Value otherwise = arguments.Take("default").value_or(0.0);
  arguments.Finish();
  if (const Undefined* undefined = value.As<Undefined>()) throw Fault(*undefined->fault);
  if (value.IsNumber()) return value.Number();
  const std::string* text = value.AsString();
  if (text == nullptr) return otherwise;
  budget.Spend(static_cast<int64_t>(text->size()));
  const auto number = ParseFloat(*text);
  return number ? *number : otherwise;
}

constexpr Filter kFilters[] = {{"tojson", ToJsonFilter},
                               {"trim", Trim},
                               {"upper", MapCase<Upper>},
                               {"lower", MapCase<Lower>},
                               {"capitalize", MapCase<Capitalize>},
                               {"title", Title},
                               {"replace", ReplaceFilter},
                               {"indent", Indent},
                               {"string", AsText},
                               {"safe", Safe},
                               {"escape", Escape},
                               {"e", Escape},
                               {"default", Default},
                               {"d", Default},
                               {"abs", Absolute},
                               {"int", ToInteger},
                               {"float", ToFloat}};

}  // namespace

const Filter* FindFilter(std::string_view name) {
  const auto* it =
      std::find_if(std::begin(kFilters), std::end(kFilters), [&](const Filter& f) { return f.name == name; });
  return it == std::end(kFilters) ? FindListFilter(name) : it;
}

}  // namespace hone::jinja
