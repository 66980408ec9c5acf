// See configs.h. Covered by tests/recipes/schema_test.cc.
#include "rl/configs.h"

#include <string>

#include "data/error.h"

namespace hone {

void GrpoConfig::TakePreset() {
  if (!IsPeer(preset) && !arguments.empty()) {
    throw Error("the preset \"" + preset + "\" takes no arguments", "grpo.arguments",
                "set the keys of [grpo] instead, or name another trainer's preset");
  }
  const PresetChoice choice = ChoosePreset(preset, arguments);
  if (choice.iterations != 1) {
    throw Error(
        "a step learns from its completions once, not " + std::to_string(choice.iterations) + " times",
        "grpo.arguments", "leave num_iterations out; grpo.minibatches splits a step into updates");
  }
  objective = choice.config;
  argued_group_size = choice.group_size;
  argued_length = choice.max_length;
}

}  // namespace hone
