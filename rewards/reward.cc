// The table of rewards. Covered by tests/rewards/reward_test.cc.
#include "rewards/reward.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "data/error.h"
#include "rewards/numeric_answer.h"
#include "rewards/tag_format.h"

namespace hone {
namespace {

struct TableRow {
  const char* name;
  std::unique_ptr<RewardFn> (*make)();
};

constexpr TableRow kTable[] = {
    {"answer", [] { return std::unique_ptr<RewardFn>(new NumericAnswerReward); }},
    {"format", [] { return std::unique_ptr<RewardFn>(new TagFormatReward); }},
};

// Levenshtein distance.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::unique_ptr<RewardFn> MakeReward(std::string_view name) {
  std::string nearest, all;
  for (const TableRow& row : kTable) {
    if (name == row.name) return row.make();
    all += (all.empty() ? "" : ", ") + std::string(row.name);
    if (nearest.empty() || EditDistance(name, row.name) < EditDistance(name, nearest)) nearest = row.name;
  }
  throw Error("no reward is named '" + std::string(name) + "'", "",
              "did you mean '" + nearest + "'? There are: " + all);
}

std::vector<std::string> RewardNames() {
  std::vector<std::string> names;
  for (const TableRow& row : kTable) names.emplace_back(row.name);
  return names;
}

Score ValueScore(const std::string& name, double value, std::string explanation) {
  return {Score::Status::kValue, value, {{name, value}}, std::move(explanation)};
}

Score FaultScore(std::string explanation) { return {Score::Status::kFault, 0.0, {}, std::move(explanation)}; }

}  // namespace hone
