// See cosine.h. Covered by tests/rewards/text_rewards_test.cc.
#include "rewards/text/cosine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "data/error.h"

namespace hone {
namespace {

std::unique_ptr<RewardFn> MakeJudge(const std::string& name) {
  if (name == "cosine") throw Error("it cannot judge itself", "reward cosine", "name another judge");
  return MakeReward(name);
}

}  // namespace

double CosineLength(int64_t tokens, int64_t max_tokens, double at_zero, double at_max) {
  const double share = static_cast<double>(std::min(tokens, max_tokens)) / static_cast<double>(max_tokens);
  return at_max + 0.5 * (at_zero - at_max) * (1.0 + std::cos(std::numbers::pi * share));
}

CosineReward::CosineReward(const Options& options) : options_(options), judge_(MakeJudge(options.judge)) {}

std::vector<hone::Score> CosineReward::Score(const Group& group) const {
  std::vector<hone::Score> scores = judge_->Score(group);
  for (size_t i = 0; i < std::min(scores.size(), group.completions.size()); ++i) {
    if (scores[i].status != hone::Score::Status::kValue) continue;
    if (auto fault = MissingTokens(group.completions[i])) {
      scores[i] = std::move(*fault);
      continue;
    }
    const bool right = scores[i].value == 1.0;
    const auto tokens = static_cast<int64_t>(group.completions[i].ids.size());
    const double value =
        CosineLength(tokens, options_.max_tokens, right ? options_.right_short : options_.wrong_short,
                     right ? options_.right_long : options_.wrong_long);
    scores[i] = ValueScore(
        name_, value,
        fmt::format("{} in {} tokens ({})", right ? "right" : "wrong", tokens, scores[i].explanation));
  }
  return scores;
}

}  // namespace hone
