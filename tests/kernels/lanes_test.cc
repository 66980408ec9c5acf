// Covers kernels/lanes-inl.h: the accuracy of exp and log, the fixed trees, the partial loads; all with identical bits on
// every target.
#if defined(__x86_64__)
#define HWY_BASELINE_TARGETS HWY_AVX2  // as CMakeLists.txt compiles the kernels
#endif
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/kernels/lanes_test.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hone::kernels::HWY_NAMESPACE {

void ExpAll(int64_t size, const float* x, float* y) {
  for (int64_t i = 0; i < size; i += kLanes) StoreN(Exp(LoadN(x + i, size - i)), y + i, size - i);
}
void LogAll(int64_t size, const float* x, float* y) {
  for (int64_t i = 0; i < size; i += kLanes) StoreN(Log(LoadN(x + i, size - i, 1.0f)), y + i, size - i);
}
// Sums, maxima, dot product, and what LoadN and StoreN leave of the first n lanes.
void Folds(int64_t size, const float* a, const float* b, float* out) {
  out[0] = ReduceSum(Load(a));
  out[1] = ReduceMax(Load(a));
  out[2] = Dot(a, b, size);
  out[3] = ExpOne(a[0]);
  out[4] = LogOne(b[0] * b[0] + 1.0f);
  StoreN(Sigmoid(Load(a)), out + 5, 16);
  for (int64_t n = 0; n <= kLanes; ++n) {
    Store(LoadN(a, n, 7.0f), out + 21 + 32 * n);
    StoreN(Load(a), out + 21 + 32 * n + 16, n);
  }
}

}  // namespace hone::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <vector>

#include "tests/kernels/targets.h"

namespace hone::kernels {
HWY_EXPORT(ExpAll);
HWY_EXPORT(LogAll);
HWY_EXPORT(Folds);

namespace {

double Ulps(float got, double expected) {
  int exponent;
  std::frexp(expected, &exponent);
  return std::abs(got - expected) / std::ldexp(1.0, exponent - 24);
}

template <class Exact>
double WorstUlps(const std::vector<float>& x, const std::vector<float>& y, Exact exact) {
  double worst = 0.0;
  for (size_t i = 0; i < x.size(); ++i) worst = std::max(worst, Ulps(y[i], exact(static_cast<double>(x[i]))));
  return worst;
}

constexpr int64_t kPoints = 4'000'000;

TEST_CASE("exp: accuracy, identical bits, and the ends of the range") {
  std::vector<float> x(kPoints);
  for (int64_t i = 0; i < kPoints; ++i) {
    x[i] = static_cast<float>(-87.3365 + (88.7228 + 87.3365) * static_cast<double>(i) / (kPoints - 1));
    if (i % 4 == 0) x[i] = static_cast<float>(i - kPoints / 2) * (2.0f / kPoints);  // dense in [-1, 1]
  }
  const std::vector<float> y = SameEverywhere([&](ThreadPool&) {
    std::vector<float> out(kPoints);
    HWY_DYNAMIC_DISPATCH(ExpAll)(kPoints, x.data(), out.data());
    return out;
  });
  const double worst = WorstUlps(x, y, [](double v) { return std::exp(v); });
  CAPTURE(worst);
  CHECK(worst <= 1.3);

  const std::vector<float> ends = {0.0f, -0.0f, -87.4f, -1e4f, -INFINITY, 88.73f, 1e4f, INFINITY};
  const std::vector<float> expected = {1.0f, 1.0f, 0.0f, 0.0f, 0.0f, INFINITY, INFINITY, INFINITY};
  std::vector<float> got(ends.size());
  HWY_DYNAMIC_DISPATCH(ExpAll)(static_cast<int64_t>(ends.size()), ends.data(), got.data());
  CHECK(SameBits(got, expected));
}

TEST_CASE("log: accuracy and identical bits") {
  std::vector<float> x(kPoints);
  for (int64_t i = 0; i < kPoints; ++i) {
    // Every exponent, and densely around 1, where the result is small.
    x[i] = i % 2 == 0 ? static_cast<float>(std::exp2(-126.0 + 253.9 * static_cast<double>(i) / kPoints))
                      : 0.6f + 0.9f * static_cast<float>(i) / kPoints;
  }
  x[1] = 1.0f;
  const std::vector<float> y = SameEverywhere([&](ThreadPool&) {
    std::vector<float> out(kPoints);
    HWY_DYNAMIC_DISPATCH(LogAll)(kPoints, x.data(), out.data());
    return out;
  });
  CHECK(y[1] == 0.0f);
  x[1] = 2.0f;  // an exact zero has no ulp
  std::vector<float> rest = y;
  rest[1] = static_cast<float>(std::log(2.0));
  const double worst = WorstUlps(x, rest, [](double v) { return std::log(v); });
  CAPTURE(worst);
  CHECK(worst <= 0.9);
}

// The documented order: lane l sums i = l (mod 16), then lanes fold by 8, 4, 2, 1.
float DotTwin(const std::vector<float>& a, const std::vector<float>& b, int64_t size) {
  float lane[16] = {};
  for (int64_t i = 0; i < size; ++i) lane[i % 16] = std::fma(a[i], b[i], lane[i % 16]);
  for (int half = 8; half > 0; half /= 2) {
    for (int l = 0; l < half; ++l) lane[l] += lane[l + half];
  }
  return lane[0];
}

TEST_CASE("folds follow the fixed tree to the bit; partial loads and stores touch n lanes") {
  const uint64_t seed = 20260101;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  for (const int64_t size : {0, 1, 7, 15, 16, 17, 31, 33, 128, 1000}) {
    CAPTURE(size);
    const std::vector<float> a = RandomFloats(rng, std::max<int64_t>(size, 16));
    const std::vector<float> b = RandomFloats(rng, std::max<int64_t>(size, 16));
    const std::vector<float> out = SameEverywhere([&](ThreadPool&) {
      std::vector<float> o(21 + 32 * 17, -1.0f);
      HWY_DYNAMIC_DISPATCH(Folds)(size, a.data(), b.data(), o.data());
      return o;
    });
    CHECK(out[0] == DotTwin(a, std::vector<float>(16, 1.0f), 16));
    CHECK(out[1] == *std::max_element(a.begin(), a.begin() + 16));
    CHECK(out[2] == DotTwin(a, b, size));
    CHECK(Ulps(out[3], std::exp(static_cast<double>(a[0]))) <= 1.3);
    for (int i = 0; i < 16; ++i) {
      CHECK(out[5 + i] == doctest::Approx(1.0 / (1.0 + std::exp(-static_cast<double>(a[i])))).epsilon(5e-7));
    }
    for (int n = 0; n <= 16; ++n) {
      for (int i = 0; i < 16; ++i) {
        CHECK(out[21 + 32 * n + i] == (i < n ? a[i] : 7.0f));
        CHECK(out[21 + 32 * n + 16 + i] == (i < n ? a[i] : -1.0f));
      }
    }
  }
}

}  // namespace
}  // namespace hone::kernels
#endif  // HWY_ONCE
