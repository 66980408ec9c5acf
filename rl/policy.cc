// See policy.h. Covered by tests/rl/run_test.cc.
#include "rl/policy.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "data/error.h"

namespace hone {

int ThreadCount(int64_t requested) {
  if (requested > 0) return static_cast<int>(requested);
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) != 0) return 1;
  int usable = std::max(1, CPU_COUNT(&cores));
  // A container's quota (cgroup v2): more spinning threads than it pays for would be throttled.
  std::ifstream quota("/sys/fs/cgroup/cpu.max");
  double share = 0.0, period = 0.0;
  if (quota >> share >> period && share > 0.0 && period > 0.0) {
    usable = std::min(usable, std::max(1, static_cast<int>(std::ceil(share / period))));
  }
  return usable;
}

Policy::Policy(Checkpoint checkpoint, const std::string& tokenizer_dir, Precision precision, int threads)
    : checkpoint_(std::move(checkpoint)),
      tokenizer_dir_(tokenizer_dir),
      tokenizer_(Tokenizer::Load(tokenizer_dir)),
      pool_(threads),
      model_(checkpoint_.config, checkpoint_.weights, precision, pool_) {
  for (const int64_t id : checkpoint_.config.eos_token_ids) stop_ids_.push_back(static_cast<int32_t>(id));
  if (tokenizer_.eos_id() &&
      std::find(stop_ids_.begin(), stop_ids_.end(), *tokenizer_.eos_id()) == stop_ids_.end()) {
    stop_ids_.push_back(*tokenizer_.eos_id());
  }
  if (tokenizer_.vocab_size() > checkpoint_.config.vocab_size) {
    throw Error("the tokenizer has " + std::to_string(tokenizer_.vocab_size()) +
                    " tokens but the model only " + std::to_string(checkpoint_.config.vocab_size),
                tokenizer_dir, "use the tokenizer the model was made with");
  }
}

std::unique_ptr<Policy> Policy::Load(const std::string& dir, Precision precision, int threads) {
  return std::make_unique<Policy>(LoadCheckpoint(dir), dir, precision, threads);
}

WeightDtype Policy::dtype() const {
  return model_.precision() == Precision::kBf16 ? WeightDtype::kBf16 : WeightDtype::kFp32;
}

void Policy::Save(const std::string& dir) const {
  SaveCheckpoint(dir, checkpoint_.config, checkpoint_.weights, dtype(), tokenizer_dir_);
}

}  // namespace hone
