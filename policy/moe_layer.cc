// See layers.h: the routed experts of a layer. Covered by tests/policy/model_test.cc.
#include <ATen/core/Tensor.h>

#include <memory>

#include "kernels/elementwise.h"
#include "kernels/moe.h"
#include "policy/autograd.h"
#include "policy/layers.h"

namespace hone {
namespace {

kernels::GateShape Shape(const ModelConfig& c) {
  return {.softmax = c.gate == GateKind::kSoftmax,
          .num_experts = c.num_experts,
          .top_k = c.experts_per_token,
          .num_groups = c.num_expert_groups,
          .top_groups = c.top_expert_groups,
          .normalize = c.norm_topk_prob,
          .scale = static_cast<float>(c.routed_scaling_factor)};
}

// What one routed layer computed and its backward pass needs again. Permuted rows are in expert order.
struct ExpertState {
  at::Tensor x;                  // [T, H]
  at::Tensor scores;             // [T, E]
  at::Tensor weights;            // [T, k]
  std::vector<int32_t> experts;  // [T k]
  kernels::ExpertPlan plan;
  at::Tensor permuted;   // [T k, H]
  at::Tensor gate_up;    // [T k, 2 I]
  at::Tensor activated;  // [T k, I]
  at::Tensor outputs;    // [T k, H]
};

// One problem per expert that has rows: C = A times the expert's packed matrix.
std::vector<kernels::GemmProblem> PerExpert(const kernels::ExpertPlan& plan,
                                            const std::vector<MatrixWeight>& weights, bool use_backward,
                                            const float* a, float* c) {
  std::vector<kernels::GemmProblem> problems;
  for (size_t e = 0; e < weights.size(); ++e) {
    const int64_t begin = plan.begin[e], rows = plan.begin[e + 1] - begin;
    if (rows == 0) continue;
    const auto& b = use_backward ? weights[e].backward : weights[e].forward;
    problems.push_back({.m = rows,
                        .a = a + begin * b.k(),
                        .a_row_stride = b.k(),
                        .b = &b,
                        .c = c + begin * b.n(),
                        .c_stride = b.n()});
  }
  return problems;
}

void PerExpertWeightGradients(const Pass& pass, const kernels::ExpertPlan& plan,
                              const std::vector<MatrixWeight>& weights, const float* dy, const float* x) {
  std::vector<kernels::PackedMatrix> packed(weights.size());
  std::vector<kernels::GemmProblem> problems;
  for (size_t e = 0; e < weights.size(); ++e) {
    const int64_t begin = plan.begin[e], rows = plan.begin[e + 1] - begin;
    if (rows == 0) continue;
    const MatrixWeight& w = weights[e];
    problems.push_back(
        WeightGradient(pass, rows, dy + begin * w.out, w.out, x + begin * w.in, w.in, w, packed[e]));
  }
  kernels::Gemm(*pass.pool, problems);
}

void CountLoad(const Pass& pass, int64_t layer, const kernels::ExpertPlan& plan) {
  auto& load = pass.stats->expert_load[layer];
  for (size_t e = 0; e < load.size(); ++e) load[e] += plan.begin[e + 1] - plan.begin[e];
}

// Derivative of the balance loss by the scores, already times alpha; undefined when it is off.
at::Tensor BalanceGradient(const Pass& pass, const at::Tensor& scores, double& loss) {
  if (pass.options.balance_alpha == 0.0f) return {};
  const int64_t num_sequences = static_cast<int64_t>(pass.sequence_begin.size()) - 1;
  const std::vector<float> weight(num_sequences, pass.options.balance_sequence_weight);
  at::Tensor dscores = NewTensor(pass.num_rows, pass.config->num_experts);
  loss = kernels::SequenceBalanceLoss(*pass.pool, Shape(*pass.config), num_sequences,
                                      pass.sequence_begin.data(), weight.data(), Values(scores),
                                      pass.options.balance_alpha, Values(dscores));
  return dscores;
}

at::Tensor ExpertsBackward(const Pass& pass, const LayerWeights& w, const ExpertState& s,
                           const at::Tensor& dscores, const at::Tensor& dout) {
  auto& pool = *pass.pool;
  const ModelConfig& c = *pass.config;
  const int64_t rows = pass.num_rows, hidden = c.hidden_size, k = c.experts_per_token, pairs = rows * k;
  at::Tensor doutputs = NewTensor(pairs, hidden), dweights = NewTensor(rows, k);
  kernels::CombineExpertsBackward(pool, s.plan, rows, k, hidden, Values(s.weights), Values(s.outputs),
                                  Values(dout), Values(doutputs), Values(dweights));
  at::Tensor dactivated = NewTensor(pairs, c.moe_intermediate_size);
  kernels::Gemm(pool, PerExpert(s.plan, w.experts_down, true, Values(doutputs), Values(dactivated)));
  PerExpertWeightGradients(pass, s.plan, w.experts_down, Values(doutputs), Values(s.activated));
  at::Tensor dgate_up = NewTensor(pairs, 2 * c.moe_intermediate_size);
  kernels::SwiGluBackward(pool, pairs, c.moe_intermediate_size, Values(s.gate_up), Values(dactivated),
                          Values(dgate_up));
  at::Tensor dpermuted = NewTensor(pairs, hidden);
  kernels::Gemm(pool, PerExpert(s.plan, w.experts_gate_up, true, Values(dgate_up), Values(dpermuted)));
  PerExpertWeightGradients(pass, s.plan, w.experts_gate_up, Values(dgate_up), Values(s.permuted));

  at::Tensor dlogits = NewTensor(rows, c.num_experts);
  kernels::GateBackward(pool, Shape(c), rows, Values(s.scores), s.experts.data(), Values(dweights),
                        dscores.defined() ? Values(dscores) : nullptr, Values(dlogits));
  at::Tensor dx = NewTensor(rows, hidden);
  const auto input = InputGradient(rows, Values(dlogits), c.num_experts, w.router, Values(dx), hidden, false);
  kernels::Gemm(pool, {&input, 1});
  kernels::UnpermuteBackward(pool, s.plan, rows, k, hidden, Values(dpermuted), Values(dx));
  kernels::PackedMatrix packed;
  const auto weight =
      WeightGradient(pass, rows, Values(dlogits), c.num_experts, Values(s.x), hidden, w.router, packed);
  kernels::Gemm(pool, {&weight, 1});
  return dx;
}

}  // namespace

at::Tensor Experts(const Pass& pass, int64_t layer, const at::Tensor& x, const at::Tensor& residual) {
  auto& pool = *pass.pool;
  const ModelConfig& c = *pass.config;
  const LayerWeights& w = pass.weights->layers[layer];
  const int64_t rows = pass.num_rows, hidden = c.hidden_size, k = c.experts_per_token, pairs = rows * k;
  auto state = std::make_shared<ExpertState>();
  ExpertState& s = *state;
  s.x = x;
  at::Tensor logits = NewTensor(rows, c.num_experts);
  const kernels::GemmProblem route = {.m = rows,
                                      .a = Values(x),
                                      .a_row_stride = hidden,
                                      .b = &w.router.forward,
                                      .c = Values(logits),
                                      .c_stride = c.num_experts};
  kernels::Gemm(pool, {&route, 1});
  s.scores = NewTensor(rows, c.num_experts);
  s.weights = NewTensor(rows, k);
  s.experts.resize(pairs);
  kernels::Gate(pool, Shape(c), rows, Values(logits), w.router_bias.data(), Values(s.scores),
                s.experts.data(), Values(s.weights));
  s.plan = kernels::PlanExperts(rows, k, c.num_experts, s.experts.data());
  s.permuted = NewTensor(pairs, hidden);
  kernels::GatherRows(pool, pairs, hidden, Values(x), s.plan.token.data(), Values(s.permuted));
  s.gate_up = NewTensor(pairs, 2 * c.moe_intermediate_size);
  kernels::Gemm(pool, PerExpert(s.plan, w.experts_gate_up, false, Values(s.permuted), Values(s.gate_up)));
  s.activated = NewTensor(pairs, c.moe_intermediate_size);
  kernels::SwiGlu(pool, pairs, c.moe_intermediate_size, Values(s.gate_up), Values(s.activated));
  s.outputs = NewTensor(pairs, hidden);
  kernels::Gemm(pool, PerExpert(s.plan, w.experts_down, false, Values(s.activated), Values(s.outputs)));
  at::Tensor out = Accumulator(pass, residual);
  kernels::CombineExperts(pool, s.plan, rows, k, hidden, Values(s.weights), Values(s.outputs), Values(out));
  if (!pass.recording()) return out;

  double balance_loss = 0.0;
  const at::Tensor dscores = BalanceGradient(pass, s.scores, balance_loss);
  if (pass.stats != nullptr) {
    pass.stats->balance_loss += balance_loss;
    CountLoad(pass, layer, s.plan);
  }
  Record(out, {x, residual}, [&pass, &w, state, dscores](const at::Tensor& dout) {
    return std::vector<at::Tensor>{ExpertsBackward(pass, w, *state, dscores, dout), dout};
  });
  return out;
}

}  // namespace hone
