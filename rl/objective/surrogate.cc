// See surrogate.h. Covered by tests/rl/objective_test.cc.
#include "rl/objective/surrogate.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rl/objective/math.h"
#include "rl/objective/table.h"

namespace hone {
namespace {

// min(ratio A, clip(ratio) A), with clip-higher by unequal bounds (DAPO, arXiv:2503.14476), the two-sided bound ratio_cap
// (INTELLECT-2, arXiv:2505.07291) and the dual clip (arXiv:1912.09729).
Surrogate Clip(const ObjectiveConfig& c, const SurrogateInput& in) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Term ratio{in.ratio, 1.0};
  const auto times = [&](const Term& t) { return Term{t.value * in.advantage, t.slope * in.advantage}; };
  const Term plain = times(Clamp(ratio, -kInfinity, c.ratio_cap > 0.0 ? c.ratio_cap : kInfinity));
  const Term clipped = times(Clamp(ratio, 1.0 - c.clip_low, 1.0 + c.clip_high));
  Term objective = Smaller(plain, clipped);
  if (c.dual_clip > 0.0 && in.advantage < 0.0) {
    objective = Larger(objective, {c.dual_clip * in.advantage, 0.0});
  }
  return {-objective.value, -objective.slope, 0.0, objective.slope == 0.0};
}

// A fixed weight, the clipped ratio, of the log-prob (MiniMax-M1, arXiv:2506.13585).
Surrogate Cispo(const ObjectiveConfig& c, const SurrogateInput& in) {
  const double weight = std::clamp(in.ratio, 1.0 - c.clip_low, 1.0 + c.clip_high);
  return {-weight * in.advantage * in.logprob, 0.0, -weight * in.advantage, weight != in.ratio};
}

// A sigmoid gate with slope 1 at ratio 1 (SAPO, arXiv:2511.20347).
Surrogate Sapo(const ObjectiveConfig& c, const SurrogateInput& in) {
  const double temperature = in.advantage > 0.0 ? c.sapo_positive : c.sapo_negative;
  const double gate = 1.0 / (1.0 + Exp(-temperature * (in.ratio - 1.0)));
  return {-gate * 4.0 / temperature * in.advantage, -4.0 * gate * (1.0 - gate) * in.advantage, 0.0, false};
}

// A fixed weight w^k exp(lambda (1 - w)) of the log-prob, w the whole sequence's importance weight (VESPO, arXiv:2602.10693).
Surrogate Vespo(const ObjectiveConfig& c, const SurrogateInput& in) {
  const bool rises = in.advantage >= 0.0;
  const double k = rises ? c.vespo_k_positive : c.vespo_k_negative;
  const double lambda = std::max(rises ? c.vespo_lambda_positive : c.vespo_lambda_negative, 1e-4);
  const double weight = Exp(lambda + k * in.log_weight - lambda * Exp(in.log_weight));
  return {-weight * in.advantage * in.logprob, 0.0, -weight * in.advantage, false};
}

Surrogate LogProb(const ObjectiveConfig&, const SurrogateInput& in) {
  return {-in.advantage * in.logprob, 0.0, -in.advantage, false};
}

constexpr TableRow<ClipRule, Surrogate (*)(const ObjectiveConfig&, const SurrogateInput&)> kRules[] = {
    {ClipRule::kClip, Clip},
    {ClipRule::kCispo, Cispo},
    {ClipRule::kSapo, Sapo},
    {ClipRule::kVespo, Vespo},
    {ClipRule::kLogProb, LogProb}};

}  // namespace

Surrogate TokenSurrogate(const ObjectiveConfig& config, const SurrogateInput& input) {
  if (input.advantage == 0.0) return {};
  return Choose(kRules, config.clip)(config, input);
}

}  // namespace hone
