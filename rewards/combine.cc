// Adding up rewards without losing a fault. Covered by tests/rewards/combine_test.cc.
#include "rewards/combine.h"

#include <cmath>

#include "data/error.h"

namespace hone {
namespace {

void Append(std::string& line, const std::string& text) { line += (line.empty() ? "" : "; ") + text; }

// Adds one reward's score to the sum so far; a fault stays a fault.
void Add(const std::string& name, double weight, const Score& part, Score& sum) {
  if (part.status == Score::Status::kNotApplicable) {
    if (sum.status != Score::Status::kFault)
      Append(sum.explanation, name + " does not apply: " + part.explanation);
    return;
  }
  if (part.status == Score::Status::kFault || !std::isfinite(part.value)) {
    if (sum.status != Score::Status::kFault) sum.explanation.clear();
    sum.status = Score::Status::kFault;
    Append(sum.explanation,
           name + ": " + (part.status == Score::Status::kFault ? part.explanation : "value not finite"));
    return;
  }
  sum.parts.emplace_back(name, part.value);
  if (sum.status == Score::Status::kFault) return;
  sum.status = Score::Status::kValue;
  sum.value += weight * part.value;
  Append(sum.explanation, name + ": " + part.explanation);
}

}  // namespace

CombinedReward::CombinedReward(std::vector<std::pair<std::unique_ptr<RewardFn>, double>> rewards)
    : rewards_(std::move(rewards)) {}

std::vector<hone::Score> CombinedReward::Score(const Group& group) const {
  const size_t count = group.completions.size();
  std::vector<hone::Score> sums(count, {hone::Score::Status::kNotApplicable, 0.0, {}, ""});
  for (const auto& [reward, weight] : rewards_) {
    std::vector<hone::Score> parts = reward->Score(group);
    if (parts.size() != count) {
      parts.assign(count, FaultScore("returned " + std::to_string(parts.size()) + " scores for " +
                                     std::to_string(count) + " completions"));
    }
    for (size_t i = 0; i < count; ++i) Add(reward->name(), weight, parts[i], sums[i]);
  }
  for (hone::Score& sum : sums) {
    if (sum.status != hone::Score::Status::kValue) sum.value = 0.0;
  }
  return sums;
}

std::unique_ptr<RewardFn> MakeCombinedReward(const std::vector<RewardWeight>& weights) {
  if (weights.empty())
    throw Error("no reward is given", "rewards", "name at least one reward and its weight");
  std::vector<std::pair<std::unique_ptr<RewardFn>, double>> rewards;
  for (const RewardWeight& w : weights) {
    if (!std::isfinite(w.weight)) {
      throw Error("the weight of '" + w.name + "' is not finite", "rewards", "give it a plain number");
    }
    for (const auto& [reward, weight] : rewards) {
      if (reward->name() == w.name) {
        throw Error("'" + w.name + "' is listed twice", "rewards",
                    "keep one of them, with the sum of the weights");
      }
    }
    rewards.emplace_back(MakeReward(w.name), w.weight);
  }
  return std::make_unique<CombinedReward>(std::move(rewards));
}

}  // namespace hone
