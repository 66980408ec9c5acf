// Why a call test's program does not compile, in one line. Covered by tests/rewards/judge_call_test.cc.
#ifndef HONE_REWARDS_CODE_CALL_FAULT_H_
#define HONE_REWARDS_CODE_CALL_FAULT_H_

#include <string>
#include <string_view>

namespace hone {

// Whether the compiler says that the function is overloaded, a template, or a variable that is called.
bool NeedsArgumentTypes(std::string_view diagnostics);

// What keeps `function` from being called, of what gcc said of the program; of an error in the submission itself its first line.
std::string CallFault(const std::string& function, std::string_view diagnostics);

}  // namespace hone

#endif  // HONE_REWARDS_CODE_CALL_FAULT_H_
