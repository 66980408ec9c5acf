// What a process and its descendants use, as procfs tells, for machines without cgroups. Covered by
// tests/rewards/sandbox_test.cc.
#ifndef HONE_REWARDS_CODE_PROCESS_TREE_H_
#define HONE_REWARDS_CODE_PROCESS_TREE_H_

#include <sys/types.h>

#include <cstdint>

namespace hone {

struct TreeUse {
  int64_t cpu_us = 0;       // with that of descendants that ended and were waited for
  int64_t resident_kb = 0;  // pages that processes share count in each
};

// `root` must not be reaped meanwhile. Processes that end while it looks are left out.
TreeUse MeasureTree(pid_t root);

}  // namespace hone

#endif  // HONE_REWARDS_CODE_PROCESS_TREE_H_
