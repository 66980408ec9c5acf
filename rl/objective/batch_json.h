// The JSON of `hone loss`: a batch in, a result out. Covered by tests/rl/objective_test.cc and tests/recipes/loss_command_test.cc.
#ifndef HONE_RL_OBJECTIVE_BATCH_JSON_H_
#define HONE_RL_OBJECTIVE_BATCH_JSON_H_

#include <string>
#include <string_view>

#include "rl/objective/batch.h"

namespace hone {

// {"group_size":G,"rewards":[x or null],"logprobs":[[..]],"old_logprobs":..,"ref_logprobs":..,"sampler_logprobs":..,
// "entropies":..,"mask":[[0 or 1]],"max_length":n}. Error (`where` names the text) on what is no such object, with the key and
// the place in it. Which arrays are needed and whether they fit is CheckBatch's.
ObjectiveBatch ParseObjectiveBatch(std::string_view text, const std::string& where);

// {"advantages":[..],"loss":x,"gradient":[[..]]}, and "entropy_gradient" with a bonus; advantages that differ inside a
// completion are rows. Every double comes back bit for bit. Error where a number is not finite.
std::string ObjectiveResultJson(const ObjectiveResult& result);

}  // namespace hone

#endif  // HONE_RL_OBJECTIVE_BATCH_JSON_H_
