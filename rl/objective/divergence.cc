// See divergence.h. Covered by tests/rl/objective_test.cc.
#include "rl/objective/divergence.h"

#include <cmath>
#include <limits>

#include "rl/objective/table.h"

namespace hone {
namespace {

// Of d = logprob - reference, with derivative 1; the derivative is that by d.
Term K1(double d) { return {d, 1.0}; }
Term Abs(double d) { return {std::fabs(d), d > 0.0 ? 1.0 : d < 0.0 ? -1.0 : 0.0}; }
Term K2(double d) { return {0.5 * d * d, d}; }

// exp(-d) + d - 1, by its series near 0, where the difference leaves nothing but rounding.
Term K3(double d) {
  double value = 0.0;
  if (std::fabs(d) > 0.5) {
    value = Exp(-d) + d - 1.0;
  } else {
    double series = 1.0;
    for (int n = 16; n > 2; --n) series = 1.0 - series * d / n;
    value = 0.5 * d * d * series;
  }
  return {value, d - value};  // 1 - exp(-d)
}

constexpr TableRow<KlEstimator, Term (*)(double)> kEstimators[] = {
    {KlEstimator::kK1, K1}, {KlEstimator::kAbs, Abs}, {KlEstimator::kK2, K2}, {KlEstimator::kK3, K3}};

Term Bounded(const Term& t, double size) { return size > 0.0 ? Clamp(t, -size, size) : t; }

}  // namespace

Term Divergence(const ObjectiveConfig& config, double logprob, double reference) {
  const Term d = Bounded({logprob - reference, 1.0}, config.kl_input_clamp);
  Term k = Choose(kEstimators, config.kl_estimator)(d.value);
  k.slope *= d.slope;
  k = Bounded(k, config.kl_output_clamp);
  if (config.kl_gradient == KlGradient::kK2) k.slope = logprob - reference;
  return k;
}

}  // namespace hone
