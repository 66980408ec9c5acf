// See functions.h. Covered by tests/data/chat_template_test.cc.
#include "data/jinja/functions.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace hone::jinja {
namespace {

Value RangeOf(Arguments& arguments, FunctionContext&, Budget& budget) {
  std::vector<int64_t> given;
  while (const auto bound = arguments.TakeInteger("")) given.push_back(*bound);
  arguments.Finish();
  if (given.empty() || given.size() > 3) throw Fault("range needs one to three integers");
  const int64_t start = given.size() > 1 ? given[0] : 0, stop = given.size() > 1 ? given[1] : given[0];
  const int64_t step = given.size() > 2 ? given[2] : 1;
  if (step == 0) throw Fault("range's step is 0");
  constexpr int64_t kMost = 100000;  // Jinja's sandbox has the same
  std::vector<Value> items;
  __int128 at = start;
  for (; step < 0 ? at > stop : at < stop; at += step) {
    if (static_cast<int64_t>(items.size()) == kMost) throw Fault("range has more than 100000 items");
    budget.Spend(Budget::kStep);
    items.push_back(static_cast<int64_t>(at));
  }
  return MakeSequence(Sequence::Kind::kRange, std::move(items), budget);
}

Value DictOf(Arguments& arguments, FunctionContext&, Budget& budget) {
  std::vector<std::pair<Value, Value>> entries;
  if (const auto base = arguments.TakeNext()) {
    if (base->AsDict() == nullptr)
      throw Fault(std::string("dict of a ") + base->TypeName() + " is not supported");
    entries = base->AsDict()->entries;
  }
  for (auto& [name, value] : arguments.TakeAllNamed())
    entries.emplace_back(Value::String(name), std::move(value));
  arguments.Finish();
  return MakeDict(std::move(entries), budget);
}

Value NamespaceOf(Arguments& arguments, FunctionContext& context, Budget& budget) {
  const Value dict = DictOf(arguments, context, budget);
  context.namespaces.push_back(std::make_unique<Namespace>());
  Namespace* ns = context.namespaces.back().get();
  for (const auto& [key, value] : dict.AsDict()->entries) {
    if (key.AsString() == nullptr) throw Fault("an attribute's name is not a str");
    SetAttribute(*ns, *key.AsString(), value, budget);
  }
  return ns;
}

Value RaiseException(Arguments& arguments, FunctionContext&, Budget& budget) {
  const Value message = arguments.Require("message");
  arguments.Finish();
  throw Fault(ToText(message, budget));
}

// datetime.now().strftime(format), for the codes that do not depend on more than date and time.
Value StrftimeNow(Arguments& arguments, FunctionContext& context, Budget& budget) {
  const std::string format = arguments.TakeString("format").value_or("");
  arguments.Finish();
  static constexpr std::string_view kCodes = "aAbBcCdDeFgGhHIjklmMnpPrRStTuUVwWxXyY%";
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out += format[i];
      continue;
    }
    const bool unpadded = i + 1 < format.size() && format[i + 1] == '-';
    i += unpadded ? 2 : 1;
    if (i >= format.size() || kCodes.find(format[i]) == std::string_view::npos)
      throw Fault("strftime_now's format '" + format + "' is not supported");
    const char code[] = {'%', unpadded ? '-' : format[i], unpadded ? format[i] : '\0', '\0'};
    char text[128];
    out.append(text, std::strftime(text, sizeof text, code, &*context.now));
  }
  return MakeString(std::move(out), budget);
}

struct Entry {
  const char* name;
  Value (*call)(Arguments& arguments, FunctionContext& context, Budget& budget);
};
constexpr Entry kFunctions[] = {{"range", RangeOf},
                                {"dict", DictOf},
                                {"namespace", NamespaceOf},
                                {"raise_exception", RaiseException},
                                {"strftime_now", StrftimeNow}};

const Entry* FindEntry(std::string_view name) {
  const auto* it = std::find_if(std::begin(kFunctions), std::end(kFunctions),
                                [&](const Entry& e) { return e.name == name; });
  return it == std::end(kFunctions) ? nullptr : it;
}

}  // namespace

std::optional<Value> FindFunction(const std::string& name, const FunctionContext& context) {
  static constexpr std::array kUnsupported = {"lipsum", "cycler", "joiner", "self", "super"};
  if (std::find(kUnsupported.begin(), kUnsupported.end(), name) != kUnsupported.end())
    throw Fault("'" + name + "' is not supported");
  const Entry* entry = FindEntry(name);
  if (entry == nullptr || (name == "strftime_now" && !context.now)) return std::nullopt;
  return FunctionRef{entry->name};
}

Value CallFunction(const FunctionRef& function, Arguments& arguments, FunctionContext& context,
                   Budget& budget) {
  return FindEntry(function.name)->call(arguments, context, budget);
}

void SetAttribute(Namespace& ns, const std::string& name, Value value, Budget& budget) {
  if (name.rfind('_', 0) == 0) throw Fault("a namespace cannot hold '" + name + "', which begins with '_'");
  budget.Spend(Budget::kItem);
  for (auto& [key, attribute] : ns.attributes) {
    if (key != name) continue;
    attribute = std::move(value);
    return;
  }
  ns.attributes.emplace_back(name, std::move(value));
}

}  // namespace hone::jinja
