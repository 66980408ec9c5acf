// What the run loop asks of a stage: do a step, save and load what the next step needs besides the weights.
// Covered by tests/rl/run_test.cc.
#ifndef HONE_RL_STAGE_H_
#define HONE_RL_STAGE_H_

#include <cstdint>
#include <string>

#include "data/run_store.h"

namespace hone {

class Stage {
 public:
  virtual ~Stage() = default;
  virtual int64_t num_steps() const = 0;
  // Steps count from 1. A step depends on the weights, the stage's saved state and the store's groups of that step alone.
  virtual Metrics Step(int64_t step) = 0;
  virtual void Save(const std::string& dir) const = 0;  // files beside the model in a checkpoint
  virtual void Load(const std::string& dir) = 0;        // after the weights were loaded
};

}  // namespace hone

#endif  // HONE_RL_STAGE_H_
