// See ratio.h. Covered by tests/rl/objective_test.cc.
#include "rl/objective/ratio.h"

#include <limits>

#include "rl/objective/table.h"

namespace hone {
namespace {

std::span<const double> Old(const ObjectiveSequence& s) { return s.old_logprobs; }
std::span<const double> OfSampler(const ObjectiveSequence& s) { return s.sampler_logprobs; }
std::span<const double> Current(const ObjectiveSequence& s) { return s.logprobs; }
constexpr TableRow<RatioBase, std::span<const double> (*)(const ObjectiveSequence&)> kBases[] = {
    {RatioBase::kOld, Old}, {RatioBase::kSampler, OfSampler}, {RatioBase::kCurrent, Current}};

// exp of a log-ratio whose derivative by the variable is 1.
Term RatioOf(const ObjectiveConfig& config, double log_ratio) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Term clamped =
      Clamp({log_ratio, 1.0}, config.log_ratio_floor < 0.0 ? config.log_ratio_floor : -kInfinity,
            config.log_ratio_cap > 0.0 ? config.log_ratio_cap : kInfinity);
  const double ratio = Exp(clamped.value);
  return {ratio, clamped.slope * ratio};
}

}  // namespace

std::span<const double> BaseLogProbs(const ObjectiveConfig& config, const ObjectiveSequence& sequence) {
  return Choose(kBases, config.ratio_base)(sequence);
}

Ratios MakeRatios(const ObjectiveConfig& config, const ObjectiveSequence& sequence, double used) {
  const std::span<const double> base = BaseLogProbs(config, sequence);
  Ratios ratios;
  ratios.shared = config.ratio_level == RatioLevel::kSequence;
  ratios.tokens.assign(sequence.size(), {1.0, 0.0});
  if (config.clip == ClipRule::kLogProb) return ratios;
  const bool per_token = config.ratio_level == RatioLevel::kToken;
  double sum = 0.0;
  for (size_t t = 0; t < sequence.size(); ++t) {
    if (!sequence.Uses(t)) continue;
    const double log_ratio = sequence.logprobs[t] - base[t];
    if (per_token) ratios.tokens[t] = RatioOf(config, log_ratio);
    sum += log_ratio;
  }
  if (per_token) return ratios;
  const Term ratio = RatioOf(config, sum / used);
  for (size_t t = 0; t < sequence.size(); ++t) {
    if (sequence.Uses(t)) ratios.tokens[t] = ratio;
  }
  return ratios;
}

}  // namespace hone
