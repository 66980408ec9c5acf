// See grpo_loss.h. Covered by tests/kernels/grpo_loss_test.cc.
#include "kernels/grpo_loss.h"

#include <cmath>
#include <cstdlib>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/grpo_loss.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hone::kernels::HWY_NAMESPACE {

float ExpForLoss(float x) { return ExpOne(x); }

}  // namespace hone::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::kernels {
HWY_EXPORT(ExpForLoss);

namespace {

// exp(d) - d - 1. By its series near 0, where the exp of a float leaves nothing but rounding.
double K3(double d, float (*exp)(float)) {
  if (std::abs(d) > 0.5) return static_cast<double>(exp(static_cast<float>(d))) - d - 1.0;
  double series = 1.0;
  for (int n = 12; n > 2; --n) series = 1.0 + series * d / n;
  return 0.5 * d * d * series;
}

}  // namespace

GrpoLossSums GrpoLoss(int64_t n, const GrpoLossParams& params, const float* logprob, const float* old_logprob,
                      const float* reference, const float* advantage, const float* weight, float* dlogprob) {
  if (params.kl_coefficient != 0.0f && reference == nullptr) std::abort();
  const auto exp = HWY_DYNAMIC_DISPATCH(ExpForLoss);
  const double beta = static_cast<double>(params.kl_coefficient);
  const float low = 1.0f - params.clip_low;
  const float high = 1.0f + params.clip_high;
  GrpoLossSums sums;
  for (int64_t i = 0; i < n; ++i) {
    const float ratio = exp(logprob[i] - old_logprob[i]);
    const float plain = ratio * advantage[i];
    const float clipped = std::fmin(std::fmax(ratio, low), high) * advantage[i];
    const bool is_clipped = clipped < plain;
    double loss = -static_cast<double>(is_clipped ? clipped : plain);
    double slope = is_clipped ? 0.0 : -static_cast<double>(plain);
    if (beta != 0.0) {
      const double d = static_cast<double>(reference[i]) - static_cast<double>(logprob[i]);
      const double k3 = K3(d, exp);
      loss += beta * k3;
      slope -= beta * (k3 + d);  // d k3 / d logprob = 1 - exp(d)
      sums.kl += k3;
    }
    sums.loss += static_cast<double>(weight[i]) * loss;
    sums.num_clipped += is_clipped ? 1.0 : 0.0;
    dlogprob[i] = static_cast<float>(static_cast<double>(weight[i]) * slope);
  }
  return sums;
}

}  // namespace hone::kernels
#endif  // HWY_ONCE
