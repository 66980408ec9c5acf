// Python's strings (python_text.h) as filters and methods use them: paid for before the work is done. Covered by
// tests/data/chat_template_test.cc.
#ifndef HONE_DATA_JINJA_PAID_TEXT_H_
#define HONE_DATA_JINJA_PAID_TEXT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/jinja/python_text.h"
#include "data/jinja/value.h"

namespace hone::jinja {

Value PaidReplace(std::string_view text, std::string_view from, std::string_view to, int64_t most,
                  Budget& budget);
Value PaidStrip(std::string_view text, std::optional<std::string_view> characters, Side side, Budget& budget);
// `map` is Upper, Lower or Capitalize. Fault for a letter that they do not know.
Value PaidCase(std::optional<std::string> (*map)(std::string_view), std::string_view text, Budget& budget);
Value ListOfTexts(const std::vector<std::string_view>& parts, Budget& budget);

}  // namespace hone::jinja

#endif  // HONE_DATA_JINJA_PAID_TEXT_H_
