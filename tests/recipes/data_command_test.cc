// hone data check on files and recipes: what it says, and its exit codes.
#include <nlohmann/json.hpp>

#include "recipes/assembly.h"
#include "tests/recipes/binary.h"

using namespace hone;
using nlohmann::json;

TEST_CASE("files are checked: leakage is exit code 1 and says where; clean data is 0") {
  const Workplace at;
  at.Write("train.jsonl",
           "{\"prompt\":\"What is 2+3?\",\"completion\":\"5\"}\n{\"prompt\":\"What is "
           "2+3?\",\"completion\":\"5\"}\n"
           "{\"prompt\":\"\",\"completion\":\"x\"}\n");
  at.Write("held.jsonl", "{\"question\":\"what is 2+3\"}\n{\"question\":\"what is 2-3\"}\n");
  at.Write("clean.jsonl", "{\"problem\":\"what is 7*8\"}\n");
  const Said leak = at.Hone("data check train.jsonl held.jsonl");
  CHECK(leak.status == 1);
  CHECK(leak.err == "");
  for (const char* part :
       {"LEAKAGE: 1 of 2 held-out rows", "held.jsonl:1: the same words as train.jsonl:1",
        "3 rows, 1 duplicates", "empty: 1 prompts", "train.jsonl:2: the same as train.jsonl:1"}) {
    CAPTURE(part);
    CHECK(leak.Prints(part));
  }
  const Said clean = at.Hone("data check train.jsonl clean.jsonl");
  CHECK(clean.status == 0);
  CHECK(clean.Prints("no leakage: none of 1 held-out rows"));
  const json said = json::parse(at.Hone("data check clean.jsonl train.jsonl held.jsonl --json").out);
  CHECK(said["leakage"]["normalized"] == 1);
  CHECK(said["train"]["rows"] == 4);
  CHECK(said["held_out"]["prompt_words"]["max"] == 3);
  CHECK(at.Hone("data check clean.jsonl").status == 0);  // one file has nothing to leak
  CHECK_FALSE(at.Hone("data check clean.jsonl").Prints("leak"));

  CheckOneLine(at.Hone("data check nowhere.jsonl"));
  CheckOneLine(at.Hone("data check clean.jsonl --stage x"));
  CheckOneLine(at.Hone("data check a.toml b.toml"));
  CHECK(at.Hone("data check clean.jsonl a.toml").Says("a.toml: a recipe is checked alone"));
  at.Write("bad.jsonl", "{\"x\":1}\n");
  const Said bad = at.Hone("data check bad.jsonl held.jsonl");
  CheckOneLine(bad);
  CHECK(bad.Says("bad.jsonl:1"));
  CHECK(at.Hone("data").status == 2);
  CHECK(at.Hone("data check").status == 2);
  const Said help = at.Hone("data check --help");
  CHECK(help.status == 0);
  CHECK(help.Prints("Examples:"));
  CHECK(help.Prints("exit code 1 on leakage"));
}

TEST_CASE(
    "recipes are checked: a task's splits never overlap; a data file that holds held-out questions is "
    "caught") {
  const Workplace at;
  at.Write("grpo.toml", TinyRecipe("grpo"));
  at.Write("sft.toml", TinyRecipe("sft"));
  const Said grpo = at.Hone("data check grpo.toml --set eval.prompts=200");
  CHECK(grpo.status == 0);
  CHECK(grpo.Prints("training data: grpo.toml: training prompts\n  24 rows"));
  CHECK(grpo.Prints("none of 200 held-out rows"));
  const Said sft = at.Hone("data check sft.toml --rows 500 --json --set eval.prompts=200");
  CHECK(sft.status == 0);
  CHECK(json::parse(sft.out)["train"]["rows"] == 500);
  // A held-out prompt of the task in a file to learn from.
  const Recipe recipe = ResolveRecipeFile(TinyRecipe("sft"), "sft.toml", {}).recipe;
  const auto row = [&](Split split) {
    return json{{"prompt", MakePromptTexts(recipe, split)(0).text}, {"completion", "2"}}.dump() + "\n";
  };
  const std::string check = "data check sft.toml --set eval.prompts=3 --set 'sft.data=[\"data.jsonl\"]'";
  at.Write("data.jsonl", row(Split::kTrain));
  CHECK(at.Hone(check).status == 0);
  at.Write("data.jsonl", row(Split::kTrain) + row(Split::kHeldOut));
  const Said leak = at.Hone(check);
  CHECK(leak.status == 1);
  CHECK(leak.Prints("LEAKAGE: 1 of 3 held-out rows"));
  CHECK(leak.Prints("held-out prompt 0: the same prompt as"));
  CheckOneLine(at.Hone("data check sft.toml --set 'sft.data=[\"nowhere.jsonl\"]'"));
}

TEST_CASE("a sample stage measures pass rates, and a grpo stage that names it trains on what lies between") {
  const Workplace at;
  std::string shared = TinyRecipe("grpo");
  at.Write("base.toml", TinyRecipe("sft"));
  REQUIRE(at.Hone("run base.toml --run-dir base --set sft.steps=1").status == 0);
  const size_t shape = shared.find("[model.shape]"), run = shared.find("[run]");
  shared.erase(shape, run - shape);
  at.Write("chain.toml", shared + R"(
[stages.rates]
kind = "sample"
from = "base/model"
[stages.rates.sample]
prompts = 6
completions = 2
[stages.learn]
from = ["base/model", "rates"]
[stages.learn.curriculum]
min_pass_rate = 0.0
max_pass_rate = 1.0
)");
  const Said said = at.Hone("run chain.toml --run-dir r");
  CAPTURE(said.err);
  REQUIRE(said.status == 0);
  CHECK(at.Has("r/stages/rates/pass_rates.jsonl"));
  const Said again = at.Hone("run chain.toml --run-dir r --resume --set run.tensorboard=true");
  CHECK(again.Says("stage learn is finished already"));
  const Said none = at.Hone(
      "run chain.toml --run-dir r --resume --set stages.learn.curriculum.min_pass_rate=0.5 "
      "--set stages.learn.curriculum.max_pass_rate=0.6");
  CHECK(none.status == 1);
  CHECK(none.Says("no prompt has a pass rate between"));
}
