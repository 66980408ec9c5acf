// The table of rewards. Covered by tests/rewards/reward_test.cc.
#include "rewards/reward.h"

#include <limits>
#include <type_traits>
#include <utility>

#include "data/edit_distance.h"
#include "data/error.h"
#include "rewards/code/code_reward.h"
#include "rewards/math/math_reward.h"
#include "rewards/numeric_answer.h"
#include "rewards/signs/sign_reward.h"
#include "rewards/tag_format.h"
#include "rewards/text/cosine.h"
#include "rewards/text/language.h"
#include "rewards/text/overlong.h"
#include "rewards/text/readable.h"
#include "rewards/text/repetition.h"

namespace hone {
namespace {

struct NoOptions {};
template <class Reward>
auto OptionsType() {
  if constexpr (requires { typename Reward::Options; }) {
    return std::type_identity<typename Reward::Options>();
  } else {
    return std::type_identity<NoOptions>();
  }
}

template <class Reward>
class OptionsOf final : public RewardOptions {
 public:
  void Fields(FieldVisitor& v) override {
    if constexpr (requires { options_.Fields(v); }) options_.Fields(v);
  }
  std::unique_ptr<RewardFn> Make(const std::string& /*use*/,
                                 [[maybe_unused]] double deadline) const override {
    if constexpr (std::is_constructible_v<Reward, const Options&, double>) {
      return std::make_unique<Reward>(options_, deadline);
    } else if constexpr (std::is_constructible_v<Reward, const Options&>) {
      return std::make_unique<Reward>(options_);
    } else {
      return std::make_unique<Reward>();
    }
  }
  std::unique_ptr<RewardOptions> Clone() const override { return std::make_unique<OptionsOf>(*this); }

 private:
  using Options = typename decltype(OptionsType<Reward>())::type;
  Options options_;
};

template <class Reward>
std::unique_ptr<RewardOptions> Row() {
  return std::make_unique<OptionsOf<Reward>>();
}

struct TableRow {
  const char* name;
  std::unique_ptr<RewardOptions> (*options)();
};

constexpr TableRow kTable[] = {
    {"answer", Row<NumericAnswerReward>},
    {"format", Row<TagFormatReward>},
    {"overlong", Row<OverlongReward>},
    {"cosine", Row<CosineReward>},
    {"repetition", Row<RepetitionReward>},
    {"language", Row<LanguageReward>},
    {"readable", Row<ReadableReward>},
    {"code", Row<CodeReward>},
    {"math", Row<MathReward>},
    {"signs", Row<SignReward>},
};

}  // namespace

std::unique_ptr<RewardOptions> BuiltInOptions(std::string_view name) {
  for (const TableRow& row : kTable) {
    if (name == row.name) return row.options();
  }
  return nullptr;
}

std::unique_ptr<RewardFn> MakeReward(std::string_view name) {
  const auto options = BuiltInOptions(name);
  if (options == nullptr)
    throw Error("no reward is named '" + std::string(name) + "'", "", NearestReward(name));
  return options->Make("", std::numeric_limits<double>::infinity());
}

std::vector<std::string> RewardNames() {
  std::vector<std::string> names;
  for (const TableRow& row : kTable) names.emplace_back(row.name);
  return names;
}

std::string NearestReward(std::string_view name) {
  std::string nearest, all;
  for (const TableRow& row : kTable) {
    all += (all.empty() ? "" : ", ") + std::string(row.name);
    if (nearest.empty() || EditDistance(name, row.name) < EditDistance(name, nearest)) nearest = row.name;
  }
  return DidYouMean(name, nearest) + "There are: " + all;
}

Score ValueScore(const std::string& name, double value, std::string explanation) {
  return {Score::Status::kValue, value, {{name, value}}, std::move(explanation)};
}

Score FaultScore(std::string explanation) { return {Score::Status::kFault, 0.0, {}, std::move(explanation)}; }

std::optional<Score> MissingTokens(const Completion& completion) {
  if (completion.text.empty() || !completion.ids.empty()) return std::nullopt;
  return FaultScore("it counts tokens, and the completion came without its ids; add completion_ids");
}

}  // namespace hone
