// JSON lines of submissions to JSON lines of verdicts. Covered by tests/rewards/judge_test.cc.
#ifndef HONE_REWARDS_CODE_JUDGE_LINES_H_
#define HONE_REWARDS_CODE_JUDGE_LINES_H_

#include <cstdint>
#include <iosfwd>
#include <string>

#include "rewards/code/judge.h"

namespace hone {

// {"id":..,"verdict":"AC","score":1.0,"tests":[{"verdict":"AC","cpu_ms":..,"wall_ms":..,"memory_kb":..,"stdout":"..","stderr":".."}],..}
// without a line end. Only where they apply: "note"; "exit_code" or "signal" of RE; "forgeable": true;
// "compile": {"ms":.., "diagnostics":".."}. The score of IE is null.
std::string OutcomeLine(const TypedValue& id, const Outcome& outcome);

struct LinesSummary {
  int64_t lines = 0, unreadable = 0, failed = 0;  // unreadable lines; verdicts of IE on readable ones
  std::string first_error;                        // of the first unreadable line
};

// Lines longer than this are not read.
inline constexpr size_t kMostLineBytes = size_t{64} << 20;

// Reads submissions from `in`, one a line (blank lines are skipped), judges `threads` at once and writes
// verdicts to `out` in the order of the lines, each as soon as all before it are written. A line that cannot
// be read gets, in its place, the verdict IE with no tests and "error": "line 4: <what>", on one line; lines
// are counted from 1, blank ones too.
LinesSummary JudgeLines(std::istream& in, std::ostream& out, Judge& judge, int threads);

}  // namespace hone

#endif  // HONE_REWARDS_CODE_JUDGE_LINES_H_
