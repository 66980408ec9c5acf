// The weighted sum of several rewards' scores. Covered by tests/rewards/combine_test.cc.
#ifndef HONE_REWARDS_COMBINE_H_
#define HONE_REWARDS_COMBINE_H_

#include <optional>
#include <string>
#include <vector>

#include "data/types.h"

namespace hone {

// What one reward says of a group.
struct WeightedScores {
  std::string name;
  double weight = 1.0;  // finite; negative for a penalty
  std::vector<Score> scores;
};

// value = sum of weight * value over the rewards that apply, in list order. Score::parts holds each reward's own
// value by its name, before its weight, NaN where it is a fault; a score that has several parts of its own adds them
// as name/part. A fault in any reward makes the sum a fault, as do a value that is not finite and another number of
// scores than completions. Where no reward applies, the sum does not either.
std::vector<Score> CombineScores(const std::vector<WeightedScores>& rewards, size_t num_completions);

// Whether a combined score says that the answer is right: its part `answer`, `math` or `code`, the first there is, is
// 1. Nothing when it has none of them, or a fault in it.
std::optional<bool> AnswerIsRight(const Score& combined);

}  // namespace hone

#endif  // HONE_REWARDS_COMBINE_H_
