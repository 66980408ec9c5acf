// The format of the R1 report as a grammar of the whole output. Covered by tests/rewards/tag_format_test.cc.
#ifndef HONE_REWARDS_TAG_FORMAT_H_
#define HONE_REWARDS_TAG_FORMAT_H_

#include <string>
#include <string_view>
#include <vector>

#include "rewards/reward.h"

namespace hone {

// The two sides of an output that keeps the format; views into the text. Without a format, `fault` says why.
struct TaggedText {
  bool ok = false;
  std::string_view think;
  std::string_view answer;
  std::string fault;
};

// `<think>T</think><answer>A</answer>`: each tag exactly once and in this order, neither T nor A blank,
// nothing after the last tag. Blanks may stand before <think> and between the two blocks, as the R1-Zero
// prompt invites. `text` is a completion without its prompt and without eos. Linear time.
TaggedText ParseTags(std::string_view text);

// Reward `format`: 1 when ParseTags accepts the completion, else 0.
class TagFormatReward : public RewardFn {
 public:
  const std::string& name() const override { return name_; }
  std::vector<hone::Score> Score(const Group& group) const override;

 private:
  const std::string name_ = "format";
};

}  // namespace hone

#endif  // HONE_REWARDS_TAG_FORMAT_H_
