// The loop of `hone grade`: JSON lines in, JSON lines out, in order, on many threads. Covered by
// tests/rewards/math_grade_test.cc.
#ifndef HONE_REWARDS_MATH_GRADE_LINES_H_
#define HONE_REWARDS_MATH_GRADE_LINES_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "rewards/math/policy.h"

namespace hone {

struct LineStreams {
  std::function<size_t(char* into, size_t most)> read;  // as read(2): at least one byte, or 0 at the end
  std::function<void(std::string_view)> write;          // whole lines
};

// Each line {"gold": text, "pred": text} becomes
//   {"reward": 0|1 or null, "status": "ok|not_applicable|fault", "extracted": text, "span": [begin, end] in bytes of
//    pred, "reason": text, "method": text, "micros": thread CPU time}.
// Other keys are passed over; blank lines are skipped. A line that is no such object is answered in its place with status
// fault, and a reason that begins "line 4: "; lines count from 1, blank ones too. What one read brings is graded and
// written before the next, so that a program may feed it line by line. threads >= 1.
struct GradeSummary {
  int64_t lines = 0;        // that were answered
  int64_t unreadable = 0;   // of them, those that are no such object
  int64_t faults = 0;       // of them all, with status fault; the unreadable ones too
  std::string first_error;  // the reason of the first unreadable line
};
GradeSummary GradeLines(const LineStreams& streams, const MathPolicy& policy, int threads);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_GRADE_LINES_H_
