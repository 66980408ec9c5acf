// Completions to try a reward on: from a JSONL file or a run. Covered by tests/recipes/reward_command_test.cc.
#ifndef HONE_RECIPES_REWARD_ROWS_H_
#define HONE_RECIPES_REWARD_ROWS_H_

#include <functional>
#include <string>

#include "data/types.h"

namespace hone {

// One line: {"prompt":"..","gold":"..","completion":".."} or "completions":[..] for a group; optional "kind" and
// "completion_ids" (a list of ids, or one for each of the completions); other keys are columns. Error naming `where`.
Group ParseRewardRow(const std::string& line, const std::string& where);

// Calls `each` with the groups of `path`: a JSONL file in order, or a run's directory step by step; slots count from
// 0. Error when it is neither.
void ForEachGroup(const std::string& path, const std::function<void(Group)>& each);

}  // namespace hone

#endif  // HONE_RECIPES_REWARD_ROWS_H_
