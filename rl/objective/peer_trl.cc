// TRL's GRPOConfig (1.16) to our objective. Covered by tests/rl/objective_presets_test.cc; tests/parity/objective_trl.py makes
// its fixtures with TRL's own code.
#include "rl/objective/peers.h"

namespace hone {

enum class TrlLoss { kGrpo, kBnpo, kDrGrpo, kDapo, kCispo, kSapo, kLuspo, kVespo };
template <>
inline constexpr auto kEnumNames<TrlLoss> = std::to_array<EnumName<TrlLoss>>({{TrlLoss::kGrpo, "grpo"},
                                                                              {TrlLoss::kBnpo, "bnpo"},
                                                                              {TrlLoss::kDrGrpo, "dr_grpo"},
                                                                              {TrlLoss::kDapo, "dapo"},
                                                                              {TrlLoss::kCispo, "cispo"},
                                                                              {TrlLoss::kSapo, "sapo"},
                                                                              {TrlLoss::kLuspo, "luspo"},
                                                                              {TrlLoss::kVespo, "vespo"}});

enum class TrlScale { kGroup, kBatch, kNone };
template <>
inline constexpr auto kEnumNames<TrlScale> = std::to_array<EnumName<TrlScale>>({{TrlScale::kGroup, "group"},
                                                                                {TrlScale::kBatch, "batch"},
                                                                                {TrlScale::kNone, "none"}});

enum class TrlObjectives { kSumThenNormalize, kNormalizeThenSum };
template <>
inline constexpr auto kEnumNames<TrlObjectives> =
    std::to_array<EnumName<TrlObjectives>>({{TrlObjectives::kSumThenNormalize, "sum_then_normalize"},
                                            {TrlObjectives::kNormalizeThenSum, "normalize_then_sum"}});

enum class TrlLevel { kToken, kSequence };
template <>
inline constexpr auto kEnumNames<TrlLevel> =
    std::to_array<EnumName<TrlLevel>>({{TrlLevel::kToken, "token"}, {TrlLevel::kSequence, "sequence"}});

enum class TrlSampling { kTokenTruncate, kTokenMask, kSequenceTruncate, kSequenceMask };
template <>
inline constexpr auto kEnumNames<TrlSampling> =
    std::to_array<EnumName<TrlSampling>>({{TrlSampling::kTokenTruncate, "token_truncate"},
                                          {TrlSampling::kTokenMask, "token_mask"},
                                          {TrlSampling::kSequenceTruncate, "sequence_truncate"},
                                          {TrlSampling::kSequenceMask, "sequence_mask"}});

namespace {

struct Arguments {
  TrlLoss loss_type = TrlLoss::kDapo;
  double beta = 0.0, epsilon = 0.2, epsilon_high = kNone, delta = kNone;
  TrlScale scale_rewards = TrlScale::kGroup;
  TrlObjectives multi_objective_aggregation = TrlObjectives::kSumThenNormalize;
  TrlLevel importance_sampling_level = TrlLevel::kToken;
  bool use_bias_correction_kl = true;
  int64_t num_generations = 0, num_iterations = 1, max_completion_length = 0;
  bool mask_truncated_completions = false;
  double sapo_temperature_pos = 1.0, sapo_temperature_neg = 1.05;
  double vespo_k_pos = 2.0, vespo_lambda_pos = 3.0, vespo_k_neg = 3.0, vespo_lambda_neg = 2.0;
  double top_entropy_quantile = 1.0, entropy_coef = 0.0;
  bool use_adaptive_entropy = false;
  double entropy_coef_min = 0.0, entropy_coef_max = 1.0, entropy_coef_delta = 0.005, entropy_target = 0.2;
  bool use_vllm = false, vllm_importance_sampling_correction = true;
  TrlSampling vllm_importance_sampling_mode = TrlSampling::kSequenceMask;
  double vllm_importance_sampling_clip_max = 3.0, vllm_importance_sampling_clip_min = kNone;
  double off_policy_mask_threshold = kNone;
  bool sync_ref_model = false;
  double ref_model_mixup_alpha = 0.6;
  int64_t ref_model_sync_steps = 512;

  template <class V>
  void Fields(V& v) {
    v.Field("loss_type", loss_type, "");
    v.Field("beta", beta, AtLeast(0), "");
    v.Field("epsilon", epsilon, AtLeast(0), "");
    v.Field("epsilon_high", epsilon_high, "None: as epsilon; with cispo the largest ratio itself");
    v.Field("delta", delta, "None: no bound");
    v.Field("scale_rewards", scale_rewards, "");
    v.Field("multi_objective_aggregation", multi_objective_aggregation, "of the one combined reward");
    v.Field("importance_sampling_level", importance_sampling_level, "");
    v.Field("use_bias_correction_kl", use_bias_correction_kl, "");
    v.Field("num_generations", num_generations, AtLeast(0), "must be the batch's group size (0: it is)");
    v.Field("num_iterations", num_iterations, AtLeast(1), "no part of the loss");
    v.Field("max_completion_length", max_completion_length, AtLeast(0), "0: as the batch says");
    v.Field("mask_truncated_completions", mask_truncated_completions, "");
    v.Field("sapo_temperature_pos", sapo_temperature_pos, Above(0), "");
    v.Field("sapo_temperature_neg", sapo_temperature_neg, Above(0), "");
    v.Field("vespo_k_pos", vespo_k_pos, AtLeast(0), "");
    v.Field("vespo_lambda_pos", vespo_lambda_pos, AtLeast(0), "");
    v.Field("vespo_k_neg", vespo_k_neg, AtLeast(0), "");
    v.Field("vespo_lambda_neg", vespo_lambda_neg, AtLeast(0), "");
    v.Field("top_entropy_quantile", top_entropy_quantile, Range{0, 1}, "");
    v.Field("entropy_coef", entropy_coef, AtLeast(0), "");
    v.Field("use_adaptive_entropy", use_adaptive_entropy, "");
    v.Field("entropy_coef_min", entropy_coef_min, AtLeast(0), "");
    v.Field("entropy_coef_max", entropy_coef_max, AtLeast(0), "");
    v.Field("entropy_coef_delta", entropy_coef_delta, AtLeast(0), "");
    v.Field("entropy_target", entropy_target, AtLeast(0), "");
    v.Field("use_vllm", use_vllm, "whether sampler log-probs are corrected for");
    v.Field("vllm_importance_sampling_correction", vllm_importance_sampling_correction, "");
    v.Field("vllm_importance_sampling_mode", vllm_importance_sampling_mode, "");
    v.Field("vllm_importance_sampling_clip_max", vllm_importance_sampling_clip_max, "");
    v.Field("vllm_importance_sampling_clip_min", vllm_importance_sampling_clip_min, "");
    v.Field("off_policy_mask_threshold", off_policy_mask_threshold, "");
    v.Field("sync_ref_model", sync_ref_model, "");
    v.Field("ref_model_mixup_alpha", ref_model_mixup_alpha, AboveUpTo(0, 1), "");
    v.Field("ref_model_sync_steps", ref_model_sync_steps, AtLeast(1), "");
  }
};

struct LossRow {
  TrlLoss loss;
  ClipRule clip;
  Aggregation aggregation;
};
constexpr LossRow kLosses[] = {{TrlLoss::kGrpo, ClipRule::kClip, Aggregation::kSequenceMean},
                               {TrlLoss::kBnpo, ClipRule::kClip, Aggregation::kTokenMean},
                               {TrlLoss::kDrGrpo, ClipRule::kClip, Aggregation::kConstant},
                               {TrlLoss::kDapo, ClipRule::kClip, Aggregation::kTokenMean},
                               {TrlLoss::kCispo, ClipRule::kCispo, Aggregation::kTokenMean},
                               {TrlLoss::kSapo, ClipRule::kSapo, Aggregation::kSequenceMean},
                               {TrlLoss::kLuspo, ClipRule::kClip, Aggregation::kSequenceSum},
                               {TrlLoss::kVespo, ClipRule::kVespo, Aggregation::kTokenMean}};

void TranslateAdvantages(const Arguments& a, ObjectiveConfig& c) {
  c.deviation = Deviation::kSample;
  c.advantage_epsilon = 1e-4;
  c.unscored = Unscored::kKeep;
  constexpr AdvantageScale kScales[] = {AdvantageScale::kGroup, AdvantageScale::kBatch,
                                        AdvantageScale::kNone};
  c.scale = kScales[static_cast<int>(a.scale_rewards)];
  if (a.multi_objective_aggregation == TrlObjectives::kNormalizeThenSum) {
    c.scale = AdvantageScale::kGroup;
    c.whiten = Whiten::kCompletions;
  }
}

void TranslateClip(const Arguments& a, ObjectiveConfig& c) {
  const double high = IsNone(a.epsilon_high) ? a.epsilon : a.epsilon_high;
  const bool sequence = a.importance_sampling_level == TrlLevel::kSequence;
  c.ratio_level = sequence ? RatioLevel::kSequence : RatioLevel::kToken;
  for (const LossRow& row : kLosses) {
    if (row.loss != a.loss_type) continue;
    c.clip = row.clip;
    c.aggregation = row.aggregation;
  }
  c.aggregation_length = a.max_completion_length;
  c.clip_low = a.epsilon;
  c.clip_high = high;
  c.ratio_cap = OrZero(a.delta);
  if (c.clip == ClipRule::kCispo) {  // a cap on the ratio itself and no lower bound
    c.clip_low = 1.0;
    c.clip_high = high - 1.0;
    c.ratio_cap = 0.0;
  }
  c.sapo_positive = a.sapo_temperature_pos;
  c.sapo_negative = a.sapo_temperature_neg;
  c.vespo_k_positive = a.vespo_k_pos;
  c.vespo_lambda_positive = a.vespo_lambda_pos;
  c.vespo_k_negative = a.vespo_k_neg;
  c.vespo_lambda_negative = a.vespo_lambda_neg;
}

void TranslateEntropy(const Arguments& a, ObjectiveConfig& c) {
  c.top_entropy = a.top_entropy_quantile;
  c.entropy_coefficient = a.entropy_coef;
  c.entropy_adaptive = a.use_adaptive_entropy;
  c.entropy_low = a.entropy_coef_min;
  c.entropy_high = a.entropy_coef_max;
  c.entropy_step = a.entropy_coef_delta;
  c.entropy_target = a.entropy_target;
}

void TranslateSampler(const Arguments& a, ObjectiveConfig& c) {
  constexpr SamplerCorrection kModes[] = {SamplerCorrection::kTokenTruncate, SamplerCorrection::kTokenMask,
                                          SamplerCorrection::kSequenceTruncate,
                                          SamplerCorrection::kSequenceMask};
  c.off_policy_threshold = OrZero(a.off_policy_mask_threshold);
  c.off_policy_sampler = a.use_vllm;
  if (!a.use_vllm || !a.vllm_importance_sampling_correction) return;
  c.sampler_correction = kModes[static_cast<int>(a.vllm_importance_sampling_mode)];
  c.sampler_low = OrZero(a.vllm_importance_sampling_clip_min);
  c.sampler_high = OrZero(a.vllm_importance_sampling_clip_max);
  const bool of_tokens = c.sampler_correction == SamplerCorrection::kTokenTruncate ||
                         c.sampler_correction == SamplerCorrection::kTokenMask;
  if (c.clip == ClipRule::kVespo && !of_tokens) {
    RefusePeer("trl", "loss_type=vespo takes no vllm_importance_sampling_mode of a sequence",
               "set vllm_importance_sampling_mode=token_truncate or token_mask");
  }
}

// scale_rewards is a word or a truth value.
std::vector<std::string> WithScaleWords(std::vector<std::string> arguments) {
  for (std::string& argument : arguments) {
    if (argument == "scale_rewards=True" || argument == "scale_rewards=true")
      argument = "scale_rewards=group";
    if (argument == "scale_rewards=False" || argument == "scale_rewards=false")
      argument = "scale_rewards=none";
  }
  return arguments;
}

}  // namespace

PresetChoice TranslateTrl(const std::vector<std::string>& arguments) {
  const auto a = ParsePeer<Arguments>("trl", WithScaleWords(arguments), {});
  PresetChoice choice;
  ObjectiveConfig& c = choice.config;
  TranslateAdvantages(a, c);
  TranslateClip(a, c);
  TranslateEntropy(a, c);
  TranslateSampler(a, c);
  c.kl_coefficient = a.beta;
  c.kl_weight = a.use_bias_correction_kl ? KlWeight::kRatio : KlWeight::kNone;
  c.reference_every = a.sync_ref_model ? a.ref_model_sync_steps : 0;
  c.reference_mix = a.sync_ref_model ? a.ref_model_mixup_alpha : 1.0;
  c.mask_truncated = a.mask_truncated_completions;
  choice.group_size = a.num_generations;
  choice.max_length = a.max_completion_length;
  choice.iterations = a.num_iterations;
  return Checked("trl", choice);
}

std::vector<FieldDoc> TrlArguments() { return DescribeRecipe<Arguments>(); }

}  // namespace hone
