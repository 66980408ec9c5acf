// Words, lines and numbers. Covered by tests/rewards/checkers_test.cc.
#include "rewards/code/checkers.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <vector>

#include "data/edit_distance.h"
#include "data/error.h"

namespace hone {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\f\v";

struct KindName {
  CheckerSpec::Kind kind;
  const char* name;
};
constexpr KindName kNames[] = {{CheckerSpec::Kind::kToken, "token"},
                               {CheckerSpec::Kind::kExact, "exact"},
                               {CheckerSpec::Kind::kFloat, "float"},
                               {CheckerSpec::Kind::kUnordered, "unordered"},
                               {CheckerSpec::Kind::kCustom, "custom"}};

// The next word of `rest`, which loses it; empty at the end.
std::string_view NextWord(std::string_view& rest) {
  const size_t begin = rest.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  const size_t end = std::min(rest.find_first_of(kBlanks, begin), rest.size());
  const std::string_view word = rest.substr(begin, end - begin);
  rest.remove_prefix(end);
  return word;
}

template <class Same>
bool SameWords(std::string_view expected, std::string_view actual, const Same& same) {
  while (true) {
    const std::string_view a = NextWord(expected), b = NextWord(actual);
    if (a.empty() || b.empty()) return a.empty() && b.empty();
    if (!same(a, b)) return false;
  }
}

// A finite decimal number and nothing else; `nan`, `inf` and hexadecimal are words.
std::optional<double> Number(std::string_view word) {
  if (!word.empty() && word[0] == '+') word.remove_prefix(1);
  if (word.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  double value = 0.0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

bool Near(const CheckerSpec& checker, std::string_view expected, std::string_view actual) {
  if (expected == actual) return true;
  const std::optional<double> a = Number(expected), b = Number(actual);
  return a && b && std::abs(*a - *b) <= std::max(checker.absolute, checker.relative * std::abs(*a));
}

std::vector<std::string> SortedLines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    std::string words;
    for (std::string_view word = NextWord(line); !word.empty(); word = NextWord(line)) {
      words += (words.empty() ? "" : " ") + std::string(word);
    }
    if (!words.empty()) lines.push_back(std::move(words));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

CheckerSpec::Kind CheckerKindOf(std::string_view name, const std::string& where) {
  std::string nearest = kNames[0].name;
  for (const KindName& row : kNames) {
    if (name == row.name) return row.kind;
    if (EditDistance(name, row.name) < EditDistance(name, nearest)) nearest = row.name;
  }
  throw Error("no checker is named '" + std::string(name) + "'", where,
              DidYouMean(name, nearest) + "There are: token, exact, float, unordered, custom");
}

Match CompareOutput(const CheckerSpec& checker, std::string_view expected, std::string_view actual) {
  const auto equal = [](std::string_view a, std::string_view b) { return a == b; };
  const auto near = [&](std::string_view a, std::string_view b) { return Near(checker, a, b); };
  bool same = false;
  switch (checker.kind) {
    case CheckerSpec::Kind::kExact:
      if (expected == actual) return Match::kAccepted;
      return SameWords(expected, actual, equal) ? Match::kPresentation : Match::kWrong;
    case CheckerSpec::Kind::kToken:
      same = SameWords(expected, actual, equal);
      break;
    case CheckerSpec::Kind::kFloat:
      same = SameWords(expected, actual, near);
      break;
    case CheckerSpec::Kind::kUnordered:
      same = SortedLines(expected) == SortedLines(actual);
      break;
    case CheckerSpec::Kind::kCustom:
      std::abort();
  }
  return same ? Match::kAccepted : Match::kWrong;
}

ValueRules RulesOf(const CheckerSpec& checker) {
  ValueRules rules;
  rules.numbers_by_value = checker.kind != CheckerSpec::Kind::kExact;
  rules.unordered = checker.kind == CheckerSpec::Kind::kUnordered;
  if (checker.kind == CheckerSpec::Kind::kFloat) {
    rules.absolute = checker.absolute;
    rules.relative = checker.relative;
  }
  return rules;
}

}  // namespace hone
