// See presets.h. Covered by tests/rl/objective_presets_test.cc.
#include "rl/objective/presets.h"

#include <algorithm>

#include "data/edit_distance.h"
#include "data/error.h"
#include "rl/objective/peers.h"

namespace hone {
namespace {

void Grpo(ObjectiveConfig&) {}

void R1(ObjectiveConfig& c) {
  c.clip_low = c.clip_high = 10.0;
  c.kl_coefficient = 0.001;
  c.reference_every = 400;
}

void DrGrpo(ObjectiveConfig& c) {
  c.scale = AdvantageScale::kNone;
  c.aggregation = Aggregation::kConstant;
}

void Dapo(ObjectiveConfig& c) {
  c.deviation = Deviation::kSample;
  c.advantage_epsilon = 1e-6;
  c.clip_high = 0.28;
  c.aggregation = Aggregation::kTokenMean;
  c.refill_rounds = 10;
}

void Gspo(ObjectiveConfig& c) {
  c.ratio_level = RatioLevel::kSequence;
  c.clip_low = 3e-4;
  c.clip_high = 4e-4;
}

void Cispo(ObjectiveConfig& c) {
  c.clip = ClipRule::kCispo;
  c.clip_low = 1.0;
  c.clip_high = 4.0;
  c.aggregation = Aggregation::kTokenMean;
}

void Sapo(ObjectiveConfig& c) { c.clip = ClipRule::kSapo; }

void Luspo(ObjectiveConfig& c) {
  Gspo(c);
  c.aggregation = Aggregation::kSequenceSum;
}

void Vespo(ObjectiveConfig& c) {
  c.clip = ClipRule::kVespo;
  c.aggregation = Aggregation::kTokenMean;
}

void Rloo(ObjectiveConfig& c) {
  c.baseline = Baseline::kLeaveOneOut;
  c.scale = AdvantageScale::kNone;
  c.clip = ClipRule::kLogProb;
  c.aggregation = Aggregation::kSequenceSum;
  c.kl_estimator = KlEstimator::kK1;
  c.kl_place = KlPlace::kReward;
}

void ReinforcePp(ObjectiveConfig& c) {
  c.baseline = Baseline::kNone;
  c.scale = AdvantageScale::kNone;
  c.whiten = Whiten::kTokens;
  c.whiten_deviation = Deviation::kPopulation;
  c.whiten_epsilon = 0.0;
  c.kl_coefficient = 0.01;
  c.kl_estimator = KlEstimator::kK1;
  c.kl_place = KlPlace::kReturn;
  c.aggregation = Aggregation::kTokenMean;
}

constexpr Preset kPresets[] = {
    {"grpo",
     "group z-score, clip 0.2, mean over sequences of token means, no divergence (DeepSeekMath); deviation "
     "of the population + 1e-4 is our choice",
     Grpo},
    {"r1",
     "the R1 report: clip 10 (RL stage 1), divergence 0.001 by k3 in the loss, reference replaced every 400 "
     "steps; it says nothing of R1-Zero's clip nor of which deviation: 10 there too and the population's + "
     "1e-4 "
     "are our choices. Its lengths are rollout.max_new_tokens = 32768, then 65536",
     R1},
    {"dr_grpo", "no deviation, token sums over a constant length (Dr. GRPO)", DrGrpo},
    {"dapo",
     "clip 0.2 / 0.28, mean over tokens, groups without a signal sampled anew; its overlong penalty is the "
     "reward of that name. At most 10 rounds and the sample deviation + 1e-6 are its authors' code's",
     Dapo},
    {"gspo", "the sequence's ratio, clip 3e-4 / 4e-4 (GSPO)", Gspo},
    {"cispo",
     "fixed weight min(ratio, 5) of the log-prob, mean over tokens (MiniMax-M1; the bound is ScaleRL's)",
     Cispo},
    {"sapo", "soft gate of temperature 1 / 1.05 (SAPO)", Sapo},
    {"luspo", "GSPO with each sequence weighted by its length (LUSPO); the clip is GSPO's", Luspo},
    {"vespo", "fixed weight by the whole sequence's ratio, k 2 / 3, lambda 3 / 2, mean over tokens (VESPO)",
     Vespo},
    {"rloo",
     "leave-one-out baseline, each completion one action, no ratio (RLOO); kl_coefficient goes into the "
     "reward, "
     "0 is our choice",
     Rloo},
    {"reinforce_pp",
     "no group baseline: returns less the divergence to come (k1, 0.01), whitened over the batch's "
     "tokens, clip 0.2, mean over tokens (REINFORCE++)",
     ReinforcePp}};

constexpr Peer kPeers[] = {
    {"trl", "GRPOTrainer of TRL 1.16, with GRPOConfig's arguments", TranslateTrl, TrlArguments},
    {"verl", "verl's actor, adv_estimator = grpo unless set (its own default needs a critic)", TranslateVerl,
     VerlArguments},
    {"openrlhf",
     "OpenRLHF's actor, advantage_estimator = group_norm unless set (its own default needs a critic)",
     TranslateOpenRlhf, OpenRlhfArguments},
    {"nemo_rl", "NeMo-RL's clipped policy-gradient loss", TranslateNemoRl, NemoRlArguments}};

std::string Joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

std::span<const Preset> Presets() { return kPresets; }
std::span<const Peer> Peers() { return kPeers; }

bool IsPeer(std::string_view name) {
  return std::any_of(std::begin(kPeers), std::end(kPeers), [&](const Peer& p) { return p.name == name; });
}

std::vector<std::string> PresetNames() {
  std::vector<std::string> names;
  for (const Preset& p : kPresets) names.emplace_back(p.name);
  for (const Peer& p : kPeers) names.emplace_back(p.name);
  return names;
}

std::string CheckPresetName(const std::string& name) {
  const std::vector<std::string> names = PresetNames();
  if (std::find(names.begin(), names.end(), name) != names.end()) return "";
  const auto nearest = std::min_element(names.begin(), names.end(), [&](const auto& a, const auto& b) {
    return EditDistance(a, name) < EditDistance(b, name);
  });
  const std::string list = "use one of " + Joined(names);
  return EditDistance(*nearest, name) <= 2 ? "did you mean '" + *nearest + "'?" : list;
}

PresetChoice ChoosePreset(const std::string& name, const std::vector<std::string>& arguments) {
  if (const std::string wanted = CheckPresetName(name); !wanted.empty()) {
    throw Error("there is no preset '" + name + "'", "--preset", wanted);
  }
  for (const Peer& peer : kPeers) {
    if (peer.name == name) return peer.translate(arguments);
  }
  PresetChoice choice;
  for (const Preset& preset : kPresets) {
    if (preset.name == name) preset.apply(choice.config);
  }
  ObjectiveConfig defaults;
  ParseFields(WalkOf(defaults), WalkOf(choice.config), "", name, arguments);
  return choice;
}

}  // namespace hone
