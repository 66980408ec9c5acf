// See group_metrics.h. Covered by tests/rl/grpo_test.cc.
#include "rl/group_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "rewards/combine.h"
#include "rl/objective/advantages.h"

namespace hone {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// Mean of the values a reward gave and the number of its faults.
void DescribeReward(const std::vector<ScoredGroup>& groups, const std::string& reward, Metrics& metrics) {
  double sum = 0, values = 0, faults = 0;
  for (const ScoredGroup& g : groups) {
    for (const Score& score : g.scores) {
      for (const auto& [name, value] : score.parts) {
        if (name != reward) continue;
        if (std::isnan(value)) {
          ++faults;
        } else {
          sum += value;
          ++values;
        }
      }
    }
  }
  metrics.emplace_back("rewards/" + reward + "/mean", values > 0 ? sum / values : kNan);
  metrics.emplace_back("rewards/" + reward + "/faults", faults);
}

// Means of what the rewards say of a completion beside their value (REWARD/PART), in order of first mention.
void DescribeParts(const std::vector<ScoredGroup>& groups, Metrics& metrics) {
  std::map<std::string, std::pair<size_t, double>>
      places;  // in `metrics`, which holds the sum; the number of values
  for (const ScoredGroup& g : groups) {
    for (const Score& score : g.scores) {
      for (const auto& [name, value] : score.parts) {
        if (name.find('/') == std::string::npos) continue;
        const auto [at, is_new] = places.try_emplace(name, metrics.size(), 0.0);
        if (is_new) metrics.emplace_back("parts/" + name, 0.0);
        metrics[at->second.first].second += value;
        at->second.second += 1.0;
      }
    }
  }
  for (const auto& [name, place] : places) metrics[place.first].second /= place.second;
}

}  // namespace

std::vector<std::optional<double>> RewardsOf(const ScoredGroup& group) {
  std::vector<std::optional<double>> rewards;
  for (const Score& score : group.scores) {
    rewards.push_back(score.status == Score::Status::kValue ? std::optional(score.value) : std::nullopt);
  }
  return rewards;
}

void DescribeGroups(const std::vector<ScoredGroup>& groups, const std::vector<std::string>& rewards,
                    Metrics& metrics) {
  double reward = 0, deviation = 0, scored = 0, without_signal = 0, faults = 0, all = 0, tokens = 0,
         longest = 0, truncated = 0, right = 0, well_formed = 0;
  for (size_t g = 0; g < groups.size(); ++g) {
    const GroupFacts facts = FactsOf(RewardsOf(groups[g]));
    deviation += facts.deviation;
    without_signal += !facts.has_signal;
    for (size_t i = 0; i < groups[g].scores.size(); ++i) {
      const Score& score = groups[g].scores[i];
      const Completion& completion = groups[g].group.completions[i];
      const auto length = static_cast<double>(completion.ids.size());
      ++all;
      tokens += length;
      longest = std::max(longest, length);
      truncated += completion.finish == FinishReason::kLength;
      faults += score.status == Score::Status::kFault;
      if (score.status != Score::Status::kValue) continue;
      ++scored;
      reward += score.value;
      right += AnswerIsRight(score).value_or(false);
      for (const auto& [name, value] : score.parts) well_formed += name == "format" && value == 1.0;
    }
  }
  metrics.insert(metrics.end(), {{"reward", scored > 0 ? reward / scored : kNan},
                                 {"reward_std", deviation / static_cast<double>(groups.size())},
                                 {"accuracy", scored > 0 ? right / scored : kNan},
                                 {"format", scored > 0 ? well_formed / scored : kNan},
                                 {"length", tokens / all},
                                 {"length_max", longest},
                                 {"truncated", truncated / all},
                                 {"groups", static_cast<double>(groups.size())},
                                 {"groups_without_signal", without_signal},
                                 {"faults", faults},
                                 {"tokens", tokens}});
  for (const std::string& name : rewards) DescribeReward(groups, name, metrics);
  DescribeParts(groups, metrics);
}

void DescribeLatencies(const std::vector<RewardLatency>& latencies, Metrics& metrics) {
  for (const RewardLatency& latency : latencies) {
    if (latency.calls == 0) continue;
    metrics.emplace_back("rewards/" + latency.name + "/seconds_p50", latency.p50);
    metrics.emplace_back("rewards/" + latency.name + "/seconds_p99", latency.p99);
  }
}

}  // namespace hone
