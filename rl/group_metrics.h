// What a step's scored groups say by themselves, before anything is learnt from them. Covered by
// tests/rl/grpo_test.cc.
#ifndef HONE_RL_GROUP_METRICS_H_
#define HONE_RL_GROUP_METRICS_H_

#include <optional>
#include <string>
#include <vector>

#include "data/run_store.h"
#include "data/types.h"
#include "rewards/runner.h"

namespace hone {

// Appends reward, accuracy, lengths and their like, for each reward its mean and faults, and the means of parts: functions of
// the groups, so that replayed ones give the same. `rewards` are the names of the parts.
void DescribeGroups(const std::vector<ScoredGroup>& groups, const std::vector<std::string>& rewards,
                    Metrics& metrics);

// A group's rewards; nullopt for a completion whose score is no value.
std::vector<std::optional<double>> RewardsOf(const ScoredGroup& group);

// Appends how long each reward's calls took, for those that had any.
void DescribeLatencies(const std::vector<RewardLatency>& latencies, Metrics& metrics);

}  // namespace hone

#endif  // HONE_RL_GROUP_METRICS_H_
