// What a policy objective is made of: one choice for each part of it, and their numbers. presets.h names the published
// combinations, objective.h computes them. Covered by tests/rl/objective_test.cc.
#ifndef HONE_RL_OBJECTIVE_CONFIG_H_
#define HONE_RL_OBJECTIVE_CONFIG_H_

#include <array>
#include <cstdint>

#include "data/fields.h"

namespace hone {

enum class Baseline { kNone, kMean, kLeaveOneOut, kBestMargin, kPassAtK };
template <>
inline constexpr auto kEnumNames<Baseline> =
    std::to_array<EnumName<Baseline>>({{Baseline::kNone, "none"},
                                       {Baseline::kMean, "mean"},
                                       {Baseline::kLeaveOneOut, "leave_one_out"},
                                       {Baseline::kBestMargin, "best_margin"},
                                       {Baseline::kPassAtK, "pass_at_k"}});

enum class AdvantageScale { kNone, kGroup, kOthers, kBatch };
template <>
inline constexpr auto kEnumNames<AdvantageScale> =
    std::to_array<EnumName<AdvantageScale>>({{AdvantageScale::kNone, "none"},
                                             {AdvantageScale::kGroup, "group"},
                                             {AdvantageScale::kOthers, "others"},
                                             {AdvantageScale::kBatch, "batch"}});

enum class Deviation { kPopulation, kSample };
template <>
inline constexpr auto kEnumNames<Deviation> = std::to_array<EnumName<Deviation>>(
    {{Deviation::kPopulation, "population"}, {Deviation::kSample, "sample"}});

enum class Whiten { kNone, kCompletions, kTokens };
template <>
inline constexpr auto kEnumNames<Whiten> = std::to_array<EnumName<Whiten>>(
    {{Whiten::kNone, "none"}, {Whiten::kCompletions, "completions"}, {Whiten::kTokens, "tokens"}});

enum class Unscored { kDrop, kKeep };
template <>
inline constexpr auto kEnumNames<Unscored> = std::to_array<EnumName<Unscored>>({{Unscored::kDrop, "drop"},
                                                                                {Unscored::kKeep, "keep"}});

enum class RatioLevel { kToken, kSequence, kSequenceToken };
template <>
inline constexpr auto kEnumNames<RatioLevel> =
    std::to_array<EnumName<RatioLevel>>({{RatioLevel::kToken, "token"},
                                         {RatioLevel::kSequence, "sequence"},
                                         {RatioLevel::kSequenceToken, "sequence_token"}});

enum class RatioBase { kOld, kSampler, kCurrent };
template <>
inline constexpr auto kEnumNames<RatioBase> = std::to_array<EnumName<RatioBase>>(
    {{RatioBase::kOld, "old"}, {RatioBase::kSampler, "sampler"}, {RatioBase::kCurrent, "current"}});

enum class ClipRule { kClip, kCispo, kSapo, kVespo, kLogProb };
template <>
inline constexpr auto kEnumNames<ClipRule> = std::to_array<EnumName<ClipRule>>({{ClipRule::kClip, "clip"},
                                                                                {ClipRule::kCispo, "cispo"},
                                                                                {ClipRule::kSapo, "sapo"},
                                                                                {ClipRule::kVespo, "vespo"},
                                                                                {ClipRule::kLogProb,
                                                                                 "logprob"}});

enum class KlEstimator { kK1, kAbs, kK2, kK3 };
template <>
inline constexpr auto kEnumNames<KlEstimator> =
    std::to_array<EnumName<KlEstimator>>({{KlEstimator::kK1, "k1"},
                                          {KlEstimator::kAbs, "abs"},
                                          {KlEstimator::kK2, "k2"},
                                          {KlEstimator::kK3, "k3"}});

enum class KlGradient { kOwn, kK2 };
template <>
inline constexpr auto kEnumNames<KlGradient> = std::to_array<EnumName<KlGradient>>({{KlGradient::kOwn, "own"},
                                                                                    {KlGradient::kK2, "k2"}});

enum class KlWeight { kNone, kRatio, kScore };
template <>
inline constexpr auto kEnumNames<KlWeight> = std::to_array<EnumName<KlWeight>>({{KlWeight::kNone, "none"},
                                                                                {KlWeight::kRatio, "ratio"},
                                                                                {KlWeight::kScore, "score"}});

enum class KlPlace { kLoss, kReward, kReturn };
template <>
inline constexpr auto kEnumNames<KlPlace> = std::to_array<EnumName<KlPlace>>({{KlPlace::kLoss, "loss"},
                                                                              {KlPlace::kReward, "reward"},
                                                                              {KlPlace::kReturn, "return"}});

enum class Aggregation { kSequenceMean, kTokenMean, kConstant, kSequenceSum, kTokenSum };
template <>
inline constexpr auto kEnumNames<Aggregation> =
    std::to_array<EnumName<Aggregation>>({{Aggregation::kSequenceMean, "sequence_mean"},
                                          {Aggregation::kTokenMean, "token_mean"},
                                          {Aggregation::kConstant, "constant"},
                                          {Aggregation::kSequenceSum, "sequence_sum"},
                                          {Aggregation::kTokenSum, "token_sum"}});

// How the KL term or the entropy bonus is summed: as the policy's term, or in a way of its own.
enum class TermAggregation { kSame, kSequenceMean, kTokenMean };
template <>
inline constexpr auto kEnumNames<TermAggregation> =
    std::to_array<EnumName<TermAggregation>>({{TermAggregation::kSame, "same"},
                                              {TermAggregation::kSequenceMean, "sequence_mean"},
                                              {TermAggregation::kTokenMean, "token_mean"}});

enum class SamplerCorrection { kNone, kTokenTruncate, kTokenMask, kSequenceTruncate, kSequenceMask };
template <>
inline constexpr auto kEnumNames<SamplerCorrection> =
    std::to_array<EnumName<SamplerCorrection>>({{SamplerCorrection::kNone, "none"},
                                                {SamplerCorrection::kTokenTruncate, "token_truncate"},
                                                {SamplerCorrection::kTokenMask, "token_mask"},
                                                {SamplerCorrection::kSequenceTruncate, "sequence_truncate"},
                                                {SamplerCorrection::kSequenceMask, "sequence_mask"}});

// The defaults are plain GRPO: the preset "grpo".
struct ObjectiveConfig {
  Baseline baseline = Baseline::kMean;
  int64_t pass_k = 4;
  AdvantageScale scale = AdvantageScale::kGroup;
  Deviation deviation = Deviation::kPopulation;
  double advantage_epsilon = 1e-4;
  bool single_raw = false;
  double advantage_cap = 0.0;
  Whiten whiten = Whiten::kNone;
  Deviation whiten_deviation = Deviation::kSample;
  double whiten_epsilon = 1e-4;
  Unscored unscored = Unscored::kDrop;

  RatioLevel ratio_level = RatioLevel::kToken;
  RatioBase ratio_base = RatioBase::kOld;
  double log_ratio_floor = 0.0;
  double log_ratio_cap = 0.0;
  ClipRule clip = ClipRule::kClip;
  double clip_low = 0.2;
  double clip_high = 0.2;
  double dual_clip = 0.0;
  double ratio_cap = 0.0;
  double sapo_positive = 1.0;
  double sapo_negative = 1.05;
  double vespo_k_positive = 2.0;
  double vespo_lambda_positive = 3.0;
  double vespo_k_negative = 3.0;
  double vespo_lambda_negative = 2.0;

  double kl_coefficient = 0.0;
  KlEstimator kl_estimator = KlEstimator::kK3;
  KlGradient kl_gradient = KlGradient::kOwn;
  KlWeight kl_weight = KlWeight::kNone;
  KlPlace kl_place = KlPlace::kLoss;
  double kl_input_clamp = 0.0;
  double kl_output_clamp = 0.0;
  TermAggregation kl_aggregation = TermAggregation::kSame;
  int64_t reference_every = 0;
  double reference_mix = 1.0;

  Aggregation aggregation = Aggregation::kSequenceMean;
  int64_t aggregation_length = 0;
  bool count_empty = true;
  bool mask_truncated = false;

  double entropy_coefficient = 0.0;
  TermAggregation entropy_aggregation = TermAggregation::kTokenMean;
  bool entropy_adaptive = false;
  double entropy_target = 0.2;
  double entropy_step = 0.005;
  double entropy_low = 0.0;
  double entropy_high = 1.0;
  double top_entropy = 1.0;

  SamplerCorrection sampler_correction = SamplerCorrection::kNone;
  double sampler_low = 0.0;
  double sampler_high = 0.0;
  double geometric_low = 0.0;
  double geometric_high = 0.0;
  double off_policy_threshold = 0.0;
  bool off_policy_sampler = false;

  int64_t refill_rounds = 0;

  template <class V>
  void Fields(V& v) {
    AdvantageFields(v);
    RatioFields(v);
    KlFields(v);
    LossFields(v);
  }

 private:
  template <class V>
  void AdvantageFields(V& v) {
    v.Field(
        "baseline", baseline,
        "what a reward is compared with: the group's mean, that of the others (leave_one_out), the second "
        "best for the best alone (best_margin), or the group's chance that one of pass_k is right");
    v.Field("pass_k", pass_k, AtLeast(1),
            "k of baseline = \"pass_at_k\"; a reward of at least 1 counts as right");
    v.Field(
        "scale", scale,
        "deviation that the difference is divided by: the group's, that of the others in it, the batch's");
    v.Field("deviation", deviation, "divided by the count (population) or by one less (sample)");
    v.Field("advantage_epsilon", advantage_epsilon, AtLeast(0), "added to the deviation");
    v.Field("single_raw", single_raw, "a completion alone in its group keeps its reward (else: 0)");
    v.Field("advantage_cap", advantage_cap, AtLeast(0),
            "advantages are cut to this size, before kl_place = \"return\" and whitening (0: never)");
    v.Field("whiten", whiten, "afterwards to mean 0 and deviation 1 over the batch's completions or tokens");
    v.Field("whiten_deviation", whiten_deviation, "the deviation of whitening");
    v.Field("whiten_epsilon", whiten_epsilon, AtLeast(0),
            "added to that deviation (completions) or to its square (tokens)");
    v.Field("unscored", unscored,
            "completions without a reward: out of the loss (drop), or with advantage 0 (keep)");
  }
  template <class V>
  void RatioFields(V& v) {
    v.Field(
        "ratio_level", ratio_level,
        "probability ratio of each token, of the sequence (geometric mean), or that one with each token's "
        "own gradient");
    v.Field("ratio_base", ratio_base, "denominator of the ratio: old, sampler, or current (always 1)");
    v.Field("log_ratio_floor", log_ratio_floor, Range{.high = 0},
            "log-ratios below are raised to it, without gradient (0: never)");
    v.Field("log_ratio_cap", log_ratio_cap, AtLeast(0),
            "log-ratios above are cut to it, without gradient (0: never)");
    v.Field("clip", clip,
            "what keeps the ratio near 1: PPO's clip, CISPO's and VESPO's fixed weight of a log-prob, SAPO's "
            "soft gate; logprob uses no ratio");
    v.Field("clip_low", clip_low, AtLeast(0), "the ratio is clipped at 1 - clip_low");
    v.Field("clip_high", clip_high, Above(-1), "the ratio is clipped at 1 + clip_high");
    v.Field("dual_clip", dual_clip, AtLeast(0),
            "with a negative advantage the objective is at least this times it (0: no bound)");
    v.Field("ratio_cap", ratio_cap, AtLeast(0),
            "largest ratio outside the clip too, for negative advantages (two-sided clip; 0: none)");
    v.Field("sapo_positive", sapo_positive, Above(0), "temperature of SAPO's gate, advantage above 0");
    v.Field("sapo_negative", sapo_negative, Above(0), "temperature of SAPO's gate otherwise");
    v.Field("vespo_k_positive", vespo_k_positive, AtLeast(0), "VESPO's power, advantage at least 0");
    v.Field("vespo_lambda_positive", vespo_lambda_positive, AtLeast(0),
            "VESPO's decay, advantage at least 0");
    v.Field("vespo_k_negative", vespo_k_negative, AtLeast(0), "VESPO's power otherwise");
    v.Field("vespo_lambda_negative", vespo_lambda_negative, AtLeast(0), "VESPO's decay otherwise");
  }
  template <class V>
  void KlFields(V& v) {
    v.Field("kl_coefficient", kl_coefficient, AtLeast(0),
            "weight of the divergence from the reference (0: no reference)");
    v.Field("kl_estimator", kl_estimator,
            "k1 = d, abs, k2 = d^2 / 2, k3 = exp(-d) + d - 1, d = policy - reference");
    v.Field("kl_gradient", kl_gradient, "the estimator's own gradient, or that of k2");
    v.Field("kl_weight", kl_weight,
            "the term times the ratio, or times a 1 that has the log-prob's gradient (score)");
    v.Field("kl_place", kl_place,
            "in the loss; summed off the reward before the baseline; or token by token off what is still to "
            "come (return)");
    v.Field("kl_input_clamp", kl_input_clamp, AtLeast(0),
            "d is cut to this size, without gradient (0: never)");
    v.Field("kl_output_clamp", kl_output_clamp, AtLeast(0),
            "the estimate is cut to this size, without gradient (0: never)");
    v.Field("kl_aggregation", kl_aggregation, "how the term is summed in the loss");
    v.Field("reference_every", reference_every, AtLeast(0),
            "steps after which the reference moves to the policy (0: it stays the start)");
    v.Field("reference_mix", reference_mix, AboveUpTo(0, 1), "how far it moves (1: it becomes the policy)");
  }
  template <class V>
  void LossFields(V& v) {
    v.Field(
        "aggregation", aggregation,
        "mean over sequences of token means, mean over tokens, sum / (sequences x length), sum / sequences, "
        "or sum");
    v.Field("aggregation_length", aggregation_length, AtLeast(0),
            "length of aggregation = \"constant\" (0: the longest completion allowed)");
    v.Field("count_empty", count_empty, "sequences without a token to learn from count in the mean");
    v.Field("mask_truncated", mask_truncated,
            "completions that hit the length limit are not learnt from, but stay in the baseline");
    v.Field("entropy_coefficient", entropy_coefficient, AtLeast(0), "weight of the entropy bonus");
    v.Field("entropy_aggregation", entropy_aggregation, "how the bonus is summed");
    v.Field("entropy_adaptive", entropy_adaptive,
            "entropy_coefficient is the start: it rises by entropy_step while the entropy is at most the "
            "target, else it falls and is not applied");
    v.Field("entropy_target", entropy_target, AtLeast(0), "nats per token that the coefficient is moved for");
    v.Field("entropy_step", entropy_step, AtLeast(0), "how far it moves per update");
    v.Field("entropy_low", entropy_low, AtLeast(0), "its smallest value");
    v.Field("entropy_high", entropy_high, AtLeast(0), "its largest value");
    v.Field("top_entropy", top_entropy, Range{0, 1},
            "share of tokens, those of highest entropy, that the policy's term and the bonus use");
    v.Field("sampler_correction", sampler_correction,
            "weight exp(old - sampler) of a token or sequence, cut to the bounds or 0 outside them");
    v.Field("sampler_low", sampler_low, AtLeast(0), "lower bound of that weight (0: none)");
    v.Field("sampler_high", sampler_high, AtLeast(0), "upper bound of that weight (0: none)");
    v.Field("geometric_low", geometric_low, AtLeast(0),
            "sequences whose mean weight (geometric) is below are left out (0: none)");
    v.Field("geometric_high", geometric_high, AtLeast(0), "and those whose it is above (0: none)");
    v.Field(
        "off_policy_threshold", off_policy_threshold, AtLeast(0),
        "sequences with a negative advantage whose mean log-prob has fallen by more are left out (0: none)");
    v.Field("off_policy_sampler", off_policy_sampler,
            "fallen since the sampler's log-probs instead of the old ones");
    v.Field("refill_rounds", refill_rounds, Range{0, 1000},
            "groups whose rewards are all equal are replaced by new prompts' up to so many times (0: kept)");
  }
};

}  // namespace hone

#endif  // HONE_RL_OBJECTIVE_CONFIG_H_
