// The GRPO surrogate per token and its derivative by the token's log-prob. Covered by tests/kernels/grpo_loss_test.cc.
#ifndef HONE_KERNELS_GRPO_LOSS_H_
#define HONE_KERNELS_GRPO_LOSS_H_

#include <cstdint>

namespace hone::kernels {

struct GrpoLossParams {
  float clip_low = 0.2f;
  float clip_high = 0.2f;
  float kl_coefficient = 0.0f;  // beta; 0 reads no reference log-probs
};

struct GrpoLossSums {
  double loss = 0.0;         // sum of weight * (surrogate + beta * k3)
  double kl = 0.0;           // sum of k3 over tokens (unweighted); 0 without reference
  double num_clipped = 0.0;  // tokens whose gradient the clip removed
};

// For each of n tokens, with rho = exp(logprob - old), A = advantage (DeepSeekMath 2024, eq. 3 and 4):
//   loss = weight * (-min(rho A, clip(rho, 1 - low, 1 + high) A) + beta * k3),
//   k3 = exp(ref - logprob) - (ref - logprob) - 1.
// Writes dlogprob [n]; sums ascend in double. `reference` may be null when kl_coefficient is 0.
GrpoLossSums GrpoLoss(int64_t n, const GrpoLossParams& params, const float* logprob, const float* old_logprob,
                      const float* reference, const float* advantage, const float* weight, float* dlogprob);

}  // namespace hone::kernels

#endif  // HONE_KERNELS_GRPO_LOSS_H_
