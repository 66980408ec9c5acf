// OpenRLHF's arguments to our objective, as of August 2026. Covered by tests/rl/objective_presets_test.cc;
// tests/parity/objective_formulas.py has the formulas.
#include "rl/objective/peers.h"

namespace hone {

enum class OpenRlhfEstimator { kGroupNorm, kDrGrpo, kRloo, kReinforce, kReinforceBaseline };
template <>
inline constexpr auto kEnumNames<OpenRlhfEstimator> = std::to_array<EnumName<OpenRlhfEstimator>>(
    {{OpenRlhfEstimator::kGroupNorm, "group_norm"},
     {OpenRlhfEstimator::kDrGrpo, "dr_grpo"},
     {OpenRlhfEstimator::kRloo, "rloo"},
     {OpenRlhfEstimator::kReinforce, "reinforce"},
     {OpenRlhfEstimator::kReinforceBaseline, "reinforce_baseline"}});

enum class OpenRlhfKl { kK1, kK2, kK3 };
template <>
inline constexpr auto kEnumNames<OpenRlhfKl> = std::to_array<EnumName<OpenRlhfKl>>({{OpenRlhfKl::kK1, "k1"},
                                                                                    {OpenRlhfKl::kK2, "k2"},
                                                                                    {OpenRlhfKl::kK3, "k3"}});

enum class OpenRlhfLoss { kPpo, kGspo };
template <>
inline constexpr auto kEnumNames<OpenRlhfLoss> =
    std::to_array<EnumName<OpenRlhfLoss>>({{OpenRlhfLoss::kPpo, "ppo"}, {OpenRlhfLoss::kGspo, "gspo"}});

enum class OpenRlhfCorrection { kTis, kIcepop, kSeqMaskTis };
template <>
inline constexpr auto kEnumNames<OpenRlhfCorrection> =
    std::to_array<EnumName<OpenRlhfCorrection>>({{OpenRlhfCorrection::kTis, "tis"},
                                                 {OpenRlhfCorrection::kIcepop, "icepop"},
                                                 {OpenRlhfCorrection::kSeqMaskTis, "seq-mask-tis"}});

namespace {

struct Arguments {
  OpenRlhfEstimator advantage_estimator = OpenRlhfEstimator::kGroupNorm;
  int64_t n_samples_per_prompt = 0;
  std::vector<double> reward_clip_range = {-10.0, 10.0};
  double init_kl_coef = 0.01;
  OpenRlhfKl kl_estimator = OpenRlhfKl::kK1;
  bool use_kl_loss = false;
  OpenRlhfLoss policy_loss_type = OpenRlhfLoss::kPpo;
  double eps_clip = 0.2;
  std::vector<double> eps_clip_low_high;
  double dual_clip = kNone, entropy_loss_coef = kNone;
  bool enable_vllm_is_correction = false;
  OpenRlhfCorrection vllm_is_correction_type = OpenRlhfCorrection::kTis;
  std::vector<double> vllm_is_truncated_threshold = {0.5, 5.0};

  template <class V>
  void Fields(V& v) {
    v.Field("advantage_estimator", advantage_estimator, "");
    v.Field("n_samples_per_prompt", n_samples_per_prompt, AtLeast(0),
            "must be the batch's group size (0: it is)");
    v.Field("reward_clip_range", reward_clip_range, "[-x, x]");
    v.Field("init_kl_coef", init_kl_coef, AtLeast(0), "");
    v.Field("kl_estimator", kl_estimator, "");
    v.Field("use_kl_loss", use_kl_loss, "");
    v.Field("policy_loss_type", policy_loss_type, "");
    v.Field("eps_clip", eps_clip, AtLeast(0), "");
    v.Field("eps_clip_low_high", eps_clip_low_high, AtLeast(0), "[low, high] in place of eps_clip");
    v.Field("dual_clip", dual_clip, "None: off");
    v.Field("entropy_loss_coef", entropy_loss_coef, "None: off");
    v.Field("enable_vllm_is_correction", enable_vllm_is_correction, "");
    v.Field("vllm_is_correction_type", vllm_is_correction_type, "");
    v.Field("vllm_is_truncated_threshold", vllm_is_truncated_threshold, Above(0), "[low, high]");
  }
};

const std::vector<PeerPath>& Paths() {
  static const std::vector<PeerPath> kPaths = {{"algo.advantage.estimator", "advantage_estimator"},
                                               {"algo.kl.init_coef", "init_kl_coef"},
                                               {"algo.kl.estimator", "kl_estimator"},
                                               {"algo.kl.use_loss", "use_kl_loss"},
                                               {"actor.eps_clip", "eps_clip"},
                                               {"actor.eps_clip_low_high", "eps_clip_low_high"},
                                               {"actor.dual_clip", "dual_clip"},
                                               {"actor.policy_loss_type", "policy_loss_type"},
                                               {"actor.entropy_coef", "entropy_loss_coef"},
                                               {"rollout.n_samples_per_prompt", "n_samples_per_prompt"}};
  return kPaths;
}

struct EstimatorRow {
  OpenRlhfEstimator kind;
  Baseline baseline;
  AdvantageScale scale;
  Whiten whiten;
};
constexpr EstimatorRow kEstimators[] = {
    {OpenRlhfEstimator::kGroupNorm, Baseline::kMean, AdvantageScale::kGroup, Whiten::kNone},
    {OpenRlhfEstimator::kDrGrpo, Baseline::kMean, AdvantageScale::kNone, Whiten::kNone},
    {OpenRlhfEstimator::kRloo, Baseline::kLeaveOneOut, AdvantageScale::kNone, Whiten::kNone},
    {OpenRlhfEstimator::kReinforce, Baseline::kNone, AdvantageScale::kNone, Whiten::kTokens},
    {OpenRlhfEstimator::kReinforceBaseline, Baseline::kMean, AdvantageScale::kNone, Whiten::kTokens}};

void TranslateAdvantages(const Arguments& a, ObjectiveConfig& c) {
  for (const EstimatorRow& row : kEstimators) {
    if (row.kind != a.advantage_estimator) continue;
    c.baseline = row.baseline;
    c.scale = row.scale;
    c.whiten = row.whiten;
  }
  c.deviation = Deviation::kSample;
  c.advantage_epsilon = 1e-9;
  c.whiten_deviation = Deviation::kPopulation;
  c.whiten_epsilon = 0.0;
  const std::vector<double>& range = a.reward_clip_range;
  if (range.size() != 2 || range[0] != -range[1] || range[1] <= 0.0) {
    RefusePeer("openrlhf", "reward_clip_range is no range around 0", "write [-x, x], e.g. [-10, 10]");
  }
  c.advantage_cap = range[1];
}

void RequirePair(const std::vector<double>& pair, const std::string& name) {
  if (pair.size() != 2) RefusePeer("openrlhf", name + " is no pair", "write [low, high]");
}

void TranslateLoss(const Arguments& a, ObjectiveConfig& c) {
  c.clip_low = c.clip_high = a.eps_clip;
  if (!a.eps_clip_low_high.empty()) {
    RequirePair(a.eps_clip_low_high, "eps_clip_low_high");
    c.clip_low = a.eps_clip_low_high[0];
    c.clip_high = a.eps_clip_low_high[1];
  }
  c.dual_clip = OrZero(a.dual_clip);
  c.count_empty = false;
  c.aggregation = Aggregation::kTokenMean;
  c.kl_aggregation = c.entropy_aggregation = TermAggregation::kTokenMean;
  c.entropy_coefficient = OrZero(a.entropy_loss_coef);
  if (a.policy_loss_type == OpenRlhfLoss::kGspo) {
    c.aggregation = Aggregation::kSequenceMean;
    c.ratio_level = RatioLevel::kSequence;
    c.ratio_base = a.enable_vllm_is_correction ? RatioBase::kSampler : RatioBase::kOld;
    return;
  }
  c.log_ratio_floor = -20.0;
  c.log_ratio_cap = 20.0;
  if (!a.enable_vllm_is_correction) return;
  RequirePair(a.vllm_is_truncated_threshold, "vllm_is_truncated_threshold");
  const double low = a.vllm_is_truncated_threshold[0], high = a.vllm_is_truncated_threshold[1];
  c.sampler_correction = a.vllm_is_correction_type == OpenRlhfCorrection::kIcepop
                             ? SamplerCorrection::kTokenMask
                             : SamplerCorrection::kTokenTruncate;
  const bool of_sequence = a.vllm_is_correction_type == OpenRlhfCorrection::kSeqMaskTis;
  (of_sequence ? c.geometric_low : c.sampler_low) = low;
  (of_sequence ? c.geometric_high : c.sampler_high) = high;
}

}  // namespace

PresetChoice TranslateOpenRlhf(const std::vector<std::string>& arguments) {
  const auto a = ParsePeer<Arguments>("openrlhf", arguments, Paths());
  constexpr KlEstimator kKls[] = {KlEstimator::kK1, KlEstimator::kK2, KlEstimator::kK3};
  PresetChoice choice;
  ObjectiveConfig& c = choice.config;
  TranslateAdvantages(a, c);
  TranslateLoss(a, c);
  c.kl_coefficient = a.init_kl_coef;
  c.kl_estimator = kKls[static_cast<int>(a.kl_estimator)];
  c.kl_place = a.use_kl_loss ? KlPlace::kLoss : KlPlace::kReturn;
  c.kl_output_clamp = 10.0;
  choice.group_size = a.n_samples_per_prompt;
  return Checked("openrlhf", choice);
}

std::vector<FieldDoc> OpenRlhfArguments() { return DescribeRecipe<Arguments>(); }

}  // namespace hone
