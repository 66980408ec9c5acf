// See reward_config.h. Covered by tests/rewards/reward_config_test.cc.
#include "rewards/reward_config.h"

#include "data/error.h"
#include "data/toml_value.h"
#include "rewards/plugins/plugins.h"

namespace hone {
namespace {

std::unique_ptr<RewardOptions> DefaultOptions(const std::string& use) {
  auto options = BuiltInOptions(use);
  return options != nullptr ? std::move(options) : PluginOptions(use);
}

struct OneTable {
  std::map<std::string, RewardConfig> rewards;
  void Fields(FieldVisitor& v) { v.Field("rewards", rewards, ""); }
};

}  // namespace

void RewardConfig::Fields(FieldVisitor& v) {
  v.Field(
      "use", use, CheckUse,
      "built-in reward, FILE.py:FUNCTION, FILE.so, http://.. or 'command: ..'; its own options go into the "
      "same table");
  v.Field("weight", weight, "its share in the sum; negative for a penalty");
  v.Field("deadline", deadline, AboveUpTo(0, 86400), "seconds for one group, then it is a fault");
  v.Field("concurrency", concurrency, Range{1, 1024}, "groups scored at once");
  v.Field("on_fault", on_fault, "drop the completion from its group, or stop the run");
  auto options = options_use_ == use && options_ != nullptr ? options_->Clone() : DefaultOptions(use);
  if (options == nullptr) return;  // only where nothing is read: CheckUse refuses such a `use`
  options->Fields(v);
  options_ = std::move(options);
  options_use_ = use;
}

void RewardConfig::ResolvePaths(const std::string& directory) {
  use = ResolveUse(use, directory);
  auto options = options_ != nullptr ? options_->Clone() : DefaultOptions(use);
  if (options == nullptr) return;
  options->ResolvePaths(directory);
  options_ = std::move(options);
  options_use_ = use;
}

RunnerReward RewardConfig::Make(const std::string& name) const {
  const auto options = options_ != nullptr ? options_->Clone() : DefaultOptions(use);
  if (options == nullptr) throw Error("no reward is named '" + use + "'", "rewards." + name, CheckUse(use));
  try {
    return {name, weight, deadline, concurrency, on_fault, options->Make(use, deadline)};
  } catch (const Error& e) {
    throw Error(e.what(), "rewards." + name, "");
  }
}

std::map<std::string, RewardConfig> DefaultRewards() {
  std::map<std::string, RewardConfig> rewards;
  for (const char* name : {"answer", "format"}) rewards[name].SetName(name);
  return rewards;
}

RunnerReward MakeRewardFrom(const std::string& use, const std::vector<std::string>& assignments) {
  std::vector<std::string> overrides;
  for (const std::string& assignment : assignments) overrides.push_back("rewards.reward." + assignment);
  const std::string toml = "[rewards.reward]\nuse = " + QuoteToml(use) + "\n";
  RewardConfig config = ParseRecipe<OneTable>(toml, "reward", overrides).rewards.at("reward");
  config.ResolvePaths(".");
  RunnerReward reward = config.Make("reward");
  reward.name = use;
  return reward;
}

std::vector<std::pair<std::string, std::vector<FieldDoc>>> DescribeRewardOptions() {
  std::vector<std::pair<std::string, std::vector<FieldDoc>>> all;
  const auto add = [&](const std::string& name, RewardOptions& options) {
    auto docs = DescribeFields([&](FieldVisitor& v) { options.Fields(v); });
    if (!docs.empty()) all.emplace_back(name, std::move(docs));
  };
  for (const std::string& name : RewardNames()) add(name, *BuiltInOptions(name));
  for (const auto& [use, name] : PluginExamples()) add(name, *PluginOptions(use));
  return all;
}

std::string RewardOptionsMarkdown() {
  std::string out = "| reward | key | type | default | allowed | meaning |\n|---|---|---|---|---|---|\n";
  for (const auto& [name, docs] : DescribeRewardOptions()) {
    const std::string rows = MarkdownTable(docs);
    size_t at = rows.find('\n', rows.find('\n') + 1) + 1;  // behind the head
    for (size_t end; at < rows.size(); at = end) {
      end = rows.find('\n', at) + 1;
      out += "| `" + name + "` " + rows.substr(at, end - at);
    }
  }
  return out;
}

}  // namespace hone
