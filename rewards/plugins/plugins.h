// The kinds of reward that do not come with hone, told apart by how `use` is written. Covered by
// tests/rewards/reward_config_test.cc.
#ifndef HONE_REWARDS_PLUGINS_PLUGINS_H_
#define HONE_REWARDS_PLUGINS_PLUGINS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rewards/reward.h"

namespace hone {

// FILE.py:FUNCTION, FILE.so, http://.., `command: ..`: the options of that kind; null for anything else.
std::unique_ptr<RewardOptions> PluginOptions(const std::string& use);

// "" if `use` is a plug-in or a built-in reward, else what it must be.
std::string CheckUse(const std::string& use);

// `use` with the file it names, if any, made absolute from `directory`.
std::string ResolveUse(const std::string& use, const std::string& directory);

// One `use` of each kind, with what it is; for documentation.
std::vector<std::pair<std::string, std::string>> PluginExamples();

}  // namespace hone

#endif  // HONE_REWARDS_PLUGINS_PLUGINS_H_
