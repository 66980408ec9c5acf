// Shared by the kernel tests: runs a kernel on every instruction set and thread count and compares the bits; random inputs;
// closeness to a reference in double.
#ifndef HONE_TESTS_KERNELS_TARGETS_H_
#define HONE_TESTS_KERNELS_TARGETS_H_

#include <doctest/doctest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "kernels/thread_pool.h"

namespace hone::kernels {

// While alive, Highway dispatches to this one target.
class ScopedTarget {
 public:
  explicit ScopedTarget(int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());  // dispatch has cached the choice
  }
  ~ScopedTarget() {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
  ScopedTarget(const ScopedTarget&) = delete;
  ScopedTarget& operator=(const ScopedTarget&) = delete;
};

// The targets that the kernels are compiled for and this CPU runs; on x86-64 those with a real FMA.
inline std::vector<int64_t> Targets() {
#if HWY_ARCH_X86
  std::vector<int64_t> targets;
  for (const int64_t target : {HWY_AVX2, HWY_AVX3}) {
    if ((hwy::SupportedTargets() & target) != 0) targets.push_back(target);
  }
  return targets;
#else
  return {hwy::SupportedTargets() & -hwy::SupportedTargets()};
#endif
}

inline bool SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

// run(pool) returns every output of a kernel as floats; all targets and 1, 2 and 4 threads must agree to the bit. Returns them.
template <class Run>
std::vector<float> SameEverywhere(Run run) {
  std::vector<float> expected;
  bool first = true;
  for (const int64_t target : Targets()) {
    CAPTURE(hwy::TargetName(target));
    const ScopedTarget scoped(target);
    for (const int num_threads : {1, 2, 4}) {
      CAPTURE(num_threads);
      ThreadPool pool(num_threads);
      const std::vector<float> got = run(pool);
      if (first) expected = got;
      first = false;
      CHECK(SameBits(expected, got));
    }
  }
  return expected;
}

inline std::vector<float> RandomFloats(std::mt19937_64& rng, int64_t size, float scale = 1.0f) {
  std::normal_distribution<float> normal(0.0f, scale);
  std::vector<float> x(size);
  for (float& v : x) v = normal(rng);
  return x;
}

inline void Append(std::vector<float>& to, const std::vector<float>& x) {
  to.insert(to.end(), x.begin(), x.end());
}

// The largest |got - expected| / (|expected| + floor).
template <class Expected>
double WorstError(const std::vector<float>& got, const Expected& expected, double floor) {
  if (got.size() != expected.size()) return INFINITY;
  double worst = 0.0;
  for (size_t i = 0; i < got.size(); ++i) {
    const double error = std::abs(got[i] - expected[i]) / (std::abs(expected[i]) + floor);
    worst = std::isnan(error) ? INFINITY : std::max(worst, error);
  }
  return worst;
}

inline constexpr int64_t kWidths[] = {1, 7, 15, 16, 17, 31, 33, 128};
inline constexpr int64_t kRows[] = {0, 1, 5, 64};

// The nearest bf16 value, ties to even, by arithmetic instead of bit tricks.
inline float NearestBf16(float x) {
  if (!std::isfinite(x) || x == 0.0f) return x;
  int exponent;
  std::frexp(x, &exponent);
  const double unit =
      std::ldexp(1.0, std::max(exponent - 8, -133));  // 8 bits of precision, denormals included
  return static_cast<float>(std::nearbyint(x / unit) * unit);
}

}  // namespace hone::kernels

#endif  // HONE_TESTS_KERNELS_TARGETS_H_
