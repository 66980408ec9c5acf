// What the words beside an answer make of it: denials, alternatives, lists; through the whole verifier.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "rewards/math/verify.h"

namespace hone {
namespace {

struct Row {
  std::string gold, pred;
};

void CheckAll(const std::vector<Row>& rows, bool right) {
  for (const Row& row : rows) {
    CAPTURE(row.gold);
    CAPTURE(row.pred);
    const MathVerdict verdict = VerifyMath(row.gold, row.pred, {});
    CAPTURE(verdict.extracted);
    CAPTURE(verdict.reason);
    CHECK(verdict.status == MathVerdict::Status::kOk);
    CHECK((verdict.reward == 1.0) == right);
    CHECK(!verdict.reason.empty());
  }
}

// clang-format off
TEST_CASE("an answer that is denied, or one of several, is none") {
  CheckAll({
      {R"~(3)~", R"~(\boxed{3\text{ or four}})~"},
      {R"~(3)~", R"~(\boxed{3\text{ not}})~"},
      {R"~(3)~", R"~(\boxed{\text{not }3})~"},
      {R"~(3)~", R"~(<answer>1 2 3</answer>)~"},
      {R"~(3)~", R"~(\boxed{3} or 4)~"},
      {R"~(3)~", R"~(3 or more)~"},
      {R"~(3)~", R"~(between 2 and 3)~"},
      {R"~(3)~", R"~(It is between 2 and 3.)~"},
      {R"~(1)~", R"~(1 or 3)~"},
      {R"~(1)~", R"~(1, 3)~"},
      {R"~(3)~", R"~(1, 3)~"},
      {R"~(1)~", R"~(1 and 3)~"},
      {R"~(1)~", R"~(\boxed{1, 3})~"},
      {R"~(1)~", R"~(\boxed{1 or 3})~"},
      {R"~(3)~", R"~(the answer isn't 3)~"},
      {R"~(3)~", R"~(the answer is not 3)~"},
      {R"~(3)~", R"~(the answer cannot be 3)~"},
      {R"~(3)~", R"~(it cannot be 3)~"},
      {R"~(3)~", R"~(It is not equal to 3)~"},
      {R"~(3)~", R"~(x is never 3)~"},
      {R"~(3)~", R"~(It can't be 3)~"},
      {R"~(3)~", R"~(It can’t be 3)~"},
      {R"~(3)~", R"~(It doesn't equal 3)~"},
      {R"~(3)~", R"~(It won't be 3)~"},
      {R"~(3)~", R"~(It isn’t 3)~"},
      {R"~(3)~", R"~(The answer isn't $3$.)~"},
      {R"~(3)~", R"~(I don't think it is 3)~"},
      {R"~(3)~", R"~(The answer: not 3)~"},
      {R"~(3)~", R"~(The answer is definitely not 3)~"},
      {R"~(3)~", R"~(answer is anything but 3)~"},
      {R"~(3)~", R"~(not \boxed{3})~"},
      {R"~(3)~", R"~(The answer is not \boxed{3})~"},
      {R"~(3)~", R"~(<answer>not 3</answer>)~"},
      {R"~(3)~", R"~(<answer>isn't 3</answer>)~"},
      {R"~(3)~", R"~(\boxed{\neq 3})~"},
      {R"~(3)~", R"~(x \ne 3)~"},
      {R"~(3)~", R"~(\boxed{x \neq 3})~"},
      {R"~(3)~", R"~(\boxed{3?})~"},
      {R"~(3)~", R"~(\boxed{3} or \boxed{4})~"},
      {R"~(3)~", R"~(\boxed{3}, \boxed{4})~"},
      {R"~(3)~", R"~(\boxed{4} or 3)~"},
      {R"~(3)~", R"~(3/4)~"},
      {R"~(3)~", R"~(either 3 or 4)~"},
      {R"~(3)~", R"~(The answer is 3 or 4)~"},
      {R"~(3)~", R"~(The answer is 3, or maybe 4.)~"},
      {R"~(3)~", R"~(The answer is 3 or more.)~"},
      {R"~(3)~", R"~(3 or 4?)~"},
      {R"~(3)~", R"~($3$ or $4$)~"},
      {R"~(3)~", R"~(at least 3)~"},
      {R"~(3)~", R"~(more than 3)~"},
      {R"~(3)~", R"~(less than 3)~"},
      {R"~(3)~", R"~(\boxed{\text{at least }3})~"},
      {R"~(3)~", R"~(\boxed{3\text{ or more}})~"},
      {R"~(3)~", R"~(\boxed{>3})~"},
      {R"~(3)~", R"~(\boxed{3+})~"},
      {R"~(3)~", R"~(<answer>3 4</answer>)~"},
      {R"~(3)~", R"~(2 3)~"},
      {R"~(3)~", R"~(1 2 3)~"},
      {R"~(3)~", R"~(1 \quad 2 \quad 3)~"},
      {R"~(3)~", R"~(The options are 1, 2, 3)~"},
      {R"~(4)~", R"~(The roots are 3 and 4.)~"},
      {R"~(3)~", R"~(The roots are 3 and 4.)~"},
      {R"~(3)~", R"~(x = 4 or x = 3)~"},
      {R"~(3)~", R"~(x = 4 and x = 3)~"},
      {R"~(3)~", R"~(We get $4$ or $3$.)~"},
      {R"~(3)~", R"~(We get $4$ or 3.)~"},
      {R"~(3)~", R"~(The answer is $4$ or $3$.)~"},
      {R"~(3)~", R"~(The answer is 4, or 3.)~"},
      {R"~(3)~", R"~(Either 4, or 3.)~"},
      {R"~(3)~", R"~(Options: 1, 2, and 3)~"},
      {R"~(3)~", R"~(<answer>The answer is not 3</answer>)~"},
      {R"~(3)~", R"~(<answer>3, or four</answer>)~"},
      {R"~(3)~", R"~(<answer>3 or four</answer>)~"},
      {R"~(3)~", R"~(<answer>not equal to 3</answer>)~"},
      {R"~(3)~", R"~(<answer>anything but 3</answer>)~"},
      {R"~(3)~", R"~(答案不是3)~"},
      {R"~(3)~", R"~(The answer is not equal to $\boxed{3}$.)~"},
      {R"~(3)~", R"~(x cannot be $\boxed{3}$)~"},
      {R"~(3)~", R"~(3 is wrong.)~"},
      {R"~(3)~", R"~($3$ is not the answer.)~"},
      {R"~(3)~", R"~(\boxed{3} is wrong)~"},
      {R"~(3)~", R"~(The answer is neither 2 nor 3)~"},
      {R"~(3)~", R"~(never say 3)~"},
      {R"~(3)~", R"~(The final answer is 3 or 7. I hope it is correct.)~"},
      {R"~(3)~", R"~(#### 3 or 4)~"},
      {R"~(3)~", R"~(#### not 3)~"},
      {R"~(3)~", R"~(Answer: 3 4)~"},
      {R"~(3)~", R"~(Answer: isn't 3)~"},
      {R"~(3)~", R"~(**Answer:** not **3**)~"},
      {R"~(3)~", R"~(\boxed{1\ 2\ 3})~"},
      {R"~(3)~", R"~(\boxed{3; 4})~"},
      {R"~(3)~", R"~(3 | 4)~"},
      {R"~(3)~", R"~(3/4/5)~"},
      {R"~(3)~", R"~(\boxed{3\text{ or }4})~"},
      {R"~(3)~", R"~(\boxed{3 or 4})~"},
      {R"~(3)~", R"~(\boxed{3, or 4})~"},
      {R"~(3)~", R"~(\boxed{\text{either }3\text{ or }4})~"},
      {R"~(3)~", R"~(\boxed{\text{maybe }3\text{ maybe }4})~"},
      {R"~(3)~", R"~(\boxed{3 \lor 4})~"},
      {R"~(3)~", R"~(\boxed{3 \vee 4})~"},
      {R"~(3)~", R"~(\boxed{\{3,4\}})~"},
      {R"~(3)~", R"~(\boxed{3 \text{ and } 4})~"},
      {R"~(3)~", R"~(2. 3)~"},
      {R"~(3)~", R"~(<answer>1. 2 2. 3</answer>)~"},
      {R"~(3)~", R"~(\boxed{3}\text{ or }4)~"},
      {R"~(3)~", R"~(\boxed{3} or even 4)~"},
      {R"~(3)~", R"~(\boxed{3}; or \boxed{4})~"},
  }, false);
}

TEST_CASE("words that leave the answer alone") {
  CheckAll({
      {R"~(3)~", R"~(maybe 3)~"},
      {R"~(3)~", R"~(It is probably 3)~"},
      {R"~(3)~", R"~(\boxed{3} and not 4)~"},
      {R"~(3)~", R"~(The answer is 3, not 4.)~"},
      {R"~(3)~", R"~(The answer is not 4 but 3. So \boxed{3})~"},
      {R"~(3)~", R"~(It is not 4. It is 3.)~"},
      {R"~(3)~", R"~(4 is wrong, so the answer is 3)~"},
      {R"~(3)~", R"~(Since x is not negative, x = 3)~"},
      {R"~(3)~", R"~(There are 3 apples or so... The answer is 3.)~"},
      {R"~(3, 4)~", R"~(The roots are 3 and 4.)~"},
      {R"~(3, 4)~", R"~(The roots are $3$ and $4$.)~"},
      {R"~(8)~", R"~(so 3 + 4 = 7 and 7 + 1 = 8.)~"},
      {R"~(8)~", R"~(so 3 + 4 = 7, 7 + 1 = 8)~"},
      {R"~(10)~", R"~(We get x = 2, and 5 * 2 = 10)~"},
      {R"~(3)~", R"~(Out of 5, 3 remain)~"},
      {R"~(15)~", R"~(In 2020, 15 people came)~"},
      {R"~(1/2)~", R"~(The answer is 1/2, or 0.5.)~"},
      {R"~(1/2)~", R"~(\boxed{\frac12} or 50\%)~"},
      {R"~(1/2)~", R"~(\boxed{0.5} or equivalently one half)~"},
      {R"~(3)~", R"~(\boxed{3} or about three)~"},
      {R"~(3)~", R"~(It is about 3 or so)~"},
      {R"~(3)~", R"~(The answer is 3 because 4 is not possible.)~"},
      {R"~(12)~", R"~(The number of students who do not play is 12)~"},
      {R"~(3/8)~", R"~(The chance that it does not is 3/8)~"},
      {R"~(3)~", R"~(It does not matter; we get 3)~"},
      {R"~(3)~", R"~(It is not hard to see that the answer is 3)~"},
      {R"~(3)~", R"~(It is not hard to see that we get 3)~"},
      {R"~(5)~", R"~(It is 5, not 3.)~"},
      {R"~(5)~", R"~(We get 5, which is greater than 3)~"},
      {R"~(180)~", R"~(The angles add up to 180)~"},
      {R"~(3)~", R"~(Hence it is at least \boxed{3})~"},
      {R"~(3)~", R"~(Not 4, but 3)~"},
      {R"~(3)~", R"~(So the answer is $\boxed{3}$, not 4 or 5.)~"},
      {R"~(3)~", R"~(After thinking, 3)~"},
      {R"~(3)~", R"~(<answer>The total is 3</answer>)~"},
      {R"~(3)~", R"~(<answer>3 + 0 = 3</answer>)~"},
      {R"~(7)~", R"~(<answer>3 apples and 4 pears make 7</answer>)~"},
      {R"~(3)~", R"~(Answer: 3.)~"},
      {R"~(3)~", R"~(The answer is: 3 (three))~"},
      {R"~(3)~", R"~(the answer would be 3)~"},
      {R"~(9)~", R"~(I won 4 and lost 5, so 9)~"},
      {R"~(9)~", R"~(Tom isn't here, and there are 9 apples)~"},
      {R"~(72)~", R"~(She can't sell 10, so 72 are left.)~"},
      {R"~(72)~", R"~(Natalia sold 48/2 = 24 clips in May. Natalia sold 48+24 = 72 clips altogether in April and May.)~"},
      {R"~(5)~", R"~(He doesn't need the other 3, so he has 8 - 3 = 5)~"},
  }, true);
}
// clang-format on

}  // namespace
}  // namespace hone
