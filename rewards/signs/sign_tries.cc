// One pass over the parts of the thinking. Covered by tests/rewards/signs_test.cc.
#include "rewards/signs/sign_tries.h"

#include <algorithm>
#include <optional>
#include <set>

namespace hone {
namespace {

constexpr size_t kMostDigits = 6;

struct Step {
  bool minus = false;
  int64_t total = 0;
};

std::optional<Step> TakeStep(std::string_view& part) {
  if (part.empty() || (part[0] != '+' && part[0] != '-')) return std::nullopt;
  Step step{part[0] == '-', 0};
  part.remove_prefix(1);
  const bool negative = part.starts_with('-');
  if (negative) part.remove_prefix(1);
  const size_t digits = std::min(part.find_first_not_of("0123456789"), part.size());
  if (digits == 0 || digits > kMostDigits) return std::nullopt;
  for (const char digit : part.substr(0, digits)) step.total = step.total * 10 + (digit - '0');
  if (negative) step.total = -step.total;
  part.remove_prefix(digits);
  return step;
}

// The steps of a part that is a try; empty for any other.
std::vector<Step> StepsOf(std::string_view part, size_t count) {
  std::vector<Step> steps;
  for (size_t i = 0; i < count; ++i) {
    const std::optional<Step> step = TakeStep(part);
    if (!step) return {};
    steps.push_back(*step);
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
    const std::vector<Step> steps = StepsOf(rest.substr(0, comma), numbers.size() - 1);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    if (steps.empty()) continue;
    ++read.tries;
    int64_t total = numbers[0], written = numbers[0];
    uint64_t signs = 0;
    for (size_t i = 0; i < steps.size(); ++i) {
      const int64_t change = steps[i].minus ? -numbers[i + 1] : numbers[i + 1];
      total += change;
      read.wrong_steps += steps[i].total != written + change;
      written = steps[i].total;
      signs = signs * 2 + steps[i].minus;
    }
    read.steps += static_cast<int64_t>(steps.size());
    last_hits = total == target;
    read.hits += last_hits;
    read.repeats += !seen.insert(signs).second;
  }
  read.gave_up = close != std::string_view::npos && !last_hits;
  return read;
}

}  // namespace hone
