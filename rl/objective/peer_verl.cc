// verl's actor and algorithm arguments to our objective, as of August 2026. Covered by tests/rl/objective_presets_test.cc;
// tests/parity/objective_formulas.py has the formulas.
#include "rl/objective/peers.h"

namespace hone {

enum class VerlEstimator { kGrpo, kGrpoPassK, kRloo, kReinforcePp, kReinforcePpBaseline };
template <>
inline constexpr auto kEnumNames<VerlEstimator> = std::to_array<EnumName<VerlEstimator>>(
    {{VerlEstimator::kGrpo, "grpo"},
     {VerlEstimator::kGrpoPassK, "grpo_passk"},
     {VerlEstimator::kRloo, "rloo"},
     {VerlEstimator::kReinforcePp, "reinforce_plus_plus"},
     {VerlEstimator::kReinforcePpBaseline, "reinforce_plus_plus_baseline"}});

enum class VerlLoss { kVanilla, kGspo, kCispo, kSapo, kGpg };
template <>
inline constexpr auto kEnumNames<VerlLoss> = std::to_array<EnumName<VerlLoss>>({{VerlLoss::kVanilla,
                                                                                 "vanilla"},
                                                                                {VerlLoss::kGspo, "gspo"},
                                                                                {VerlLoss::kCispo, "cispo"},
                                                                                {VerlLoss::kSapo, "sapo"},
                                                                                {VerlLoss::kGpg, "gpg"}});

enum class VerlAggregation {
  kTokenMean,
  kSeqMeanTokenSum,
  kSeqMeanTokenMean,
  kSeqMeanTokenSumNorm,
  kTokenSum
};
template <>
inline constexpr auto kEnumNames<VerlAggregation> = std::to_array<EnumName<VerlAggregation>>(
    {{VerlAggregation::kTokenMean, "token-mean"},
     {VerlAggregation::kSeqMeanTokenSum, "seq-mean-token-sum"},
     {VerlAggregation::kSeqMeanTokenMean, "seq-mean-token-mean"},
     {VerlAggregation::kSeqMeanTokenSumNorm, "seq-mean-token-sum-norm"},
     {VerlAggregation::kTokenSum, "token-sum"}});

enum class VerlKl { kKl, kK1, kAbs, kMse, kK2, kLowVar, kK3, kK1Plus, kK3Plus, kLowVarPlus };
template <>
inline constexpr auto kEnumNames<VerlKl> = std::to_array<EnumName<VerlKl>>({{VerlKl::kKl, "kl"},
                                                                            {VerlKl::kK1, "k1"},
                                                                            {VerlKl::kAbs, "abs"},
                                                                            {VerlKl::kMse, "mse"},
                                                                            {VerlKl::kK2, "k2"},
                                                                            {VerlKl::kLowVar, "low_var_kl"},
                                                                            {VerlKl::kK3, "k3"},
                                                                            {VerlKl::kK1Plus, "k1+"},
                                                                            {VerlKl::kK3Plus, "k3+"},
                                                                            {VerlKl::kLowVarPlus,
                                                                             "low_var_kl+"}});

enum class VerlRolloutIs { kNone, kToken, kSequence };
template <>
inline constexpr auto kEnumNames<VerlRolloutIs> =
    std::to_array<EnumName<VerlRolloutIs>>({{VerlRolloutIs::kNone, "none"},
                                            {VerlRolloutIs::kToken, "token"},
                                            {VerlRolloutIs::kSequence, "sequence"}});

namespace {

struct Arguments {
  VerlEstimator adv_estimator = VerlEstimator::kGrpo;
  bool norm_adv_by_std_in_grpo = true;
  int64_t n = 0;
  VerlLoss loss_mode = VerlLoss::kVanilla;
  double clip_ratio = 0.2, clip_ratio_low = kNone, clip_ratio_high = kNone, clip_ratio_c = 3.0;
  double tau_pos = 1.0, tau_neg = 1.05;
  VerlAggregation loss_agg_mode = VerlAggregation::kTokenMean;
  int64_t loss_scale_factor = 0;
  bool use_kl_loss = false;
  double kl_loss_coef = 0.001;
  VerlKl kl_loss_type = VerlKl::kLowVar;
  bool use_kl_in_reward = false;
  VerlKl kl_penalty = VerlKl::kKl;
  double kl_coef = 0.001, entropy_coeff = 0.0;
  VerlRolloutIs rollout_is = VerlRolloutIs::kNone;
  double rollout_is_threshold = 2.0;

  template <class V>
  void Fields(V& v) {
    v.Field("adv_estimator", adv_estimator, "");
    v.Field("norm_adv_by_std_in_grpo", norm_adv_by_std_in_grpo, "");
    v.Field("n", n, AtLeast(0), "must be the batch's group size (0: it is)");
    v.Field("loss_mode", loss_mode, "");
    v.Field("clip_ratio", clip_ratio, AtLeast(0), "");
    v.Field("clip_ratio_low", clip_ratio_low, "None: as clip_ratio");
    v.Field("clip_ratio_high", clip_ratio_high, "None: as clip_ratio");
    v.Field("clip_ratio_c", clip_ratio_c, Above(1), "");
    v.Field("tau_pos", tau_pos, Above(0), "");
    v.Field("tau_neg", tau_neg, Above(0), "");
    v.Field("loss_agg_mode", loss_agg_mode, "");
    v.Field("loss_scale_factor", loss_scale_factor, AtLeast(0),
            "0: the batch's max_length, to which verl pads");
    v.Field("use_kl_loss", use_kl_loss, "");
    v.Field("kl_loss_coef", kl_loss_coef, AtLeast(0), "");
    v.Field("kl_loss_type", kl_loss_type, "");
    v.Field("use_kl_in_reward", use_kl_in_reward, "");
    v.Field("kl_penalty", kl_penalty, "of use_kl_in_reward");
    v.Field("kl_coef", kl_coef, AtLeast(0), "of use_kl_in_reward");
    v.Field("entropy_coeff", entropy_coeff, AtLeast(0), "");
    v.Field("rollout_is", rollout_is, "");
    v.Field("rollout_is_threshold", rollout_is_threshold, Above(0), "");
  }
};

const std::vector<PeerPath>& Paths() {
  static const std::vector<PeerPath> kPaths = {
      {"algorithm.adv_estimator", "adv_estimator"},
      {"algorithm.norm_adv_by_std_in_grpo", "norm_adv_by_std_in_grpo"},
      {"algorithm.use_kl_in_reward", "use_kl_in_reward"},
      {"algorithm.kl_penalty", "kl_penalty"},
      {"algorithm.kl_ctrl.kl_coef", "kl_coef"},
      {"algorithm.rollout_correction.rollout_is", "rollout_is"},
      {"algorithm.rollout_correction.rollout_is_threshold", "rollout_is_threshold"},
      {"rollout.n", "n"},
      {"actor_rollout_ref.rollout.n", "n"},
      {"actor_rollout_ref.actor.policy_loss.loss_mode", "loss_mode"},
      {"actor_rollout_ref.actor.clip_ratio", "clip_ratio"},
      {"actor_rollout_ref.actor.clip_ratio_low", "clip_ratio_low"},
      {"actor_rollout_ref.actor.clip_ratio_high", "clip_ratio_high"},
      {"actor_rollout_ref.actor.clip_ratio_c", "clip_ratio_c"},
      {"actor_rollout_ref.actor.tau_pos", "tau_pos"},
      {"actor_rollout_ref.actor.tau_neg", "tau_neg"},
      {"actor_rollout_ref.actor.loss_agg_mode", "loss_agg_mode"},
      {"actor_rollout_ref.actor.loss_scale_factor", "loss_scale_factor"},
      {"actor_rollout_ref.actor.use_kl_loss", "use_kl_loss"},
      {"actor_rollout_ref.actor.kl_loss_coef", "kl_loss_coef"},
      {"actor_rollout_ref.actor.kl_loss_type", "kl_loss_type"},
      {"actor_rollout_ref.actor.entropy_coeff", "entropy_coeff"}};
  return kPaths;
}

// An estimator of the divergence by its name.
struct KlRow {
  VerlKl kind;
  KlEstimator estimator;
  KlGradient gradient;
};
constexpr KlRow kKls[] = {{VerlKl::kKl, KlEstimator::kK1, KlGradient::kOwn},
                          {VerlKl::kK1, KlEstimator::kK1, KlGradient::kOwn},
                          {VerlKl::kAbs, KlEstimator::kAbs, KlGradient::kOwn},
                          {VerlKl::kMse, KlEstimator::kK2, KlGradient::kOwn},
                          {VerlKl::kK2, KlEstimator::kK2, KlGradient::kOwn},
                          {VerlKl::kLowVar, KlEstimator::kK3, KlGradient::kOwn},
                          {VerlKl::kK3, KlEstimator::kK3, KlGradient::kOwn},
                          {VerlKl::kK1Plus, KlEstimator::kK1, KlGradient::kK2},
                          {VerlKl::kK3Plus, KlEstimator::kK3, KlGradient::kK2},
                          {VerlKl::kLowVarPlus, KlEstimator::kK3, KlGradient::kK2}};

void SetKl(VerlKl kind, double coefficient, ObjectiveConfig& c) {
  c.kl_coefficient = coefficient;
  for (const KlRow& row : kKls) {
    if (row.kind == kind) c.kl_estimator = row.estimator, c.kl_gradient = row.gradient;
  }
  if (c.kl_estimator == KlEstimator::kK3) c.kl_input_clamp = 20.0, c.kl_output_clamp = 10.0;
}

struct EstimatorRow {
  VerlEstimator kind;
  Baseline baseline;
  bool single_raw;
  bool whitened;
};
constexpr EstimatorRow kEstimators[] = {{VerlEstimator::kGrpo, Baseline::kMean, true, false},
                                        {VerlEstimator::kGrpoPassK, Baseline::kBestMargin, false, false},
                                        {VerlEstimator::kRloo, Baseline::kLeaveOneOut, true, false},
                                        {VerlEstimator::kReinforcePp, Baseline::kNone, false, true},
                                        {VerlEstimator::kReinforcePpBaseline, Baseline::kMean, true, true}};

void TranslateAdvantages(const Arguments& a, ObjectiveConfig& c) {
  c.deviation = Deviation::kSample;
  c.advantage_epsilon = 1e-6;
  c.whiten_deviation = Deviation::kSample;
  c.whiten_epsilon = 1e-8;
  for (const EstimatorRow& row : kEstimators) {
    if (row.kind != a.adv_estimator) continue;
    c.baseline = row.baseline;
    c.single_raw = row.single_raw;
    c.whiten = row.whitened ? Whiten::kTokens : Whiten::kNone;
  }
  const bool scaled = (c.baseline == Baseline::kMean || c.baseline == Baseline::kBestMargin) &&
                      c.whiten == Whiten::kNone && a.norm_adv_by_std_in_grpo;
  c.scale = scaled ? AdvantageScale::kGroup : AdvantageScale::kNone;
}

void TranslateAggregation(const Arguments& a, ObjectiveConfig& c) {
  constexpr Aggregation kModes[] = {Aggregation::kTokenMean, Aggregation::kSequenceSum,
                                    Aggregation::kSequenceMean, Aggregation::kConstant,
                                    Aggregation::kTokenSum};
  c.aggregation = kModes[static_cast<int>(a.loss_agg_mode)];
  c.aggregation_length = a.loss_scale_factor;
  c.count_empty = false;
  c.entropy_aggregation = TermAggregation::kSame;
  // These two take the mean over sequences for their own term whatever the mode, which the others keep.
  if (a.loss_mode != VerlLoss::kGspo && a.loss_mode != VerlLoss::kSapo) return;
  if (c.aggregation == Aggregation::kTokenMean) {
    c.kl_aggregation = c.entropy_aggregation = TermAggregation::kTokenMean;
  } else if (c.aggregation != Aggregation::kSequenceMean && (a.use_kl_loss || a.entropy_coeff > 0.0)) {
    RefusePeer("verl", "loss_mode=gspo and sapo with a KL loss or an entropy bonus in this loss_agg_mode",
               "use loss_agg_mode=token-mean or seq-mean-token-mean");
  }
  c.aggregation = Aggregation::kSequenceMean;
}

void TranslateLoss(const Arguments& a, ObjectiveConfig& c) {
  constexpr ClipRule kRules[] = {ClipRule::kClip, ClipRule::kClip, ClipRule::kCispo, ClipRule::kSapo,
                                 ClipRule::kLogProb};
  c.clip = kRules[static_cast<int>(a.loss_mode)];
  c.clip_low = IsNone(a.clip_ratio_low) ? a.clip_ratio : a.clip_ratio_low;
  c.clip_high = IsNone(a.clip_ratio_high) ? a.clip_ratio : a.clip_ratio_high;
  c.sapo_positive = a.tau_pos;
  c.sapo_negative = a.tau_neg;
  c.log_ratio_floor = -20.0;
  c.log_ratio_cap = 20.0;
  if (a.loss_mode == VerlLoss::kVanilla) c.dual_clip = a.clip_ratio_c;
  if (a.loss_mode == VerlLoss::kGspo) {
    c.ratio_level = RatioLevel::kSequenceToken;
    c.log_ratio_floor = 0.0;
    c.log_ratio_cap = 10.0;
  }
}

}  // namespace

PresetChoice TranslateVerl(const std::vector<std::string>& arguments) {
  const auto a = ParsePeer<Arguments>("verl", arguments, Paths());
  PresetChoice choice;
  ObjectiveConfig& c = choice.config;
  TranslateAdvantages(a, c);
  TranslateLoss(a, c);
  TranslateAggregation(a, c);
  if (a.use_kl_loss && a.use_kl_in_reward) {
    RefusePeer("verl", "use_kl_loss and use_kl_in_reward at once are not supported",
               "set one of them to False");
  }
  if (a.use_kl_loss) SetKl(a.kl_loss_type, a.kl_loss_coef, c);
  if (a.use_kl_in_reward) {
    SetKl(a.kl_penalty, a.kl_coef, c);
    c.kl_place = a.adv_estimator == VerlEstimator::kReinforcePp ? KlPlace::kReturn : KlPlace::kReward;
  }
  c.entropy_coefficient = a.entropy_coeff;
  if (a.rollout_is != VerlRolloutIs::kNone) {
    c.sampler_correction = a.rollout_is == VerlRolloutIs::kToken ? SamplerCorrection::kTokenTruncate
                                                                 : SamplerCorrection::kSequenceTruncate;
    c.sampler_high = a.rollout_is_threshold;
  }
  choice.group_size = a.n;
  return Checked("verl", choice);
}

std::vector<FieldDoc> VerlArguments() { return DescribeRecipe<Arguments>(); }

}  // namespace hone
