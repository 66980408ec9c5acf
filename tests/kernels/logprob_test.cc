// Log-probs and entropies against double, their gradient against central differences of a double twin.
#include "kernels/logprob.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "hwy/targets.h"

namespace hone::kernels {
namespace {

struct Target {  // only this instruction set, until the end of the scope
  explicit Target(int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().DeInit();
  }
  ~Target() {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().DeInit();
  }
};

struct Twin {
  std::vector<double> logp;
  double entropy = 0.0;
};

template <class T>
Twin Reference(const std::vector<T>& logits, double temperature) {
  Twin twin;
  double sum = 0.0;
  const double max = static_cast<double>(*std::max_element(logits.begin(), logits.end())) / temperature;
  for (const T x : logits) sum += std::exp(static_cast<double>(x) / temperature - max);
  for (const T x : logits) {
    twin.logp.push_back(static_cast<double>(x) / temperature - max - std::log(sum));
    const double p = std::exp(twin.logp.back());
    if (p > 0.0) twin.entropy -= p * twin.logp.back();
  }
  return twin;
}

std::vector<float> Normal(int64_t size, float width, std::mt19937& random) {
  std::normal_distribution<float> normal(0.0f, width);
  std::vector<float> x(static_cast<size_t>(size));
  for (float& v : x) v = normal(random);
  return x;
}

TEST_CASE(
    "logprob: agrees with double, sums to one, has the same bits alone, on any threads and instruction set") {
  constexpr unsigned seed = 21;
  CAPTURE(seed);
  std::mt19937 random(seed);
  ThreadPool one(1), four(4);
  for (const int64_t vocab : {1, 2, 15, 16, 17, 55, 1025, 151936}) {
    for (const float temperature : {1.0f, 0.6f, 1.7f}) {
      CAPTURE(vocab);
      CAPTURE(temperature);
      const int64_t rows = vocab > 10000 ? 3 : 64, stride = vocab + 5;
      const std::vector<float> logits = Normal(rows * stride, 4.0f, random);
      std::vector<int32_t> target;
      for (int64_t r = 0; r < rows; ++r) {
        target.push_back(std::uniform_int_distribution<int32_t>(0, static_cast<int32_t>(vocab) - 1)(random));
      }
      const auto run = [&](ThreadPool& pool) {
        std::vector<float> both(static_cast<size_t>(2 * rows));
        TokenLogProbs(pool, rows, vocab, logits.data(), stride, target.data(), temperature, both.data(),
                      both.data() + rows);
        return both;
      };
      const std::vector<float> both = run(one);
      double worst = 0.0;
      for (int64_t r = 0; r < rows; ++r) {
        const Twin twin =
            Reference(std::vector<float>(logits.begin() + r * stride, logits.begin() + r * stride + vocab),
                      temperature);
        worst = std::max(worst, std::abs(static_cast<double>(both[r]) - twin.logp[target[r]]));
        worst = std::max(worst, std::abs(static_cast<double>(both[rows + r]) - twin.entropy));
        float alone;
        TokenLogProbs(one, 1, vocab, logits.data() + r * stride, vocab, &target[r], temperature, &alone,
                      nullptr);
        CHECK(std::memcmp(&alone, &both[r], sizeof alone) == 0);
      }
      CHECK(worst < 1e-5);
      CHECK(run(four) == both);
      for (int64_t left = hwy::SupportedTargets(); left != 0; left &= left - 1) {
        if ((left & -left & HWY_TARGETS) == 0) continue;
        const Target only(left & -left);
        CHECK(run(one) == both);
      }
    }
  }
  std::vector<float> row = Normal(55, 3.0f, random);
  double sum = 0.0;
  for (int32_t i = 0; i < 55; ++i) {
    float logprob;
    TokenLogProbs(one, 1, 55, row.data(), 55, &i, 0.8f, &logprob, nullptr);
    sum += std::exp(static_cast<double>(logprob));
  }
  CHECK(sum == doctest::Approx(1.0).epsilon(1e-6));
}

TEST_CASE("logprob: peaked, uniform, masked and huge logits") {
  ThreadPool pool(1);
  const auto run = [&](const std::vector<float>& logits, int32_t target) {
    float logprob, entropy;
    const auto vocab = static_cast<int64_t>(logits.size());
    TokenLogProbs(pool, 1, vocab, logits.data(), vocab, &target, 1.0f, &logprob, &entropy);
    return std::pair<float, float>(logprob, entropy);
  };
  std::vector<float> logits(100, 0.25f);
  CHECK(run(logits, 7).first == doctest::Approx(-std::log(100.0)));
  CHECK(run(logits, 7).second == doctest::Approx(std::log(100.0)));
  logits[3] = 1e4f;
  CHECK(run(logits, 3) == std::pair<float, float>(0.0f, 0.0f));
  CHECK(run(logits, 7).first == doctest::Approx(-9999.75));
  for (float& x : logits) x += 1e30f;  // all equal now
  CHECK(run(logits, 7).first == doctest::Approx(-std::log(100.0)));
  std::fill(logits.begin() + 2, logits.end(), -INFINITY);
  CHECK(run(logits, 1).first == doctest::Approx(-std::log(2.0)));
  CHECK(run(logits, 1).second == doctest::Approx(std::log(2.0)));
}

TEST_CASE("logprob: the gradient is the slope of log-prob and entropy") {
  constexpr unsigned seed = 22;
  CAPTURE(seed);
  std::mt19937 random(seed);
  ThreadPool one(1), four(4);
  for (const int64_t vocab : {1, 3, 16, 55}) {
    for (const float temperature : {1.0f, 0.7f}) {
      constexpr int64_t kRows = 5;
      const int64_t stride = vocab + 3;
      const std::vector<float> logits = Normal(kRows * stride, 1.5f, random);
      const std::vector<float> dlogprob = Normal(kRows, 1.0f, random), dentropy = Normal(kRows, 1.0f, random);
      const std::vector<int32_t> target(kRows, static_cast<int32_t>(vocab / 2));
      for (const bool with_entropy : {false, true}) {
        const auto run = [&](ThreadPool& pool) {
          std::vector<float> d = logits;
          TokenLogProbsBackward(pool, kRows, vocab, d.data(), stride, target.data(), temperature,
                                dlogprob.data(), with_entropy ? dentropy.data() : nullptr);
          return d;
        };
        const std::vector<float> d = run(one);
        CHECK(run(four) == d);
        for (int64_t r = 0; r < kRows; ++r) {
          const auto begin = logits.begin() + r * stride;
          const std::vector<double> row(begin, begin + vocab);
          for (int64_t i = 0; i < vocab; ++i) {
            const auto loss = [&](double step) {
              std::vector<double> moved = row;
              moved[i] += step;
              const Twin twin = Reference(moved, static_cast<double>(temperature));
              return static_cast<double>(dlogprob[r]) * twin.logp[target[r]] +
                     (with_entropy ? static_cast<double>(dentropy[r]) * twin.entropy : 0.0);
            };
            const double slope = (loss(1e-5) - loss(-1e-5)) / 2e-5;
            CHECK(static_cast<double>(d[r * stride + i]) == doctest::Approx(slope).epsilon(2e-6).scale(1.0));
          }
          CHECK(std::equal(begin + vocab, begin + stride, d.begin() + r * stride + vocab));
        }
      }
    }
  }
}

}  // namespace
}  // namespace hone::kernels
