// Rows of a gold and a completion through the whole verifier, for tests.
#ifndef HONE_TESTS_REWARDS_MATH_ROWS_H_
#define HONE_TESTS_REWARDS_MATH_ROWS_H_

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "rewards/math/verify.h"

namespace hone {

struct MathRow {
  std::string gold, pred;
};

// Lines "gold :: completion", with comments.
inline std::vector<MathRow> Rows(std::string_view table) {
  constexpr std::string_view kMiddle = " :: ";
  std::vector<MathRow> rows;
  while (!table.empty()) {
    const std::string_view line = table.substr(0, table.find('\n'));
    table.remove_prefix(std::min(table.size(), line.size() + 1));
    const size_t middle = line.find(kMiddle);
    if (line.empty() || line.starts_with("# ")) continue;
    REQUIRE(middle != line.npos);
    rows.push_back({std::string(line.substr(0, middle)), std::string(line.substr(middle + kMiddle.size()))});
  }
  return rows;
}

inline void CheckAll(const std::vector<MathRow>& rows, bool right) {
  for (const MathRow& row : rows) {
    CAPTURE(row.gold);
    CAPTURE(row.pred);
    const MathVerdict verdict = VerifyMath(row.gold, row.pred, {});
    CAPTURE(verdict.extracted);
    CAPTURE(verdict.reason);
    CHECK(verdict.status == MathVerdict::Status::kOk);
    CHECK((verdict.reward == 1.0) == right);
    CHECK(!verdict.reason.empty());
  }
}

}  // namespace hone

#endif  // HONE_TESTS_REWARDS_MATH_ROWS_H_
