// The GRPO loss against a double twin of the formula and its derivative against central differences.
#include "kernels/grpo_loss.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "hwy/targets.h"

namespace hone::kernels {
namespace {

double TokenLoss(const GrpoLossParams& p, double logprob, double old, double reference, double advantage) {
  const double ratio = std::exp(logprob - old);
  const double low = 1.0 - static_cast<double>(p.clip_low), high = 1.0 + static_cast<double>(p.clip_high);
  const double d = reference - logprob;
  return -std::min(ratio * advantage, std::clamp(ratio, low, high) * advantage) +
         static_cast<double>(p.kl_coefficient) * (std::expm1(d) - d);
}

TEST_CASE("grpo_loss: value and derivative agree with double, on every instruction set") {
  constexpr unsigned seed = 31;
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  for (const float beta : {0.0f, 0.04f}) {
    const GrpoLossParams params{0.2f, 0.28f, beta};
    constexpr int64_t kTokens = 2000;
    std::vector<float> logprob(kTokens), old(kTokens), reference(kTokens), advantage(kTokens),
        weight(kTokens);
    for (int64_t i = 0; i < kTokens; ++i) {
      const float spread = i % 3 == 0 ? 0.01f : i % 3 == 1 ? 0.3f : 3.0f;
      logprob[i] = -std::abs(normal(random)) * 2.0f;
      old[i] = logprob[i] + spread * normal(random);
      reference[i] = logprob[i] + spread * normal(random);
      advantage[i] = i % 7 == 0 ? 0.0f : normal(random);
      weight[i] = std::abs(normal(random)) / 100.0f;
    }
    std::vector<float> slope(kTokens);
    const auto run = [&] {
      return GrpoLoss(kTokens, params, logprob.data(), old.data(), beta == 0.0f ? nullptr : reference.data(),
                      advantage.data(), weight.data(), slope.data());
    };
    const GrpoLossSums sums = run();
    double loss = 0.0, kl = 0.0, num_clipped = 0.0;
    for (int64_t i = 0; i < kTokens; ++i) {
      const double w = static_cast<double>(weight[i]), l = static_cast<double>(logprob[i]);
      const double o = static_cast<double>(old[i]), r = static_cast<double>(reference[i]);
      const double a = static_cast<double>(advantage[i]), ratio = std::exp(l - o);
      loss += w * TokenLoss(params, l, o, r, a);
      kl += beta == 0.0f ? 0.0 : std::expm1(r - l) - (r - l);
      num_clipped += (a > 0.0 && ratio > 1.28) || (a < 0.0 && ratio < 0.8) ? 1.0 : 0.0;
      const double h = 1e-6;
      const double up = TokenLoss(params, l + h, o, r, a), down = TokenLoss(params, l - h, o, r, a);
      CHECK(static_cast<double>(slope[i]) ==
            doctest::Approx(w * (up - down) / (2 * h)).epsilon(1e-5).scale(w));
    }
    CHECK(sums.loss == doctest::Approx(loss).epsilon(1e-6));
    CHECK(sums.kl == doctest::Approx(kl).epsilon(1e-6));
    CHECK(sums.num_clipped == num_clipped);
    const std::vector<float> first = slope;
    for (int64_t left = hwy::SupportedTargets(); left != 0; left &= left - 1) {
      if ((left & -left & HWY_TARGETS) == 0) continue;
      hwy::SetSupportedTargetsForTest(left & -left);
      hwy::GetChosenTarget().DeInit();
      CHECK(run().loss == sums.loss);
      CHECK(slope == first);
      hwy::SetSupportedTargetsForTest(0);
      hwy::GetChosenTarget().DeInit();
    }
  }
}

TEST_CASE("grpo_loss: on-policy the slope is the policy gradient, and a tiny drift has a precise k3") {
  const float logprob = -1.0f, advantage = 1.5f, weight = 0.5f, reference = -1.0f + 0x1p-13f;
  float slope;
  GrpoLossSums sums = GrpoLoss(1, {}, &logprob, &logprob, nullptr, &advantage, &weight, &slope);
  CHECK(slope == -0.75f);
  CHECK(sums.loss == -0.75);
  CHECK(sums.num_clipped == 0.0);
  sums = GrpoLoss(1, {0.2f, 0.2f, 1.0f}, &logprob, &logprob, &reference, &advantage, &weight, &slope);
  CHECK(sums.kl == doctest::Approx(0x1p-27 + 0x1p-39 / 6).epsilon(1e-9).scale(0x1p-27));
  CHECK(GrpoLoss(0, {}, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr).loss == 0.0);
}

}  // namespace
}  // namespace hone::kernels
