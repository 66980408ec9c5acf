// One run: the first process of a new pid namespace, and the program as its child. Covered by tests/rewards/sandbox_test.cc.
#ifndef HONE_REWARDS_CODE_BOX_RUN_H_
#define HONE_REWARDS_CODE_BOX_RUN_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "rewards/code/box/protocol.h"

namespace hone {

// What every run of a box shares.
struct RunContext {
  const BoxSetup& setup;
  int64_t uid, gid;  // of the program
  int proc = -1;     // a procfs in which the box's own processes can be found; -1: none
  int landlock = -1;
  int report[2] = {-1, -1};  // a pipe without waiting
};

// Starts the run and returns its first process, with a descriptor for it in `pidfd`. `descriptors` become 0, 1, 2, ... When that process
// is gone, so is every other of the run.
pid_t StartRun(const RunContext& context, const BoxOrder& order, const std::vector<int>& descriptors,
               int& pidfd);

// Waits for the first process and fills the message's fields of kDone.
void FinishRun(const RunContext& context, pid_t first, BoxMessage& done);

}  // namespace hone

#endif  // HONE_REWARDS_CODE_BOX_RUN_H_
