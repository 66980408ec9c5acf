// Strict reading of learner state: what a checkpoint holds beside its model. Covered by tests/rl/learner_test.cc.
#ifndef HONE_RL_STATE_FILE_H_
#define HONE_RL_STATE_FILE_H_

#include <cstdint>
#include <string>

#include "data/error.h"
#include "policy/safetensors.h"

namespace hone {

// Copies `count` values of tensor `name`. Error naming file and tensor when it is missing or has another size.
template <class T>
void ReadState(const SafetensorsFile& file, const std::string& name, int64_t count, T* out) {
  const TensorInfo* tensor = file.Find(name);
  if (tensor == nullptr || tensor->count != count) {
    throw Error("no tensor '" + name + "' of " + std::to_string(count) + " values", file.path(),
                "resume with the recipe and model that wrote this state");
  }
  file.CopyTo(*tensor, out);
}

}  // namespace hone

#endif  // HONE_RL_STATE_FILE_H_
