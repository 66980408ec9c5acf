// See value.h. Covered by tests/data/chat_template_test.cc.
#include "data/jinja/value.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "data/jinja/python_text.h"

namespace hone::jinja {
namespace {

void RefuseDepth(int depth) {
  if (depth > kMostNesting)
    throw Fault("values are nested more than " + std::to_string(kMostNesting) + " deep");
}

bool IsHashable(const Value& value) {
  if (const Sequence* s = value.AsSequence())
    return s->kind == Sequence::Kind::kTuple && std::all_of(s->items.begin(), s->items.end(), IsHashable);
  return value.AsDict() == nullptr;
}

bool EqualItems(const Sequence& a, const Sequence& b, Budget& budget) {
  if (a.kind != b.kind || a.items.size() != b.items.size()) return false;
  for (size_t i = 0; i < a.items.size(); ++i)
    if (!Equal(a.items[i], b.items[i], budget)) return false;
  return true;
}

bool EqualDicts(const Dict& a, const Dict& b, Budget& budget) {
  if (a.entries.size() != b.entries.size()) return false;
  for (const auto& [key, value] : a.entries) {
    const Value* other = b.Find(key, budget);
    if (other == nullptr || !Equal(value, *other, budget)) return false;
  }
  return true;
}

// Of a number that JSON writes and 64 bits may not hold. A double from 2^63 on may have been an integer in the text.
Value FromNumber(const nlohmann::ordered_json& json) {
  if (json.is_number_float()) {
    const auto value = json.get<double>();
    if (std::fabs(value) < 9.2e18) return value;
  } else if (!json.is_number_unsigned() ||
             json.get<uint64_t>() <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return json.get<int64_t>();
  }
  throw Fault("the number " + json.dump() + " is beyond 64 bits");
}

}  // namespace

void Budget::Spend(int64_t bytes) {
  if (bytes > left_) throw Fault("the template does too much work");
  left_ -= bytes;
}

const Value* Dict::Find(const Value& key, Budget& budget) const {
  for (const auto& [name, value] : entries)
    if (Equal(name, key, budget)) return &value;
  return nullptr;
}

Value Value::String(std::string bytes, bool safe) {
  return Text{std::make_shared<const std::string>(std::move(bytes)), safe};
}

Value Value::Missing(std::string fault) {
  return Undefined{std::make_shared<const std::string>(std::move(fault))};
}

int64_t Value::Integer() const {
  const bool* truth = As<bool>();
  return truth != nullptr ? *truth : *As<int64_t>();
}

double Value::Number() const {
  const double* number = As<double>();
  return number != nullptr ? *number : static_cast<double>(Integer());
}

const std::string* Value::AsString() const {
  const Text* text = As<Text>();
  return text == nullptr ? nullptr : text->bytes.get();
}

const Sequence* Value::AsSequence() const {
  const auto* sequence = As<std::shared_ptr<const Sequence>>();
  return sequence == nullptr ? nullptr : sequence->get();
}

const Sequence* Value::AsListOrTuple() const {
  const Sequence* s = AsSequence();
  return s != nullptr && (s->kind == Sequence::Kind::kList || s->kind == Sequence::Kind::kTuple) ? s
                                                                                                 : nullptr;
}

const Dict* Value::AsDict() const {
  const auto* dict = As<std::shared_ptr<const Dict>>();
  return dict == nullptr ? nullptr : dict->get();
}

const char* Value::TypeName() const {
  static constexpr const char* kNames[] = {"Undefined",   "NoneType", "bool",  "int",       "float",
                                           "str",         "list",     "dict",  "generator", "Namespace",
                                           "LoopContext", "Macro",    "Macro", "function",  "method"};
  static_assert(std::size(kNames) == std::variant_size_v<Data>);
  static constexpr const char* kSequences[] = {"list",      "tuple",       "range",
                                               "dict_keys", "dict_values", "dict_items"};
  const Sequence* s = AsSequence();
  return s == nullptr ? kNames[data_.index()] : kSequences[static_cast<int>(s->kind)];
}

int Value::depth() const {
  if (const Sequence* s = AsSequence()) return s->depth;
  if (const Dict* d = AsDict()) return d->depth;
  if (const auto* it = As<std::shared_ptr<Iterator>>()) return (*it)->items->depth + 1;
  if (const auto* loop = As<std::shared_ptr<Loop>>()) return (*loop)->items->depth + 1;
  if (const Method* method = As<Method>()) return method->self->depth() + 1;
  return 0;
}

Value MakeSequence(Sequence::Kind kind, std::vector<Value> items, Budget& budget) {
  budget.SpendItems(items.size() + 1);
  int depth = 0;
  for (const Value& item : items) depth = std::max(depth, item.depth());
  RefuseDepth(depth + 1);
  return std::make_shared<const Sequence>(Sequence{kind, std::move(items), depth + 1});
}

Value MakeIterator(std::vector<Value> items, Budget& budget) {
  const Value list = MakeList(std::move(items), budget);
  RefuseDepth(list.depth() + 1);
  return std::make_shared<Iterator>(Iterator{*list.As<std::shared_ptr<const Sequence>>()});
}

Value MakeDict(std::vector<std::pair<Value, Value>> entries, Budget& budget) {
  budget.SpendItems(2 * entries.size() + 1);
  Dict dict;
  for (auto& [key, value] : entries) {
    RequireKey(key);
    dict.depth = std::max({dict.depth, key.depth() + 1, value.depth() + 1});
    // One owner so far, so what Find shows may be changed.
    if (const Value* found = dict.Find(key, budget)) {
      const_cast<Value&>(*found) = std::move(value);
    } else {
      dict.entries.emplace_back(std::move(key), std::move(value));
    }
  }
  RefuseDepth(dict.depth);
  return std::make_shared<const Dict>(std::move(dict));
}

void RequireKey(const Value& value) {
  if (!IsHashable(value)) throw Fault(std::string("a ") + value.TypeName() + " cannot be a key");
}

Value MakeString(std::string bytes, Budget& budget) {
  budget.Spend(2 * static_cast<int64_t>(bytes.size()));
  return Value::String(std::move(bytes));
}

Value FromJson(const nlohmann::ordered_json& json, Budget& budget) {
  budget.Spend(Budget::kStep);
  if (json.is_null()) return None{};
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number()) return FromNumber(json);
  if (json.is_string()) return MakeString(json.get<std::string>(), budget);
  if (json.is_array()) {
    std::vector<Value> items;
    for (const auto& item : json) items.push_back(FromJson(item, budget));
    return MakeList(std::move(items), budget);
  }
  std::vector<std::pair<Value, Value>> entries;
  for (const auto& [key, value] : json.items())
    entries.emplace_back(Value::String(key), FromJson(value, budget));
  return MakeDict(std::move(entries), budget);
}

bool Truth(const Value& value) {
  if (value.IsUndefined() || value.IsNone()) return false;
  if (value.IsNumber()) return value.Number() != 0.0;
  if (const std::string* text = value.AsString()) return !text->empty();
  if (const Sequence* s = value.AsSequence()) return !s->items.empty();
  if (const Dict* d = value.AsDict()) return !d->entries.empty();
  if (const auto* loop = value.As<std::shared_ptr<Loop>>()) return !(*loop)->items->items.empty();
  return true;
}

bool Equal(const Value& a, const Value& b, Budget& budget) {
  budget.Spend(Budget::kStep);
  if (a.IsInteger() && b.IsInteger()) return a.Integer() == b.Integer();
  if (a.IsNumber() && b.IsNumber()) return a.Number() == b.Number();
  if (a.AsString() != nullptr && b.AsString() != nullptr) {
    budget.Spend(static_cast<int64_t>(std::min(a.AsString()->size(), b.AsString()->size())));
    return *a.AsString() == *b.AsString();
  }
  if (a.AsListOrTuple() != nullptr && b.AsListOrTuple() != nullptr)
    return EqualItems(*a.AsListOrTuple(), *b.AsListOrTuple(), budget);
  if (a.AsDict() != nullptr && b.AsDict() != nullptr) return EqualDicts(*a.AsDict(), *b.AsDict(), budget);
  if (a.As<Namespace*>() != nullptr && b.As<Namespace*>() != nullptr)
    return *a.As<Namespace*>() == *b.As<Namespace*>();
  if (a.IsNone() || b.IsNone() || a.IsUndefined() || b.IsUndefined())
    return (a.IsNone() && b.IsNone()) || (a.IsUndefined() && b.IsUndefined());
  const bool plain_a =
      a.IsNumber() || a.AsString() != nullptr || a.AsListOrTuple() != nullptr || a.AsDict() != nullptr;
  const bool plain_b =
      b.IsNumber() || b.AsString() != nullptr || b.AsListOrTuple() != nullptr || b.AsDict() != nullptr;
  if (plain_a || plain_b) return false;
  throw Fault(std::string("comparing a ") + a.TypeName() + " with a " + b.TypeName() + " is not supported");
}

bool Less(const Value& a, const Value& b, Budget& budget) {
  budget.Spend(Budget::kStep);
  if (a.IsInteger() && b.IsInteger()) return a.Integer() < b.Integer();
  if (a.IsNumber() && b.IsNumber()) return a.Number() < b.Number();
  if (a.AsString() != nullptr && b.AsString() != nullptr) {
    budget.Spend(static_cast<int64_t>(std::min(a.AsString()->size(), b.AsString()->size())));
    return *a.AsString() < *b.AsString();  // UTF-8 keeps the order of the characters
  }
  const Sequence *left = a.AsListOrTuple(), *right = b.AsListOrTuple();
  if (left != nullptr && right != nullptr && left->kind == right->kind) {
    const size_t both = std::min(left->items.size(), right->items.size());
    for (size_t i = 0; i < both; ++i)
      if (!Equal(left->items[i], right->items[i], budget))
        return Less(left->items[i], right->items[i], budget);
    return left->items.size() < right->items.size();
  }
  for (const Value* side : {&a, &b})
    if (const Undefined* undefined = side->As<Undefined>()) throw Fault(*undefined->fault);
  throw Fault(std::string("'<' between a ") + a.TypeName() + " and a " + b.TypeName());
}

std::vector<Value> Items(const Value& value, Budget& budget) {
  std::vector<Value> items;
  if (value.IsUndefined()) return items;
  if (const std::string* text = value.AsString()) {
    budget.SpendItems(static_cast<size_t>(Length(*text)));
    for (const std::string_view c : Characters(*text)) items.push_back(Value::String(std::string(c)));
  } else if (const Sequence* s = value.AsSequence()) {
    budget.SpendItems(s->items.size());
    items = s->items;
  } else if (const Dict* dict = value.AsDict()) {
    budget.SpendItems(dict->entries.size());
    for (const auto& [key, unused] : dict->entries) items.push_back(key);
  } else if (const auto* it = value.As<std::shared_ptr<Iterator>>()) {
    const std::vector<Value>& all = (*it)->items->items;
    budget.SpendItems(all.size() - (*it)->next);
    items.assign(all.begin() + static_cast<int64_t>((*it)->next), all.end());
    (*it)->next = all.size();
  } else {
    throw Fault(std::string("a ") + value.TypeName() + " cannot be gone through");
  }
  return items;
}

}  // namespace hone::jinja
