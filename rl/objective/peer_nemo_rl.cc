// NeMo-RL's GRPO and loss arguments to our objective, as of August 2026. Covered by tests/rl/objective_presets_test.cc;
// tests/parity/objective_formulas.py has the formulas.
#include "rl/objective/peers.h"

namespace hone {

enum class NemoKl { kK1, kK2, kK3 };
template <>
inline constexpr auto kEnumNames<NemoKl> =
    std::to_array<EnumName<NemoKl>>({{NemoKl::kK1, "k1"}, {NemoKl::kK2, "k2"}, {NemoKl::kK3, "k3"}});

enum class NemoTruncation { kTis, kIcepop, kSeqMaskTis };
template <>
inline constexpr auto kEnumNames<NemoTruncation> =
    std::to_array<EnumName<NemoTruncation>>({{NemoTruncation::kTis, "tis"},
                                             {NemoTruncation::kIcepop, "icepop"},
                                             {NemoTruncation::kSeqMaskTis, "seq-mask-tis"}});

namespace {

struct Arguments {
  bool use_leave_one_out_baseline = true, normalize_rewards = true;
  int64_t num_generations_per_prompt = 0;
  double reference_policy_kl_penalty = 0.01;
  NemoKl reference_policy_kl_type = NemoKl::kK3;
  double kl_input_clamp_value = 20.0, kl_output_clamp_value = 10.0;
  double ratio_clip_min = 0.2, ratio_clip_max = 0.2, ratio_clip_c = kNone;
  bool token_level_loss = true, sequence_level_importance_ratios = false;
  bool disable_ppo_ratio = false, force_on_policy_ratio = false;
  bool use_importance_sampling_correction = false;
  double truncated_importance_sampling_ratio = kNone, truncated_importance_sampling_ratio_min = kNone;
  NemoTruncation truncated_importance_sampling_type = NemoTruncation::kTis;

  template <class V>
  void Fields(V& v) {
    v.Field("use_leave_one_out_baseline", use_leave_one_out_baseline, "");
    v.Field("normalize_rewards", normalize_rewards, "");
    v.Field("num_generations_per_prompt", num_generations_per_prompt, AtLeast(0),
            "must be the batch's group size (0: it is)");
    v.Field("reference_policy_kl_penalty", reference_policy_kl_penalty, AtLeast(0), "");
    v.Field("reference_policy_kl_type", reference_policy_kl_type, "");
    v.Field("kl_input_clamp_value", kl_input_clamp_value, "");
    v.Field("kl_output_clamp_value", kl_output_clamp_value, "");
    v.Field("ratio_clip_min", ratio_clip_min, AtLeast(0), "");
    v.Field("ratio_clip_max", ratio_clip_max, AtLeast(0), "");
    v.Field("ratio_clip_c", ratio_clip_c, "None: off");
    v.Field("token_level_loss", token_level_loss, "");
    v.Field("sequence_level_importance_ratios", sequence_level_importance_ratios, "");
    v.Field("disable_ppo_ratio", disable_ppo_ratio, "");
    v.Field("force_on_policy_ratio", force_on_policy_ratio, "");
    v.Field("use_importance_sampling_correction", use_importance_sampling_correction, "");
    v.Field("truncated_importance_sampling_ratio", truncated_importance_sampling_ratio, "None: no bound");
    v.Field("truncated_importance_sampling_ratio_min", truncated_importance_sampling_ratio_min,
            "None: no bound");
    v.Field("truncated_importance_sampling_type", truncated_importance_sampling_type, "");
  }
};

const std::vector<PeerPath>& Paths() {
  static const std::vector<PeerPath> kPaths = {
      {"grpo.use_leave_one_out_baseline", "use_leave_one_out_baseline"},
      {"grpo.normalize_rewards", "normalize_rewards"},
      {"grpo.num_generations_per_prompt", "num_generations_per_prompt"},
      {"loss_fn.reference_policy_kl_penalty", "reference_policy_kl_penalty"},
      {"loss_fn.reference_policy_kl_type", "reference_policy_kl_type"},
      {"loss_fn.kl_input_clamp_value", "kl_input_clamp_value"},
      {"loss_fn.kl_output_clamp_value", "kl_output_clamp_value"},
      {"loss_fn.ratio_clip_min", "ratio_clip_min"},
      {"loss_fn.ratio_clip_max", "ratio_clip_max"},
      {"loss_fn.ratio_clip_c", "ratio_clip_c"},
      {"loss_fn.token_level_loss", "token_level_loss"},
      {"loss_fn.sequence_level_importance_ratios", "sequence_level_importance_ratios"},
      {"loss_fn.disable_ppo_ratio", "disable_ppo_ratio"},
      {"loss_fn.force_on_policy_ratio", "force_on_policy_ratio"},
      {"loss_fn.use_importance_sampling_correction", "use_importance_sampling_correction"},
      {"loss_fn.truncated_importance_sampling_ratio", "truncated_importance_sampling_ratio"},
      {"loss_fn.truncated_importance_sampling_ratio_min", "truncated_importance_sampling_ratio_min"},
      {"loss_fn.truncated_importance_sampling_type", "truncated_importance_sampling_type"}};
  return kPaths;
}

void TranslateAdvantages(const Arguments& a, ObjectiveConfig& c) {
  c.baseline = a.use_leave_one_out_baseline ? Baseline::kLeaveOneOut : Baseline::kMean;
  c.scale = !a.normalize_rewards           ? AdvantageScale::kNone
            : a.use_leave_one_out_baseline ? AdvantageScale::kOthers
                                           : AdvantageScale::kGroup;
  c.deviation = Deviation::kSample;
  c.advantage_epsilon = 1e-6;
}

void TranslateRatio(const Arguments& a, ObjectiveConfig& c) {
  if (a.sequence_level_importance_ratios && a.token_level_loss) {
    RefusePeer("nemo_rl", "sequence_level_importance_ratios needs a loss per sequence",
               "set token_level_loss=False");
  }
  if (a.disable_ppo_ratio && !IsNone(a.ratio_clip_c)) {
    RefusePeer("nemo_rl", "ratio_clip_c bounds a ratio that disable_ppo_ratio does away with",
               "leave one of them out");
  }
  c.ratio_level = a.sequence_level_importance_ratios && !a.force_on_policy_ratio ? RatioLevel::kSequence
                                                                                 : RatioLevel::kToken;
  c.ratio_base = a.force_on_policy_ratio ? RatioBase::kCurrent : RatioBase::kOld;
  c.clip = a.disable_ppo_ratio && !a.force_on_policy_ratio ? ClipRule::kLogProb : ClipRule::kClip;
  c.clip_low = a.ratio_clip_min;
  c.clip_high = a.ratio_clip_max;
  c.dual_clip = OrZero(a.ratio_clip_c);
}

void TranslateSampler(const Arguments& a, ObjectiveConfig& c) {
  const bool truncated = !IsNone(a.truncated_importance_sampling_ratio);
  if (!a.use_importance_sampling_correction) {
    if (truncated) {
      RefusePeer("nemo_rl", "truncated_importance_sampling_ratio has nothing to truncate",
                 "set use_importance_sampling_correction=True");
    }
    return;
  }
  const bool masks = truncated && a.truncated_importance_sampling_type == NemoTruncation::kIcepop;
  const bool geometric = truncated && a.truncated_importance_sampling_type == NemoTruncation::kSeqMaskTis;
  const double low = OrZero(a.truncated_importance_sampling_ratio_min),
               high = OrZero(a.truncated_importance_sampling_ratio);
  if (a.sequence_level_importance_ratios) {
    if (geometric) {
      RefusePeer("nemo_rl", "seq-mask-tis corrects tokens, not sequence_level_importance_ratios",
                 "use truncated_importance_sampling_type=tis or icepop");
    }
    c.sampler_correction = masks ? SamplerCorrection::kSequenceMask : SamplerCorrection::kSequenceTruncate;
  } else {
    c.sampler_correction = masks ? SamplerCorrection::kTokenMask : SamplerCorrection::kTokenTruncate;
  }
  if (geometric) {
    c.geometric_low = low;
    c.geometric_high = high;
  } else if (truncated) {
    c.sampler_low = masks ? low : 0.0;
    c.sampler_high = high;
  }
}

}  // namespace

PresetChoice TranslateNemoRl(const std::vector<std::string>& arguments) {
  const auto a = ParsePeer<Arguments>("nemo_rl", arguments, Paths());
  constexpr KlEstimator kKls[] = {KlEstimator::kK1, KlEstimator::kK2, KlEstimator::kK3};
  PresetChoice choice;
  ObjectiveConfig& c = choice.config;
  TranslateAdvantages(a, c);
  TranslateRatio(a, c);
  TranslateSampler(a, c);
  c.aggregation = a.token_level_loss ? Aggregation::kTokenMean : Aggregation::kSequenceMean;
  c.kl_coefficient = a.reference_policy_kl_penalty;
  c.kl_estimator = kKls[static_cast<int>(a.reference_policy_kl_type)];
  c.kl_weight = KlWeight::kScore;
  c.kl_input_clamp = OrZero(a.kl_input_clamp_value);
  c.kl_output_clamp = OrZero(a.kl_output_clamp_value);
  choice.group_size = a.num_generations_per_prompt;
  return Checked("nemo_rl", choice);
}

std::vector<FieldDoc> NemoRlArguments() { return DescribeRecipe<Arguments>(); }

}  // namespace hone
