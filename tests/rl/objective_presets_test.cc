// Presets and the peers' arguments: what is known, what is refused, and the JSON of `hone loss`.
#include <algorithm>

#include "rl/objective/presets.h"
#include "tests/rl/objective_fixtures.h"

using namespace hone;

namespace {

std::string ErrorOfPreset(const std::string& preset, const std::vector<std::string>& settings) {
  return ObjectiveErrorOf([&] { ChoosePreset(preset, settings); });
}
bool Holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("presets: each is in the ranges of its own keys and survives a dump") {
  for (const std::string& name : PresetNames()) {
    CAPTURE(name);
    const PresetChoice choice = ChoosePreset(name, {});
    const std::string dump = DumpRecipe(choice.config);
    CHECK(DumpRecipe(ParseRecipe<ObjectiveConfig>(dump, name, {})) == dump);
    CHECK(CheckPresetName(name) == "");
  }
  CHECK(ChoosePreset("r1", {}).config.kl_coefficient == 0.001);
  CHECK(ChoosePreset("r1", {"kl_coefficient=0.5"}).config.kl_coefficient == 0.5);
  CHECK(DumpRecipe(ChoosePreset("grpo", {}).config) == DumpRecipe(ObjectiveConfig()));
}

TEST_CASE("presets: what is not known or cannot be is refused with the nearest name, never ignored") {
  CHECK(Holds(ErrorOfPreset("gspoo", {}), "did you mean 'gspo'?"));
  CHECK(Holds(ErrorOfPreset("ppo2000", {}), "use one of grpo, r1"));
  CHECK(Holds(ErrorOfPreset("dapo", {"clip_hihg=0.3"}), "did you mean 'clip_high'?"));
  CHECK(Holds(ErrorOfPreset("dapo", {"clip_high=wide"}), "clip_high"));
  CHECK(Holds(ErrorOfPreset("dapo", {"top_entropy=2"}), "0 to 1"));
  CHECK(Holds(ErrorOfPreset("trl", {"epsilon_hgih=0.3"}), "did you mean 'epsilon_high'?"));
  CHECK(Holds(ErrorOfPreset("trl", {"loss_type=ppo"}), "grpo | bnpo | dr_grpo | dapo"));
  CHECK(Holds(ErrorOfPreset("trl", {"a.beta=1"}), "trl's arguments have no dots"));
  CHECK(Holds(ErrorOfPreset("trl", {"beta"}), "has no '='"));
  CHECK(Holds(ErrorOfPreset("trl", {"loss_type=vespo", "use_vllm=True"}), "token_truncate or token_mask"));
  CHECK(Holds(ErrorOfPreset("verl", {"actor_rollout_ref.actor.clip_rato=0.3"}),
              "did you mean 'actor_rollout_ref.actor.clip_ratio'?"));
  CHECK(Holds(ErrorOfPreset("verl", {"critic.clip_ratio=0.3"}),
              "unknown argument 'critic.clip_ratio' of verl"));
  CHECK(Holds(ErrorOfPreset("verl", {"adv_estimator=gae"}), "grpo | grpo_passk"));
  CHECK(Holds(ErrorOfPreset("verl", {"loss_mode=clip_cov"}), "vanilla | gspo"));
  CHECK(Holds(ErrorOfPreset("verl", {"use_kl_loss=True", "use_kl_in_reward=True"}), "at once"));
  CHECK(Holds(ErrorOfPreset("openrlhf", {"eps_clip_low_high=[0.1]"}), "eps_clip_low_high is no pair"));
  CHECK(Holds(ErrorOfPreset("nemo_rl", {"truncated_importance_sampling_ratio=2"}), "nothing to truncate"));
  CHECK(Holds(ErrorOfPreset("nemo_rl", {"sequence_level_importance_ratios=True"}), "token_level_loss=False"));
}

TEST_CASE("presets: Python's words and the peers' full paths are read") {
  const ObjectiveConfig plain = ChoosePreset("verl", {"clip_ratio_low=0.1", "use_kl_loss=true"}).config;
  const ObjectiveConfig pasted =
      ChoosePreset("verl", {"actor_rollout_ref.actor.clip_ratio_low=0.1",
                            "+actor_rollout_ref.actor.use_kl_loss=True", "clip_ratio_high=None"})
          .config;
  CHECK(DumpRecipe(plain) == DumpRecipe(pasted));
  CHECK(ChoosePreset("trl", {"scale_rewards=False"}).config.scale == AdvantageScale::kNone);
  CHECK(ChoosePreset("trl", {"--num_generations=8"}).group_size == 8);
  CHECK(ChoosePreset("trl", {"max_completion_length=64"}).max_length == 64);
}

TEST_CASE("presets: the JSON of a batch is read strictly") {
  const auto error = [](const std::string& text) {
    return ObjectiveErrorOf([&] { ParseObjectiveBatch(text, "stdin"); });
  };
  CHECK(error(R"({"group_size":1,"rewards":[null],"logprobs":[[]],"mask":[[]]})") == "");
  CHECK(Holds(error("[1]"), "no object"));
  CHECK(Holds(error(R"({"group_size":1,"rewards":[1]})"), "'logprobs' is missing"));
  CHECK(Holds(error(R"({"group_size":1,"rewards":[1],"logprobs":[[1]],"old_logprob":[[1]]})"),
              "did you mean 'old_logprobs'?"));
  CHECK(Holds(error(R"({"group_size":1.5,"rewards":[1],"logprobs":[[1]]})"), "'group_size' is 1.5"));
  CHECK(Holds(error(R"({"group_size":1,"rewards":["1"],"logprobs":[[1]]})"), "'rewards[0]' is \"1\""));
  CHECK(Holds(error(R"({"group_size":1,"rewards":[1],"logprobs":[[1,null]]})"), "'logprobs[0][1]' is null"));
  CHECK(Holds(error(R"({"group_size":1,"rewards":[1],"logprobs":[[1]],"mask":[[2]]})"), "'mask[0][0]' is 2"));
  CHECK(Holds(error(R"({"group_size":1,"rewards":[1],"logprobs":[1]})"), "'logprobs[0]' is no array"));
  CHECK_FALSE(error(R"({"group_size":1,"group_size":1,"rewards":[1],"logprobs":[[1]]})").empty());
}
