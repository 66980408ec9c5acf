// A reward for right answers that are short and wrong ones that tried. Covered by
// tests/rewards/text_rewards_test.cc.
#ifndef HONE_REWARDS_TEXT_COSINE_H_
#define HONE_REWARDS_TEXT_COSINE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rewards/reward.h"

namespace hone {

// Half a cosine from `at_zero` (no tokens) to `at_max` (max_tokens and beyond):
// at_max + (at_zero - at_max) (1 + cos(pi min(tokens, max_tokens) / max_tokens)) / 2. Between the two values.
double CosineLength(int64_t tokens, int64_t max_tokens, double at_zero, double at_max);

// Reward `cosine`: CosineLength with one pair of ends for right completions and another for wrong ones, as
// another reward judges them: right is its value 1. What it finds a fault or not applicable is one here too.
class CosineReward : public RewardFn {
 public:
  struct Options {
    std::string judge = "answer";
    int64_t max_tokens = 512;
    double right_short = 1.0, right_long = 0.5;
    double wrong_short = -1.0, wrong_long = -0.5;
    template <class V>
    void Fields(V& v) {
      v.Field("judge", judge, "built-in reward, with its defaults, that says what is right");
      v.Field("max_tokens", max_tokens, Range{1, 1 << 30}, "length from which the value no longer changes");
      v.Field("right_short", right_short, "value of a right answer in no tokens");
      v.Field("right_long", right_long, "value of a right answer in max_tokens");
      v.Field("wrong_short", wrong_short, "value of a wrong answer in no tokens");
      v.Field("wrong_long", wrong_long, "value of a wrong answer in max_tokens");
    }
  };
  explicit CosineReward(const Options& options);  // Error for an unknown judge

  const std::string& name() const override { return name_; }
  std::vector<hone::Score> Score(const Group& group) const override;

 private:
  const std::string name_ = "cosine";
  const Options options_;
  const std::unique_ptr<RewardFn> judge_;
};

}  // namespace hone

#endif  // HONE_REWARDS_TEXT_COSINE_H_
