// Penalty for saying the same again. Covered by tests/rewards/text_rewards_test.cc.
#ifndef HONE_REWARDS_TEXT_REPETITION_H_
#define HONE_REWARDS_TEXT_REPETITION_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rewards/reward.h"

namespace hone {

// The share of n-grams of `ids` that occurred before: 1 - distinct / all; 0 when there is none. In [0, 1).
// n >= 1. Time O(size * n) expected.
double RepeatedShare(std::span<const int32_t> ids, int64_t n);

// Reward `repetition`: -max_penalty * RepeatedShare of the completion's token ids; in (-max_penalty, 0]. On
// tokens, so that it needs no idea of words in any language.
class RepetitionReward : public RewardFn {
 public:
  struct Options {
    int64_t ngram = 3;
    double max_penalty = 1.0;
    template <class V>
    void Fields(V& v) {
      v.Field("ngram", ngram, Range{1, 64}, "tokens of an n-gram");
      v.Field("max_penalty", max_penalty, Above(0), "what a completion of one repeated n-gram would lose");
    }
  };
  explicit RepetitionReward(const Options& options) : options_(options) {}

  const std::string& name() const override { return name_; }
  std::vector<hone::Score> Score(const Group& group) const override;

 private:
  const std::string name_ = "repetition";
  const Options options_;
};

}  // namespace hone

#endif  // HONE_REWARDS_TEXT_REPETITION_H_
