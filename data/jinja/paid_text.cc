// See paid_text.h. Covered by tests/data/chat_template_test.cc.
#include "data/jinja/paid_text.h"

#include <algorithm>

namespace hone::jinja {

Value PaidReplace(std::string_view text, std::string_view from, std::string_view to, int64_t most,
                  Budget& budget) {
  const auto size = static_cast<int64_t>(text.size());
  budget.Spend(size);
  int64_t places = from.empty() ? Length(text) + 1 : 0;
  if (!from.empty()) {
    for (size_t at = Find(text, from); at != std::string_view::npos; at = Find(text, from, at + from.size()))
      ++places;
  }
  if (most >= 0) places = std::min(places, most);
  const auto longer = static_cast<int64_t>(to.size());
  if (longer > 0 && places > Budget::kTotal / longer) throw Fault("the template does too much work");
  budget.Spend(2 * (size + places * longer));
  return Value::String(Replace(text, from, to, most));
}

Value PaidStrip(std::string_view text, std::optional<std::string_view> characters, Side side,
                Budget& budget) {
  const size_t most = static_cast<size_t>(Budget::kTotal) + 1;
  const size_t others = characters ? characters->size() + 1 : 1;
  if (text.size() > most / others) throw Fault("the template does too much work");
  budget.Spend(static_cast<int64_t>(text.size() * others));
  return MakeString(std::string(Strip(text, characters, side)), budget);
}

Value PaidCase(std::optional<std::string> (*map)(std::string_view), std::string_view text, Budget& budget) {
  budget.Spend(4 * static_cast<int64_t>(text.size()));
  std::optional<std::string> mapped = map(text);
  if (!mapped)
    throw Fault("a letter in the text has another case of several letters, which is not supported");
  return Value::String(*std::move(mapped));
}

Value ListOfTexts(const std::vector<std::string_view>& parts, Budget& budget) {
  std::vector<Value> items;
  for (const std::string_view part : parts) {
    budget.Spend(Budget::kItem);
    items.push_back(MakeString(std::string(part), budget));
  }
  return MakeList(std::move(items), budget);
}

}  // namespace hone::jinja
