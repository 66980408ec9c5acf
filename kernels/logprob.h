// Log-probability and entropy of rows of logits, and their gradient. Sampler and learner both get a token's log-prob from
// the row function declared here, hence the same bits. Covered by tests/kernels/logprob_test.cc.
#ifndef HONE_KERNELS_LOGPROB_H_
#define HONE_KERNELS_LOGPROB_H_

#include <cstdint>

#include "kernels/thread_pool.h"

namespace hone::kernels {

// logprob[r] = log softmax(logits[r] / temperature)[target[r]]; entropy[r] (nats) of the same distribution; entropy may be
// null. logits: `rows` rows of `vocab` floats, `stride` apart. temperature > 0; logits finite.
void TokenLogProbs(ThreadPool& pool, int64_t rows, int64_t vocab, const float* logits, int64_t stride,
                   const int32_t* target, float temperature, float* logprob, float* entropy);

// dlogits[r] = (dlogprob[r] * (onehot(target[r]) - p) - dentropy[r] * p * (log p + entropy)) / temperature, written
// in place over the logits. dentropy may be null.
void TokenLogProbsBackward(ThreadPool& pool, int64_t rows, int64_t vocab, float* logits, int64_t stride,
                           const int32_t* target, float temperature, const float* dlogprob,
                           const float* dentropy);

}  // namespace hone::kernels

#endif  // HONE_KERNELS_LOGPROB_H_
