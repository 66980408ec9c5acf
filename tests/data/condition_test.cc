// Conditions on named numbers: every comparison, and every way to write none.
#include "data/condition.h"

#include <doctest/doctest.h>

#include <limits>

#include "data/error.h"

using namespace hone;

TEST_CASE("a condition compares a number with its bound; a NaN meets none") {
  const Condition least = ParseCondition(" eval.pass@1 >= 0.8", "require");
  CHECK(least.name == "eval.pass@1");
  CHECK(least.Holds(0.8));
  CHECK_FALSE(least.Holds(0.79));
  const std::pair<const char*, std::vector<bool>> cases[] = {
      // of -1, 0 and 1 against 0
      {"x>=0", {false, true, true}},   {"x <= 0", {true, true, false}},  {"x > 0", {false, false, true}},
      {"x<0e3", {true, false, false}}, {"x ==-0", {false, true, false}}, {"x != 0.0", {true, false, true}}};
  for (const auto& [text, holds] : cases) {
    CAPTURE(text);
    const Condition condition = ParseCondition(text, "w");
    for (int i = 0; i < 3; ++i) CHECK(condition.Holds(i - 1) == holds[i]);
    CHECK_FALSE(condition.Holds(std::numeric_limits<double>::quiet_NaN()));
  }
}

TEST_CASE("what is no condition is refused by name") {
  for (const char* text : {"", "x", "x >=", ">= 1", "x >= y", "x >= 1 2", "x => 1", "a b > 1", "x = 1",
                           "x > nan", "x > inf", "x >= 1e999", "x > 1 > 2"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(ParseCondition(text, "stages.a.require"), doctest::Contains("stages.a.require: "),
                         Error);
  }
}
