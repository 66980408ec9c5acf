// The softmax of one row of logits, the one definition that sampler and learner share. Covered by
// tests/kernels/logprob_test.cc.
#if defined(HONE_KERNELS_LOGPROB_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HONE_KERNELS_LOGPROB_INL_H_
#undef HONE_KERNELS_LOGPROB_INL_H_
#else
#define HONE_KERNELS_LOGPROB_INL_H_
#endif

#include <algorithm>
#include <cstdint>
#include <limits>

#include "hwy/highway.h"
#include "kernels/lanes-inl.h"

#ifndef HONE_KERNELS_SOFTMAX_ROW_
#define HONE_KERNELS_SOFTMAX_ROW_
namespace hone::kernels {
// Of the softmax of z = logits * inverse_temperature. With d = z - max: p = exp(d) / sum, log p = d - log_sum.
struct SoftmaxRow {
  float max = 0.0f;
  float sum = 0.0f;
  float log_sum = 0.0f;
  float weighted = 0.0f;  // sum of exp(d) * d

  float Entropy() const { return log_sum - weighted / sum; }
  float LogProb(float logit, float inverse_temperature) const {
    return logit * inverse_temperature - max - log_sum;
  }
};
}  // namespace hone::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace hone::kernels::HWY_NAMESPACE {

// d of sixteen logits, kept finite: below -1000 exp is 0 all the same, and 0 * d must not be NaN.
HWY_INLINE F16x BelowMax(F16x logits, float inverse_temperature, float max) {
  return Max(Sub(Mul(logits, Set(inverse_temperature)), Set(max)), Set(-1000.0f));
}

HWY_INLINE SoftmaxRow ReadSoftmaxRow(int64_t vocab, const float* logits, float inverse_temperature) {
  constexpr float kNothing = -std::numeric_limits<float>::infinity();
  constexpr int64_t kBlock =
      1024;  // partial sums, so that the error grows with the square root of the vocabulary
  SoftmaxRow row;
  F16x max = Set(kNothing);
  for (int64_t i = 0; i < vocab; i += kLanes) max = Max(max, LoadN(logits + i, vocab - i, kNothing));
  row.max = ReduceMax(max) * inverse_temperature;
  F16x sum = Zero(), weighted = Zero();
  for (int64_t begin = 0; begin < vocab; begin += kBlock) {
    F16x block_sum = Zero(), block_weighted = Zero();
    for (int64_t i = begin; i < std::min(begin + kBlock, vocab); i += kLanes) {
      const F16x d = BelowMax(LoadN(logits + i, vocab - i, kNothing), inverse_temperature, row.max);
      const F16x e = Exp(d);
      block_sum = Add(block_sum, e);
      block_weighted = MulAdd(e, d, block_weighted);
    }
    sum = Add(sum, block_sum);
    weighted = Add(weighted, block_weighted);
  }
  row.sum = ReduceSum(sum);
  row.log_sum = LogOne(row.sum);
  row.weighted = ReduceSum(weighted);
  return row;
}

}  // namespace hone::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
