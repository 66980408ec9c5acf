// See list_filters.h. Covered by tests/data/chat_template_test.cc.
#include "data/jinja/list_filters.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>

#include "data/jinja/operators.h"
#include "data/jinja/paid_text.h"
#include "data/jinja/tests.h"

namespace hone::jinja {
namespace {

// What `attribute` names of an item: parts between dots, digits being indices; without one, the item.
Value Part(const Value& item, const std::optional<Value>& attribute, Budget& budget) {
  if (!attribute || attribute->IsNone()) return item;
  if (attribute->AsString() == nullptr) return Subscript(item, *attribute, budget);
  Value value = item;
  for (const std::string_view name : Split(*attribute->AsString(), ".", -1)) {
    int64_t index = 0;
    const auto result = std::from_chars(name.data(), name.data() + name.size(), index);
    const bool digits = !name.empty() && result.ec == std::errc() &&
                        result.ptr == name.data() + name.size() && name[0] != '-';
    value = Subscript(value, digits ? Value(index) : Value::String(std::string(name)), budget);
  }
  return value;
}

// What sorting compares: texts without regard to case, unless asked for.
Value SortKey(const Value& item, const std::optional<Value>& attribute, bool case_sensitive, Budget& budget) {
  const Value value = Part(item, attribute, budget);
  return case_sensitive || value.AsString() == nullptr ? value : PaidCase(Lower, *value.AsString(), budget);
}

Value Sort(const Value& value, Arguments& arguments, Budget& budget) {
  const bool reverse = arguments.TakeTruth("reverse", false),
             cased = arguments.TakeTruth("case_sensitive", false);
  const std::optional<Value> attribute = arguments.Take("attribute");
  arguments.Finish();
  if (attribute && attribute->AsString() != nullptr && attribute->AsString()->find(',') != std::string::npos)
    throw Fault("sort by several attributes is not supported");
  std::vector<std::pair<Value, Value>> keyed;
  for (Value& item : Items(value, budget))
    keyed.emplace_back(SortKey(item, attribute, cased, budget), std::move(item));
  // Jinja sorts by lists of keys, whose order Python asks for only where they are not equal.
  std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
    if (Equal(a.first, b.first, budget)) return false;
    return reverse ? Less(b.first, a.first, budget) : Less(a.first, b.first, budget);
  });
  std::vector<Value> items;
  for (auto& [key, item] : keyed) items.push_back(std::move(item));
  return MakeList(std::move(items), budget);
}

Value DictSort(const Value& value, Arguments& arguments, Budget& budget) {
  const bool cased = arguments.TakeTruth("case_sensitive", false);
  const std::string by = arguments.TakeString("by").value_or("key");
  const bool reverse = arguments.TakeTruth("reverse", false);
  arguments.Finish();
  if (value.AsDict() == nullptr || (by != "key" && by != "value"))
    throw Fault("dictsort is of a dict, by key or value");
  std::vector<Value> items;
  for (const auto& [key, entry] : value.AsDict()->entries)
    items.push_back(MakeSequence(Sequence::Kind::kTuple, {key, entry}, budget));
  const auto key_of = [&](const Value& item) {
    return SortKey(item, Value(int64_t{by == "key" ? 0 : 1}), cased, budget);
  };
  std::stable_sort(items.begin(), items.end(), [&](const Value& a, const Value& b) {
    return reverse ? Less(key_of(b), key_of(a), budget) : Less(key_of(a), key_of(b), budget);
  });
  return MakeList(std::move(items), budget);
}

Value Unique(const Value& value, Arguments& arguments, Budget& budget) {
  const bool cased = arguments.TakeTruth("case_sensitive", false);
  const std::optional<Value> attribute = arguments.Take("attribute");
  arguments.Finish();
  std::vector<Value> items, keys;
  for (Value& item : Items(value, budget)) {
    Value key = SortKey(item, attribute, cased, budget);
    if (std::any_of(keys.begin(), keys.end(), [&](const Value& k) { return Equal(k, key, budget); }))
      continue;
    keys.push_back(std::move(key));
    items.push_back(std::move(item));
  }
  return MakeIterator(std::move(items), budget);
}

template <bool kLargest>
Value Extreme(const Value& value, Arguments& arguments, Budget& budget) {
  const bool cased = arguments.TakeTruth("case_sensitive", false);
  const std::optional<Value> attribute = arguments.Take("attribute");
  arguments.Finish();
  std::optional<std::pair<Value, Value>> best;
  for (Value& item : Items(value, budget)) {
    Value key = SortKey(item, attribute, cased, budget);
    if (best && !(kLargest ? Less(best->first, key, budget) : Less(key, best->first, budget))) continue;
    best = {std::move(key), std::move(item)};
  }
  return best ? best->second : Value::Missing("no aggregated item, sequence was empty");
}

Value Count(const Value& value, Arguments& arguments, Budget& budget) {
  arguments.Finish();
  if (const std::string* text = value.AsString()) {
    budget.Spend(static_cast<int64_t>(text->size()));
    return Length(*text);
  }
  if (const Sequence* s = value.AsSequence()) return static_cast<int64_t>(s->items.size());
  if (const Dict* dict = value.AsDict()) return static_cast<int64_t>(dict->entries.size());
  if (const auto* loop = value.As<std::shared_ptr<Loop>>())
    return static_cast<int64_t>((*loop)->items->items.size());
  if (value.IsUndefined()) return int64_t{0};
  throw Fault(std::string("a ") + value.TypeName() + " has no length");
}

Value First(const Value& value, Arguments& arguments, Budget& budget) {
  arguments.Finish();
  if (const auto* it = value.As<std::shared_ptr<Iterator>>()) {
    Iterator& rest = **it;
    if (rest.next < rest.items->items.size()) return rest.items->items[rest.next++];
  }
  std::vector<Value> items = Items(value, budget);
  return items.empty() ? Value::Missing("no first item, sequence was empty") : items.front();
}

Value Last(const Value& value, Arguments& arguments, Budget& budget) {
  arguments.Finish();
  if (value.As<std::shared_ptr<Iterator>>() != nullptr) throw Fault("a generator has no last item");
  std::vector<Value> items = Items(value, budget);
  return items.empty() ? Value::Missing("no last item, sequence was empty") : items.back();
}

Value ToList(const Value& value, Arguments& arguments, Budget& budget) {
  arguments.Finish();
  return MakeList(Items(value, budget), budget);
}

Value Reverse(const Value& value, Arguments& arguments, Budget& budget) {
  arguments.Finish();
  if (value.AsString() != nullptr) return Slice(value, {None{}, None{}, int64_t{-1}}, budget);
  std::vector<Value> items = Items(value, budget);
  std::reverse(items.begin(), items.end());
  return MakeIterator(std::move(items), budget);
}

Value JoinFilter(const Value& value, Arguments& arguments, Budget& budget) {
  const std::string between = ToText(arguments.Take("d").value_or(Value::String("")), budget);
  const std::optional<Value> attribute = arguments.Take("attribute");
  arguments.Finish();
  std::string out;
  bool first = true;
  for (const Value& item : Items(value, budget)) {
    const std::string text = ToText(Part(item, attribute, budget), budget);
    budget.Spend(2 * static_cast<int64_t>(between.size() + text.size()));
    if (!std::exchange(first, false)) out += between;
    out += text;
  }
  return Value::String(std::move(out));
}

Value Sum(const Value& value, Arguments& arguments, Budget& budget) {
  const std::optional<Value> attribute = arguments.Take("attribute");
  Value sum = arguments.Take("start").value_or(int64_t{0});
  arguments.Finish();
  if (sum.AsString() != nullptr) throw Fault("sum cannot add texts");
  for (const Value& item : Items(value, budget))
    sum = Arithmetic(Op::kAdd, sum, Part(item, attribute, budget), budget);
  return sum;
}

Value ItemsOf(const Value& value, Arguments& arguments, Budget& budget) {
  arguments.Finish();
  std::vector<Value> items;
  if (value.AsDict() == nullptr && !value.IsUndefined()) throw Fault("items is of a dict");
  if (value.AsDict() != nullptr) {
    for (const auto& [key, entry] : value.AsDict()->entries)
      items.push_back(MakeSequence(Sequence::Kind::kTuple, {key, entry}, budget));
  }
  return MakeIterator(std::move(items), budget);
}

// What map and select go through: nothing of anything that is false.
std::vector<Value> ItemsOrNone(const Value& value, Budget& budget) {
  return Truth(value) ? Items(value, budget) : std::vector<Value>();
}

Value Map(const Value& value, Arguments& arguments, Budget& budget) {
  const Filter* filter = nullptr;
  std::optional<Value> attribute, otherwise;
  if (const auto name = arguments.TakeNext()) {
    filter = name->AsString() == nullptr ? nullptr : FindFilter(*name->AsString());
    // A map in a map could go on for as long as the arguments do, since characters have characters.
    if (filter == nullptr || filter->apply == Map)
      throw Fault("map with the filter " + Repr(*name, budget) + " is not supported");
  } else {
    attribute = arguments.Require("attribute");
    otherwise = arguments.Take("default");
    arguments.Finish();
  }
  std::vector<Value> items;
  for (const Value& item : ItemsOrNone(value, budget)) {
    budget.SpendItems(1 + arguments.size());
    if (filter != nullptr) {
      Arguments each = arguments;
      items.push_back(filter->apply(item, each, budget));
      continue;
    }
    const Value part = Part(item, attribute, budget);
    items.push_back(part.IsUndefined() && otherwise ? *otherwise : part);
  }
  return MakeIterator(std::move(items), budget);
}

// select, reject, selectattr, rejectattr.
template <bool kKeep, bool kByAttribute>
Value Select(const Value& value, Arguments& arguments, Budget& budget) {
  std::optional<Value> attribute;
  if (kByAttribute) {
    attribute = arguments.TakeNext();
    if (!attribute) throw Fault("the attribute's name is missing");
  }
  const Test* test = nullptr;
  if (const auto name = arguments.TakeNext()) {
    test = name->AsString() == nullptr ? nullptr : FindTest(*name->AsString());
    if (test == nullptr) throw Fault("the test " + Repr(*name, budget) + " is not supported");
  } else {
    arguments.Finish();
  }
  std::vector<Value> items;
  for (Value& item : ItemsOrNone(value, budget)) {
    budget.SpendItems(1 + arguments.size());
    const Value part = Part(item, attribute, budget);
    Arguments each = arguments;
    if ((test != nullptr ? test->holds(part, each, budget) : Truth(part)) == kKeep)
      items.push_back(std::move(item));
  }
  return MakeIterator(std::move(items), budget);
}

constexpr Filter kFilters[] = {{"sort", Sort},
                               {"dictsort", DictSort},
                               {"unique", Unique},
                               {"min", Extreme<false>},
                               {"max", Extreme<true>},
                               {"length", Count},
                               {"count", Count},
                               {"first", First},
                               {"last", Last},
                               {"list", ToList},
                               {"reverse", Reverse},
                               {"join", JoinFilter},
                               {"sum", Sum},
                               {"items", ItemsOf},
                               {"map", Map},
                               {"select", Select<true, false>},
                               {"reject", Select<false, false>},
                               {"selectattr", Select<true, true>},
                               {"rejectattr", Select<false, true>}};

}  // namespace

const Filter* FindListFilter(std::string_view name) {
  const auto* it =
      std::find_if(std::begin(kFilters), std::end(kFilters), [&](const Filter& f) { return f.name == name; });
  return it == std::end(kFilters) ? nullptr : it;
}

}  // namespace hone::jinja
