// The contract every reward keeps, and the one table of built-in rewards. Covered by
// tests/rewards/reward_test.cc.
#ifndef HONE_REWARDS_REWARD_H_
#define HONE_REWARDS_REWARD_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/fields.h"
#include "data/types.h"

namespace hone {

// Scores a whole group at once: one Score per completion, in completion order. What a completion says can
// make its score low, never make this throw: what goes wrong with the scoring itself (an unreadable gold, a
// timeout) is a fault, which names itself in Score::explanation and is not a number. Thread-safe: several
// threads may score at once.
class RewardFn {
 public:
  virtual ~RewardFn() = default;

  virtual const std::string& name() const = 0;
  virtual std::vector<hone::Score> Score(const Group& group) const = 0;
  // Whether Score always returns in time by itself, with faults for what it could not finish.
  virtual bool KeepsDeadline() const { return false; }
};

// The options that one kind of reward has besides those that all have (see rewards/reward_config.h), and the
// way from them to the reward.
class RewardOptions {
 public:
  virtual ~RewardOptions() = default;
  virtual void Fields(FieldVisitor& v) = 0;  // none for a reward without options
  // Relative paths among the options start from `directory`.
  virtual void ResolvePaths(const std::string& /*directory*/) {}
  // `use` is the recipe's, `deadline` in seconds for one group; most built-in rewards need neither. Error when this
  // machine cannot serve it.
  virtual std::unique_ptr<RewardFn> Make(const std::string& use, double deadline) const = 0;
  virtual std::unique_ptr<RewardOptions> Clone() const = 0;
};

// The defaults of the built-in reward of that name; null if there is none. A built-in reward R is one row of
// the table in reward.cc: its options are the struct R::Options (with Fields) that R's constructor takes.
std::unique_ptr<RewardOptions> BuiltInOptions(std::string_view name);

// The built-in reward of that name with its default options. Throws Error, with the nearest name and the whole
// list, for any other.
std::unique_ptr<RewardFn> MakeReward(std::string_view name);

// Names of the table, in its order.
std::vector<std::string> RewardNames();

// "did you mean 'format'? There are: answer, format, ..."
std::string NearestReward(std::string_view name);

// A plain value with itself as its one part.
Score ValueScore(const std::string& name, double value, std::string explanation);
Score FaultScore(std::string explanation);
// For rewards that count tokens: a fault in the place of the score of a text that came without its ids.
std::optional<Score> MissingTokens(const Completion& completion);

}  // namespace hone

#endif  // HONE_REWARDS_REWARD_H_
