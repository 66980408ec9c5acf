// The promise that what samples is what trains: the learner's log-probs are the sampler's, to the bit. Covered by tests/rl/group_source_test.cc.
#ifndef HONE_RL_EXACTNESS_H_
#define HONE_RL_EXACTNESS_H_

#include <span>
#include <string>

namespace hone {

// Largest |a - b|; infinite when bits differ but no number says by how much. Both of one size.
double LargestDifference(std::span<const float> a, std::span<const float> b);

// Error unless the difference between learner and sampler is exactly 0; `stage` is its place.
void StopUnlessExact(double difference, const std::string& stage);

}  // namespace hone

#endif  // HONE_RL_EXACTNESS_H_
