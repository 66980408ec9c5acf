// The system calls that programs in a box may make. Covered by tests/rewards/sandbox_test.cc.
#ifndef HONE_REWARDS_CODE_SECCOMP_FILTER_H_
#define HONE_REWARDS_CODE_SECCOMP_FILTER_H_

#include <string>

namespace hone {

// An allow-list as an array of sock_filter: a call of another architecture ends the process with SIGSYS, a call that is not on the list
// fails, with ENOSYS or, where programs expect a refusal, EPERM. `compiling` adds what compilers, assemblers and linkers need.
// Throws Error when libseccomp cannot build it.
std::string SeccompFilter(bool compiling);

}  // namespace hone

#endif  // HONE_REWARDS_CODE_SECCOMP_FILTER_H_
