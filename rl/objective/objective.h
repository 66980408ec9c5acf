// A policy objective's loss and its gradient by the log-probs, from values alone. In three steps, so that a trainer can take its
// micro-batches one by one: ComputeAdvantages over a whole sampling step, a Normaliser over a whole minibatch, and
// SequenceLoss for each completion. ComputeObjective is all of them on one batch. Double precision; the results do not
// depend on the C library or the instruction set (VESPO with a sampler correction apart). Covered by
// tests/rl/objective_test.cc.
#ifndef HONE_RL_OBJECTIVE_OBJECTIVE_H_
#define HONE_RL_OBJECTIVE_OBJECTIVE_H_

#include <span>

#include "rl/objective/advantages.h"
#include "rl/objective/batch.h"
#include "rl/objective/normaliser.h"

namespace hone {

// What of the whole minibatch a sequence's loss needs.
struct ObjectiveContext {
  const ObjectiveConfig& config;
  const Normaliser& normaliser;
  double entropy_coefficient = 0.0;  // that this update applies
};

// The sequence's part of the loss. Writes d loss / d log-prob to `gradient` and, where it is not empty, d loss / d entropy to
// `entropy_gradient` (0 at masked tokens). `token_advantages` is empty where all are `advantage`. Adds to `statistics`.
double SequenceLoss(const ObjectiveContext& context, double advantage,
                    std::span<const double> token_advantages, const ObjectiveSequence& sequence,
                    std::span<double> gradient, std::span<double> entropy_gradient,
                    ObjectiveStatistics& statistics);

// Of a checked batch, with the entropy bonus of a run's first update.
ObjectiveResult ComputeObjective(const ObjectiveConfig& config, const ObjectiveBatch& batch);

}  // namespace hone

#endif  // HONE_RL_OBJECTIVE_OBJECTIVE_H_
