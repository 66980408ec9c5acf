// See moe.h. Covered by tests/kernels/moe_test.cc.
#include "kernels/moe.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "kernels/row_tasks.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/moe.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hone::kernels::HWY_NAMESPACE {

void SigmoidScores(int64_t num_experts, const float* logits, float* scores) {
  for (int64_t i = 0; i < num_experts; i += kLanes) {
    const int64_t n = num_experts - i;
    StoreN(Sigmoid(LoadN(logits + i, n)), scores + i, n);
  }
}

void SoftmaxScores(int64_t num_experts, const float* logits, float* scores) {
  const F16x max = Set(*std::max_element(logits, logits + num_experts));
  F16x sum = Zero();
  for (int64_t i = 0; i < num_experts; i += kLanes) {
    const int64_t n = num_experts - i;
    StoreN(Exp(Sub(LoadN(logits + i, n), max)), scores + i, n);
    sum = Add(sum, LoadN(scores + i, n));
  }
  const F16x inverse = Set(1.0f / ReduceSum(sum));
  for (int64_t i = 0; i < num_experts; i += kLanes) {
    const int64_t n = num_experts - i;
    StoreN(Mul(LoadN(scores + i, n), inverse), scores + i, n);
  }
}

// d *= s (1 - s), the derivative of the sigmoid
void SigmoidBackward(int64_t num_experts, const float* scores, float* d) {
  for (int64_t i = 0; i < num_experts; i += kLanes) {
    const int64_t n = num_experts - i;
    const F16x s = LoadN(scores + i, n);
    StoreN(Mul(LoadN(d + i, n), Mul(s, Sub(Set(1.0f), s))), d + i, n);
  }
}

// d = s (d - sum_j d_j s_j), the derivative of the softmax
void SoftmaxBackward(int64_t num_experts, const float* scores, float* d) {
  const F16x mean = Set(Dot(scores, d, num_experts));
  for (int64_t i = 0; i < num_experts; i += kLanes) {
    const int64_t n = num_experts - i;
    StoreN(Mul(LoadN(scores + i, n), Sub(LoadN(d + i, n), mean)), d + i, n);
  }
}

// out += sum over c of weights[c] * y[place[c]], one chain in slot order; null weights count as 1.
void CombineRow(int64_t top_k, int64_t width, const int32_t* place, const float* weights, const float* y,
                float* out) {
  for (int64_t i = 0; i < width; i += kLanes) {
    const int64_t n = width - i;
    F16x sum = LoadN(out + i, n);
    for (int64_t c = 0; c < top_k; ++c) {
      const F16x part = LoadN(y + place[c] * width + i, n);
      sum = weights != nullptr ? MulAdd(Set(weights[c]), part, sum) : Add(part, sum);
    }
    StoreN(sum, out + i, n);
  }
}

// dy = weight * dout; returns the weight's gradient.
float CombineBackwardRow(int64_t width, float weight, const float* y, const float* dout, float* dy) {
  const F16x w = Set(weight);
  for (int64_t i = 0; i < width; i += kLanes) {
    const int64_t n = width - i;
    StoreN(Mul(w, LoadN(dout + i, n)), dy + i, n);
  }
  return Dot(y, dout, width);
}

}  // namespace hone::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::kernels {
HWY_EXPORT(SigmoidScores);
HWY_EXPORT(SoftmaxScores);
HWY_EXPORT(SigmoidBackward);
HWY_EXPORT(SoftmaxBackward);
HWY_EXPORT(CombineRow);
HWY_EXPORT(CombineBackwardRow);

namespace {

constexpr int64_t kMaxExperts = 1024;  // bounds the stack buffers of a row
constexpr float kTinySum = 1e-20f;

void CheckShape(const GateShape& s) {
  if (s.num_experts < 1 || s.num_experts > kMaxExperts || s.top_k < 1 || s.top_k > s.num_experts)
    std::abort();
  if (s.num_groups < 1 || s.num_experts % s.num_groups != 0) std::abort();
  if (s.top_groups < 1 || s.top_groups > s.num_groups) std::abort();
}

// The k largest values' indices, best first, ties to the lower index. One comparison rejects most values.
void SelectTop(int64_t size, int64_t k, const float* values, int32_t* top) {
  int64_t count = 0;
  for (int64_t i = 0; i < size; ++i) {
    if (count == k && !(values[i] > values[top[k - 1]])) continue;
    int64_t at = count < k ? count++ : k - 1;
    for (; at > 0 && values[i] > values[top[at - 1]]; --at) top[at] = top[at - 1];
    top[at] = static_cast<int32_t>(i);
  }
}

// Takes all but the best groups out of the choice.
void DropGroups(const GateShape& shape, float* choice) {
  const int64_t size = shape.num_experts / shape.num_groups;
  float group_score[kMaxExperts];
  for (int64_t g = 0; g < shape.num_groups; ++g) {
    int32_t best[2];
    const float* group = choice + g * size;
    SelectTop(size, std::min<int64_t>(2, size), group, best);
    group_score[g] = group[best[0]];
    if (!shape.softmax && size > 1) group_score[g] += group[best[1]];
  }
  int32_t top[kMaxExperts];
  SelectTop(shape.num_groups, shape.top_groups, group_score, top);
  bool keep[kMaxExperts] = {};
  for (int64_t i = 0; i < shape.top_groups; ++i) keep[top[i]] = true;
  for (int64_t g = 0; g < shape.num_groups; ++g) {
    if (!keep[g]) std::fill_n(choice + g * size, size, -std::numeric_limits<float>::infinity());
  }
}

float ScoreSum(const GateShape& shape, const float* scores, const int32_t* experts) {
  float sum = 0.0f;
  for (int64_t c = 0; c < shape.top_k; ++c) sum += scores[experts[c]];
  return sum + kTinySum;
}

// ds of one row from dw; adds to ds.
void GateWeightsBackward(const GateShape& shape, const float* scores, const int32_t* experts,
                         const float* dweights, float* ds) {
  if (!shape.normalize) {
    for (int64_t c = 0; c < shape.top_k; ++c) ds[experts[c]] += shape.scale * dweights[c];
    return;
  }
  const float sum = ScoreSum(shape, scores, experts);
  float mean = 0.0f;  // of dweights under the normalized scores
  for (int64_t c = 0; c < shape.top_k; ++c) mean += dweights[c] * (scores[experts[c]] / sum);
  for (int64_t c = 0; c < shape.top_k; ++c) ds[experts[c]] += shape.scale / sum * (dweights[c] - mean);
}

}  // namespace

void Gate(ThreadPool& pool, const GateShape& shape, int64_t rows, const float* logits, const float* bias,
          float* scores, int32_t* experts, float* weights) {
  CheckShape(shape);
  const auto gate_scores =
      shape.softmax ? HWY_DYNAMIC_DISPATCH(SoftmaxScores) : HWY_DYNAMIC_DISPATCH(SigmoidScores);
  const int64_t num_experts = shape.num_experts;
  pool.ParallelRanges(rows, RowsPerTask(8 * num_experts), [&](int64_t begin, int64_t end, int) {
    float choice[kMaxExperts];
    for (int64_t r = begin; r < end; ++r) {
      float* s = scores + r * num_experts;
      int32_t* chosen = experts + r * shape.top_k;
      float* w = weights + r * shape.top_k;
      gate_scores(num_experts, logits + r * num_experts, s);
      for (int64_t e = 0; e < num_experts; ++e) choice[e] = bias == nullptr ? s[e] : s[e] + bias[e];
      if (shape.top_groups < shape.num_groups) DropGroups(shape, choice);
      SelectTop(num_experts, shape.top_k, choice, chosen);
      const float sum = shape.normalize ? ScoreSum(shape, s, chosen) : 1.0f;
      for (int64_t c = 0; c < shape.top_k; ++c) w[c] = s[chosen[c]] / sum * shape.scale;
    }
  });
}

void GateBackward(ThreadPool& pool, const GateShape& shape, int64_t rows, const float* scores,
                  const int32_t* experts, const float* dweights, const float* dscores, float* dlogits) {
  CheckShape(shape);
  const auto scores_backward =
      shape.softmax ? HWY_DYNAMIC_DISPATCH(SoftmaxBackward) : HWY_DYNAMIC_DISPATCH(SigmoidBackward);
  const int64_t num_experts = shape.num_experts;
  pool.ParallelRanges(rows, RowsPerTask(8 * num_experts), [&](int64_t begin, int64_t end, int) {
    for (int64_t r = begin; r < end; ++r) {
      float* d = dlogits + r * num_experts;
      if (dscores != nullptr) {
        std::copy_n(dscores + r * num_experts, num_experts, d);
      } else {
        std::fill_n(d, num_experts, 0.0f);
      }
      const float* s = scores + r * num_experts;
      GateWeightsBackward(shape, s, experts + r * shape.top_k, dweights + r * shape.top_k, d);
      scores_backward(num_experts, s, d);
    }
  });
}

ExpertPlan PlanExperts(int64_t rows, int64_t top_k, int64_t num_experts, const int32_t* experts) {
  const int64_t pairs = rows * top_k;
  ExpertPlan plan;
  plan.begin.assign(num_experts + 1, 0);
  plan.token.resize(pairs);
  plan.place.resize(pairs);
  for (int64_t p = 0; p < pairs; ++p) {
    if (experts[p] < 0 || experts[p] >= num_experts) std::abort();
    ++plan.begin[experts[p] + 1];
  }
  for (int64_t e = 0; e < num_experts; ++e) plan.begin[e + 1] += plan.begin[e];
  std::vector<int32_t> next(plan.begin.begin(), plan.begin.end() - 1);
  for (int64_t p = 0; p < pairs; ++p) {
    const int32_t place = next[experts[p]]++;
    plan.token[place] = static_cast<int32_t>(p / top_k);
    plan.place[p] = place;
  }
  return plan;
}

void CombineExperts(ThreadPool& pool, const ExpertPlan& plan, int64_t rows, int64_t top_k, int64_t width,
                    const float* weights, const float* y, float* out) {
  const auto combine = HWY_DYNAMIC_DISPATCH(CombineRow);
  pool.ParallelRanges(rows, RowsPerTask(top_k * width), [&](int64_t begin, int64_t end, int) {
    for (int64_t t = begin; t < end; ++t) {
      combine(top_k, width, plan.place.data() + t * top_k, weights + t * top_k, y, out + t * width);
    }
  });
}

void CombineExpertsBackward(ThreadPool& pool, const ExpertPlan& plan, int64_t rows, int64_t top_k,
                            int64_t width, const float* weights, const float* y, const float* dout, float* dy,
                            float* dweights) {
  const auto backward = HWY_DYNAMIC_DISPATCH(CombineBackwardRow);
  pool.ParallelRanges(rows, RowsPerTask(top_k * width), [&](int64_t begin, int64_t end, int) {
    for (int64_t p = begin * top_k; p < end * top_k; ++p) {
      const int64_t at = plan.place[p] * width;
      dweights[p] = backward(width, weights[p], y + at, dout + p / top_k * width, dy + at);
    }
  });
}

void UnpermuteBackward(ThreadPool& pool, const ExpertPlan& plan, int64_t rows, int64_t top_k, int64_t width,
                       const float* dpermuted, float* dx) {
  const auto combine = HWY_DYNAMIC_DISPATCH(CombineRow);
  pool.ParallelRanges(rows, RowsPerTask(top_k * width), [&](int64_t begin, int64_t end, int) {
    for (int64_t t = begin; t < end; ++t) {
      combine(top_k, width, plan.place.data() + t * top_k, nullptr, dpermuted, dx + t * width);
    }
  });
}

namespace {

double SumOfRow(int64_t size, const float* x) {
  double sum = kTinySum;
  for (int64_t i = 0; i < size; ++i) sum += x[i];
  return sum;
}

// The loss of one sequence; ds = factor * dloss/dscores.
double OneBalanceLoss(const GateShape& shape, int64_t rows, const float* scores, double factor, float* ds) {
  if (rows == 0) return 0.0;
  const int64_t num_experts = shape.num_experts;
  int64_t count[kMaxExperts] = {};
  double fraction[kMaxExperts] = {};  // P_i
  int32_t top[kMaxExperts];
  for (int64_t r = 0; r < rows; ++r) {
    const float* s = scores + r * num_experts;
    SelectTop(num_experts, shape.top_k, s, top);
    for (int64_t c = 0; c < shape.top_k; ++c) ++count[top[c]];
    const double scale = 1.0 / (SumOfRow(num_experts, s) * static_cast<double>(rows));
    for (int64_t e = 0; e < num_experts; ++e) fraction[e] += s[e] * scale;
  }
  double frequency[kMaxExperts];  // f_i
  double loss = 0.0;
  for (int64_t e = 0; e < num_experts; ++e) {
    frequency[e] = static_cast<double>(count[e] * num_experts) / static_cast<double>(shape.top_k * rows);
    loss += frequency[e] * fraction[e];
  }
  for (int64_t r = 0; r < rows; ++r) {
    const float* s = scores + r * num_experts;
    const double sum = SumOfRow(num_experts, s);
    double mean = 0.0;
    for (int64_t e = 0; e < num_experts; ++e) mean += frequency[e] * s[e];
    mean /= sum;
    const double scale = factor / (sum * static_cast<double>(rows));
    for (int64_t e = 0; e < num_experts; ++e) {
      ds[r * num_experts + e] = static_cast<float>(scale * (frequency[e] - mean));
    }
  }
  return loss;
}

}  // namespace

double SequenceBalanceLoss(ThreadPool& pool, const GateShape& shape, int64_t num_sequences,
                           const int32_t* begin, const float* sequence_weight, const float* scores,
                           float alpha, float* dscores) {
  CheckShape(shape);
  auto* losses = static_cast<double*>(pool.Scratch(num_sequences * static_cast<int64_t>(sizeof(double))));
  pool.ParallelFor(num_sequences, [&](int64_t i, int) {
    const int64_t at = begin[i] * shape.num_experts;
    const double weight = sequence_weight[i];
    losses[i] =
        weight * OneBalanceLoss(shape, begin[i + 1] - begin[i], scores + at, weight * alpha, dscores + at);
  });
  double loss = 0.0;
  for (int64_t i = 0; i < num_sequences; ++i) loss += losses[i];
  return loss;
}

void UpdateGateBias(int64_t num_experts, const int64_t* load, float rate, float* bias) {
  int64_t total = 0;
  for (int64_t e = 0; e < num_experts; ++e) total += load[e];
  for (int64_t e = 0; e < num_experts; ++e) {
    const int64_t missing = total - load[e] * num_experts;  // mean - load, times the number of experts: exact
    if (missing != 0) bias[e] += missing > 0 ? rate : -rate;
  }
}

}  // namespace hone::kernels
#endif  // HWY_ONCE
