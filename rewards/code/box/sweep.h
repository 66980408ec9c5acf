// Waits for the end of the judge and removes the cgroups it left. Covered by tests/rewards/sandbox_modes_test.cc.
#ifndef HONE_REWARDS_CODE_BOX_SWEEP_H_
#define HONE_REWARDS_CODE_BOX_SWEEP_H_

namespace hone {

// The box program as `sweep PREFIX DIRECTORY..`: once the other end of kBoxSocket is closed, the directories' entries with that prefix
// go, as soon as their processes are gone.
int RunSweep(int argc, char** argv);

}  // namespace hone

#endif  // HONE_REWARDS_CODE_BOX_SWEEP_H_
