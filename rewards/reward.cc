// The table of rewards. Covered by tests/rewards/reward_test.cc.
#include "rewards/reward.h"

#include <utility>

#include "data/edit_distance.h"
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
