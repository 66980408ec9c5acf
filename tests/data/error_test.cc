// The one line a user reads: where, what, remedy, in that order, without separators of absent parts.
#include "data/error.h"

#include <doctest/doctest.h>

#include <string>

TEST_CASE("an Error says where, what and what to do") {
  CHECK(std::string(hone::Error("bad value", "a.toml:3", "write 1").what()) ==
        "a.toml:3: bad value; write 1");
  CHECK(std::string(hone::Error("bad value", "", "").what()) == "bad value");
  CHECK(std::string(hone::Error("bad value", "", "write 1").what()) == "bad value; write 1");
  CHECK_THROWS_AS(throw hone::Error("a", "b", "c"), std::runtime_error);
}
