// One run in one box: feeds stdin, drains the outputs, and ends the run at its limits. Covered by tests/rewards/sandbox_test.cc.
#ifndef HONE_REWARDS_CODE_RUN_WATCH_H_
#define HONE_REWARDS_CODE_RUN_WATCH_H_

#include "rewards/code/box_group.h"
#include "rewards/code/box_process.h"
#include "rewards/code/sandbox.h"

namespace hone {

// Throws Error for a request that no box can serve (a file name with "/", too many channels) and when the box fails; `box_failed` tells
// whether the box is of no further use.
RunResult RunInBox(BoxProcess& box, BoxGroup& group, const RunRequest& request, bool& box_failed);

}  // namespace hone

#endif  // HONE_REWARDS_CODE_RUN_WATCH_H_
