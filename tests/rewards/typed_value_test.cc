// rewards/code/typed_value: types and digits survive, nothing that is not equal is, and hostile texts are refused.
#include "rewards/code/typed_value.h"

#include <doctest/doctest.h>

#include <string>

#include "data/error.h"
#include "data/random.h"

using namespace hone;

namespace {

bool Same(const std::string& expected, const std::string& actual, const ValueRules& rules = {}) {
  const std::optional<TypedValue> value = ParseHarnessValue(actual);
  return value && SameValue(ParseJsonValue(expected, "test"), *value, rules);
}

std::string RandomJson(DataRandom& random, int depth) {
  switch (random.Uniform(depth > 0 ? 8 : 6)) {
    case 0:
      return "null";
    case 1:
      return random.Chance(0.5) ? "true" : "false";
    case 2:
      return std::to_string(random.Uniform(5));
    case 3:
      return std::to_string(random.Uniform(4)) + ".5";
    case 4:
      return "\"" + std::string(random.Uniform(3), 'a') + "\"";
    case 5:
      return "-123456789012345678901234567890";
    default:
      break;
  }
  std::string list;
  for (uint64_t n = random.Uniform(4); n > 0; --n)
    list += (list.empty() ? "" : ",") + RandomJson(random, depth - 1);
  return "[" + list + "]";
}

}  // namespace

TEST_CASE("types are told apart, numbers are compared by value") {
  CHECK(Same("42", "42"));
  CHECK(Same("42", "42.0"));
  CHECK(Same("42.0", "42"));
  CHECK_FALSE(Same("42", "42.0", {.numbers_by_value = false}));
  CHECK_FALSE(Same("42", "\"42\""));
  CHECK_FALSE(Same("1", "true"));
  CHECK_FALSE(Same("true", "1"));
  CHECK_FALSE(Same("0", "null"));
  CHECK_FALSE(Same("[]", "null"));
  CHECK(Same("[1,[2,\"x\"]]", "{\"t\":[1,[2,\"x\"]]}"));
  CHECK(Same("{\"a\":1,\"b\":[2]}", "{\"d\":[[\"b\",[2]],[\"a\",1]]}"));
  CHECK(Same("{\"1\":2}", "{\"d\":[[1,2]]}"));
  CHECK_FALSE(Same("{\"1\":2}", "{\"d\":[[1.5,2]]}"));
  CHECK_FALSE(Same("[1,2]", "{\"s\":[1,2]}"));
  CHECK(Same("[1,2,2]", "[2,1,2]", {.unordered = true}));
  CHECK(Same("[1,2]", "{\"s\":[2,1]}", {.unordered = true}));
  CHECK_FALSE(Same("[1,2,2]", "[2,1,1]", {.unordered = true}));
  CHECK_FALSE(Same("[[1,2]]", "[[2,1]]", {.unordered = true}));  // the outermost list only
  CHECK_FALSE(Same("42", "{\"o\":\"E\"}"));
  CHECK_FALSE(Same("\"ab\"", "{\"b\":\"6162\"}"));
}

TEST_CASE("integers of any length and floats at their edges") {
  CHECK(Same("123456789012345678901234567890", "123456789012345678901234567890"));
  CHECK_FALSE(Same("123456789012345678901234567890", "123456789012345678901234567891"));
  CHECK_FALSE(Same("9007199254740993", "9007199254740992.0"));  // equal once rounded
  CHECK(Same("9007199254740992", "9007199254740992.0"));
  CHECK(Same("1e300", "1e300"));
  CHECK(Same("0", "-0.0"));
  CHECK_FALSE(Same("0.1", "0.30000000000000004"));
  CHECK_FALSE(Same("0.3", "0.30000000000000004"));
  CHECK(Same("0.3", "0.30000000000000004", {.absolute = 1e-9}));
  CHECK(Same("[1e9]", "[1000000001]", {.relative = 1e-6}));
  CHECK_FALSE(Same("1", "{\"f\":\"nan\"}", {.absolute = 1e9}));
  CHECK_FALSE(Same("1", "{\"f\":\"inf\"}", {.relative = 1e9}));
  CHECK_FALSE(Same("1", "true", {.absolute = 1e9}));
}

TEST_CASE("a value equals itself, and another only when its text is another spelling") {
  const uint64_t seed = 5;
  CAPTURE(seed);
  DataRandom random(seed);
  int equal = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string a = RandomJson(random, 3), b = RandomJson(random, 1);
    CAPTURE(a);
    CAPTURE(b);
    CHECK(Same(a, a));
    CHECK(Same(a, a, {.unordered = true}));
    CHECK(ToJson(ParseJsonValue(a, "")) == a);
    CHECK(Same(a, b) == (a == b));
    equal += a == b;
  }
  CHECK(equal > 100);
}

TEST_CASE("what is no value is refused") {
  for (const char* text :
       {"", "1 2", "[1", "{\"a\":1,\"a\":1}", "\"\\ud800\"", "\xff", "nan", "1e999", "'a'", "{\"d\":[[1]]}",
        "{\"d\":1}", "{\"t\":1}", "{\"t\":[],\"s\":[]}", "{}", "{\"b\":\"6\"}", "{\"b\":\"zz\"}"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseHarnessValue(text).has_value());
  }
  CHECK_FALSE(ParseHarnessValue(std::string(100000, '[') + std::string(100000, ']')).has_value());
  CHECK_FALSE(ParseHarnessValue(std::string(1000000, '[')).has_value());
  CHECK(ParseHarnessValue(std::string(64, '[') + std::string(64, ']')).has_value());
  CHECK_THROWS_WITH_AS(ParseJsonValue("{\"a\":1,\"a\":2}", "f:3"),
                       doctest::Contains("f:3: duplicate key 'a'"), Error);
  CHECK_THROWS_WITH_AS(ParseJsonValue("{", "f:3"), doctest::Contains("f:3: not valid JSON"), Error);
  CHECK(Display(ParseJsonValue("[\"\xC3\xA9\xC3\xA9\xC3\xA9\"]", ""), 5) == "[\"\xC3\xA9...");
}
