// hone eval on one model and on several, and an eval stage that is stopped and resumed.
#include <csignal>
#include <nlohmann/json.hpp>

#include "data/arithmetic.h"
#include "data/run_store.h"
#include "policy/checkpoint.h"
#include "recipes/schema.h"
#include "rl/metrics.h"
#include "tests/recipes/binary.h"

using namespace hone;
using nlohmann::json;

namespace {

// tiny.toml and the models a, b with random weights of the same shape.
struct Models : Workplace {
  Models() {
    Write("tiny.toml", TinyRecipe("grpo"));
    std::filesystem::create_directories(*this / "tokenizer");
    WriteArithmeticTokenizer(*this / "tokenizer");
    const Recipe recipe = ResolveRecipeFile(TinyRecipe("grpo"), "tiny.toml", {}).recipe;
    const ModelConfig config = recipe.model.shape->Resolve(Tokenizer::Load(*this / "tokenizer"), "tiny");
    for (const uint64_t seed : {1, 2}) {
      SaveCheckpoint(*this / (seed == 1 ? "a" : "b"), config, InitWeights(config, seed, 1.0),
                     WeightDtype::kFp32, *this / "tokenizer");
    }
  }
};

constexpr char kMore[] = " --recipe tiny.toml --set eval.prompts=12 --set eval.samples_per_prompt=4";

}  // namespace

TEST_CASE(
    "one model is an object, several are a list with differences to the first; the table says the same") {
  const Models at;
  const Said one = at.Hone(std::string("eval a --json") + kMore),
             two = at.Hone(std::string("eval a b --json") + kMore);
  CAPTURE(two.err);
  REQUIRE(one.status == 0);
  REQUIRE(two.status == 0);
  const json list = json::parse(two.out);
  REQUIRE(list.size() == 2);
  CHECK(list[0] == json::parse(one.out));
  CHECK_FALSE(list[0].contains("difference_to_first"));
  const json& difference = list[1]["difference_to_first"]["mean_length"];
  CHECK(difference["value"].get<double>() ==
        doctest::Approx(list[1]["mean_length"].get<double>() - list[0]["mean_length"].get<double>()));
  CHECK(difference["interval"][0] <= difference["value"]);
  CHECK(difference["value"] <= difference["interval"][1]);
  for (const char* key : {"intervals", "lengths", "pass@1_by_token_budget", "maj@1", "maj@2", "rewards"})
    CHECK(list[1].contains(key));
  const Said table = at.Hone(std::string("eval a b") + kMore);
  CHECK(table.Prints("minus a"));
  CHECK(table.Prints("\npass@1, %"));
  CHECK(table.Prints("12 held-out prompts, 48 completions of each model"));
  CHECK(at.Hone(std::string("eval a") + kMore).Prints("pass@1, %"));
}

TEST_CASE("an eval stage keeps its groups and its differences; stopped and resumed it ends the same") {
  const Models at;
  at.Write("eval.toml", TinyRecipe("eval") + "models = [\"a\", \"b\", \"a\"]\n");
  std::string text = at.Read("eval.toml");
  const size_t shape = text.find("[model.shape]"), run = text.find("[run]");
  text.erase(shape, run - shape);
  at.Write("eval.toml", text);
  REQUIRE(at.Hone("run eval.toml --run-dir calm --set run.tensorboard=true").status == 0);
  at.Hone("run eval.toml --run-dir stopped", [&](pid_t process) {
    at.AwaitErr("step=1 ");
    kill(process, SIGKILL);
  });
  const Said end = at.Hone("run eval.toml --run-dir stopped --resume --set run.trackio=true");
  CAPTURE(end.err);
  CHECK(end.status == 0);
  const RunStore calm = RunStore::OpenReadOnly(at / "calm/hone.db"),
                 stopped = RunStore::OpenReadOnly(at / "stopped/hone.db");
  CHECK(calm.RolloutDigest() == stopped.RolloutDigest());
  const auto metrics = calm.AllMetrics(), again = stopped.AllMetrics();
  REQUIRE(metrics.size() == 3);
  for (size_t i = 0; i < 3; ++i) CHECK(metrics[i].values == again[i].values);
  CHECK(calm.Groups(3).size() == 4);
  // The same model again: every difference is 0, and so is its interval.
  CHECK(MetricValue(metrics[2].values, "held_out_difference/length") == 0.0);
  CHECK(MetricValue(metrics[2].values, "held_out_difference_high/length") == 0.0);
  CHECK(MetricValue(metrics[1].values, "held_out_low/length") <=
        MetricValue(metrics[1].values, "held_out/length"));
  CHECK(at.Has("calm/tensorboard/events.out.tfevents.0.hone"));
  CHECK(at.Has("stopped/trackio/tiny.db"));
  CHECK(at.Read("calm/report.html").find("3 models on the same held-out prompts") != std::string::npos);
}
