// See advantage.h. Covered by tests/rl/advantage_test.cc.
#include "rl/advantage.h"

#include <cmath>

namespace hone {

GroupAdvantages ComputeAdvantages(const std::vector<Score>& scores, double epsilon) {
  GroupAdvantages result;
  result.values.assign(scores.size(), 0.0f);
  double sum = 0.0, count = 0.0;
  for (const Score& score : scores) {
    const bool counts = score.status == Score::Status::kValue;
    result.counts.push_back(counts);
    if (counts) sum += score.value;
    count += counts;
  }
  if (count == 0.0) return result;
  result.mean = sum / count;
  double squares = 0.0;
  const double* first = nullptr;
  for (size_t i = 0; i < scores.size(); ++i) {
    if (!result.counts[i]) continue;
    squares += (scores[i].value - result.mean) * (scores[i].value - result.mean);
    if (first == nullptr) first = &scores[i].value;
    if (scores[i].value != *first) result.has_signal = true;
  }
  // Equal rewards have no deviation, whatever rounding left in their mean.
  if (!result.has_signal) return result;
  result.deviation = std::sqrt(squares / count);
  for (size_t i = 0; i < scores.size(); ++i) {
    if (result.counts[i]) {
      result.values[i] = static_cast<float>((scores[i].value - result.mean) / (result.deviation + epsilon));
    }
  }
  return result;
}

}  // namespace hone
