#include "rewards/math/policy.h"

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace hone {
namespace {

template <class T>
bool ReadWhole(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<RoundingRule> Read(std::string_view text) {
  constexpr std::string_view kRelative = "relative:", kDecimals = "decimals:";
  RoundingRule rule;
  if (text == "exact") return rule;
  if (text == "gold_digits") {
    rule.kind = RoundingRule::Kind::kGoldDigits;
    return rule;
  }
  if (text.starts_with(kRelative)) {
    rule.kind = RoundingRule::Kind::kRelative;
    const bool read = ReadWhole(text.substr(kRelative.size()), rule.tolerance);
    if (read && rule.tolerance > 0 && rule.tolerance < 1) return rule;
  }
  if (text.starts_with(kDecimals)) {
    rule.kind = RoundingRule::Kind::kDecimals;
    const bool read = ReadWhole(text.substr(kDecimals.size()), rule.decimals);
    if (read && rule.decimals >= 0 && rule.decimals <= 100) return rule;
  }
  return std::nullopt;
}

}  // namespace

std::string CheckRounding(const std::string& text) {
  if (Read(text)) return "";
  return "must be exact, gold_digits, relative:<tolerance above 0 and below 1> or decimals:<0 to 100>";
}

RoundingRule ParseRounding(const std::string& text) {
  const std::optional<RoundingRule> rule = Read(text);
  if (!rule) std::abort();
  return *rule;
}

void SetFlag(MathPolicy& policy, const std::string& assignment, const char* option) {
  MathPolicy scratch, changed = policy;
  ParseFields(WalkOf(scratch), WalkOf(changed), "", "", {assignment}, option);
  policy = changed;
}

}  // namespace hone
