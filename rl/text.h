// Numbers as people read them, and text made safe for a page. Covered by tests/rl/report_test.cc.
#ifndef HONE_RL_TEXT_H_
#define HONE_RL_TEXT_H_

#include <string>
#include <string_view>

namespace hone {

std::string FormatNumber(double value);  // about three digits: 0.123, 48.1, 12.3k, 4.56M, 3e-5; "–" for NaN
std::string FormatShare(double share);   // of [0, 1], as a percentage: "93.1 %"
std::string FormatDuration(double seconds);  // "0.42 s", "41.3 s", "1 min 23 s", "2 h 04 min"
// By the unit of rl/metrics.h: a share as a percentage, seconds as a duration, else the number and its unit.
std::string FormatMetric(double value, std::string_view unit);

// For element text and quoted attributes: markup escaped, broken UTF-8 replaced, control characters but
// newline and tab shown as their pictures (U+2400...), bidirectional overrides as U+FFFD.
std::string EscapeHtml(std::string_view text);

}  // namespace hone

#endif  // HONE_RL_TEXT_H_
