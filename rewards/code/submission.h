// What the judge is asked: a task (language, tests, checker, limits) and a program for it, read strictly from
// JSON. Covered by tests/rewards/judge_test.cc.
#ifndef HONE_REWARDS_CODE_SUBMISSION_H_
#define HONE_REWARDS_CODE_SUBMISSION_H_

#include <string>
#include <string_view>
#include <vector>

#include "rewards/code/checkers.h"
#include "rewards/code/sandbox.h"
#include "rewards/code/typed_value.h"

namespace hone {

// {"stdin":"..","stdout":".."}, {"call":"f","args":[..],"returns":..} or {"assert":".."}.
struct JudgeTest {
  enum class Kind { kStdio, kCall, kAssert };
  Kind kind = Kind::kStdio;
  std::string stdin_text, stdout_text;  // of kStdio
  std::string function;   // of kCall: a name, or Class.method of a class that needs no arguments
  std::string args;       // of kCall: a JSON array
  size_t arguments = 0;   // of kCall: how many there are
  TypedValue returns;     // of kCall
  std::string assertion;  // of kAssert: statements in the submission's language
};

struct JudgeTask {
  std::string language;          // a key of the table in languages.h
  std::vector<JudgeTest> tests;  // at least one
  CheckerSpec checker;
  RunLimits limits;
  bool all_or_nothing = false;   // "score": "all"; the rest of the tests is skipped after the first failure
  bool allow_forgeable = false;  // whether a reward may rest on tests that share the submission's process
};

struct Submission {
  TypedValue id;  // a string, a number or null
  JudgeTask task;
  std::string code;
};

// Programs longer than this are not compiled: CE.
inline constexpr size_t kMaxCodeBytes = size_t{1} << 20;

// Reads a task from a JSON object with the keys lang, tests, checker, limits, score, allow_forgeable;
// Submission adds id and code. Error, with `where` and the nearest key, on an unknown key or language, a
// wrong type, a limit out of range, no tests, or a call test in a language without them.
JudgeTask ParseTask(std::string_view json, const std::string& where);
Submission ParseSubmission(std::string_view json, const std::string& where);

}  // namespace hone

#endif  // HONE_REWARDS_CODE_SUBMISSION_H_
