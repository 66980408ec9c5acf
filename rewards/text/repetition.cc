// See repetition.h. Covered by tests/rewards/text_rewards_test.cc.
#include "rewards/text/repetition.h"

#include <fmt/format.h>

#include <string_view>
#include <unordered_set>

namespace hone {

double RepeatedShare(std::span<const int32_t> ids, int64_t n) {
  const auto size = static_cast<int64_t>(ids.size());
  if (size < n) return 0.0;
  std::unordered_set<std::string_view> distinct;  // of the ids' bytes
  for (int64_t i = 0; i + n <= size; ++i) {
    distinct.emplace(reinterpret_cast<const char*>(&ids[i]), n * sizeof(int32_t));
  }
  const auto all = static_cast<double>(size - n + 1);
  return 1.0 - static_cast<double>(distinct.size()) / all;
}

std::vector<hone::Score> RepetitionReward::Score(const Group& group) const {
  std::vector<hone::Score> scores;
  for (const Completion& c : group.completions) {
    if (auto fault = MissingTokens(c)) {
      scores.push_back(std::move(*fault));
      continue;
    }
    const double share = RepeatedShare(c.ids, options_.ngram);
    scores.push_back(
        ValueScore(name_, share == 0.0 ? 0.0 : -options_.max_penalty * share,
                   fmt::format("{:.1f} % of its {}-grams occurred before", 100.0 * share, options_.ngram)));
  }
  return scores;
}

}  // namespace hone
