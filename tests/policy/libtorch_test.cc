// LibTorch as the oracle: its AdamW for kernels/adamw.h, its autograd in double precision for
// kernels/grpo_loss.h.
#include <doctest/doctest.h>
#undef CHECK  // LibTorch defines one of its own
#include <torch/torch.h>
#undef CHECK
#define CHECK DOCTEST_CHECK

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "kernels/adamw.h"
#include "kernels/grpo_loss.h"
#include "kernels/thread_pool.h"

namespace hone {
namespace {

using Floats = std::vector<float>;

at::Tensor Doubles(const Floats& x) {
  return torch::tensor(at::ArrayRef<float>(x), torch::kFloat).to(torch::kDouble);
}

double RelativeError(const Floats& got, const at::Tensor& want) {
  return ((Doubles(got) - want).norm() / want.norm()).item<double>();
}

TEST_CASE("libtorch: fifty updates of AdamW") {
  constexpr unsigned seed = 41;
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  kernels::ThreadPool pool(2);
  for (const int64_t size : {1, 37, 20011}) {
    for (const double decay : {0.0, 0.1}) {
      CAPTURE(size);
      CAPTURE(decay);
      kernels::AdamWParams params;
      params.learning_rate = 3e-3;
      params.beta2 = decay > 0.0 ? 0.95 : 0.999;
      params.weight_decay = decay;
      params.gradient_scale = 0.25;
      Floats value(size), gradient(size), first(size), second(size);
      for (float& v : value) v = normal(random);
      at::Tensor theirs = Doubles(value).set_requires_grad(true);
      torch::optim::AdamW optimizer({theirs}, torch::optim::AdamWOptions(params.learning_rate)
                                                  .betas({params.beta1, params.beta2})
                                                  .eps(params.epsilon)
                                                  .weight_decay(decay));
      for (params.step = 1; params.step <= 50; ++params.step) {
        // Gradients from 1e-6 to 1e2 of one another: epsilon and both moments matter somewhere.
        for (int64_t i = 0; i < size; ++i) {
          gradient[i] = normal(random) * std::pow(10.0f, static_cast<float>(i % 9) - 6.0f);
        }
        kernels::AdamW(pool, size, params, gradient.data(), value.data(), first.data(), second.data());
        theirs.mutable_grad() = Doubles(gradient) * params.gradient_scale;
        optimizer.step();
        CHECK(RelativeError(value, theirs.detach()) <= 1e-6);
      }
      const auto& state =
          static_cast<torch::optim::AdamWParamState&>(*optimizer.state().at(theirs.unsafeGetTensorImpl()));
      CHECK(RelativeError(first, state.exp_avg()) <= 1e-6);
      CHECK(RelativeError(second, state.exp_avg_sq()) <= 1e-6);
    }
  }
}

struct Tokens {
  Floats logprob, old, reference, advantage, weight;
};

// On-policy, slightly and far off-policy tokens, a fifth of them masked, none within rounding of the clip's
// edges.
Tokens RandomTokens(int64_t n, const kernels::GrpoLossParams& params, std::mt19937& random) {
  std::normal_distribution<float> normal;
  Tokens t;
  while (static_cast<int64_t>(t.logprob.size()) < n) {
    const size_t i = t.logprob.size();
    const float logprob = -2.0f * std::abs(normal(random));
    const float old = logprob + (i % 4 == 0   ? 0.0f
                                 : i % 4 == 1 ? 0.01f
                                 : i % 4 == 2 ? 0.3f
                                              : 2.0f) *
                                    normal(random);
    const double ratio = std::exp(static_cast<double>(logprob) - static_cast<double>(old));
    if (std::abs(ratio - 1.0 + static_cast<double>(params.clip_low)) < 1e-5) continue;
    if (std::abs(ratio - 1.0 - static_cast<double>(params.clip_high)) < 1e-5) continue;
    t.logprob.push_back(logprob);
    t.old.push_back(old);
    t.reference.push_back(logprob + (i % 3 == 0 ? 0.003f : i % 3 == 1 ? 0.1f : 2.0f) * normal(random));
    t.advantage.push_back(i % 7 == 0 ? 0.0f : normal(random));
    t.weight.push_back(i % 5 == 0 ? 0.0f : std::abs(normal(random)) / static_cast<float>(n));
  }
  return t;
}

TEST_CASE("libtorch: the GRPO loss and its gradient by autograd in double precision") {
  for (unsigned seed = 51; seed <= 58; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    kernels::GrpoLossParams params;
    params.clip_low = seed % 2 == 0 ? 0.2f : 0.1f;
    params.clip_high = seed % 3 == 0 ? 0.28f : 0.2f;
    params.kl_coefficient = seed % 4 == 0 ? 0.0f : seed % 4 == 1 ? 1.0f : 0.04f;
    constexpr int64_t kTokens = 3000;
    const Tokens t = RandomTokens(kTokens, params, random);
    const double beta = static_cast<double>(params.kl_coefficient);

    const at::Tensor logprob = Doubles(t.logprob).set_requires_grad(true);
    const at::Tensor advantage = Doubles(t.advantage), weight = Doubles(t.weight);
    const at::Tensor ratio = torch::exp(logprob - Doubles(t.old));
    const at::Tensor clipped = torch::clamp(ratio, 1.0 - static_cast<double>(params.clip_low),
                                            1.0 + static_cast<double>(params.clip_high));
    const at::Tensor surrogate = -torch::minimum(ratio * advantage, clipped * advantage);
    const at::Tensor log_ratio = Doubles(t.reference) - logprob;
    const at::Tensor k3 = torch::expm1(log_ratio) - log_ratio;
    const at::Tensor loss = (weight * (surrogate + beta * k3)).sum();
    loss.backward();

    Floats slope(kTokens);
    const kernels::GrpoLossSums sums = kernels::GrpoLoss(kTokens, params, t.logprob.data(), t.old.data(),
                                                         beta == 0.0 ? nullptr : t.reference.data(),
                                                         t.advantage.data(), t.weight.data(), slope.data());

    const double terms = (weight * (surrogate.abs() + beta * k3.abs())).sum().item<double>();
    CHECK(std::abs(sums.loss - loss.item<double>()) <= 1e-6 * terms);
    const double kl = beta == 0.0 ? 0.0 : k3.sum().item<double>();
    CHECK(std::abs(sums.kl - kl) <= 1e-6 * kl);
    // Token by token, against the absolute terms of that token's derivative.
    const at::Tensor slope_terms =
        weight * ((ratio * advantage).abs() + beta * (torch::exp(log_ratio) + 1.0));
    const at::Tensor error = (Doubles(slope) - logprob.grad()).abs();
    CHECK((error - 1e-6 * slope_terms).max().item<double>() <= 0.0);
    const at::Tensor removed = (clipped * advantage < ratio * advantage);
    CHECK(sums.num_clipped == removed.sum().item<double>());
    CHECK(sums.num_clipped > 0.1 * kTokens);
  }
}

}  // namespace
}  // namespace hone
