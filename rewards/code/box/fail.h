// Errors of the box program: it has no one to tell but the sandbox, and no state worth saving. Covered by
// tests/rewards/sandbox_test.cc.
#ifndef HONE_REWARDS_CODE_BOX_FAIL_H_
#define HONE_REWARDS_CODE_BOX_FAIL_H_

#include <string>

namespace hone {

// Tells the sandbox "WHAT: reason of errno" and ends the box.
[[noreturn]] void Fail(const std::string& what);

// `result` of a system call, or Fail when it is -1.
inline long Must(long result, const std::string& what) {
  if (result == -1) Fail(what);
  return result;
}

}  // namespace hone

#endif  // HONE_REWARDS_CODE_BOX_FAIL_H_
