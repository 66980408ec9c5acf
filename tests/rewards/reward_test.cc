// rewards/reward: the table makes what it names, and an unknown name is answered with the nearest one.
#include "rewards/reward.h"

#include <doctest/doctest.h>

#include "data/error.h"

using namespace hone;

TEST_CASE("every name in the table makes a reward of that name") {
  CHECK(RewardNames().size() >= 6);
  for (const std::string& name : RewardNames()) CHECK(MakeReward(name)->name() == name);
}

TEST_CASE("an unknown name is refused with the nearest one and the list") {
  CHECK_THROWS_WITH_AS(MakeReward("formt"),
                       doctest::Contains("did you mean 'format'? There are: answer, format"), Error);
  CHECK_THROWS_WITH_AS(MakeReward("anser"), doctest::Contains("did you mean 'answer'?"), Error);
  CHECK_THROWS_AS(MakeReward(""), Error);
}
