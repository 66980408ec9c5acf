// Covered by tests/rewards/signs_test.cc.
#include "rewards/signs/sign_reward.h"

#include <cmath>
#include <optional>

#include "data/sign_puzzle.h"
#include "rewards/signs/sign_tries.h"
#include "rewards/tag_format.h"

namespace hone {
namespace {

struct Verdict {
  bool right;
  std::string why;
};

Verdict JudgeAnswer(const TaggedText& tags, const SignExpression& gold) {
  if (!tags.ok) return {false, "no answer: " + tags.fault};
  const std::optional<SignExpression> answer = ParseSignExpression(tags.answer);
  if (!answer) return {false, "the answer is no sum of numbers"};
  if (answer->numbers != gold.numbers) return {false, "the answer has other numbers"};
  const bool right = answer->Value() == gold.Value();
  return {right, answer->Text() + " is " + std::to_string(answer->Value()) +
                     (right ? "" : ", not " + std::to_string(gold.Value()))};
}

}  // namespace

std::vector<hone::Score> SignReward::Score(const Group& group) const {
  const std::optional<SignExpression> gold = ParseSignExpression(group.prompt.gold);
  if (!gold) {
    return std::vector<hone::Score>(
        group.completions.size(),
        FaultScore("the gold of prompt " + std::to_string(group.prompt.index) +
                   " is no sum of numbers such as 8+2-3, of at most " + std::to_string(kMostSignNumbers)));
  }
  const int64_t target = gold->Value();
  const double share = std::ldexp(static_cast<double>(CountSignChoices(gold->numbers, target)),
                                  1 - static_cast<int>(gold->numbers.size()));
  std::vector<hone::Score> scores;
  for (const Completion& completion : group.completions) {
    const Verdict verdict = JudgeAnswer(ParseTags(completion.text), *gold);
    const SignTries tries = ReadSignTries(completion.text, gold->numbers, target);
    hone::Score score{hone::Score::Status::kValue, verdict.right ? 1.0 : 0.0, {}, verdict.why};
    const auto add = [&](const char* part, double value) { score.parts.emplace_back(part, value); };
    add("tries", static_cast<double>(tries.tries));
    add("hits", static_cast<double>(tries.hits));
    add("chance", static_cast<double>(tries.tries) * share);
    add("repeats", static_cast<double>(tries.repeats));
    add("gave_up", tries.gave_up);
    add("steps", static_cast<double>(tries.steps));
    add("wrong_steps", static_cast<double>(tries.wrong_steps));
    add("thinking", static_cast<double>(tries.thinking));
    scores.push_back(std::move(score));
  }
  return scores;
}

}  // namespace hone
