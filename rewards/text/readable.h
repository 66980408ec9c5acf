// Is a completion good to read? Covered by tests/rewards/readable_test.cc.
#ifndef HONE_REWARDS_TEXT_READABLE_H_
#define HONE_REWARDS_TEXT_READABLE_H_

#include <string>
#include <string_view>
#include <vector>

#include "rewards/reward.h"

namespace hone {

// The sentences of a text, blanks trimmed, empty ones left out; views into it. A sentence ends with its line, with one of
// . ! ? ; before a blank or at the end, or with a full stop of Chinese or Japanese. Linear time.
std::vector<std::string_view> SentencesOf(std::string_view text);

// Reward `readable`: 1 when the completion keeps the format (see tag_format.h) and its thinking
//   - has words, all of which may belong to the language (see CountWords),
//   - says no sentence twice,
//   - ends with a sentence of at least one word whose end is the answer, as it stands between the answer tags;
// else 0, whether the answer is right or not. With language = "prompt", a prompt whose columns name no language is a fault of
// the whole group.
class ReadableReward : public RewardFn {
 public:
  struct Options {
    std::string language = "en";
    void Fields(FieldVisitor& v);
  };
  explicit ReadableReward(const Options& options) : options_(options) {}

  const std::string& name() const override { return name_; }
  std::vector<hone::Score> Score(const Group& group) const override;

 private:
  const std::string name_ = "readable";
  const Options options_;
};

}  // namespace hone

#endif  // HONE_REWARDS_TEXT_READABLE_H_
