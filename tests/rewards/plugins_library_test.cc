// rewards/hone_reward.h and its host: the C and the C++ example, and libraries that misbehave.
#include <doctest/doctest.h>

#include "rewards/plugins/shared_library.h"
#include "tests/rewards/scoring.h"

using namespace hone;

TEST_CASE("a library in C scores a group, with options, and refuses bad ones") {
  const SharedLibraryReward reward(SHORT_ANSWER_LIBRARY, "{\"most\":3}");
  const std::vector<Score> scores = reward.Score(GroupOfTexts("4", {"abc", "abcd", std::string("a\0b", 3)}));
  REQUIRE(scores.size() == 3);
  CHECK(scores[0].value == 1.0);
  CHECK(scores[1].value == 0.0);
  CHECK(scores[1].explanation == "4 of 3 bytes");
  CHECK(scores[2].explanation == "3 of 3 bytes");
  CHECK(reward.Score(Group()).empty());
  CHECK(ErrorText([] {
          SharedLibraryReward(SHORT_ANSWER_LIBRARY, "{\"most\":0}");
        }).find("most must be above 0") != std::string::npos);
  CHECK(ErrorText([] { SharedLibraryReward(SHORT_ANSWER_LIBRARY, "[]"); }).find("JSON object") !=
        std::string::npos);
  CHECK(ErrorText([] { SharedLibraryReward(SHORT_ANSWER_LIBRARY, "most=3"); }).find("not valid JSON") !=
        std::string::npos);
}

TEST_CASE("a library in C++: values, not applicable, and every mischief is a fault") {
  const Group group = GroupOfTexts("4", {"it is 4", "it is 5"});
  const std::vector<Score> plain = SharedLibraryReward(GOLD_INSIDE_LIBRARY, "{}").Score(group);
  CHECK(plain.at(0).value == 1.0);
  CHECK(plain.at(1).value == 0.0);
  CHECK(SharedLibraryReward(GOLD_INSIDE_LIBRARY, "{}").Score(GroupOfTexts("", {"x"})).at(0).status ==
        Score::Status::kNotApplicable);
  const auto with = [&](const char* options) {
    return SharedLibraryReward(GOLD_INSIDE_LIBRARY, options).Score(group);
  };
  for (const Score& score : with("{\"mischief\":\"throw\"}")) {
    CHECK(IsFault(score));
    CHECK(score.explanation == "the library failed with 1: thrown on request");
  }
  CHECK(Says(with("{\"mischief\":\"nan\"}").at(0), "not finite"));
  CHECK(Says(with("{\"mischief\":\"status\"}").at(0), "unknown status 77"));
  CHECK(with("{\"mischief\":\"forget\"}").at(0).value == 1.0);
  CHECK(Says(with("{\"mischief\":\"forget\"}").at(1), "did not score it"));
  CHECK(with("{\"mischief\":\"fill\"}").at(0).explanation == std::string(HONE_REWARD_TEXT, 'x'));
}

TEST_CASE("what is no reward library is one clear line") {
  const ScratchDir dir;
  CHECK(ErrorText([] { SharedLibraryReward("/nowhere/x.so", "{}"); }).find("cannot load the library") !=
        std::string::npos);
  CHECK(ErrorText([&] { SharedLibraryReward(dir.Write("x.so", "text"), "{}"); }).find("cannot load") !=
        std::string::npos);
  CHECK(ErrorText([] { SharedLibraryReward("libm.so.6", "{}"); }).find("no function hone_reward") !=
        std::string::npos);
  CHECK(ErrorText([] {
          SharedLibraryReward(OTHER_VERSION_LIBRARY, "{}");
        }).find("is for version 99 of hone_reward.h, this hone has version 1") != std::string::npos);
}
