// Removes a sandbox's cgroups when this process ends in whatever way, SIGKILL too. Covered by tests/rewards/sandbox_modes_test.cc.
#ifndef HONE_REWARDS_CODE_GROUP_SWEEPER_H_
#define HONE_REWARDS_CODE_GROUP_SWEEPER_H_

#include <sys/types.h>

#include <string>

#include "rewards/code/box_group.h"
#include "rewards/code/channel.h"

namespace hone {

// A small process that waits for the end of this one, or of this object, and then removes the groups whose names begin with `prefix`.
// None is started where there are no places. Throws Error when it cannot be started.
class GroupSweeper {
 public:
  GroupSweeper(const Descriptor& image, const GroupPlaces& places, const std::string& prefix);
  GroupSweeper(const GroupSweeper&) = delete;
  ~GroupSweeper();

 private:
  Descriptor ours_;
  pid_t pid_ = -1;
};

}  // namespace hone

#endif  // HONE_REWARDS_CODE_GROUP_SWEEPER_H_
