// Putting the two Python programs together. Covered by tests/rewards/judge_assert_test.cc.
#include "rewards/code/assert_proxy.h"

#include "rewards/code/call_harness.h"

namespace hone {

std::vector<BoxFile> SubmissionSideFiles(std::string_view code) {
  return {{"solution.py", std::string(code)},
          {"harness.py", std::string(kPlainValuesPython) + kProxyValuesPython + kProxySubmissionPython}};
}

std::vector<std::string> SubmissionSideCommand() { return {"/usr/bin/python3", "-I", "-B", "harness.py"}; }

std::vector<BoxFile> TestSideFiles(std::string_view assertion) {
  return {{"test.py", std::string(assertion)},
          {"checker.py", std::string(kPlainValuesPython) + kProxyValuesPython + kProxyTestPython}};
}

std::vector<std::string> TestSideCommand() { return {"/usr/bin/python3", "-I", "-S", "-B", "checker.py"}; }

}  // namespace hone
