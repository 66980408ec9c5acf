// Python assertions run in a process of ours in a box of its own and reach the submission, in another box,
// through a socket: only arguments go in and only plain values, exceptions and references come out. Covered
// by tests/rewards/judge_assert_test.cc.
#ifndef HONE_REWARDS_CODE_ASSERT_PROXY_H_
#define HONE_REWARDS_CODE_ASSERT_PROXY_H_

#include <string>
#include <string_view>
#include <vector>

#include "rewards/code/sandbox.h"

namespace hone {

// The side of the submission: serves calls on descriptor 3.
std::vector<BoxFile> SubmissionSideFiles(std::string_view code);
std::vector<std::string> SubmissionSideCommand();

// The side of the test: speaks to the other one on descriptor 3 and writes one frame (see call_harness.h) on
// descriptor 4, whose payload is a word, a blank, and a note for a person. The nonce is its stdin.
//   passed      every assertion held
//   failed      one did not, or the test itself raised
//   raised      the submission raised what the test did not expect
//   gone        the submission ended, or answered with what is no answer
//   unusable    the test cannot be run like this: it is not Python, or hands over what cannot cross
// Values are built anew on this side, so no method of what the submission returned takes part in a
// comparison. Names that are builtins here stay so, unless the test names nothing of the submission but one
// of them; modules of the standard library are this side's own.
std::vector<BoxFile> TestSideFiles(std::string_view assertion);
std::vector<std::string> TestSideCommand();

// The source of parts of both sides.
extern const char* const kProxyValuesPython;
extern const char* const kProxySubmissionPython;
extern const char* const kProxyTestPython;

}  // namespace hone

#endif  // HONE_REWARDS_CODE_ASSERT_PROXY_H_
