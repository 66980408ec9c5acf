// Rejection sampling's second half: which scored completions become rows of a dataset. Covered by tests/rl/selection_test.cc.
#ifndef HONE_RL_SELECTION_H_
#define HONE_RL_SELECTION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "data/condition.h"
#include "data/types.h"
#include "rl/configs.h"

namespace hone {

// Why completions were left out, and how many stayed; they add up to `completions`.
struct SelectionCounts {
  int64_t completions = 0;
  int64_t faults = 0;      // or not scored by any reward
  int64_t refused = 0;     // a condition of `keep` does not hold
  int64_t duplicates = 0;  // same prompt and text as one kept before
  int64_t surplus = 0;     // beyond sample.most_per_prompt
  int64_t unbalanced = 0;  // beyond sample.balance
  int64_t kept = 0;
};

struct SelectedCompletion {
  const ScoredGroup* group = nullptr;
  int64_t completion = 0;  // index in the group
};

// What a condition may name: `reward` (the weighted sum), `length` (tokens), `finished` (1 when it ended by itself), and the parts of
// the score. NaN when the score has no such part.
double SelectionValue(const ScoredGroup& group, int64_t completion, const std::string& name);

// In the order of the groups and their completions, and for each prompt the shortest first when sample.prefer says so. A pure
// function: nothing is drawn. References `groups`.
std::vector<SelectedCompletion> SelectCompletions(const std::vector<ScoredGroup>& groups,
                                                  const SampleConfig& config, SelectionCounts& counts);

// One JSON line of the dataset, without line end: prompt, completion, kind, gold, reward, parts, and `source`, where it comes from.
std::string DatasetLine(const SelectedCompletion& selected, const std::string& model);

}  // namespace hone

#endif  // HONE_RL_SELECTION_H_
