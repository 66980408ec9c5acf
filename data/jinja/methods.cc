// See methods.h. Covered by tests/data/chat_template_test.cc.
#include "data/jinja/methods.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "data/jinja/paid_text.h"

namespace hone::jinja {
namespace {

using Apply = Value (*)(const Value& self, Arguments& arguments, Budget& budget);
struct Entry {
  std::string_view name;
  Apply apply;  // null: Python has it, this has not
};

const std::string& TextOf(const Value& self, Budget& budget, int64_t times = 1) {
  budget.Spend(times * static_cast<int64_t>(self.AsString()->size()));
  return *self.AsString();
}

constexpr int64_t kPart = sizeof(std::string_view);  // of a split; there may be one at every byte

template <auto kSplit>
Value SplitText(const Value& self, Arguments& arguments, Budget& budget) {
  const auto separator = arguments.TakeString("sep", true);
  const int64_t most = arguments.TakeInteger("maxsplit").value_or(-1);
  arguments.Finish();
  if (separator && separator->empty()) throw Fault("empty separator");
  return ListOfTexts(kSplit(TextOf(self, budget, kPart), separator, most < 0 ? -1 : most), budget);
}

template <Side kSide>
Value StripText(const Value& self, Arguments& arguments, Budget& budget) {
  const auto characters = arguments.TakeString("", true);
  arguments.Finish();
  return PaidStrip(*self.AsString(), characters, kSide, budget);
}

template <bool kEnd>
Value BeginsOrEnds(const Value& self, Arguments& arguments, Budget& budget) {
  const Value given = arguments.Require("");
  arguments.Finish();
  const std::string& text = *self.AsString();
  const auto holds = [&](const Value& part) {
    if (part.AsString() == nullptr) throw Fault(std::string("not a str to compare with: ") + part.TypeName());
    budget.Spend(Budget::kStep + static_cast<int64_t>(std::min(text.size(), part.AsString()->size())));
    return kEnd ? text.ends_with(*part.AsString()) : text.starts_with(*part.AsString());
  };
  const Sequence* several = given.AsListOrTuple();
  if (several == nullptr || several->kind != Sequence::Kind::kTuple) return holds(given);
  return std::any_of(several->items.begin(), several->items.end(), holds);
}

template <bool kEnd>
Value RemoveAffix(const Value& self, Arguments& arguments, Budget& budget) {
  const std::string affix = arguments.TakeString("").value_or("");
  arguments.Finish();
  const std::string& text = TextOf(self, budget);
  if (kEnd ? !text.ends_with(affix) : !text.starts_with(affix)) return self;
  return MakeString(kEnd ? text.substr(0, text.size() - affix.size()) : text.substr(affix.size()), budget);
}

Value ReplaceText(const Value& self, Arguments& arguments, Budget& budget) {
  const auto from = arguments.TakeString(""), to = arguments.TakeString("");
  const int64_t most = arguments.TakeInteger("count").value_or(-1);
  arguments.Finish();
  if (!from || !to) throw Fault("replace needs two texts");
  return PaidReplace(*self.AsString(), *from, *to, most, budget);
}

template <auto kMap>
Value MapText(const Value& self, Arguments& arguments, Budget& budget) {
  arguments.Finish();
  return PaidCase(kMap, *self.AsString(), budget);
}

Value FindText(const Value& self, Arguments& arguments, Budget& budget) {
  const auto part = arguments.TakeString("");
  arguments.Finish();
  if (!part) throw Fault("find needs a text");
  const std::string& text = TextOf(self, budget);
  const size_t at = Find(text, *part);
  return at == std::string_view::npos ? int64_t{-1} : Length(std::string_view(text).substr(0, at));
}

Value CountText(const Value& self, Arguments& arguments, Budget& budget) {
  const auto part = arguments.TakeString("");
  arguments.Finish();
  if (!part) throw Fault("count needs a text");
  const std::string& text = TextOf(self, budget);
  if (part->empty()) return Length(text) + 1;
  int64_t count = 0;
  for (size_t at = Find(text, *part); at != std::string_view::npos; at = Find(text, *part, at + part->size()))
    ++count;
  return count;
}

Value JoinTexts(const Value& self, Arguments& arguments, Budget& budget) {
  const Value parts = arguments.Require("");
  arguments.Finish();
  std::string out;
  bool first = true;
  for (const Value& part : Items(parts, budget)) {
    if (part.AsString() == nullptr)
      throw Fault(std::string("join found a ") + part.TypeName() + ", not a str");
    if (!std::exchange(first, false)) out += *self.AsString();
    out += *part.AsString();
    budget.Spend(2 * static_cast<int64_t>(self.AsString()->size() + part.AsString()->size()));
  }
  return Value::String(std::move(out));
}

Value LinesOf(const Value& self, Arguments& arguments, Budget& budget) {
  arguments.Finish();
  return ListOfTexts(SplitLines(TextOf(self, budget, kPart)), budget);
}

Value GetEntry(const Value& self, Arguments& arguments, Budget& budget) {
  const Value key = arguments.Require("");
  const Value otherwise = arguments.Take("").value_or(None{});
  arguments.Finish();
  RequireKey(key);
  const Value* found = self.AsDict()->Find(key, budget);
  return found != nullptr ? *found : otherwise;
}

template <Sequence::Kind kKind>
Value View(const Value& self, Arguments& arguments, Budget& budget) {
  arguments.Finish();
  std::vector<Value> items;
  budget.SpendItems(self.AsDict()->entries.size());
  for (const auto& [key, value] : self.AsDict()->entries) {
    if (kKind == Sequence::Kind::kKeys) items.push_back(key);
    if (kKind == Sequence::Kind::kValues) items.push_back(value);
    if (kKind == Sequence::Kind::kItems)
      items.push_back(MakeSequence(Sequence::Kind::kTuple, {key, value}, budget));
  }
  return MakeSequence(kKind, std::move(items), budget);
}

Value CountItems(const Value& self, Arguments& arguments, Budget& budget) {
  const Value item = arguments.Require("");
  arguments.Finish();
  int64_t count = 0;
  for (const Value& other : self.AsListOrTuple()->items) count += Equal(other, item, budget);
  return count;
}

Value Cycle(const Value& self, Arguments& arguments, Budget&) {
  std::vector<Value> values;
  while (auto value = arguments.TakeNext()) values.push_back(*std::move(value));
  arguments.Finish();
  if (values.empty()) throw Fault("no items for cycling given");
  return values[(*self.As<std::shared_ptr<Loop>>())->index % values.size()];
}

Value Changed(const Value& self, Arguments& arguments, Budget& budget) {
  std::vector<Value> values;
  while (auto value = arguments.TakeNext()) values.push_back(*std::move(value));
  arguments.Finish();
  const Value now = MakeSequence(Sequence::Kind::kTuple, std::move(values), budget);
  Loop& loop = **self.As<std::shared_ptr<Loop>>();
  if (now.depth() > loop.items->depth)
    throw Fault("loop.changed of what is nested deeper than the loop's items");
  if (loop.changed != nullptr && Equal(*loop.changed, now, budget)) return false;
  loop.changed = std::make_shared<const Value>(now);
  return true;
}

constexpr Entry kTextMethods[] = {
    {"split", SplitText<Split>},
    {"rsplit", SplitText<SplitRight>},
    {"strip", StripText<Side::kBoth>},
    {"lstrip", StripText<Side::kLeft>},
    {"rstrip", StripText<Side::kRight>},
    {"startswith", BeginsOrEnds<false>},
    {"endswith", BeginsOrEnds<true>},
    {"removeprefix", RemoveAffix<false>},
    {"removesuffix", RemoveAffix<true>},
    {"replace", ReplaceText},
    {"upper", MapText<Upper>},
    {"lower", MapText<Lower>},
    {"capitalize", MapText<Capitalize>},
    {"find", FindText},
    {"count", CountText},
    {"join", JoinTexts},
    {"splitlines", LinesOf},
    {"casefold", nullptr},
    {"center", nullptr},
    {"encode", nullptr},
    {"expandtabs", nullptr},
    {"format", nullptr},
    {"format_map", nullptr},
    {"index", nullptr},
    {"isalnum", nullptr},
    {"isalpha", nullptr},
    {"isascii", nullptr},
    {"isdecimal", nullptr},
    {"isdigit", nullptr},
    {"isidentifier", nullptr},
    {"islower", nullptr},
    {"isnumeric", nullptr},
    {"isprintable", nullptr},
    {"isspace", nullptr},
    {"istitle", nullptr},
    {"isupper", nullptr},
    {"ljust", nullptr},
    {"maketrans", nullptr},
    {"partition", nullptr},
    {"rfind", nullptr},
    {"rindex", nullptr},
    {"rjust", nullptr},
    {"rpartition", nullptr},
    {"swapcase", nullptr},
    {"title", nullptr},
    {"translate", nullptr},
    {"zfill", nullptr},
};
constexpr Entry kDictMethods[] = {
    {"get", GetEntry},
    {"keys", View<Sequence::Kind::kKeys>},
    {"values", View<Sequence::Kind::kValues>},
    {"items", View<Sequence::Kind::kItems>},
    {"clear", nullptr},
    {"copy", nullptr},
    {"fromkeys", nullptr},
    {"pop", nullptr},
    {"popitem", nullptr},
    {"setdefault", nullptr},
    {"update", nullptr},
};
constexpr Entry kListMethods[] = {
    {"count", CountItems}, {"append", nullptr},  {"clear", nullptr},  {"copy", nullptr},
    {"extend", nullptr},   {"index", nullptr},   {"insert", nullptr}, {"pop", nullptr},
    {"remove", nullptr},   {"reverse", nullptr}, {"sort", nullptr},
};
constexpr Entry kTupleMethods[] = {{"count", CountItems}, {"index", nullptr}};
constexpr Entry kLoopMethods[] = {{"cycle", Cycle}, {"changed", Changed}};

const Entry* FindMethod(const Value& value, std::string_view name) {
  const auto in = [name](const auto& table) -> const Entry* {
    const auto* it =
        std::find_if(std::begin(table), std::end(table), [&](const Entry& e) { return e.name == name; });
    return it == std::end(table) ? nullptr : it;
  };
  if (value.AsString() != nullptr) return in(kTextMethods);
  if (value.AsDict() != nullptr) return in(kDictMethods);
  if (value.As<std::shared_ptr<Loop>>() != nullptr) return in(kLoopMethods);
  const Sequence* s = value.AsListOrTuple();
  if (s == nullptr) return nullptr;
  return s->kind == Sequence::Kind::kList ? in(kListMethods) : in(kTupleMethods);
}

}  // namespace

bool IsMethod(const Value& value, const std::string& name) {
  const Entry* entry = FindMethod(value, name);
  if (entry == nullptr) return false;
  if (entry->apply == nullptr)
    throw Fault("the method '" + name + "' of a " + value.TypeName() + " is not supported");
  if (value.As<Text>() != nullptr && value.As<Text>()->safe)
    throw Fault("the methods of a text marked safe are not supported");
  return true;
}

Value CallMethod(const Method& method, Arguments& arguments, Budget& budget) {
  return FindMethod(*method.self, method.name)->apply(*method.self, arguments, budget);
}

}  // namespace hone::jinja
