// The maths verifier: is the answer that a completion gives the gold's? Covered by tests/rewards/math_verify_test.cc.
#ifndef HONE_REWARDS_MATH_VERIFY_H_
#define HONE_REWARDS_MATH_VERIFY_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "rewards/math/policy.h"

namespace hone {

struct MathVerdict {
  enum class Status { kOk, kNotApplicable, kFault };
  Status status = Status::kOk;
  double reward = 0.0;        // 0 or 1; meaningful only for kOk
  std::string extracted;      // the answer as found in the completion; empty if it has none
  size_t begin = 0, end = 0;  // the bytes of the completion that hold it
  std::string
      reason;  // one line: what was found where and, if it is wrong, why; or what is wrong with the gold
  const char* method = "none";  // the rung that decided: MethodName() of compare_scalar.h
};
const char* StatusName(MathVerdict::Status status);  // "ok", "not_applicable", "fault"

// The gold may be a bare answer, LaTeX, or a whole solution. A gold without an answer that can be parsed is a fault;
// whatever the completion says is a reward. Thread-safe and deterministic: work is counted in operations, and no input of any
// kind takes more than 20 ms of thread CPU time.
MathVerdict VerifyMath(std::string_view gold, std::string_view pred, const MathPolicy& policy);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_VERIFY_H_
