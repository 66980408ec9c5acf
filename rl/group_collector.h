// Takes groups from the sampler through the scoring to their slots, and to the run store. Covered by
// tests/rl/group_source_test.cc and tests/rl/evaluation_test.cc.
#ifndef HONE_RL_GROUP_COLLECTOR_H_
#define HONE_RL_GROUP_COLLECTOR_H_

#include <chrono>
#include <cstdint>
#include <vector>

#include "data/run_store.h"
#include "data/types.h"
#include "rewards/runner.h"

namespace hone {

// Groups are scored while the sampler works on others. References everything.
class GroupCollector {
 public:
  // Each scored group goes to groups[slot]. With a store it is also committed there, soon after it was scored and at the
  // latest by Finish; without one (null) it is not.
  GroupCollector(RewardRunner& rewards, RunStore* store, std::vector<ScoredGroup>& groups)
      : rewards_(rewards), store_(store), groups_(groups) {}

  void Add(Group group);  // Error as RewardRunner
  void Finish();          // waits for the scores; Error as RewardRunner

  double score_seconds() const { return score_seconds_; }  // waited for scores; nothing was sampled meanwhile
  double store_seconds() const { return store_seconds_; }

 private:
  void Keep(std::vector<ScoredGroup> scored);
  void Commit();

  RewardRunner& rewards_;
  RunStore* const store_;
  std::vector<ScoredGroup>& groups_;
  std::vector<int64_t> pending_;  // slots scored and not committed
  std::chrono::steady_clock::time_point committed_ = std::chrono::steady_clock::now();
  double score_seconds_ = 0.0, store_seconds_ = 0.0;
};

}  // namespace hone

#endif  // HONE_RL_GROUP_COLLECTOR_H_
