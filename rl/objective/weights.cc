// See weights.h. Covered by tests/rl/objective_test.cc.
#include "rl/objective/weights.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rl/objective/math.h"
#include "rl/objective/ratio.h"
#include "rl/objective/table.h"

namespace hone {
namespace {

struct Bounds {
  double low, high;
  bool Contains(double x) const { return x >= low && x <= high; }
};

Bounds BoundsOf(double low, double high) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return {low > 0.0 ? low : -kInfinity, high > 0.0 ? high : kInfinity};
}

double None(double, const Bounds&) { return 1.0; }
double Truncate(double weight, const Bounds& bounds) { return std::clamp(weight, bounds.low, bounds.high); }
double MaskOutside(double weight, const Bounds& bounds) { return bounds.Contains(weight) ? weight : 0.0; }

constexpr TableRow<SamplerCorrection, double (*)(double, const Bounds&)> kCorrections[] = {
    {SamplerCorrection::kNone, None},
    {SamplerCorrection::kTokenTruncate, Truncate},
    {SamplerCorrection::kTokenMask, MaskOutside},
    {SamplerCorrection::kSequenceTruncate, Truncate},
    {SamplerCorrection::kSequenceMask, MaskOutside}};

bool IsOfSequence(SamplerCorrection kind) {
  return kind == SamplerCorrection::kSequenceTruncate || kind == SamplerCorrection::kSequenceMask;
}

}  // namespace

std::vector<double> SamplerWeights(const ObjectiveConfig& config, const ObjectiveSequence& sequence,
                                   double used) {
  if (!NeedsSampler(config) || sequence.sampler_logprobs.empty()) return {};
  double sum = 0.0;
  for (size_t t = 0; t < sequence.size(); ++t) {
    if (sequence.Uses(t)) sum += sequence.old_logprobs[t] - sequence.sampler_logprobs[t];
  }
  std::vector<double> weights(sequence.size(), 0.0);
  if (!BoundsOf(config.geometric_low, config.geometric_high).Contains(Exp(sum / used))) return weights;
  const auto correct = Choose(kCorrections, config.sampler_correction);
  const Bounds bounds = BoundsOf(config.sampler_low, config.sampler_high);
  const bool of_sequence = IsOfSequence(config.sampler_correction);
  const double whole = of_sequence ? correct(Exp(sum), bounds) : 1.0;
  for (size_t t = 0; t < sequence.size(); ++t) {
    if (!sequence.Uses(t)) continue;
    weights[t] =
        of_sequence ? whole : correct(Exp(sequence.old_logprobs[t] - sequence.sampler_logprobs[t]), bounds);
  }
  return weights;
}

double MeanFall(const ObjectiveConfig& config, const ObjectiveSequence& sequence, double used) {
  const std::span<const double> before =
      config.off_policy_sampler ? sequence.sampler_logprobs : sequence.old_logprobs;
  double sum = 0.0;
  for (size_t t = 0; t < sequence.size(); ++t) {
    if (sequence.Uses(t)) sum += before[t] - sequence.logprobs[t];
  }
  return sum / used;
}

double LogSequenceWeight(const ObjectiveConfig& config, const ObjectiveSequence& sequence,
                         const std::vector<double>& sampler_weights) {
  const double least = std::log(1e-8);
  const std::span<const double> base = BaseLogProbs(config, sequence);
  double sum = 0.0;
  for (size_t t = 0; t < sequence.size(); ++t) {
    if (!sequence.Uses(t)) continue;
    sum += std::clamp(sequence.logprobs[t] - base[t], -20.0, 20.0);
    if (!sampler_weights.empty()) sum += std::clamp(std::log(sampler_weights[t]), least, 20.0);
  }
  return std::clamp(sum, least, 20.0);
}

}  // namespace hone
