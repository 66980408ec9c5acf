// See distill.h. Covered by tests/kernels/distill_test.cc.
#include "kernels/distill.h"

#include <algorithm>
#include <cstdlib>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/distill.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/lanes-inl.h"
#include "kernels/logprob-inl.h"

#ifndef HONE_KERNELS_DISTILL_SHAPE_
#define HONE_KERNELS_DISTILL_SHAPE_
namespace hone::kernels {
struct DistillShape {
  int64_t vocab;
  float beta, log_beta, log_rest;  // log_rest: of 1 - beta
  float inverse_temperature;
};
}  // namespace hone::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace hone::kernels::HWY_NAMESPACE {

// Sixteen columns of one row: the terms of the loss, and `slope` such that d loss / d z = (s * (slope - sum of s * slope)) for the
// mixture and the reverse divergence. The forward one has s - t instead.
struct Terms {
  F16x loss, slope, student, teacher;
};

// log s and log t of sixteen columns from `i` on; beyond the row both are so low that exp gives 0.
HWY_INLINE void LogSoftmax(const DistillShape& shape, const float* logits, const SoftmaxRow& row, int64_t i,
                           F16x& log_p, F16x& p) {
  const int64_t n = shape.vocab - i;
  const F16x d = BelowMax(LoadN(logits + i, n, -1e30f), shape.inverse_temperature, row.max);
  log_p = Sub(d, Set(row.log_sum));
  p = Mul(Exp(d), Set(1.0f / row.sum));
}

HWY_INLINE Terms TermsAt(const DistillShape& shape, const float* student, const SoftmaxRow& s,
                         const float* teacher, const SoftmaxRow& t, int64_t i) {
  Terms terms;
  F16x log_s, log_t;
  LogSoftmax(shape, student, s, i, log_s, terms.student);
  LogSoftmax(shape, teacher, t, i, log_t, terms.teacher);
  if (shape.beta == 0.0f) {
    terms.slope = Zero();
    terms.loss = Mul(terms.teacher, Sub(log_t, log_s));
  } else if (shape.beta == 1.0f) {
    terms.slope = Sub(log_s, log_t);
    terms.loss = Mul(terms.student, terms.slope);
  } else {
    const F16x a = Add(log_s, Set(shape.log_rest)), b = Add(log_t, Set(shape.log_beta));
    const F16x high = Max(a, b);
    const F16x log_m = Add(high, Log(Add(Set(1.0f), Exp(Sub(Min(a, b), high)))));
    terms.slope = Mul(Set(1.0f - shape.beta), Sub(log_s, log_m));
    terms.loss =
        MulAdd(Mul(terms.teacher, Sub(log_t, log_m)), Set(shape.beta), Mul(terms.student, terms.slope));
  }
  return terms;
}

void DistillRow(const DistillShape& shape, int64_t student_width, float* student, const float* teacher,
                float weight, float* loss) {
  constexpr int64_t kBlock = 1024;  // partial sums, as in the softmax itself
  const SoftmaxRow s = ReadSoftmaxRow(shape.vocab, student, shape.inverse_temperature);
  const SoftmaxRow t = ReadSoftmaxRow(shape.vocab, teacher, shape.inverse_temperature);
  F16x loss_sum = Zero(), slope_sum = Zero();
  for (int64_t begin = 0; begin < shape.vocab; begin += kBlock) {
    F16x block_loss = Zero(), block_slope = Zero();
    for (int64_t i = begin; i < std::min(begin + kBlock, shape.vocab); i += kLanes) {
      const Terms terms = TermsAt(shape, student, s, teacher, t, i);
      block_loss = Add(block_loss, terms.loss);
      block_slope = MulAdd(terms.student, terms.slope, block_slope);
    }
    loss_sum = Add(loss_sum, block_loss);
    slope_sum = Add(slope_sum, block_slope);
  }
  *loss = ReduceSum(loss_sum);
  const F16x mean = Set(ReduceSum(slope_sum)), scale = Set(weight * shape.inverse_temperature);
  for (int64_t i = 0; i < shape.vocab; i += kLanes) {
    const Terms terms = TermsAt(shape, student, s, teacher, t, i);
    const F16x d =
        shape.beta == 0.0f ? Sub(terms.student, terms.teacher) : Mul(terms.student, Sub(terms.slope, mean));
    StoreN(Mul(d, scale), student + i, shape.vocab - i);
  }
  std::fill(student + shape.vocab, student + student_width, 0.0f);
}

}  // namespace hone::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <cmath>

namespace hone::kernels {
HWY_EXPORT(DistillRow);

void DistillRows(ThreadPool& pool, int64_t rows, int64_t vocab, const DistillParams& params, float* student,
                 int64_t student_width, const float* teacher, int64_t teacher_width, const float* weight,
                 float* loss) {
  if (!(params.temperature > 0.0f) || !(params.beta >= 0.0f) || params.beta > 1.0f || vocab <= 0 ||
      vocab > std::min(student_width, teacher_width)) {
    std::abort();
  }
  const double beta = params.beta;
  const DistillShape shape = {vocab, params.beta, static_cast<float>(std::log(beta)),
                              static_cast<float>(std::log1p(-beta)), 1.0f / params.temperature};
  const auto row = HWY_DYNAMIC_DISPATCH(DistillRow);
  constexpr int64_t kFloatsPerTask = 2048;
  pool.ParallelRanges(rows, 1 + kFloatsPerTask / vocab, [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      row(shape, student_width, student + r * student_width, teacher + r * teacher_width, weight[r],
          loss + r);
    }
  });
}

}  // namespace hone::kernels
#endif  // HWY_ONCE
