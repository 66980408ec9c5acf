// Reward `math`. Covered by tests/rewards/math_grade_test.cc.
#include "rewards/math/math_reward.h"

#include "data/utf8.h"
#include "rewards/math/verify.h"

namespace hone {
namespace {

constexpr size_t kMostQuoted = 80;

std::string Quoted(const std::string& text) {
  const std::string cut = text.size() <= kMostQuoted ? text : text.substr(0, kMostQuoted - 3) + "...";
  return "'" + ValidUtf8(cut) + "'";
}

}  // namespace

std::vector<hone::Score> MathReward::Score(const Group& group) const {
  std::vector<hone::Score> scores;
  for (const Completion& completion : group.completions) {
    const MathVerdict verdict = VerifyMath(group.prompt.gold, completion.text, policy_);
    if (verdict.status == MathVerdict::Status::kFault) {
      scores.push_back(FaultScore(verdict.reason + " (prompt " + std::to_string(group.prompt.index) +
                                  ", gold " + Quoted(group.prompt.gold) + ")"));
      continue;
    }
    const std::string said = verdict.extracted.empty() ? "no answer" : Quoted(verdict.extracted);
    scores.push_back(ValueScore(name_, verdict.reward,
                                said + (verdict.reward == 1.0 ? " is right: " : " is not right: ") +
                                    ValidUtf8(verdict.reason) + " (method: " + verdict.method + ")"));
  }
  return scores;
}

}  // namespace hone
