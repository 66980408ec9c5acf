// Pairs of a gold and a completion that are all right, or all wrong. Shared by the verifier's tests.
#ifndef HONE_TESTS_REWARDS_MATH_VERIFY_ROWS_H_
#define HONE_TESTS_REWARDS_MATH_VERIFY_ROWS_H_

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "rewards/math/verify.h"

namespace hone {

struct Row {
  std::string gold;
  std::string pred;
};

inline void CheckAll(const std::vector<Row>& rows, bool right, const MathPolicy& policy = {}) {
  for (const Row& row : rows) {
    CAPTURE(row.gold);
    CAPTURE(row.pred);
    const MathVerdict verdict = VerifyMath(row.gold, row.pred, policy);
    CAPTURE(verdict.extracted);
    CAPTURE(verdict.reason);
    CAPTURE(verdict.method);
    CHECK(verdict.status == MathVerdict::Status::kOk);
    CHECK((verdict.reward == 1.0) == right);
  }
}

}  // namespace hone

#endif  // HONE_TESTS_REWARDS_MATH_VERIFY_ROWS_H_
