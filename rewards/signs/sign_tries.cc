// One pass over the parts of the thinking. Covered by tests/rewards/signs_test.cc.
#include "rewards/signs/sign_tries.h"

#include <algorithm>
#include <optional>
#include <set>

#include "data/sign_puzzle.h"

namespace hone {
namespace {

struct Step {
  bool minus = false;  // the sign; the first number has none
  int64_t left = 0;
};

// A number with or without a minus.
std::optional<int64_t> TakeLeft(std::string_view& part) {
  const bool negative = part.starts_with('-');
  if (negative) part.remove_prefix(1);
  const size_t digits = std::min(part.find_first_not_of("0123456789"), part.size());
  if (digits == 0 || digits > kMostSignDigits) return std::nullopt;
  int64_t left = 0;
  for (const char digit : part.substr(0, digits)) left = left * 10 + (digit - '0');
  part.remove_prefix(digits);
  return negative ? -left : left;
}

// The steps of a part that is a try, one for each number; empty for any other.
std::vector<Step> StepsOf(std::string_view part, size_t count) {
  std::vector<Step> steps;
  for (size_t i = 0; i < count; ++i) {
    Step step;
    if (i > 0) {
      if (!part.starts_with('+') && !part.starts_with('-')) return {};
      step.minus = part[0] == '-';
      part.remove_prefix(1);
    }
    const std::optional<int64_t> left = TakeLeft(part);
    if (!left) return {};
    step.left = *left;
    steps.push_back(step);
  }
  return part == "y" || part == "n" ? steps : std::vector<Step>();
}

}  // namespace

SignTries ReadSignTries(std::string_view completion, const std::vector<int64_t>& numbers, int64_t target) {
  constexpr std::string_view kOpen = "<think>", kClose = "</think>";
  if (const size_t open = completion.find(kOpen); open != std::string_view::npos)
    completion.remove_prefix(open + kOpen.size());
  const size_t close = completion.find(kClose);
  std::string_view rest = completion.substr(0, close);

  SignTries read;
  read.thinking = static_cast<int64_t>(rest.size());
  bool last_hits = false;
  std::set<uint64_t> seen;  // signs, as bits
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    const std::vector<Step> steps = StepsOf(rest.substr(0, comma), numbers.size());
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    if (steps.empty()) continue;
    ++read.tries;
    int64_t left = target, written = target;
    uint64_t signs = 0;
    for (size_t i = 0; i < steps.size(); ++i) {
      const int64_t change = steps[i].minus ? -numbers[i] : numbers[i];
      left -= change;
      read.wrong_steps += steps[i].left != written - change;
      written = steps[i].left;
      signs = signs * 2 + steps[i].minus;
    }
    read.steps += static_cast<int64_t>(steps.size());
    last_hits = left == 0;
    read.hits += last_hits;
    read.repeats += !seen.insert(signs).second;
  }
  read.gave_up = close != std::string_view::npos && !last_hits;
  return read;
}

}  // namespace hone
