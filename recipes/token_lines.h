// Lines of token ids on stdin, as logprobs and gradients read them. Covered by tests/recipes/cli_test.cc.
#ifndef HONE_RECIPES_TOKEN_LINES_H_
#define HONE_RECIPES_TOKEN_LINES_H_

#include <functional>
#include <istream>
#include <string>

#include "policy/config.h"
#include "policy/model.h"

namespace hone {

// For each line {"ids":[..]} that is not blank: a batch of this one sequence in which every id but the first is scored, and
// where it stood ("stdin:NUMBER"). Error naming the line for anything else, an id the model does not have, and too many ids.
void ForEachTokenLine(std::istream& in, const ModelConfig& config,
                      const std::function<void(TrainingBatch batch, const std::string& where)>& visit);

}  // namespace hone

#endif  // HONE_RECIPES_TOKEN_LINES_H_
