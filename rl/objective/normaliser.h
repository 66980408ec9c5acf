// What a minibatch's losses are divided by, and the entropy that a token must have: facts of the whole minibatch that each of
// its sequences needs. Covered by tests/rl/objective_test.cc.
#ifndef HONE_RL_OBJECTIVE_NORMALISER_H_
#define HONE_RL_OBJECTIVE_NORMALISER_H_

#include <limits>
#include <vector>

#include "rl/objective/config.h"

namespace hone {

struct Normaliser {
  double sequences = 0.0;
  double tokens = 0.0;
  double length = 0.0;          // of aggregation = "constant"
  double entropy_tokens = 0.0;  // that the bonus acts on
  double entropy_threshold = -std::numeric_limits<double>::infinity();
};

// Adds a sequence with `tokens` to learn from.
void CountSequence(const ObjectiveConfig& config, double tokens, Normaliser& normaliser);

// Once all sequences are counted, where top_entropy < 1: the entropies of all their tokens learnt from.
void SetEntropyThreshold(const ObjectiveConfig& config, std::vector<double> entropies,
                         Normaliser& normaliser);

// Weight of each of a sequence's `tokens` (at least 1) in the loss.
double PolicyWeight(const ObjectiveConfig& config, const Normaliser& normaliser, double tokens);
double KlWeightOf(const ObjectiveConfig& config, const Normaliser& normaliser, double tokens);
double EntropyWeight(const ObjectiveConfig& config, const Normaliser& normaliser, double tokens);

}  // namespace hone

#endif  // HONE_RL_OBJECTIVE_NORMALISER_H_
