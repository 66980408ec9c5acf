// One table [rewards.NAME] of a recipe: which reward, how it counts, how long it may take. Covered by
// tests/rewards/reward_config_test.cc.
#ifndef HONE_REWARDS_REWARD_CONFIG_H_
#define HONE_REWARDS_REWARD_CONFIG_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/fields.h"
#include "rewards/reward.h"
#include "rewards/runner.h"

namespace hone {

template <>
inline constexpr auto kEnumNames<OnFault> = std::to_array<EnumName<OnFault>>({{OnFault::kDrop, "drop"},
                                                                              {OnFault::kStop, "stop"}});

struct RewardConfig {
  std::string use;  // the table's name when it is not written
  double weight = 1.0;
  double deadline = 60.0;
  int64_t concurrency = 1;
  OnFault on_fault = OnFault::kDrop;

  void SetName(const std::string& name) {
    if (use.empty()) use = name;
  }
  void Fields(FieldVisitor& v);

  // Relative files in `use` and the options start from `directory`, the recipe's.
  void ResolvePaths(const std::string& directory);
  // Error, naming `name`, when the reward cannot be made on this machine.
  RunnerReward Make(const std::string& name) const;

 private:
  std::shared_ptr<const RewardOptions> options_;  // of options_use_; null before Fields
  std::string options_use_;
};

// What a recipe without rewards has: `answer` and `format`, each with weight 1.
std::map<std::string, RewardConfig> DefaultRewards();

// The reward that `use` means alone, as `hone reward` takes it; relative files start from the working
// directory. `assignments` are "key=value" as --set has them, e.g. "deadline=5". Error as a recipe's.
RunnerReward MakeRewardFrom(const std::string& use, const std::vector<std::string>& assignments);

// The options each built-in reward and each kind of plug-in has of its own, by its name; those without are left out.
std::vector<std::pair<std::string, std::vector<FieldDoc>>> DescribeRewardOptions();
// The same as a table for rewards/README.md.
std::string RewardOptionsMarkdown();

}  // namespace hone

#endif  // HONE_REWARDS_REWARD_CONFIG_H_
