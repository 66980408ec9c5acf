// The loop of `hone grade`: JSON lines in, JSON lines out, in order, on many threads. Covered by
// tests/rewards/math_grade_test.cc.
#ifndef HONE_REWARDS_MATH_GRADE_LINES_H_
#define HONE_REWARDS_MATH_GRADE_LINES_H_

#include <cstddef>
#include <functional>
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
// Other keys are passed over; blank lines are skipped. What one read brings is graded and written before the next, so
// that a program may feed it line by line. Throws Error with the line number at the first line that is not such an object,
// after writing what came before it. `name` is what errors call the input; threads >= 1.
void GradeLines(const LineStreams& streams, const char* name, const MathPolicy& policy, int threads);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_GRADE_LINES_H_
