// rewards/reward_config: tables of a recipe become rewards; their own options, paths and mistakes.
#include "rewards/reward_config.h"

#include <doctest/doctest.h>

#include "rewards/plugins/plugins.h"
#include "tests/rewards/scoring.h"

using namespace hone;

namespace {

struct Recipe {
  std::map<std::string, RewardConfig> rewards = DefaultRewards();
  template <class V>
  void Fields(V& v) {
    v.Field("rewards", rewards, "");
  }
};

Recipe Parse(const std::string& toml, const std::vector<std::string>& overrides = {}) {
  return ParseRecipe<Recipe>(toml, "r.toml", overrides);
}
std::string Refusal(const std::string& toml) {
  return ErrorText([&] { Parse(toml); });
}

}  // namespace

TEST_CASE("a table names a reward, its share and its limits; a dump says the same") {
  const Recipe recipe = Parse(
      "[rewards.answer]\n[rewards.short]\nuse = 'overlong'\nweight = -0.5\nmax_tokens = 9\nbuffer = 4\n"
      "deadline = 2\nconcurrency = 3\non_fault = 'stop'\n",
      {"rewards.short.max_tokens=10"});
  REQUIRE(recipe.rewards.size() == 2);
  CHECK(recipe.rewards.at("answer").use == "answer");
  const RunnerReward reward = recipe.rewards.at("short").Make("short");
  CHECK(reward.weight == -0.5);
  CHECK(reward.deadline == 2.0);
  CHECK(reward.concurrency == 3);
  CHECK(reward.on_fault == OnFault::kStop);
  CHECK(reward.reward->Score(GroupOfTexts("4", {std::string(8, 'x')})).at(0).value == -0.5);
  CHECK(FlattenRecipe(Parse(DumpRecipe(recipe))) == FlattenRecipe(recipe));
  CHECK(DumpRecipe(recipe).find("max_tokens = 10") != std::string::npos);
  CHECK(Parse("").rewards.size() == 2);
  CHECK(Parse("").rewards.at("format").Make("format").reward->name() == "format");
  CHECK(Parse("[rewards.format]").rewards.size() == 1);
}

TEST_CASE("mistakes are named by line, key and remedy") {
  CHECK(Refusal("[rewards.answr]\n")
            .find("r.toml:1: 'rewards.answr.use' is \"answr\"; did you mean 'answer'?") == 0);
  CHECK(Refusal("[rewards.a]\nuse = 'my.py'\n")
            .find("r.toml:2: 'rewards.a.use' is \"my.py\"; name its function") == 0);
  CHECK(Refusal("[rewards.a]\nuse = 'https://a/b'\n").find("TLS is not spoken") != std::string::npos);
  CHECK(Refusal("[rewards.a]\nuse = './x.dll'\n").find("it must be a built-in reward, FILE.py:FUNCTION") !=
        std::string::npos);
  CHECK(Refusal("[rewards.overlong]\nmaxtokens = 3\n") ==
        "r.toml:2: unknown key 'rewards.overlong.maxtokens'; did you mean 'rewards.overlong.max_tokens'?");
  CHECK(Refusal("[rewards.answer]\nmax_tokens = 3\n").find("known here: use, weight, deadline") !=
        std::string::npos);
  CHECK(Refusal("[rewards.language]\nlanguage = 'english'\n").find("r.toml:2: 'rewards.language.language'") ==
        0);
  CHECK(Refusal("[rewards.answer]\ndeadline = 0\n").find("rewards.answer.deadline") != std::string::npos);
  CHECK(Refusal("[rewards]\nnames = ['answer']\n")
            .find("r.toml:2: 'rewards.names' is an array; it must be a table") == 0);
  CHECK(ErrorText([] {
          Parse("[rewards.x]\nuse = '/nowhere/a.py:f'\n").rewards.at("x").Make("x");
        }).find("rewards.x: /nowhere/a.py:f: the reward cannot start") == 0);
  CHECK(ErrorText([] {
          Parse("[rewards.x]\nuse = 'overlong'\nbuffer = 999\n").rewards.at("x").Make("x");
        }).find("rewards.x: reward overlong: buffer = 999") == 0);
}

TEST_CASE("paths start at the recipe") {
  Recipe recipe = Parse(
      "[rewards.a]\nuse = 'my.py:f'\npython = '../venv/bin/python'\n[rewards.b]\nuse = './x.so'\noptions = "
      "'{\"a\":1}'\n"
      "[rewards.c]\nuse = 'command: ./run'\n[rewards.d]\nuse = 'http://h:1/p'\nprotocol = "
      "'openrlhf'\n[rewards.math]\n"
      "use = 'answer'\n[rewards.e]\nuse = '/abs/my.py:f'\n");
  for (auto& [name, reward] : recipe.rewards) reward.ResolvePaths("/r/recipes");
  CHECK(recipe.rewards.at("a").use == "/r/recipes/my.py:f");
  CHECK(recipe.rewards.at("b").use == "/r/recipes/x.so");
  CHECK(recipe.rewards.at("c").use == "command: ./run");
  CHECK(recipe.rewards.at("d").use == "http://h:1/p");
  CHECK(recipe.rewards.at("e").use == "/abs/my.py:f");
  CHECK(recipe.rewards.at("math").use == "answer");
  const std::string dump = DumpRecipe(recipe);
  CHECK(dump.find("python = \"/r/venv/bin/python\"") != std::string::npos);
  CHECK(dump.find("directory = \"/r/recipes\"") != std::string::npos);
  CHECK(dump.find("options = \"{\\\"a\\\":1}\"") != std::string::npos);
  CHECK(FlattenRecipe(Parse(dump)) == FlattenRecipe(recipe));
}

TEST_CASE("a reward on the command line, and the table of options") {
  const RunnerReward reward = MakeRewardFrom("repetition", {"ngram=2", "deadline=5"});
  CHECK(reward.name == "repetition");
  CHECK(reward.deadline == 5.0);
  CHECK(reward.reward->Score(GroupOfTexts("4", {"aaaa"})).at(0).value == doctest::Approx(-2.0 / 3.0));
  CHECK(ErrorText([] {
          MakeRewardFrom("repetition", {"ngrams=2"});
        }).find("did you mean 'rewards.reward.ngram'") != std::string::npos);
  CHECK(ErrorText([] { MakeRewardFrom("repetitio", {}); }).find("did you mean 'repetition'?") !=
        std::string::npos);
  const std::string table = RewardOptionsMarkdown();
  CHECK(table.find("| `overlong` | `max_tokens` | integer | `512` |") != std::string::npos);
  CHECK(table.find("| `FILE.py:FUNCTION` | `python` | string | `\"python3\"` |") != std::string::npos);
  for (const auto& [use, name] : PluginExamples()) CHECK(PluginOptions(use) != nullptr);
}
