// Penalty for completions near the length cap. Covered by tests/rewards/text_rewards_test.cc.
#ifndef HONE_REWARDS_TEXT_OVERLONG_H_
#define HONE_REWARDS_TEXT_OVERLONG_H_

#include <cstdint>
#include <string>
#include <vector>

#include "rewards/reward.h"

namespace hone {

// The soft overlong punishment of DAPO: 0 up to max_tokens - buffer tokens, from there linearly down to -1 at
// max_tokens, -1 beyond. In [-1, 0]. 1 <= buffer <= max_tokens.
double SoftOverlong(int64_t tokens, int64_t max_tokens, int64_t buffer);

// Reward `overlong`: SoftOverlong of each completion's tokens, eos included.
class OverlongReward : public RewardFn {
 public:
  struct Options {
    int64_t max_tokens = 512;
    int64_t buffer = 128;
    template <class V>
    void Fields(V& v) {
      v.Field("max_tokens", max_tokens, Range{1, 1 << 30}, "tokens from which the penalty is whole: -1");
      v.Field("buffer", buffer, Range{1, 1 << 30}, "tokens before that over which it grows from 0");
    }
  };
  explicit OverlongReward(const Options& options);  // Error when buffer exceeds max_tokens

  const std::string& name() const override { return name_; }
  std::vector<hone::Score> Score(const Group& group) const override;

 private:
  const std::string name_ = "overlong";
  const Options options_;
};

}  // namespace hone

#endif  // HONE_REWARDS_TEXT_OVERLONG_H_
