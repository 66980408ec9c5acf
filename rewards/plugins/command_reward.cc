// See command_reward.h. Covered by tests/rewards/plugins_command_test.cc.
#include "rewards/plugins/command_reward.h"

namespace hone {

CommandReward::CommandReward(const std::string& command, const std::string& directory, double deadline)
    : pool_({.argv = {"/bin/sh", "-c", command}, .directory = directory, .deadline = deadline}, "command") {}

}  // namespace hone
