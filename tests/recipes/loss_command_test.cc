// hone loss as a person runs it.
#include <nlohmann/json.hpp>

#include "tests/recipes/binary.h"

using namespace hone;

TEST_CASE("hone loss prints advantages, loss and gradient, or one line that says what is wrong") {
  const Workplace w;
  w.Write("batch.json", R"({"group_size":2,"rewards":[1,0],"logprobs":[[-1,-2],[-0.5]],
                            "old_logprobs":[[-1,-2],[-0.5]],"mask":[[1,0],[1]]})");
  const Said said = w.Hone("loss --preset trl --set loss_type=dapo --set scale_rewards=False <batch.json");
  CAPTURE(said.err);
  REQUIRE(said.status == 0);
  const auto json = nlohmann::json::parse(said.out);
  CHECK(json.size() == 3);
  CHECK(json["advantages"] == nlohmann::json({0.5, -0.5}));
  CHECK(json["loss"] == 0.0);
  CHECK(json["gradient"] == nlohmann::json({{-0.25, 0.0}, {0.25}}));

  const Said missing = w.Hone("loss --preset trl --set beta=0.04 <batch.json");
  CheckOneLine(missing);
  CHECK(missing.Says("stdin: ref_logprobs is missing"));
  const Said unknown = w.Hone("loss --preset trl --set betaa=0.04 <batch.json");
  CheckOneLine(unknown);
  CHECK(unknown.Says("did you mean 'beta'?"));
  const Said sizes = w.Hone("loss --preset trl --set num_generations=8 <batch.json");
  CheckOneLine(sizes);
  CHECK(sizes.Says("8 completions a prompt"));
  w.Write("broken.json", R"({"group_size":2,"rewards":[1,0],)");
  CheckOneLine(w.Hone("loss <broken.json"));
  CHECK(w.Hone("loss --preset verl --list").Prints("clip_ratio_low = None"));
  CHECK(w.Hone("loss --preset gspo --list").Prints("clip_low = 3e-04"));
  CHECK(w.Hone("loss --help").Prints("Example:"));
}
