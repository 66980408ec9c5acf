// Numbers as digit strings, compared by cross-multiplication in base 10^9.
// Covered by tests/rewards/numeric_answer_test.cc.
#include "rewards/numeric_answer.h"

#include <algorithm>
#include <cstdint>

#include "rewards/tag_format.h"

namespace hone {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\f\v";
  const size_t from = text.find_first_not_of(kBlanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlanks) + 1 - from);
}

void StripLeadingZeros(std::string& digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
}

// Digits without their commas: `12`, `1,234`, `12,345,678`. At least one digit.
std::optional<std::string> ParseWhole(std::string_view text) {
  std::string digits;
  digits.reserve(text.size());
  size_t group = 0, groups = 0;  // length of the group being read; commas so far
  for (char c : text) {
    if (IsDigit(c)) {
      digits.push_back(c);
      ++group;
    } else if (c == ',' && group > 0 && (groups == 0 ? group <= 3 : group == 3)) {
      group = 0;
      ++groups;
    } else {
      return std::nullopt;
    }
  }
  if (digits.empty() || (groups > 0 && group != 3)) return std::nullopt;
  return digits;
}

// Little-endian limbs of base 10^9.
std::vector<uint32_t> Limbs(std::string_view digits) {
  std::vector<uint32_t> limbs;
  limbs.reserve(digits.size() / 9 + 1);
  for (size_t end = digits.size(); end > 0;) {
    const size_t begin = end > 9 ? end - 9 : 0;
    uint32_t limb = 0;
    for (size_t i = begin; i < end; ++i) limb = limb * 10 + static_cast<uint32_t>(digits[i] - '0');
    limbs.push_back(limb);
    end = begin;
  }
  return limbs;
}

std::vector<uint32_t> Product(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
  constexpr uint64_t kBase = 1000000000;
  std::vector<uint32_t> out(a.size() + b.size(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    uint64_t carry = 0;
    for (size_t j = 0; j < b.size(); ++j) {
      const uint64_t sum = out[i + j] + uint64_t{a[i]} * b[j] + carry;
      out[i + j] = static_cast<uint32_t>(sum % kBase);
      carry = sum / kBase;
    }
    out[i + b.size()] = static_cast<uint32_t>(carry);
  }
  while (!out.empty() && out.back() == 0) out.pop_back();
  return out;
}

// n * 10^zeros.
std::string Shifted(const std::string& n, size_t zeros) { return n == "0" ? n : n + std::string(zeros, '0'); }

std::string Clipped(std::string_view text) {
  return text.size() <= 60 ? std::string(text) : std::string(text.substr(0, 57)) + "...";
}

}  // namespace

std::optional<WrittenNumber> ParseWrittenNumber(std::string_view text) {
  text = Trim(text);
  WrittenNumber n;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    n.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  n.denominator = "1";
  std::optional<std::string> whole;
  if (const size_t slash = text.find('/'); slash != std::string_view::npos) {
    whole = ParseWhole(text.substr(0, slash));
    std::optional<std::string> below = ParseWhole(text.substr(slash + 1));
    if (!below) return std::nullopt;
    n.denominator = *std::move(below);
    StripLeadingZeros(n.denominator);
    if (n.denominator == "0") return std::nullopt;
  } else if (const size_t point = text.find('.'); point != std::string_view::npos) {
    std::string_view decimals = text.substr(point + 1);
    if (!std::all_of(decimals.begin(), decimals.end(), IsDigit)) return std::nullopt;
    const std::string_view before = text.substr(0, point);
    if (before.empty() && decimals.empty()) return std::nullopt;
    whole = before.empty() ? std::string("0") : ParseWhole(before);
    while (!decimals.empty() && decimals.back() == '0') decimals.remove_suffix(1);
    if (whole) *whole += decimals;
    n.decimals = decimals.size();
  } else {
    whole = ParseWhole(text);
  }
  if (!whole) return std::nullopt;
  n.numerator = *std::move(whole);
  StripLeadingZeros(n.numerator);
  if (n.numerator == "0") {
    n.negative = false;
    n.denominator = "1";
    n.decimals = 0;
  }
  return n;
}

bool SameNumber(const WrittenNumber& answer, const WrittenNumber& gold) {
  if (answer.negative != gold.negative) return false;
  // Decimals without trailing zeros are canonical.
  if (answer.denominator == "1" && gold.denominator == "1") {
    return answer.decimals == gold.decimals && answer.numerator == gold.numerator;
  }
  // answer.n * gold.d * 10^gold.decimals == gold.n * answer.d * 10^answer.decimals. A product has as many
  // digits as its factors together, or one less; sides that cannot meet are told apart before multiplying.
  if (answer.numerator == "0" || gold.numerator == "0") return answer.numerator == gold.numerator;
  const std::string gold_below = Shifted(gold.denominator, gold.decimals);
  const std::string answer_below = Shifted(answer.denominator, answer.decimals);
  const size_t left = answer.numerator.size() + gold_below.size();
  const size_t right = gold.numerator.size() + answer_below.size();
  if (left > right + 1 || right > left + 1) return false;
  return Product(Limbs(answer.numerator), Limbs(gold_below)) ==
         Product(Limbs(gold.numerator), Limbs(answer_below));
}

std::vector<hone::Score> NumericAnswerReward::Score(const Group& group) const {
  const std::optional<WrittenNumber> gold = ParseWrittenNumber(group.prompt.gold);
  const bool too_long =
      gold && std::max({gold->numerator.size(), gold->denominator.size(), gold->decimals}) > kMaxGoldDigits;
  std::vector<hone::Score> scores;
  for (const Completion& completion : group.completions) {
    if (!gold || too_long) {
      scores.push_back(FaultScore("the gold '" + Clipped(group.prompt.gold) + "' of prompt " +
                                  std::to_string(group.prompt.index) +
                                  (gold ? " has more than " + std::to_string(kMaxGoldDigits) + " digits"
                                        : std::string(" is not a number"))));
      continue;
    }
    const TaggedText tags = ParseTags(completion.text);
    if (!tags.ok) {
      scores.push_back(ValueScore(name_, 0.0, "no answer: " + tags.fault));
      continue;
    }
    const std::optional<WrittenNumber> answer = ParseWrittenNumber(tags.answer);
    const bool same = answer && SameNumber(*answer, *gold);
    const std::string said = "'" + Clipped(Trim(tags.answer)) + "'";
    scores.push_back(ValueScore(name_, same ? 1.0 : 0.0,
                                !answer
                                    ? said + " is not a number"
                                    : said + (same ? " equals " : " is not ") + Clipped(group.prompt.gold)));
  }
  return scores;
}

}  // namespace hone
