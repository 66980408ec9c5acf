// Each policy flag, at each of its values: the same pair decided both ways.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "rewards/math/verify.h"

namespace hone {
namespace {

bool Right(const std::string& flag, const std::string& gold, const std::string& pred) {
  MathPolicy policy;
  if (!flag.empty()) SetFlag(policy, flag);
  const MathVerdict verdict = VerifyMath(gold, pred, policy);
  CAPTURE(flag);
  CAPTURE(gold);
  CAPTURE(pred);
  CAPTURE(verdict.reason);
  CHECK(verdict.status == MathVerdict::Status::kOk);
  return verdict.status == MathVerdict::Status::kOk && verdict.reward == 1.0;
}

struct Case {
  std::string flag;
  std::string gold;
  std::string pred;
  bool right;
};

TEST_CASE("flags decide what graders disagree on") {
  const std::vector<Case> cases = {
      {"percent=hundredth", "15%", "0.15", true},
      {"percent=hundredth", "15%", "15", false},
      {"percent=same_number", "15%", "15", true},
      {"percent=same_number", "15%", "0.15", false},
      {"percent=either", "15%", "15", true},
      {"percent=either", "0.15", "15%", true},
      {"percent=either", "15%", "1.5", false},
      {"missing_unit=ignore", "7 \\text{ kg}", "7", true},
      {"missing_unit=require", "7 \\text{ kg}", "7", false},
      {"missing_unit=require", "7", "7 \\text{ kg}", false},
      {"missing_unit=require", "7 \\text{ kg}", "7 \\text{ kg}", true},
      {"missing_unit=require", "\\$7", "7", true},
      {"list_order=any", "3, 8, 1", "8, 3, 1", true},
      {"list_order=as_given", "3, 8, 1", "8, 3, 1", false},
      {"list_order=as_given", "3, 8, 1", "3, 8, 1", true},
      {"list_order=as_given", "\\{3, 8\\}", "\\{8, 3\\}", true},
      {"form=any", "(x+1)^2+y^2", "x^2+2x+1+y^2", true},
      {"form=as_gold", "(x+1)^2+y^2", "x^2+2x+1+y^2", false},
      {"form=as_gold", "(x+1)^2+y^2", "y^2+(1+x)^2", true},
      {"form=as_gold", "\\frac12", "0.5", true},
      {"form=evaluated", "5", "2+3", false},
      {"form=evaluated", "5", "5.0", true},
      {"form=evaluated", "1", "\\cos^2 x+\\sin^2 x", false},
      {"form=evaluated", "\\frac{2}{3}", "\\frac{4}{6}", false},
      {"form=evaluated", "\\frac{2}{3}", "\\frac{2}{3}", true},
      {"form=evaluated", "3\\sqrt{2}", "3\\sqrt{2}", true},
      {"form=evaluated", "3\\sqrt{2}", "(1+2)\\sqrt{2}", false},
      {"form=evaluated", "5", "x=5", true},
      {"rounding=exact", "200/3", "66.7", false},
      {"rounding=gold_digits", "66.7", "200/3", true},
      {"rounding=gold_digits", "200/3", "66.7", true},
      {"rounding=gold_digits", "66.7", "66.8", false},
      {"rounding=gold_digits", "(3/5, 8/3]", "(0.6, 2.6667]", false},  // an interval's ends are exact
      {"rounding=relative:1e-2", "200/3", "66.7", true},
      {"rounding=relative:1e-6", "200/3", "66.7", false},
      {"rounding=decimals:1", "200/3", "66.7", true},
      {"rounding=decimals:3", "200/3", "66.7", false},
      {"relation_as_set=gold_relation", "1 \\le x \\le 4", "[1,4]", true},
      {"relation_as_set=gold_relation", "[1,4]", "1 \\le x \\le 4", false},
      {"relation_as_set=both", "[1,4]", "1 \\le x \\le 4", true},
      {"relation_as_set=never", "1 \\le x \\le 4", "[1,4]", false},
      {"variable_names=strict", "x^2+1", "y^2+1", false},
      {"variable_names=lenient", "x^2+1", "y^2+1", true},
      {"variable_names=lenient", "x^2+2y", "b^2+2a", true},
      {"variable_names=lenient", "x^2+y", "x^2+1", false},
      {"box_required=off", "4", "The answer is 4.", true},
      {"box_required=on", "4", "The answer is 4.", false},
      {"box_required=on", "4", "The answer is \\boxed{4}.", true},
      {"box_or_phrase=box", "3", "The final answer is 8888, \\boxed{3}", true},
      {"box_or_phrase=phrase", "3", "\\boxed{5} no: the final answer is 3", true},
      {"bracket_answer=on", "30", "the angle is 30 and so [30]", true},
      {"join_boxes=last", "5, 6", "\\boxed{5} and \\boxed{6}", false},
      {"join_boxes=adjacent", "5, 6", "\\boxed{5} and \\boxed{6}", true},
      {"join_boxes=all", "4, 5, 6",
       "\\boxed{4} comes from the first of the equations above; then \\boxed{5} and \\boxed{6}", true},
      {"decimal_comma=auto", "2,75", "2.75", true},
      {"decimal_comma=off", "2,75", "2.75", false},
      {"decimal_comma=auto", "2,75", "75,2", true},
  };
  for (const Case& c : cases) {
    CAPTURE(c.flag);
    CAPTURE(c.gold);
    CAPTURE(c.pred);
    CHECK(Right(c.flag, c.gold, c.pred) == c.right);
  }
}

}  // namespace
}  // namespace hone
