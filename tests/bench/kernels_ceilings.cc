// See kernels_ceilings.h.
#if defined(__x86_64__)
#define HWY_BASELINE_TARGETS HWY_AVX2  // as CMakeLists.txt compiles the kernels
#endif
#include "tests/bench/kernels_ceilings.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/bench/kernels_ceilings.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace hone::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Chains enough to hide the latency of a multiply-add, few enough for sixteen registers. Returns the FLOPs
// done.
double FmaLoop(int64_t steps, float* sink) {
  constexpr int kChains = 12;
  const hn::ScalableTag<float> d;
  const auto a = hn::Set(d, 0.999f), b = hn::Set(d, 1e-3f);
  hn::Vec<decltype(d)> sum[kChains];
  for (int i = 0; i < kChains; ++i) sum[i] = hn::Set(d, static_cast<float>(i));
  for (int64_t s = 0; s < steps; ++s) {
    for (int i = 0; i < kChains; ++i) sum[i] = hn::MulAdd(sum[i], a, b);
  }
  for (int i = 1; i < kChains; ++i) sum[0] = hn::Add(sum[0], sum[i]);
  *sink = hn::GetLane(sum[0]);
  return 2.0 * static_cast<double>(steps * kChains) * static_cast<double>(hn::Lanes(d));
}

float ReadLoop(const float* x, int64_t size) {
  constexpr int kChains = 8;
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  hn::Vec<decltype(d)> sum[kChains];
  for (auto& s : sum) s = hn::Zero(d);
  for (int64_t i = 0; i + kChains * lanes <= size; i += kChains * lanes) {
    for (int c = 0; c < kChains; ++c) sum[c] = hn::Add(sum[c], hn::LoadU(d, x + i + c * lanes));
  }
  for (int i = 1; i < kChains; ++i) sum[0] = hn::Add(sum[0], sum[i]);
  return hn::GetLane(sum[0]);
}

}  // namespace hone::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace hone::kernels {
HWY_EXPORT(FmaLoop);
HWY_EXPORT(ReadLoop);

namespace {

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512bf16"))) double Bf16DotLoop(int64_t steps, float* sink) {
  constexpr int kChains = 12;  // GCC unrolls loops of up to 16 steps into registers
  const auto a = reinterpret_cast<__m512bh>(_mm512_set1_epi32(0x3c003c00));
  const auto b = reinterpret_cast<__m512bh>(_mm512_set1_epi32(0x3f803f80));
  __m512 sum[kChains];
  for (int i = 0; i < kChains; ++i) sum[i] = _mm512_set1_ps(static_cast<float>(i));
  for (int64_t s = 0; s < steps; ++s) {
    for (int i = 0; i < kChains; ++i) sum[i] = _mm512_dpbf16_ps(sum[i], a, b);
  }
  for (int i = 1; i < kChains; ++i) sum[0] = _mm512_add_ps(sum[0], sum[i]);
  *sink = _mm512_cvtss_f32(sum[0]);
  return 64.0 * static_cast<double>(steps * kChains);
}
#else
double Bf16DotLoop(int64_t, float*) { return 0.0; }
#endif

// The best rate of `work`, which returns how much it did, over a second and a half.
template <class Work>
double BestRate(int num_threads, Work work) {
  using Clock = std::chrono::steady_clock;
  double best = 0.0;
  for (const auto end = Clock::now() + std::chrono::milliseconds(1500); Clock::now() < end;) {
    const double start = Now(num_threads);
    const double amount = work();
    best = std::max(best, amount / (Now(num_threads) - start));
  }
  return best;
}

double MeasureFlops(bool dot, int num_threads) {
  ThreadPool pool(num_threads);
  const auto loop = dot ? &Bf16DotLoop : HWY_DYNAMIC_DISPATCH(FmaLoop);
  struct alignas(64) Slot {
    double flops;
    float sink;
  };
  std::vector<Slot> slots(num_threads);
  return BestRate(num_threads, [&] {
    pool.ParallelFor(num_threads, [&](int64_t i, int) { slots[i].flops = loop(100'000, &slots[i].sink); });
    double total = 0.0;
    for (const auto& slot : slots) total += slot.flops;
    return total;
  });
}

double MeasureBandwidth(int num_threads) {
  constexpr int64_t kFloats = int64_t{1} << 27, kChunk = int64_t{1} << 18;
  ThreadPool pool(num_threads);
  const auto loop = HWY_DYNAMIC_DISPATCH(ReadLoop);
  const std::unique_ptr<float, void (*)(void*)> buffer(
      static_cast<float*>(std::aligned_alloc(1 << 21, 4 * kFloats)), std::free);
#if defined(__linux__)
  (void)madvise(buffer.get(), 4 * kFloats, MADV_HUGEPAGE);  // as packed matrices have it
#endif
  std::fill_n(buffer.get(), kFloats, 1.0f);
  std::vector<float> sinks(kFloats / kChunk);
  return BestRate(num_threads, [&] {
    pool.ParallelFor(kFloats / kChunk,
                     [&](int64_t i, int) { sinks[i] = loop(buffer.get() + i * kChunk, kChunk); });
    return 4.0 * static_cast<double>(kFloats);
  });
}

}  // namespace

double Now(int num_threads) {
  timespec now;
  clock_gettime(num_threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double StreamBandwidth(int num_threads) {
  static std::map<int, double> measured;
  const auto [at, is_new] = measured.try_emplace(num_threads);
  if (is_new) at->second = MeasureBandwidth(num_threads);
  return at->second;
}

double PeakFlops(GemmType type, int num_threads) {
  static std::map<std::pair<bool, int>, double> measured;
  const bool dot = GemmInstructions(type) == "vdpbf16ps";
  const auto [at, is_new] = measured.try_emplace({dot, num_threads});
  if (is_new) at->second = MeasureFlops(dot, num_threads);
  return at->second;
}

}  // namespace hone::kernels
#endif  // HWY_ONCE
