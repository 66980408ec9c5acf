// recipes/search_base.toml and search_zero.toml in short forms: what they make, where they start, what the report says of it.
#include "data/run_store.h"
#include "rl/metrics.h"
#include "tests/recipes/binary.h"

using namespace hone;

namespace {

Metrics MetricsOf(const std::string& store, int64_t step) {
  for (const StepMetrics& at : RunStore::OpenReadOnly(store).AllMetrics()) {
    if (at.step == step) return at.values;
  }
  return {};
}

}  // namespace

TEST_CASE("search_base makes a model whose format search_zero can start from") {
  const Workplace at;
  const std::string base = HONE_SOURCE_DIR "/recipes/search_base.toml",
                    zero = HONE_SOURCE_DIR "/recipes/search_zero.toml";
  REQUIRE(at.Hone("run " + base +
                  " --run-dir base --set sft.steps=2 --set sft.rows_per_step=2 --set eval.prompts=2 "
                  "--set rollout.max_new_tokens=20")
              .status == 0);
  CHECK(at.Hone("eval base/model --recipe " + zero + " --set eval.prompts=2 --json").status == 0);
}

TEST_CASE("search_zero starts low on the hard kind, counts tries, and its report says so") {
  const Workplace at;
  const std::string zero = HONE_SOURCE_DIR "/recipes/search_zero.toml";
  REQUIRE(at.Hone("run " + zero +
                  " --run-dir r --set grpo.steps=1 --set grpo.prompts_per_step=4 "
                  "--set eval.prompts=192 --set eval.samples_per_prompt=2")
              .status == 0);
  const Metrics start = MetricsOf(at / "r/hone.db", 0), step = MetricsOf(at / "r/hone.db", 1);
  CHECK(MetricValue(start, "held_out/kind/signs5") < 0.35);  // 64 prompts: 0.25 and three standard errors
  CHECK(MetricValue(start, "held_out/format") > 0.95);
  const std::string hard = "held_out/kind_parts/signs5/answer/";
  const double tries = MetricValue(start, hard + "tries"), chance = MetricValue(start, hard + "chance");
  CHECK(tries > 0.5);
  CHECK(chance / tries > 1 / 16.0);  // at least one of 16 choices hits
  CHECK(chance / tries < 0.2);
  CHECK(MetricValue(start, hard + "wrong_steps") < 0.05 * MetricValue(start, hard + "steps"));
  CHECK(MetricValue(step, "parts/answer/tries") > 0.5);
  CHECK(at.Read("r/report.html").find("<h2>Search</h2>") != std::string::npos);
}
