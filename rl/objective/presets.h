// Objectives by name: the published ones, and those of other trainers with their own argument names. Covered by
// tests/rl/objective_test.cc and tests/rl/objective_presets_test.cc.
#ifndef HONE_RL_OBJECTIVE_PRESETS_H_
#define HONE_RL_OBJECTIVE_PRESETS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/fields.h"
#include "rl/objective/config.h"

namespace hone {

struct Preset {
  std::string_view name;
  std::string_view about;  // what was published, and what is our choice
  void (*apply)(ObjectiveConfig& config);
};
std::span<const Preset> Presets();

struct PresetChoice {
  ObjectiveConfig config;
  int64_t group_size = 0;  // 0: the arguments do not say
  int64_t max_length = 0;  // 0: they do not say
  int64_t iterations = 1;  // how often a batch is to be learnt from: no part of the objective
};

// A trainer whose argument names a preset takes.
struct Peer {
  std::string_view name;
  std::string_view about;
  PresetChoice (*translate)(const std::vector<std::string>& arguments);
  std::vector<FieldDoc> (*arguments)();
};
std::span<const Peer> Peers();

bool IsPeer(std::string_view name);
std::vector<std::string> PresetNames();

// The objective of that name with "key=value" arguments: keys of ObjectiveConfig, or with a peer's preset that peer's own. Error on
// a name or key that is not known, with the nearest one, and on values that cannot be.
PresetChoice ChoosePreset(const std::string& name, const std::vector<std::string>& arguments);

// "" for a preset's name, else what to write.
std::string CheckPresetName(const std::string& name);

}  // namespace hone

#endif  // HONE_RL_OBJECTIVE_PRESETS_H_
