// Scores groups on threads of its own while others are still being sampled, and keeps the deadlines. Covered by
// tests/rewards/runner_test.cc.
#ifndef HONE_REWARDS_RUNNER_H_
#define HONE_REWARDS_RUNNER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rewards/reward.h"

namespace hone {

enum class OnFault { kDrop, kStop };  // leave the completion out, or stop the run

struct RunnerReward {
  std::string name;  // of its part in the combined score
  double weight = 1.0;
  double deadline = 60.0;   // seconds for one group
  int64_t concurrency = 1;  // groups scored at once
  OnFault on_fault = OnFault::kDrop;
  std::shared_ptr<const RewardFn> reward;
};

// How long the calls of one reward took.
struct RewardLatency {
  std::string name;
  int64_t calls = 0;
  double p50 = 0.0, p99 = 0.0;  // seconds, nearest rank; NaN without calls
};

// Used from one thread. What is scored depends on the groups alone, not on the threads; the order of groups that come
// back does not. An exception in a reward is a fault.
//
// Deadlines: a reward outside this process keeps its own. A call inside it cannot be ended: when it is overdue it counts as a
// fault, its thread is left to itself and a fresh one takes over; after a few of those the reward is
// given up with an Error. The clock starts when the call does, so a long queue makes no faults.
class RewardRunner {
 public:
  // Error for an empty list or a repeated name; others are broken invariants (see RewardConfig).
  explicit RewardRunner(std::vector<RunnerReward> rewards);
  ~RewardRunner();  // waits 2 s at most for calls that run; the rest are left to themselves
  RewardRunner(const RewardRunner&) = delete;
  RewardRunner& operator=(const RewardRunner&) = delete;

  // Takes a group with all its completions. Waits while too many are not scored yet.
  void Submit(Group group);
  // The groups scored since last asked, in no order. Error when a reward that stops the run has a fault: the group
  // that has it is not returned.
  std::vector<ScoredGroup> TakeFinished();
  // The same once every group is scored.
  std::vector<ScoredGroup> WaitForAll();

  // The names of the rewards, in order.
  std::vector<std::string> names() const;
  // Latencies of the calls since last asked, in the order of names().
  std::vector<RewardLatency> TakeLatencies();

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with threads that may outlive this object
};

}  // namespace hone

#endif  // HONE_REWARDS_RUNNER_H_
