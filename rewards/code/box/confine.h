// What a program loses before it starts: rights, resources, and system calls. Covered by tests/rewards/sandbox_test.cc.
#ifndef HONE_REWARDS_CODE_BOX_CONFINE_H_
#define HONE_REWARDS_CODE_BOX_CONFINE_H_

#include <cstdint>
#include <string>

#include "rewards/code/box/protocol.h"

namespace hone {

// Of the kernel; 0 when it has none.
int LandlockVersion();

// A Landlock rule set: reading and running files, writing only below /work, /tmp and /dev/null. -1 when the kernel has none.
int MakeLandlock();

// Limits of each process; those of the whole tree are the sandbox's.
void SetResourceLimits(const BoxOrder& order);

// Another user, without capabilities and without ways to new ones.
void DropRights(int64_t uid, int64_t gid);

// The last two layers: after them little but execve works. `landlock` may be -1.
void RestrictCalls(int landlock, const std::string& filter);

}  // namespace hone

#endif  // HONE_REWARDS_CODE_BOX_CONFINE_H_
