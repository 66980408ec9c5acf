// A reward that is a command speaking JSON lines. Covered by tests/rewards/plugins_command_test.cc.
#ifndef HONE_REWARDS_PLUGINS_COMMAND_REWARD_H_
#define HONE_REWARDS_PLUGINS_COMMAND_REWARD_H_

#include <string>
#include <vector>

#include "rewards/plugins/worker_pool.h"
#include "rewards/reward.h"

namespace hone {

// `command: ./score --strict`: run by /bin/sh; for each group it reads one line and writes one (see
// score_json.h). Its standard error goes into the explanation of faults.
class CommandReward : public RewardFn {
 public:
  // Starts the first process. Error when /bin/sh cannot be started; a command that ends at once is a fault later.
  CommandReward(const std::string& command, const std::string& directory, double deadline);

  const std::string& name() const override { return name_; }
  std::vector<hone::Score> Score(const Group& group) const override { return pool_.ScoreGroup(group); }
  bool KeepsDeadline() const override { return true; }

 private:
  const std::string name_ = "command";
  mutable WorkerPool pool_;
};

}  // namespace hone

#endif  // HONE_REWARDS_PLUGINS_COMMAND_REWARD_H_
