// LibTorch as the oracle: its AdamW for kernels/adamw.h.
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

}  // namespace
}  // namespace hone
