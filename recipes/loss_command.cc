// hone loss: advantages, loss and gradient of a batch of log-probs, to compare with other trainers. Covered by
// tests/recipes/loss_command_test.cc.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "data/error.h"
#include "recipes/commands.h"
#include "rl/objective/batch_json.h"
#include "rl/objective/objective.h"
#include "rl/objective/presets.h"

namespace hone {
namespace {

struct LossArguments {
  std::string preset = "grpo";
  std::vector<std::string> settings;
  bool list = false;
};

// One line per key: name = default  (type).
std::string KeysHelp(const std::vector<FieldDoc>& docs) {
  std::string text;
  for (const FieldDoc& doc : docs) {
    const std::string shown = doc.default_value == "-1e+300" ? "None" : doc.default_value;
    text += "  " + doc.key + " = " + shown + "  (" + doc.type + ")";
    if (!doc.range.empty()) text += "  " + doc.range;
    if (!doc.doc.empty()) text += "\n      " + doc.doc;
    text += "\n";
  }
  return text;
}

std::string PresetsHelp() {
  std::string text = "Presets:\n";
  for (const Preset& preset : Presets()) {
    text += "  " + std::string(preset.name) + ": " + std::string(preset.about) + "\n";
  }
  for (const Peer& peer : Peers()) {
    text += "  " + std::string(peer.name) + ": " + std::string(peer.about) + "\n";
  }
  return text;
}

int ListKeys(const std::string& name) {
  std::string text;
  for (const Peer& peer : Peers()) {
    if (peer.name == name) text = KeysHelp(peer.arguments());
  }
  const PresetChoice choice = ChoosePreset(name, {});
  if (text.empty()) {
    std::vector<FieldDoc> docs = DescribeRecipe<ObjectiveConfig>();
    const FlatRecipe values = FlattenRecipe(choice.config);
    for (size_t i = 0; i < docs.size(); ++i) docs[i].default_value = values[i].second;
    text = KeysHelp(docs);
  }
  std::fputs(text.c_str(), stdout);
  return 0;
}

int Loss(const LossArguments& a) {
  if (a.list) return ListKeys(a.preset);
  const PresetChoice choice = ChoosePreset(a.preset, a.settings);
  const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  ObjectiveBatch batch = ParseObjectiveBatch(text, "stdin");
  if (choice.group_size != 0 && choice.group_size != batch.group_size) {
    throw Error("the arguments say " + std::to_string(choice.group_size) +
                    " completions a prompt, group_size " + std::to_string(batch.group_size),
                "stdin", "make them agree");
  }
  if (choice.max_length != 0) batch.max_length = choice.max_length;
  CheckBatch(choice.config, batch, "stdin");
  std::puts(ObjectiveResultJson(ComputeObjective(choice.config, batch)).c_str());
  return 0;
}

}  // namespace

Command AddLossCommand(CLI::App& app) {
  auto* command = app.add_subcommand("loss", "Advantages, loss and gradient of a batch under an objective");
  auto a = std::make_shared<LossArguments>();
  command->add_option("--preset", a->preset, "the objective, by name")->capture_default_str();
  command->add_option("--set", a->settings, "KEY=VALUE, over the preset; may be given several times")
      ->type_size(1);
  command->add_flag("--list", a->list, "print the preset's keys and values instead, with what they mean");
  command->footer(
      "Reads one JSON object on stdin:\n"
      "  {\"group_size\":G,\"rewards\":[x or null,..],\"logprobs\":[[..],..],\"old_logprobs\":[[..],..],\n"
      "   \"ref_logprobs\":..,\"sampler_logprobs\":..,\"entropies\":..,\"mask\":[[0 or "
      "1,..],..],\"max_length\":n}\n"
      "What the objective does not use may be left out; without a mask every token counts. Writes, in "
      "double\n"
      "precision, {\"advantages\":[..],\"loss\":x,\"gradient\":[[d loss / d logprob,..],..]}; advantages "
      "that differ\n"
      "inside a completion are rows, and an entropy bonus adds \"entropy_gradient\".\n" +
      PresetsHelp() +
      "A preset of another trainer takes that trainer's argument names:\n"
      "  hone loss --preset trl --set loss_type=dapo --set epsilon_high=0.28 < batch.json\n"
      "Example:\n"
      "  echo '{\"group_size\":2,\"rewards\":[1,0],\"logprobs\":[[-1,-2],[-0.5,-3]],\n"
      "         \"old_logprobs\":[[-1.1,-2],[-0.5,-2.5]]}' | hone loss --preset dapo");
  return [a] { return Loss(*a); };
}

}  // namespace hone
