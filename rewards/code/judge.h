// Compiles a submission once, runs its tests in the sandbox, and says what each came to. Covered by
// tests/rewards/judge_test.cc.
#ifndef HONE_REWARDS_CODE_JUDGE_H_
#define HONE_REWARDS_CODE_JUDGE_H_

#include <cstdint>
#include <memory>
#include <semaphore>
#include <string>
#include <vector>

#include "rewards/code/compiler.h"
#include "rewards/code/sandbox.h"
#include "rewards/code/submission.h"

namespace hone {

// AC accepted, WA wrong answer, PE right but for blanks, CE not compiled, TLE over the CPU or wall limit, MLE
// over the memory limit, OLE over the limit of output or files, RE ended by a signal or with a code other
// than 0, IE the judge itself failed.
enum class JudgeVerdict { kAC, kWA, kPE, kCE, kTLE, kMLE, kOLE, kRE, kIE };

std::string_view NameOf(JudgeVerdict verdict);  // "AC", ...

struct TestOutcome {
  JudgeVerdict verdict = JudgeVerdict::kIE;
  int exit_code = 0, signal = 0;  // of kRE
  double cpu_ms = 0.0, wall_ms = 0.0;
  int64_t memory_kb = 0;   // peak of the submission's processes
  std::string out, err;    // valid UTF-8, cut after kShownBytes
  std::string note;        // what went wrong, for a person; may be empty
  bool forgeable = false;  // test and submission were one program
};

inline constexpr size_t kShownBytes = 2048;

struct Outcome {
  JudgeVerdict verdict = JudgeVerdict::kIE;  // kIE or kCE, else that of the first test that is not accepted
  double score = 0.0;       // accepted share of the tests, or 0 or 1 for all_or_nothing; meaningless for kIE
  bool forgeable = false;   // of any test
  std::string diagnostics;  // of the compiler, cut after kShownBytes
  double compile_ms = 0.0;  // 0 when nothing was compiled
  std::string note;         // why it is kIE or kCE
  std::vector<TestOutcome> tests;  // all_or_nothing: up to the first that is not accepted; none for kCE
};

struct JudgeOptions {
  int threads = 1;              // submissions judged at once, 1 to 256; each may use two boxes
  std::string cache_directory;  // of compiled programs and precompiled headers; empty: nothing is kept
};

// $XDG_CACHE_HOME/hone/judge or $HOME/.cache/hone/judge; empty when neither variable is set.
std::string DefaultCacheDirectory();

// Thread-safe; Judge::Run waits while `threads` others run.
class Judge {
 public:
  // Throws Error when this machine cannot isolate (see sandbox.h) or the cache cannot be used.
  explicit Judge(const JudgeOptions& options);
  ~Judge();

  // Never throws for what a submission does, nor for a failing box: that is kIE, with the reason.
  // Nor for one that has no verdict `until` then: its compilers and programs are killed.
  Outcome Run(const Submission& submission, JudgeClock::time_point until = kNoDeadline);

  const Sandbox& sandbox() const { return sandbox_; }
  Sandbox& sandbox() { return sandbox_; }

 private:
  Sandbox sandbox_;
  Compiler compiler_;
  std::counting_semaphore<> slots_;
};

}  // namespace hone

#endif  // HONE_REWARDS_CODE_JUDGE_H_
