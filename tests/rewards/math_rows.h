// Rows of a gold and a completion through the whole verifier, for tests.
#ifndef HONE_TESTS_REWARDS_MATH_ROWS_H_
#define HONE_TESTS_REWARDS_MATH_ROWS_H_

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "rewards/math/verify.h"

namespace hone {

struct MathRow {
  std::string gold, pred;
};

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
