// Whether two copies of a model are the same: log-probs of a fixed sequence, to be compared bit for bit. Covered by
// tests/recipes/export_command_test.cc and tests/rl/run_test.cc.
#ifndef HONE_POLICY_PROBE_H_
#define HONE_POLICY_PROBE_H_

#include <vector>

#include "policy/model.h"

namespace hone {

// Of at most 32 tokens spread over the vocabulary.
std::vector<float> ProbeLogProbs(Model& model);
bool AllFinite(const std::vector<float>& logprobs);
bool SameBits(const std::vector<float>& a, const std::vector<float>& b);

}  // namespace hone

#endif  // HONE_POLICY_PROBE_H_
