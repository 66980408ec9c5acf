// See adamw.h. Covered by tests/kernels/adamw_test.cc.
#include "kernels/adamw.h"

#include <algorithm>
#include <cmath>

#include "kernels/row_tasks.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/adamw.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/lanes-inl.h"

#ifndef HONE_KERNELS_ADAMW_FACTORS_
#define HONE_KERNELS_ADAMW_FACTORS_
namespace hone::kernels {
struct AdamWFactors {  // what one update needs, computed in double and rounded once
  float gradient_scale;
  float decay;  // 1 - lr * weight_decay
  float one_minus_beta1;
  float beta2;
  float one_minus_beta2;
  float root_scale;  // 1 / sqrt(1 - beta2^step)
  float epsilon;
  float step_size;  // lr / (1 - beta1^step)
};
}  // namespace hone::kernels
#endif  // HONE_KERNELS_ADAMW_FACTORS_

HWY_BEFORE_NAMESPACE();
namespace hone::kernels::HWY_NAMESPACE {

void AdamWRange(int64_t size, const AdamWFactors& f, const float* gradient, float* value, float* first_moment,
                float* second_moment) {
  const F16x gradient_scale = Set(f.gradient_scale), decay = Set(f.decay),
             one_minus_beta1 = Set(f.one_minus_beta1);
  const F16x beta2 = Set(f.beta2), one_minus_beta2 = Set(f.one_minus_beta2), root_scale = Set(f.root_scale);
  const F16x epsilon = Set(f.epsilon), step_size = Set(f.step_size);
  for (int64_t i = 0; i < size; i += kLanes) {
    const int64_t n = size - i;
    const F16x g = Mul(LoadN(gradient + i, n), gradient_scale);
    F16x m = LoadN(first_moment + i, n);
    m = MulAdd(Sub(g, m), one_minus_beta1, m);
    const F16x v = MulAdd(Mul(g, g), one_minus_beta2, Mul(LoadN(second_moment + i, n), beta2));
    const F16x divisor = MulAdd(Sqrt(v), root_scale, epsilon);
    StoreN(NegMulAdd(step_size, Div(m, divisor), Mul(LoadN(value + i, n), decay)), value + i, n);
    StoreN(m, first_moment + i, n);
    StoreN(v, second_moment + i, n);
  }
}

double SumOfSquaresBlock(int64_t size, const float* x) {
  const hn::CappedTag<double, 8> d;
  const hn::Rebind<float, decltype(d)> df;
  constexpr int64_t kWide = hn::MaxLanes(hn::CappedTag<double, 8>());
  constexpr int64_t kVectors = kLanes / kWide;
  hn::Vec<decltype(d)> sum[kVectors];
  for (auto& s : sum) s = hn::Zero(d);
  const auto add = [&](const float* p) {
    for (int64_t j = 0; j < kVectors; ++j) {
      const auto v = hn::PromoteTo(d, hn::LoadU(df, p + j * kWide));
      sum[j] = hn::MulAdd(v, v, sum[j]);
    }
  };
  int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) add(x + i);
  if (i < size) {
    alignas(64) float rest[kLanes] = {};
    std::copy_n(x + i, size - i, rest);
    add(rest);
  }
  alignas(64) double lane[kLanes];
  for (int64_t j = 0; j < kVectors; ++j) hn::StoreU(sum[j], d, lane + j * kWide);
  for (int64_t half = kLanes / 2; half > 0; half /= 2) {
    for (int64_t j = 0; j < half; ++j) lane[j] += lane[j + half];
  }
  return lane[0];
}

}  // namespace hone::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::kernels {
HWY_EXPORT(AdamWRange);
HWY_EXPORT(SumOfSquaresBlock);

namespace {
constexpr int64_t kBlock = 4096;
constexpr int64_t kBlocksPerTask = 4;

AdamWFactors Factors(const AdamWParams& p) {
  const double step = static_cast<double>(p.step);
  AdamWFactors f;
  f.gradient_scale = static_cast<float>(p.gradient_scale);
  f.decay = static_cast<float>(1.0 - p.learning_rate * p.weight_decay);
  f.one_minus_beta1 = static_cast<float>(1.0 - p.beta1);
  f.beta2 = static_cast<float>(p.beta2);
  f.one_minus_beta2 = static_cast<float>(1.0 - p.beta2);
  f.root_scale = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(p.beta2, step)));
  f.epsilon = static_cast<float>(p.epsilon);
  f.step_size = static_cast<float>(p.learning_rate / (1.0 - std::pow(p.beta1, step)));
  return f;
}
}  // namespace

void AdamW(ThreadPool& pool, int64_t size, const AdamWParams& params, const float* gradient, float* value,
           float* first_moment, float* second_moment) {
  const auto range = HWY_DYNAMIC_DISPATCH(AdamWRange);
  const AdamWFactors factors = Factors(params);
  pool.ParallelRanges(size, kFloatsPerTask, [&](int64_t begin, int64_t end, int) {
    range(end - begin, factors, gradient + begin, value + begin, first_moment + begin, second_moment + begin);
  });
}

double SumOfSquares(ThreadPool& pool, int64_t size, const float* x) {
  const auto block = HWY_DYNAMIC_DISPATCH(SumOfSquaresBlock);
  const int64_t num_blocks = (size + kBlock - 1) / kBlock;
  auto* sums = static_cast<double*>(pool.Scratch(num_blocks * static_cast<int64_t>(sizeof(double))));
  pool.ParallelRanges(num_blocks, kBlocksPerTask, [&](int64_t begin, int64_t end, int) {
    for (int64_t b = begin; b < end; ++b)
      sums[b] = block(std::min(kBlock, size - b * kBlock), x + b * kBlock);
  });
  double total = 0.0;
  for (int64_t b = 0; b < num_blocks; ++b) total += sums[b];
  return total;
}

}  // namespace hone::kernels
#endif  // HWY_ONCE
