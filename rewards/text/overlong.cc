// See overlong.h. Covered by tests/rewards/text_rewards_test.cc.
#include "rewards/text/overlong.h"

#include <fmt/format.h>

#include "data/error.h"

namespace hone {

double SoftOverlong(int64_t tokens, int64_t max_tokens, int64_t buffer) {
  if (tokens <= max_tokens - buffer) return 0.0;
  if (tokens >= max_tokens) return -1.0;
  return static_cast<double>(max_tokens - buffer - tokens) / static_cast<double>(buffer);
}

OverlongReward::OverlongReward(const Options& options) : options_(options) {
  if (options.buffer <= options.max_tokens) return;
  throw Error(fmt::format("buffer = {} is more than max_tokens = {}", options.buffer, options.max_tokens),
              "reward overlong", "lower buffer");
}

std::vector<hone::Score> OverlongReward::Score(const Group& group) const {
  std::vector<hone::Score> scores;
  for (const Completion& c : group.completions) {
    if (auto fault = MissingTokens(c)) {
      scores.push_back(std::move(*fault));
      continue;
    }
    const auto tokens = static_cast<int64_t>(c.ids.size());
    scores.push_back(ValueScore(name_, SoftOverlong(tokens, options_.max_tokens, options_.buffer),
                                fmt::format("{} tokens of {}", tokens, options_.max_tokens)));
  }
  return scores;
}

}  // namespace hone
