// See exactness.h. Covered by tests/rl/group_source_test.cc.
#include "rl/exactness.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "data/error.h"

namespace hone {

double LargestDifference(std::span<const float> a, std::span<const float> b) {
  double largest = 0.0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::memcmp(&a[i], &b[i], sizeof(float)) == 0) continue;
    const double difference = std::fabs(static_cast<double>(a[i]) - b[i]);
    largest = std::max(largest, difference > 0.0 ? difference : std::numeric_limits<double>::infinity());
  }
  return largest;
}

void StopUnlessExact(double difference, const std::string& stage) {
  if (difference == 0.0) return;
  throw Error(
      "learner and sampler disagree by " + std::to_string(difference) + " in a log-prob of the same weights",
      stage, "report this: it is a defect of hone, not of the recipe");
}

}  // namespace hone
