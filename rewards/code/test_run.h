// One test of one submission. Covered by tests/rewards/judge_test.cc.
#ifndef HONE_REWARDS_CODE_TEST_RUN_H_
#define HONE_REWARDS_CODE_TEST_RUN_H_

#include <string>

#include "rewards/code/compiler.h"
#include "rewards/code/judge.h"
#include "rewards/code/sandbox.h"
#include "rewards/code/submission.h"

namespace hone {

// What a run needs: the submission, and what was compiled for this test (nothing for an interpreted
// language).
struct TestContext {
  Sandbox& sandbox;
  const Submission& submission;
  const Language& language;
  const Compiled& program;
  const Compiled& checker;  // of a custom checker
  JudgeClock::time_point until;
};

// Each throws Error when a box failed or the test is not over by `until`.
TestOutcome RunStdioTest(const TestContext& context, const JudgeTest& test);
TestOutcome RunCallTest(const TestContext& context, const JudgeTest& test);
TestOutcome RunAssertTest(const TestContext& context, const JudgeTest& test);

// The code whose compilation RunCallTest and RunAssertTest of a compiled language need.
struct TestProgram {
  std::string code;
  std::vector<std::string> flags;
  std::string fault;  // why there is none: CE
};
// `types`: see CallShape.
TestProgram ProgramOf(const Submission& submission, const Language& language, const JudgeTest& test,
                      const std::string& types);

}  // namespace hone

#endif  // HONE_REWARDS_CODE_TEST_RUN_H_
