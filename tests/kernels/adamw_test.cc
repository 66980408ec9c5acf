// Covers kernels/adamw.cc: a double twin of torch.optim.AdamW over many steps, a float twin of one step to
// the bit, the sum of squares in its documented order.
#include "kernels/adamw.h"

#include <doctest/doctest.h>

#include "tests/kernels/targets.h"

namespace hone::kernels {
namespace {

struct State {
  std::vector<float> value, first, second;
  std::vector<float> All() const {
    std::vector<float> all = value;
    Append(all, first);
    Append(all, second);
    return all;
  }
};

void Step(ThreadPool& pool, const AdamWParams& params, const std::vector<float>& gradient, State& s) {
  AdamW(pool, static_cast<int64_t>(gradient.size()), params, gradient.data(), s.value.data(), s.first.data(),
        s.second.data());
}

TEST_CASE("adamw: twenty steps follow torch.optim.AdamW's formula in double") {
  const uint64_t seed = 20260701;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  for (const int64_t size : {0, 1, 7, 16, 33, 20'003}) {
    AdamWParams params{.learning_rate = 3e-3, .weight_decay = 0.1, .gradient_scale = 0.25};
    const std::vector<float> start = RandomFloats(rng, size);
    std::vector<std::vector<float>> gradients;
    for (int i = 0; i < 20; ++i) gradients.push_back(RandomFloats(rng, size, 0.01f));
    const std::vector<float> got = SameEverywhere([&](ThreadPool& pool) {
      State s{start, std::vector<float>(size), std::vector<float>(size)};
      AdamWParams p = params;
      for (int i = 0; i < 20; ++i) {
        p.step = i + 1;
        Step(pool, p, gradients[i], s);
      }
      return s.All();
    });
    std::vector<double> value(start.begin(), start.end()), m(size), v(size);
    for (int t = 1; t <= 20; ++t) {
      for (int64_t i = 0; i < size; ++i) {
        const double g = gradients[t - 1][i] * params.gradient_scale;
        value[i] -= params.learning_rate * params.weight_decay * value[i];
        m[i] = params.beta1 * m[i] + (1.0 - params.beta1) * g;
        v[i] = params.beta2 * v[i] + (1.0 - params.beta2) * g * g;
        const double m_hat = m[i] / (1.0 - std::pow(params.beta1, t)),
                     v_hat = v[i] / (1.0 - std::pow(params.beta2, t));
        value[i] -= params.learning_rate * m_hat / (std::sqrt(v_hat) + params.epsilon);
      }
    }
    const auto part = [&](int64_t i) {
      return std::vector<float>(got.begin() + i * size, got.begin() + (i + 1) * size);
    };
    CHECK(WorstError(part(0), value, 1.0) < 1e-6);
    CHECK(WorstError(part(1), m, 1e-3) < 1e-6);
    CHECK(WorstError(part(2), v, 1e-12) < 5e-6);
  }
}

TEST_CASE(
    "adamw: one late step is the documented fp32 expression to the bit; an element does not know its "
    "neighbours") {
  const uint64_t seed = 20260702;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  constexpr int64_t kSize = 1000;
  const AdamWParams p{
      .learning_rate = 1e-2, .beta2 = 0.999, .weight_decay = 0.01, .step = 1000, .gradient_scale = 0.5};
  State before{RandomFloats(rng, kSize), RandomFloats(rng, kSize), RandomFloats(rng, kSize)};
  for (float& v : before.second) v = std::abs(v);
  const std::vector<float> gradient = RandomFloats(rng, kSize);
  ThreadPool pool(2);
  State all = before, alone = before;
  Step(pool, p, gradient, all);
  State twin = before;
  for (int64_t i = 0; i < kSize; ++i) {
    AdamW(pool, 1, p, &gradient[i], &alone.value[i], &alone.first[i], &alone.second[i]);
    const auto root_scale = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(p.beta2, 1000.0)));
    const auto step_size = static_cast<float>(p.learning_rate / (1.0 - std::pow(p.beta1, 1000.0)));
    const float g = gradient[i] * 0.5f;
    float &m = twin.first[i], &v = twin.second[i], &value = twin.value[i];
    m = std::fma(g - m, static_cast<float>(1.0 - p.beta1), m);
    v = std::fma(g * g, static_cast<float>(1.0 - p.beta2), v * static_cast<float>(p.beta2));
    const float divisor = std::fma(std::sqrt(v), root_scale, static_cast<float>(p.epsilon));
    value =
        std::fma(-step_size, m / divisor, value * static_cast<float>(1.0 - p.learning_rate * p.weight_decay));
  }
  CHECK(SameBits(all.All(), alone.All()));
  CHECK(SameBits(all.All(), twin.All()));
}

TEST_CASE("adamw: a zero gradient with no history only decays; a first step moves by the learning rate") {
  ThreadPool pool(1);
  State s{{2.0f, 2.0f}, {0.0f, 0.0f}, {0.0f, 0.0f}};
  Step(pool, {.learning_rate = 0.5, .weight_decay = 0.5}, {0.0f, 1e-3f}, s);
  CHECK(s.value[0] == 1.5f);
  CHECK(s.value[1] == doctest::Approx(1.0).epsilon(1e-4));  // 1.5 - 0.5 * sign(g)
}

// Blocks of 4096, sixteen lanes each, folded by 8, 4, 2, 1, blocks added in order.
double SumTwin(const std::vector<float>& x) {
  double total = 0.0;
  for (size_t begin = 0; begin < x.size(); begin += 4096) {
    double lane[16] = {};
    for (size_t i = begin; i < std::min(x.size(), begin + 4096); ++i) {
      lane[(i - begin) % 16] +=
          static_cast<double>(x[i]) * x[i];  // the product of two floats is exact in double
    }
    for (int half = 8; half > 0; half /= 2) {
      for (int l = 0; l < half; ++l) lane[l] += lane[l + half];
    }
    total += lane[0];
  }
  return total;
}

TEST_CASE("sum of squares: the documented order to the bit; not finite when the input is not") {
  const uint64_t seed = 20260703;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  for (const int64_t size : {0, 1, 15, 17, 4095, 4096, 4097, 100'001}) {
    CAPTURE(size);
    std::vector<float> x = RandomFloats(rng, size, 1e3f);
    const double expected = SumTwin(x);
    SameEverywhere([&](ThreadPool& pool) {
      const double sum = SumOfSquares(pool, size, x.data());
      CHECK(sum == expected);
      return std::vector<float>{static_cast<float>(sum)};
    });
    if (size == 0) continue;
    ThreadPool pool(2);
    for (const float bad : {INFINITY, -INFINITY, static_cast<float>(NAN)}) {
      std::vector<float> y = x;
      y[rng() % size] = bad;
      CHECK_FALSE(std::isfinite(SumOfSquares(pool, size, y.data())));
    }
  }
}

}  // namespace
}  // namespace hone::kernels
