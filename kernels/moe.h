// Mixture-of-experts routing: DeepSeek-V3's sigmoid gate with a selection bias, the softmax gates of DeepSeek-V2 and
// Qwen3-MoE, the permutation to expert order and back, the sequence-wise balance loss, and the bias update. Covered by tests/kernels/moe_test.cc.
#ifndef HONE_KERNELS_MOE_H_
#define HONE_KERNELS_MOE_H_

#include <cstdint>
#include <vector>

#include "kernels/thread_pool.h"

namespace hone::kernels {

// Sigmoid: DeepSeek-V3 (arXiv 2412.19437 section 2.1.2). Softmax: DeepSeek-V2 (arXiv 2405.04434 section 2.2). Ties go to the
// lower expert id. At most 1024 experts.
struct GateShape {
  bool softmax = false;
  int64_t num_experts = 0;
  int64_t top_k = 0;
  int64_t num_groups =
      1;  // divides num_experts; a group's score is the sum of its two best biased scores, or for softmax its best
  int64_t top_groups =
      1;  // groups kept: experts of the others are not chosen; together they hold at least top_k experts
  bool normalize = true;  // divide the chosen scores by their sum + 1e-20
  float scale = 1.0f;
};

// scores [T,E] = sigmoid(logits) or softmax(logits); experts [T,k] = the top_k of scores + bias, best first; weights [T,k] from
// the unbiased scores. A null bias counts as 0.
void Gate(ThreadPool& pool, const GateShape& shape, int64_t rows, const float* logits, const float* bias,
          float* scores, int32_t* experts, float* weights);
// dlogits [T,E] from dweights [T,k] and, unless null, dscores [T,E] (of the balance loss).
void GateBackward(ThreadPool& pool, const GateShape& shape, int64_t rows, const float* scores,
                  const int32_t* experts, const float* dweights, const float* dscores, float* dlogits);

// Where each (token, choice) pair goes in expert order: pairs sorted by expert, then token.
struct ExpertPlan {
  std::vector<int32_t> begin;  // [E + 1]; expert e owns permuted rows [begin[e], begin[e + 1])
  std::vector<int32_t> token;  // [T k]; the token of a permuted row
  std::vector<int32_t> place;  // [T k]; the permuted row of pair token * k + choice
};
ExpertPlan PlanExperts(int64_t rows, int64_t top_k, int64_t num_experts, const int32_t* experts);

// out[t] += sum over choices c of weights[t, c] * y[place[t, c]], one chain of fused multiply-adds in slot
// order that starts from out; rows of `width` floats.
void CombineExperts(ThreadPool& pool, const ExpertPlan& plan, int64_t rows, int64_t top_k, int64_t width,
                    const float* weights, const float* y, float* out);
// dy [T k, width] and dweights [T,k] from dout [T, width].
void CombineExpertsBackward(ThreadPool& pool, const ExpertPlan& plan, int64_t rows, int64_t top_k,
                            int64_t width, const float* weights, const float* y, const float* dout, float* dy,
                            float* dweights);
// dx[t] += sum over choices c, in order, of dpermuted[place[t, c]]: the gradient of gathering rows by
// plan.token.
void UnpermuteBackward(ThreadPool& pool, const ExpertPlan& plan, int64_t rows, int64_t top_k, int64_t width,
                       const float* dpermuted, float* dx);

// Sequence-wise balance loss (same paper, eq. 17-20), for sequences of rows [begin[s], begin[s+1]):
//   sum over s of weight[s] * sum_i f_i P_i,
//   f_i = E / (k N) * #(tokens whose `experts` include i), P_i = mean_t s_it / sum_j s_jt.
// Returns it (before alpha) and writes dscores [T,E], its derivative by the scores times `alpha`. f counts
// the top_k of the UNBIASED scores, recomputed here.
double SequenceBalanceLoss(ThreadPool& pool, const GateShape& shape, int64_t num_sequences,
                           const int32_t* begin, const float* sequence_weight, const float* scores,
                           float alpha, float* dscores);

// bias[e] += rate * sign(mean load - load[e]).
void UpdateGateBias(int64_t num_experts, const int64_t* load, float rate, float* bias);

}  // namespace hone::kernels

#endif  // HONE_KERNELS_MOE_H_
