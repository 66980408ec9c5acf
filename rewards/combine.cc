// Adding up rewards without losing a fault. Covered by tests/rewards/combine_test.cc.
#include "rewards/combine.h"

#include <cmath>
#include <limits>

namespace hone {
namespace {

void Append(std::string& line, const std::string& text) { line += (line.empty() ? "" : "; ") + text; }

void AddFault(const std::string& name, const std::string& explanation, Score& sum) {
  if (sum.status != Score::Status::kFault) sum.explanation.clear();
  sum.status = Score::Status::kFault;
  sum.parts.emplace_back(name, std::numeric_limits<double>::quiet_NaN());
  Append(sum.explanation, name + ": " + explanation);
}

// Adds one reward's score to the sum so far; a fault stays a fault.
void Add(const std::string& name, double weight, const Score& part, Score& sum) {
  if (part.status == Score::Status::kNotApplicable) {
    if (sum.status != Score::Status::kFault)
      Append(sum.explanation, name + " does not apply: " + part.explanation);
    return;
  }
  if (part.status == Score::Status::kFault) return AddFault(name, part.explanation, sum);
  if (!std::isfinite(part.value)) return AddFault(name, "value not finite", sum);
  if (std::abs(weight * part.value) > kLargestReward) return AddFault(name, "value beyond 1e100", sum);
  sum.parts.emplace_back(name, part.value);
  if (part.parts.size() > 1) {
    for (const auto& [own, value] : part.parts) sum.parts.emplace_back(name + "/" + own, value);
  }
  if (sum.status == Score::Status::kFault) return;
  sum.status = Score::Status::kValue;
  sum.value += weight * part.value;
  Append(sum.explanation, name + ": " + part.explanation);
}

}  // namespace

std::vector<Score> CombineScores(const std::vector<WeightedScores>& rewards, size_t num_completions) {
  std::vector<Score> sums(num_completions, {Score::Status::kNotApplicable, 0.0, {}, ""});
  for (const WeightedScores& reward : rewards) {
    for (size_t i = 0; i < num_completions; ++i) {
      if (reward.scores.size() == num_completions) {
        Add(reward.name, reward.weight, reward.scores[i], sums[i]);
      } else {
        AddFault(reward.name,
                 "returned " + std::to_string(reward.scores.size()) + " scores for " +
                     std::to_string(num_completions) + " completions",
                 sums[i]);
      }
    }
  }
  for (Score& sum : sums) {
    if (sum.status != Score::Status::kValue) sum.value = 0.0;
  }
  return sums;
}

std::optional<bool> AnswerIsRight(const Score& combined) {
  for (const auto& [name, value] : combined.parts) {
    if (name != "answer" && name != "math" && name != "code") continue;
    if (std::isnan(value)) return std::nullopt;
    return value == 1.0;
  }
  return std::nullopt;
}

}  // namespace hone
