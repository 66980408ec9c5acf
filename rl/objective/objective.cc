// See objective.h. Covered by tests/rl/objective_test.cc.
#include "rl/objective/objective.h"

#include <algorithm>
#include <vector>

#include "rl/objective/divergence.h"
#include "rl/objective/entropy_control.h"
#include "rl/objective/ratio.h"
#include "rl/objective/surrogate.h"
#include "rl/objective/weights.h"

namespace hone {
namespace {

// One completion on its way through the loss.
struct Pass {
  const ObjectiveContext& context;
  const ObjectiveSequence& sequence;
  double used;  // tokens learnt from, at least 1
  Ratios ratios;
  std::span<double> gradient;
  ObjectiveStatistics& statistics;
  double loss = 0.0;
  double shared = 0.0;  // d loss / d (mean log-prob): of a ratio that is the whole sequence's

  // d loss / d ratio at token t, to where the ratio takes it. No step at 0, so that a ratio out of range cannot make a NaN.
  void AddRatioSlope(size_t t, double slope) {
    if (slope == 0.0) return;
    (ratios.shared ? shared : gradient[t]) += slope * ratios.tokens[t].slope;
  }
};

bool IsHighEntropy(const Pass& pass, size_t t) {
  return pass.context.config.top_entropy >= 1.0 ||
         pass.sequence.entropies[t] >= pass.context.normaliser.entropy_threshold;
}

void AddPolicy(Pass& pass, double advantage, std::span<const double> token_advantages) {
  const ObjectiveConfig& config = pass.context.config;
  const ObjectiveSequence& s = pass.sequence;
  const std::vector<double> corrections = SamplerWeights(config, s, pass.used);
  const bool is_vespo = config.clip == ClipRule::kVespo;
  const double log_weight = is_vespo ? LogSequenceWeight(config, s, corrections) : 0.0;
  const bool off_policy =
      config.off_policy_threshold > 0.0 && MeanFall(config, s, pass.used) > config.off_policy_threshold;
  const double share = PolicyWeight(config, pass.context.normaliser, pass.used);
  for (size_t t = 0; t < s.size(); ++t) {
    if (!s.Uses(t)) continue;
    const double a = token_advantages.empty() ? advantage : token_advantages[t];
    const double correction = corrections.empty() || is_vespo ? 1.0 : corrections[t];
    if ((off_policy && a < 0.0) || correction == 0.0 || !IsHighEntropy(pass, t)) {
      ++pass.statistics.masked;
      continue;
    }
    const double weight = share * correction;
    const Surrogate term =
        TokenSurrogate(config, {pass.ratios.tokens[t].value, a, s.logprobs[t], log_weight});
    pass.loss += weight * term.value;
    pass.gradient[t] += weight * term.logprob_slope;
    pass.AddRatioSlope(t, weight * term.ratio_slope);
    pass.statistics.clipped += term.clipped;
  }
}

void AddDivergence(Pass& pass) {
  const ObjectiveConfig& config = pass.context.config;
  const ObjectiveSequence& s = pass.sequence;
  const double share = KlWeightOf(config, pass.context.normaliser, pass.used) * config.kl_coefficient;
  for (size_t t = 0; t < s.size(); ++t) {
    if (!s.Uses(t)) continue;
    const Term k = Divergence(config, s.logprobs[t], s.ref_logprobs[t]);
    pass.statistics.kl += k.value;
    if (config.kl_place != KlPlace::kLoss) continue;
    const double factor = config.kl_weight == KlWeight::kRatio ? pass.ratios.tokens[t].value : 1.0;
    pass.loss += share * factor * k.value;
    pass.gradient[t] += share * factor * k.slope;
    if (config.kl_weight == KlWeight::kRatio) pass.AddRatioSlope(t, share * k.value);
    if (config.kl_weight == KlWeight::kScore) pass.gradient[t] += share * k.value;
  }
}

void AddEntropyBonus(Pass& pass, std::span<double> entropy_gradient) {
  const ObjectiveSequence& s = pass.sequence;
  const double slope = -pass.context.entropy_coefficient *
                       EntropyWeight(pass.context.config, pass.context.normaliser, pass.used);
  for (size_t t = 0; t < s.size(); ++t) {
    if (!s.Uses(t) || !IsHighEntropy(pass, t)) continue;
    pass.statistics.entropy += s.entropies[t];
    ++pass.statistics.entropy_tokens;
    if (slope == 0.0) continue;
    pass.loss += slope * s.entropies[t];
    if (!entropy_gradient.empty()) entropy_gradient[t] = slope;
  }
}

// ---- a whole batch

std::span<const double> RowOf(const Rows& rows, size_t i) {
  return rows.empty() ? std::span<const double>() : std::span<const double>(rows[i]);
}

double UsedTokens(const ObjectiveSequence& s) {
  double used = 0.0;
  for (size_t t = 0; t < s.size(); ++t) used += s.Uses(t);
  return used;
}

// Masks of the batch with those completions blanked that mask_truncated leaves out; empty if there is none.
Masks EffectiveMasks(const ObjectiveConfig& config, const ObjectiveBatch& batch) {
  Masks masks = batch.mask;
  if (!config.mask_truncated) return masks;
  if (masks.empty()) {
    for (const auto& row : batch.logprobs) masks.emplace_back(row.size(), uint8_t{1});
  }
  for (auto& row : masks) {
    const auto length =
        static_cast<int64_t>(row.size()) - (std::find(row.rbegin(), row.rend(), uint8_t{1}) - row.rbegin());
    if (length >= batch.max_length) row.assign(row.size(), uint8_t{0});
  }
  return masks;
}

std::vector<ObjectiveSequence> SequencesOf(const ObjectiveBatch& batch, const Masks& masks) {
  std::vector<ObjectiveSequence> sequences;
  for (size_t i = 0; i < batch.logprobs.size(); ++i) {
    ObjectiveSequence s;
    s.logprobs = batch.logprobs[i];
    s.old_logprobs = RowOf(batch.old_logprobs, i);
    s.ref_logprobs = RowOf(batch.ref_logprobs, i);
    s.sampler_logprobs = RowOf(batch.sampler_logprobs, i);
    s.entropies = RowOf(batch.entropies, i);
    if (!masks.empty()) s.mask = masks[i];
    sequences.push_back(s);
  }
  return sequences;
}

bool Counts(const ObjectiveConfig& config, const ObjectiveBatch& batch, size_t i) {
  return batch.rewards[i].has_value() || config.unscored == Unscored::kKeep;
}

Normaliser NormaliserOf(const ObjectiveConfig& config, const ObjectiveBatch& batch,
                        std::span<const ObjectiveSequence> sequences) {
  Normaliser normaliser;
  normaliser.length =
      static_cast<double>(config.aggregation_length > 0 ? config.aggregation_length : batch.max_length);
  std::vector<double> entropies;
  for (size_t i = 0; i < sequences.size(); ++i) {
    if (!Counts(config, batch, i)) continue;
    CountSequence(config, UsedTokens(sequences[i]), normaliser);
    for (size_t t = 0; t < sequences[i].entropies.size(); ++t) {
      if (sequences[i].Uses(t)) entropies.push_back(sequences[i].entropies[t]);
    }
  }
  SetEntropyThreshold(config, std::move(entropies), normaliser);
  return normaliser;
}

}  // namespace

double SequenceLoss(const ObjectiveContext& context, double advantage,
                    std::span<const double> token_advantages, const ObjectiveSequence& sequence,
                    std::span<double> gradient, std::span<double> entropy_gradient,
                    ObjectiveStatistics& statistics) {
  std::fill(gradient.begin(), gradient.end(), 0.0);
  std::fill(entropy_gradient.begin(), entropy_gradient.end(), 0.0);
  const double used = UsedTokens(sequence);
  if (used == 0.0) return 0.0;
  statistics.tokens += used;
  Pass pass{context, sequence, used, MakeRatios(context.config, sequence, used), gradient, statistics};
  AddPolicy(pass, advantage, token_advantages);
  if (context.config.kl_coefficient > 0.0) AddDivergence(pass);
  if (!sequence.entropies.empty()) AddEntropyBonus(pass, entropy_gradient);
  for (size_t t = 0; pass.shared != 0.0 && t < sequence.size(); ++t) {
    if (sequence.Uses(t)) gradient[t] += pass.shared / used;
  }
  return pass.loss;
}

ObjectiveResult ComputeObjective(const ObjectiveConfig& config, const ObjectiveBatch& batch) {
  const Masks masks = EffectiveMasks(config, batch);
  const std::vector<ObjectiveSequence> sequences = SequencesOf(batch, masks);
  Advantages advantages = ComputeAdvantages(config, batch.group_size, batch.rewards, sequences);
  const Normaliser normaliser = NormaliserOf(config, batch, sequences);
  const ObjectiveContext context{config, normaliser,
                                 AppliedEntropyCoefficient(config, StartEntropyControl(config))};
  ObjectiveResult result;
  for (size_t i = 0; i < sequences.size(); ++i) {
    const size_t length = sequences[i].size();
    result.gradient.emplace_back(length, 0.0);
    result.entropy_gradient.emplace_back(context.entropy_coefficient > 0.0 ? length : 0, 0.0);
    if (!Counts(config, batch, i)) continue;
    result.loss += SequenceLoss(context, advantages.values[i], RowOf(advantages.tokens, i), sequences[i],
                                result.gradient.back(), result.entropy_gradient.back(), result.statistics);
  }
  result.advantages = std::move(advantages.values);
  result.token_advantages = std::move(advantages.tokens);
  return result;
}

}  // namespace hone
