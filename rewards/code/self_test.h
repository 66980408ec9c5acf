// What a sandbox tries at its start, from inside, before it may judge anything. Covered by tests/rewards/sandbox_test.cc.
#ifndef HONE_REWARDS_CODE_SELF_TEST_H_
#define HONE_REWARDS_CODE_SELF_TEST_H_

#include <string>

#include "rewards/code/sandbox.h"

namespace hone {

// What a probe could do and must not; empty when it found nothing and came to its end.
std::string FirstBreach(const RunResult& result);

// Throws Error with the first thing that a program in a box could do and must not.
void SelfTest(Sandbox& sandbox);

}  // namespace hone

#endif  // HONE_REWARDS_CODE_SELF_TEST_H_
