// See logprob.h. Covered by tests/kernels/logprob_test.cc.
#include "kernels/logprob.h"

#include <cstdlib>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/logprob.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/lanes-inl.h"
#include "kernels/logprob-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hone::kernels::HWY_NAMESPACE {

void TokenLogProb(int64_t vocab, const float* logits, int32_t target, float inverse_temperature,
                  float* logprob, float* entropy) {
  const SoftmaxRow row = ReadSoftmaxRow(vocab, logits, inverse_temperature);
  *logprob = row.LogProb(logits[target], inverse_temperature);
  if (entropy != nullptr) *entropy = row.Entropy();
}

void TokenLogProbBackward(int64_t vocab, float* logits, int32_t target, float inverse_temperature,
                          float dlogprob, float dentropy) {
  const SoftmaxRow row = ReadSoftmaxRow(vocab, logits, inverse_temperature);
  const F16x inverse_sum = Set(1.0f / row.sum), log_sum = Set(row.log_sum), entropy = Set(row.Entropy());
  for (int64_t i = 0; i < vocab; i += kLanes) {
    const int64_t n = vocab - i;
    const F16x d = BelowMax(LoadN(logits + i, n), inverse_temperature, row.max);
    const F16x p = Mul(Exp(d), inverse_sum);
    const F16x pull = MulAdd(Set(dentropy), Add(Sub(d, log_sum), entropy), Set(dlogprob));
    StoreN(Mul(Mul(p, pull), Set(-inverse_temperature)), logits + i, n);
  }
  logits[target] += dlogprob * inverse_temperature;
}

}  // namespace hone::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::kernels {
HWY_EXPORT(TokenLogProb);
HWY_EXPORT(TokenLogProbBackward);

namespace {

constexpr int64_t kFloatsPerTask = 4096;

int64_t RowsPerTask(int64_t vocab) { return 1 + kFloatsPerTask / vocab; }

// A wrong id would read or write another row.
void CheckTarget(int32_t target, int64_t vocab) {
  if (target < 0 || target >= vocab) std::abort();
}

}  // namespace

void TokenLogProbs(ThreadPool& pool, int64_t rows, int64_t vocab, const float* logits, int64_t stride,
                   const int32_t* target, float temperature, float* logprob, float* entropy) {
  if (!(temperature > 0.0f) || vocab <= 0) std::abort();
  const auto row = HWY_DYNAMIC_DISPATCH(TokenLogProb);
  pool.ParallelRanges(rows, RowsPerTask(vocab), [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      CheckTarget(target[r], vocab);
      row(vocab, logits + r * stride, target[r], 1.0f / temperature, logprob + r,
          entropy == nullptr ? nullptr : entropy + r);
    }
  });
}

void TokenLogProbsBackward(ThreadPool& pool, int64_t rows, int64_t vocab, float* logits, int64_t stride,
                           const int32_t* target, float temperature, const float* dlogprob,
                           const float* dentropy) {
  if (!(temperature > 0.0f) || vocab <= 0) std::abort();
  const auto row = HWY_DYNAMIC_DISPATCH(TokenLogProbBackward);
  pool.ParallelRanges(rows, RowsPerTask(vocab), [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      CheckTarget(target[r], vocab);
      row(vocab, logits + r * stride, target[r], 1.0f / temperature, dlogprob[r],
          dentropy == nullptr ? 0.0f : dentropy[r]);
    }
  });
}

}  // namespace hone::kernels
#endif  // HWY_ONCE
