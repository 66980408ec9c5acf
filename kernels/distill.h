// How far a student's row of logits is from a teacher's, and the slope by the student's logits. Covered by
// tests/kernels/distill_test.cc.
#ifndef HONE_KERNELS_DISTILL_H_
#define HONE_KERNELS_DISTILL_H_

#include <cstdint>

#include "kernels/thread_pool.h"

namespace hone::kernels {

struct DistillParams {
  // Of the generalized Jensen-Shannon divergence (Agarwal et al. 2024, as TRL reads it). With s and t the softmax of student and
  // teacher and m = (1 - beta) s + beta t: beta KL(t || m) + (1 - beta) KL(s || m). At the ends, where that would vanish:
  // 0 is KL(t || s), forward; 1 is KL(s || t), reverse. In [0, 1].
  float beta = 0.0f;
  float temperature = 1.0f;  // divides both sides' logits; > 0
};

// For each row: loss[r] in nats, and weight[r] * d loss[r] / d logits over the student's row in place. Rows are `student_width` and
// `teacher_width` floats with nothing between them. Only the first `vocab` columns are compared, each side's softmax taken over
// those; a model's padding beyond them has slope 0. vocab <= both widths; logits finite.
void DistillRows(ThreadPool& pool, int64_t rows, int64_t vocab, const DistillParams& params, float* student,
                 int64_t student_width, const float* teacher, int64_t teacher_width, const float* weight,
                 float* loss);

}  // namespace hone::kernels

#endif  // HONE_KERNELS_DISTILL_H_
