// The reward `code`: programs that a model writes, judged by the prompt's tests. Covered by
// tests/rewards/code_reward_test.cc.
#ifndef HONE_REWARDS_CODE_CODE_REWARD_H_
#define HONE_REWARDS_CODE_CODE_REWARD_H_

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "rewards/code/judge.h"
#include "rewards/reward.h"

namespace hone {

// The program in a completion: the last block between ``` fences of the text, or the whole text when it has
// none; the text is what the last <answer> .. </answer> holds, or the completion without such tags. A last
// fence that is not closed runs to the end.
std::string_view ExtractCode(std::string_view completion);

// Reward `code`: the outcome's score, 0 to 1. The prompt's gold is a task as `hone judge` reads it, without
// id and code: {"lang":"cpp","tests":[..],..}. A gold that cannot be read, or whose tests can be forged
// without allow_forgeable, there or in the options, and a verdict of IE are faults. The sandbox is made at
// the first need and kept; a machine that cannot isolate gives faults.
class CodeReward : public RewardFn {
 public:
  struct Options {
    bool all_or_nothing = false;
    bool allow_forgeable = false;

    template <class V>
    void Fields(V& v) {
      v.Field("all_or_nothing", all_or_nothing,
              "1 when every test passes, else 0; false: the share of tests that pass (a prompt may ask for "
              "\"all\" too)");
      v.Field("allow_forgeable", allow_forgeable,
              "accept assertions that are compiled into the submission, which could report a pass of its own "
              "making");
    }
  };

  // `deadline` in seconds for one group: what has no verdict by then is a fault.
  explicit CodeReward(const Options& options, double deadline = std::numeric_limits<double>::infinity());
  ~CodeReward() override;

  const std::string& name() const override { return name_; }
  std::vector<hone::Score> Score(const Group& group) const override;
  // Compilers and programs are killed in time; the first group also waits for the sandbox's start.
  bool KeepsDeadline() const override { return std::isfinite(deadline_); }

 private:
  Judge& judge() const;  // throws Error

  const std::string name_ = "code";
  const Options options_;
  const double deadline_;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<Judge> judge_;  // under mutex_ until it is made
};

}  // namespace hone

#endif  // HONE_REWARDS_CODE_CODE_REWARD_H_
