// Which parts of the host a box sees. Covered by tests/rewards/sandbox_test.cc.
#ifndef HONE_REWARDS_CODE_ROOT_PLAN_H_
#define HONE_REWARDS_CODE_ROOT_PLAN_H_

#include <vector>

#include "rewards/code/box/protocol.h"
#include "rewards/code/sandbox.h"

namespace hone {

// Fills binds, links and hidden. Boxes for compiling also see headers and the compiler's own directories, but no device that never
// ends. Throws Error for a shared directory that is no directory, or whose place is not an absolute path of its own.
void PlanRoot(const std::vector<SharedDirectory>& shared, bool compiling, BoxSetup& setup);

}  // namespace hone

#endif  // HONE_REWARDS_CODE_ROOT_PLAN_H_
