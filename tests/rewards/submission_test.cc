// rewards/code/submission: what a line may say, and what each mistake is answered with.
#include "rewards/code/submission.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

#include "data/error.h"

using namespace hone;

TEST_CASE("a full line") {
  const Submission s = ParseSubmission(
      R"json({"id":"a","lang":"python","code":"x","score":"all","checker":{"type":"float","abs":0.5,"rel":0},
          "limits":{"cpu_s":2.5,"memory_mb":64},
          "tests":[{"stdin":"1","stdout":"2"},{"call":"f","args":[1,123456789012345678901234567890],"returns":null},
                   {"assert":"assert f(1)"}]})json",
      "stdin:1");
  CHECK(s.id.text == "a");
  CHECK(s.task.all_or_nothing);
  CHECK(s.task.checker.kind == CheckerSpec::Kind::kFloat);
  CHECK(s.task.checker.absolute == 0.5);
  CHECK(s.task.limits.cpu_s == 2.5);
  CHECK(s.task.limits.wall_s == 4.5);
  CHECK(s.task.limits.memory_mb == 64);
  REQUIRE(s.task.tests.size() == 3);
  CHECK(s.task.tests[1].args == "[1,123456789012345678901234567890]");
  CHECK(s.task.tests[2].kind == JudgeTest::Kind::kAssert);
}

TEST_CASE("each mistake names its place and what was meant") {
  const std::string test = R"("tests":[{"stdin":"","stdout":""}])";
  const std::pair<std::string, const char*> rows[] = {
      {"{", "stdin:7: not valid JSON"},
      {"[]", "stdin:7: not a JSON object"},
      {R"({"lang":"c","cod":"",)" + test + "}", "unknown key 'cod'; did you mean 'code'?"},
      {R"({"lang":"c",)" + test + "}", "'code' is missing"},
      {R"({"lang":"pyton","code":"",)" + test + "}", "no language is named 'pyton'; did you mean 'python'?"},
      {R"({"lang":"c","code":5,)" + test + "}", "'code' must be a string"},
      {R"({"lang":"c","code":"","tests":[]})", "'tests' must be a list with at least one test"},
      {R"({"lang":"c","code":"","tests":[{"stdin":""}]})", "stdin:7: tests[0]: 'stdout' is missing"},
      {R"({"lang":"c","code":"","tests":[{"stdin":"","stdout":""},{"stdinn":""}]})",
       "tests[1]: unknown key 'stdinn'; did you mean 'stdin'?"},
      {R"({"lang":"c","code":"","tests":[{"call":"f","args":[],"returns":1,"stdout":""}]})",
       "more than one kind"},
      {R"({"lang":"c","code":"","tests":[{"call":"f","returns":1}]})", "'args' is missing"},
      {R"({"lang":"c","code":"","tests":[{"call":"f","args":[]}]})", "'returns' is missing"},
      {R"({"lang":"c","code":"","tests":[{"call":"f();g","args":[],"returns":1}]})",
       "'call' must be a function's name"},
      {R"({"lang":"c","code":"","checker":"tokn",)" + test + "}", "did you mean 'token'?"},
      {R"({"lang":"c","code":"","checker":"custom",)" + test + "}", "a custom checker needs its program"},
      {R"({"lang":"c","code":"","limits":{"cpu":1},)" + test + "}",
       "limits: unknown key 'cpu'; did you mean 'cpu_s'?"},
      {R"({"lang":"c","code":"","limits":{"cpu_s":-1},)" + test + "}", "'cpu_s' must be from 0.01"},
      {R"({"lang":"c","code":"","limits":{"cpu_s":"1"},)" + test + "}", "'cpu_s' must be a number"},
      {R"({"lang":"c","code":"","limits":{"memory_mb":1.5},)" + test + "}", "'memory_mb' must be an integer"},
      {R"({"lang":"c","code":"","score":"most",)" + test + "}", "'score' must be"},
      {R"({"lang":"c","code":"","id":[1],)" + test + "}", "'id' must be"},
      {R"({"lang":"c","lang":"c","code":"",)" + test + "}", "duplicate key 'lang'"},
  };
  for (const auto& [line, why] : rows) {
    CAPTURE(line);
    CHECK_THROWS_WITH_AS(ParseSubmission(line, "stdin:7"), doctest::Contains(why), Error);
  }
  CHECK_THROWS_WITH_AS(ParseTask(R"({"lang":"c","code":"",)" + test + "}", "gold"),
                       doctest::Contains("gold: unknown key 'code'"), Error);
}
