// See condition.h. Covered by tests/data/condition_test.cc.
#include "data/condition.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <iterator>

#include "data/error.h"

namespace hone {
namespace {

struct Comparison {
  std::string_view text;
  bool (*holds)(double value, double bound);
};

constexpr Comparison kComparisons[] = {  // the longer ones first: ">=" is not ">" and "="
    {">=", [](double a, double b) { return a >= b; }}, {"<=", [](double a, double b) { return a <= b; }},
    {"==", [](double a, double b) { return a == b; }}, {"!=", [](double a, double b) { return a != b; }},
    {">", [](double a, double b) { return a > b; }},   {"<", [](double a, double b) { return a < b; }}};

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

bool Condition::Holds(double value) const {
  if (std::isnan(value)) return false;
  for (const Comparison& c : kComparisons) {
    if (c.text == comparison) return c.holds(value, bound);
  }
  std::abort();
}

Condition ParseCondition(std::string_view text, const std::string& where) {
  for (const Comparison& c : kComparisons) {
    const size_t at = text.find(c.text);
    if (at == std::string_view::npos) continue;
    const std::string_view name = Trim(text.substr(0, at)), number = Trim(text.substr(at + c.text.size()));
    double bound = 0.0;
    const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(), bound);
    if (name.empty() || name.find_first_of(" \t<>=!") != std::string_view::npos || fault != std::errc() ||
        end != number.data() + number.size() || !std::isfinite(bound)) {
      break;
    }
    return {std::string(text), std::string(name), std::string(c.text), bound};
  }
  throw Error("\"" + std::string(text) + "\" is no condition", where,
              "write NAME, one of >= <= > < == !=, and a number, e.g. \"answer >= 1\"");
}

std::vector<Condition> ParseConditions(const std::vector<std::string>& texts, const std::string& where) {
  std::vector<Condition> conditions;
  for (const std::string& text : texts) conditions.push_back(ParseCondition(text, where));
  return conditions;
}

}  // namespace hone
