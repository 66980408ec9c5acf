// Attributes, subscripts and slices of values. See operators.h. Covered by tests/data/chat_template_test.cc.
#include <algorithm>
#include <array>
#include <optional>

#include "data/jinja/methods.h"
#include "data/jinja/operators.h"
#include "data/jinja/python_text.h"

namespace hone::jinja {
namespace {

Value NoAttribute(const Value& value, const std::string& name) {
  return Value::Missing(std::string("a ") + value.TypeName() + " has no attribute '" + name + "'");
}

Value LoopAttribute(const Value& value, const std::string& name) {
  const Loop& loop = **value.As<std::shared_ptr<Loop>>();
  const std::vector<Value>& items = loop.items->items;
  const auto index = static_cast<int64_t>(loop.index), length = static_cast<int64_t>(items.size());
  if (name == "index") return index + 1;
  if (name == "index0") return index;
  if (name == "revindex") return length - index;
  if (name == "revindex0") return length - index - 1;
  if (name == "first") return index == 0;
  if (name == "last") return index + 1 == length;
  if (name == "length") return length;
  if (name == "depth") return int64_t{1};
  if (name == "depth0") return int64_t{0};
  if (name == "previtem")
    return index > 0 ? items[loop.index - 1] : Value::Missing("there is no previous item");
  if (name == "nextitem")
    return index + 1 < length ? items[loop.index + 1] : Value::Missing("there is no next item");
  return NoAttribute(value, name);
}

// What numbers have in Python and chat templates do not use.
bool IsNumbersOwn(const std::string& name) {
  static constexpr std::array kNames = {
      "real",     "imag",       "numerator", "denominator",      "conjugate",  "bit_length", "bit_count",
      "to_bytes", "from_bytes", "hex",       "as_integer_ratio", "is_integer", "fromhex"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

// The item at a Python index; null: there is none.
template <class Items>
auto* At(Items& items, int64_t index) {
  const auto size = static_cast<int64_t>(items.size());
  if (index < 0) index += size;
  return index >= 0 && index < size ? &items[static_cast<size_t>(index)] : nullptr;
}

std::optional<Value> CharacterAt(const std::string& text, int64_t index, Budget& budget) {
  budget.Spend(static_cast<int64_t>(text.size()));
  const int64_t length = Length(text);
  if (index < 0) index += length;
  if (index < 0 || index >= length) return std::nullopt;
  size_t at = 0;
  for (; index > 0 || (text[at] & 0xc0) == 0x80; ++at)
    if ((text[at] & 0xc0) != 0x80) --index;
  size_t end = at + 1;
  while (end < text.size() && (text[end] & 0xc0) == 0x80) ++end;
  return Value::String(text.substr(at, end - at));
}

// PySlice_AdjustIndices.
struct Range {
  int64_t start, stop, step;
};
Range Adjust(const SliceBounds& bounds, int64_t length) {
  const auto integer = [](const Value& value) -> std::optional<int64_t> {
    if (value.IsNone()) return std::nullopt;
    if (value.IsInteger()) return value.Integer();
    throw Fault(std::string("a slice's bound is a ") + value.TypeName() + ", not an int");
  };
  constexpr int64_t kFar = int64_t{1} << 62;
  const int64_t step = std::clamp(integer(bounds.step).value_or(1), -kFar, kFar);
  if (step == 0) throw Fault("a slice's step is 0");
  const int64_t low = step < 0 ? -1 : 0, high = step < 0 ? length - 1 : length;
  const auto adjust = [&](const Value& bound, int64_t otherwise) {
    const std::optional<int64_t> given = integer(bound);
    if (!given) return otherwise;
    const int64_t from_start = *given < 0 ? std::max(*given, -kFar) + length : *given;
    return std::clamp(from_start, low, high);
  };
  return {adjust(bounds.start, step < 0 ? high : low), adjust(bounds.stop, step < 0 ? low : high), step};
}

template <class Take>
void EachOf(const Range& range, Take take) {
  for (int64_t i = range.start; range.step < 0 ? i > range.stop : i < range.stop; i += range.step)
    take(static_cast<size_t>(i));
}

Value SliceText(const Text& text, const SliceBounds& bounds, Budget& budget) {
  const std::string& bytes = *text.bytes;
  budget.Spend(static_cast<int64_t>(bytes.size()));
  const Range range = Adjust(bounds, Length(bytes));
  std::string out;
  if (range.step == 1) {
    int64_t index = -1;  // of the character that a byte belongs to
    for (const char byte : bytes) {
      if ((byte & 0xc0) != 0x80) ++index;
      if (index >= range.start && index < range.stop) out += byte;
    }
  } else {
    budget.Spend(16 * static_cast<int64_t>(bytes.size()));
    const std::vector<std::string_view> characters = Characters(bytes);
    EachOf(range, [&](size_t i) { out += characters[i]; });
  }
  budget.Spend(2 * static_cast<int64_t>(out.size()));
  return Value::String(std::move(out), text.safe);
}

}  // namespace

Value Attribute(const Value& value, const std::string& name, Budget& budget) {
  budget.Spend(Budget::kStep);
  if (const Undefined* undefined = value.As<Undefined>()) throw Fault(*undefined->fault);
  if (IsMethod(value, name)) return Method{std::make_shared<const Value>(value), name};
  if (const Dict* dict = value.AsDict()) {
    const Value* found = dict->Find(Value::String(name), budget);
    return found != nullptr ? *found : NoAttribute(value, name);
  }
  if (const auto* ns = value.As<Namespace*>()) {
    for (const auto& [key, attribute] : (*ns)->attributes)
      if (key == name) return attribute;
    return NoAttribute(value, name);
  }
  if (value.As<std::shared_ptr<Loop>>() != nullptr) return LoopAttribute(value, name);
  const bool plain =
      value.IsNone() || value.IsNumber() || value.AsString() != nullptr || value.AsListOrTuple() != nullptr;
  if (!plain || name.rfind("__", 0) == 0 || (value.IsNumber() && IsNumbersOwn(name)))
    throw Fault("the attribute '" + name + "' of a " + value.TypeName() + " is not supported");
  return NoAttribute(value, name);
}

Value Subscript(const Value& value, const Value& key, Budget& budget) {
  budget.Spend(Budget::kStep);
  if (const Undefined* undefined = value.As<Undefined>()) throw Fault(*undefined->fault);
  const Sequence* s = value.AsSequence();
  if (s != nullptr && (value.AsListOrTuple() != nullptr || s->kind == Sequence::Kind::kRange) &&
      key.IsInteger()) {
    if (const Value* item = At(s->items, key.Integer())) return *item;
  } else if (const std::string* text = value.AsString(); text != nullptr && key.IsInteger()) {
    if (std::optional<Value> character = CharacterAt(*text, key.Integer(), budget))
      return *std::move(character);
  } else if (const Dict* dict = value.AsDict()) {
    if (const Value* found = dict->Find(key, budget)) return *found;
  }
  if (key.AsString() != nullptr) return Attribute(value, *key.AsString(), budget);
  return Value::Missing(std::string("a ") + value.TypeName() + " has no such element");
}

Value Slice(const Value& value, const SliceBounds& bounds, Budget& budget) {
  if (const Undefined* undefined = value.As<Undefined>()) throw Fault(*undefined->fault);
  if (const Text* text = value.As<Text>()) return SliceText(*text, bounds, budget);
  const Sequence* s = value.AsListOrTuple();
  if (s == nullptr) throw Fault(std::string("a ") + value.TypeName() + " cannot be sliced");
  const Range range = Adjust(bounds, static_cast<int64_t>(s->items.size()));
  std::vector<Value> items;
  EachOf(range, [&](size_t i) { items.push_back(s->items[i]); });
  return MakeSequence(s->kind, std::move(items), budget);
}

}  // namespace hone::jinja
