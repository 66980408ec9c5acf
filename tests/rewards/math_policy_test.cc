// The flags of the verifier: every name and value, and what a slip gets for an answer.
#include <doctest/doctest.h>

#include <string>

#include "data/error.h"
#include "rewards/math/policy.h"

namespace hone {
namespace {

std::string Refusal(const std::string& assignment) {
  MathPolicy policy;
  try {
    SetFlag(policy, assignment);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("every flag takes each of its values and no other") {
  MathPolicy policy;
  for (const char* assignment :
       {"percent=same_number", "percent=either", "missing_unit=require", "list_order=as_given",
        "form=evaluated", "form=as_gold", "rounding=gold_digits", "rounding=relative:1e-4",
        "rounding=decimals:2", "bracket_answer=on", "join_boxes=all", "join_boxes=last",
        "relation_as_set=both", "relation_as_set=never", "variable_names=lenient", "box_required=on",
        "box_or_phrase=phrase", "decimal_comma=off"}) {
    CAPTURE(assignment);
    CHECK_NOTHROW(SetFlag(policy, assignment));
  }
  CHECK(policy.percent == PercentRule::kEither);
  CHECK(policy.join_boxes == JoinBoxesRule::kLast);
  CHECK(policy.decimal_comma == DecimalCommaRule::kOff);
  CHECK(policy.box_required == Switch::kOn);
  CHECK(Refusal("percent=tenth").find("hundredth") != std::string::npos);
  CHECK(Refusal("precent=either") == "--flag precent=either: unknown key 'precent'; did you mean 'percent'?");
  CHECK(Refusal("foo=1").find("--flag foo=1: unknown key 'foo'; known here: percent, ") == 0);
  CHECK(Refusal("percent") == "--flag percent: there is no '='; write --flag key=value");
  for (const char* wrong :
       {"foo=1", "percent", "percent=tenth", "rounding=x", "percent.x=1", "=", "percent=[", "percent=1"}) {
    CAPTURE(wrong);
    CHECK(Refusal(wrong).find("--set") == std::string::npos);
    CHECK(Refusal(wrong).find("--flag") == 0);
  }
  for (const char* rounding : {"", "relative:", "relative:0", "relative:1", "relative:nan", "decimals:-1",
                               "decimals:101", "decimals:2x", "Exact"}) {
    CAPTURE(rounding);
    CHECK(!CheckRounding(rounding).empty());
    CHECK(Refusal(std::string("rounding=") + rounding) != "");
  }
}

TEST_CASE("a refused flag leaves the policy alone, and rounding comes apart") {
  MathPolicy policy;
  SetFlag(policy, "rounding=decimals:3");
  CHECK_THROWS_AS(SetFlag(policy, "rounding=some"), Error);
  CHECK(ParseRounding(policy.rounding).kind == RoundingRule::Kind::kDecimals);
  CHECK(ParseRounding(policy.rounding).decimals == 3);
  CHECK(ParseRounding("relative:0.25").tolerance == 0.25);
  CHECK(ParseRounding("exact").kind == RoundingRule::Kind::kExact);
}

}  // namespace
}  // namespace hone
