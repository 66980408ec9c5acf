// See layers.h: grouped-query and absorbed MLA attention with their projections inside. Covered by tests/policy/model_test.cc.
#include <ATen/core/Tensor.h>

#include "kernels/attention.h"
#include "kernels/elementwise.h"
#include "kernels/norm.h"
#include "policy/autograd.h"
#include "policy/layers.h"

namespace hone {
namespace {

constexpr float kInnerNormEps = 1e-6f;  // of MLA's q and kv norms, whatever rms_norm_eps says

template <class Element>
void AttendCache(const Pass& pass, const kernels::AttentionShape& shape, int64_t layer, const float* q,
                 int64_t q_stride, const float* kv, int64_t kv_stride, float* out) {
  const int64_t width = pass.config->CacheRowWidth();
  auto* cache = pass.cache->layer<Element>(layer);
  kernels::ScatterRows(*pass.pool, pass.num_rows, width, kv, kv_stride, pass.cache_rows, cache);
  kernels::Attention(*pass.pool, shape, pass.rows, q, q_stride, cache, width, out,
                     shape.num_heads * shape.v_width, nullptr);
}

// Attention of the batch's queries: over the cache, once its own keys and values are in it, or in a training pass over
// its own rows. In bf16 both hold rounded keys and values; here they are rounded in place.
void Attend(const Pass& pass, const kernels::AttentionShape& shape, int64_t layer, const float* q,
            int64_t q_stride, float* kv, int64_t kv_stride, float* out, float* lse) {
  const bool bf16 = pass.precision == Precision::kBf16;
  if (pass.cache != nullptr) {
    return bf16 ? AttendCache<kernels::Bf16>(pass, shape, layer, q, q_stride, kv, kv_stride, out)
                : AttendCache<float>(pass, shape, layer, q, q_stride, kv, kv_stride, out);
  }
  if (bf16) {
    kernels::RoundToBf16(*pass.pool, pass.num_rows, pass.config->CacheRowWidth(), kv, kv_stride, kv,
                         kv_stride);
  }
  kernels::Attention(*pass.pool, shape, pass.rows, q, q_stride, kv, kv_stride, out,
                     shape.num_heads * shape.v_width, lse);
}

void Rotate(const Pass& pass, int64_t num_heads, bool inverse, float* x, int64_t row_stride,
            int64_t head_stride) {
  kernels::ApplyRope(*pass.pool, *pass.rope, pass.num_rows, pass.rows.positions, num_heads,
                     pass.config->rope_interleaved, inverse, x, row_stride, head_stride);
}

kernels::AttentionShape Shape(const ModelConfig& config, int64_t layer) {
  kernels::AttentionShape shape;
  shape.window = config.Window(layer);
  shape.num_heads = config.num_heads;
  shape.scale = static_cast<float>(config.SoftmaxScale());
  if (config.attention == AttentionKind::kGqa) {
    shape.num_kv_heads = config.num_kv_heads;
    shape.qk_width = shape.v_width = config.head_dim;
    shape.value_offset = config.num_kv_heads * config.head_dim;
  } else {
    shape.num_kv_heads = 1;
    shape.qk_width = config.kv_lora_rank + config.qk_rope_head_dim;
    shape.v_width = config.kv_lora_rank;
  }
  return shape;
}

// One GEMM problem per head: C[:, h * c_step ...] = A[:, h * a_step ...] times the head's matrix.
std::vector<kernels::GemmProblem> PerHead(const Pass& pass, const std::vector<MatrixWeight>& weights,
                                          bool use_backward, const float* a, int64_t a_stride, int64_t a_step,
                                          float* c, int64_t c_stride, int64_t c_step) {
  std::vector<kernels::GemmProblem> problems;
  for (size_t h = 0; h < weights.size(); ++h) {
    problems.push_back({.m = pass.num_rows,
                        .a = a + h * a_step,
                        .a_row_stride = a_stride,
                        .b = use_backward ? &weights[h].backward : &weights[h].forward,
                        .c = c + h * c_step,
                        .c_stride = c_stride});
  }
  return problems;
}

// Adds dW_h += dy_h^T x_h for every head.
void PerHeadWeightGradients(const Pass& pass, const std::vector<MatrixWeight>& weights, const float* dy,
                            int64_t dy_stride, int64_t dy_step, const float* x, int64_t x_stride,
                            int64_t x_step) {
  std::vector<kernels::PackedMatrix> packed(weights.size());
  std::vector<kernels::GemmProblem> problems;
  for (size_t h = 0; h < weights.size(); ++h) {
    problems.push_back(WeightGradient(pass, pass.num_rows, dy + h * dy_step, dy_stride, x + h * x_step,
                                      x_stride, weights[h], packed[h]));
  }
  kernels::Gemm(*pass.pool, problems);
}

// Widths and strides of one MLA layer.
struct MlaDims {
  explicit MlaDims(const ModelConfig& c)
      : heads(c.num_heads),
        nope(c.qk_nope_head_dim),
        rope(c.qk_rope_head_dim),
        rank(c.kv_lora_rank),
        v(c.v_head_dim),
        q_lora(c.q_lora_rank),
        query(heads * (nope + rope)),
        kv_begin(q_lora > 0 ? q_lora : query),
        a_width(kv_begin + rank + rope),
        absorbed(rank + rope) {}
  int64_t heads, nope, rope, rank, v, q_lora;
  int64_t query;     // heads * (nope + rope)
  int64_t kv_begin;  // column of qkv_a where the latent starts
  int64_t a_width;   // columns of qkv_a
  int64_t absorbed;  // width of an absorbed query and of a cache row
};

// Everything the backward pass of MLA needs again.
struct MlaState {
  at::Tensor qkv_a;                // [T, a_width]
  at::Tensor q_inv_rms, q_normed;  // q_lora > 0 only
  at::Tensor q;                    // [T, query]: before rotation; qkv_a itself when there is no q_lora
  int64_t q_stride = 0;
  at::Tensor kv_inv_rms;
  at::Tensor kv;          // [T, absorbed]: normed latent and rotated key
  at::Tensor q_absorbed;  // [T, heads * absorbed]
  at::Tensor latent;      // [T, heads * rank]: attention over the latent
  at::Tensor lse;         // [T, heads]
};

void ProjectQueries(const Pass& pass, const LayerWeights& w, const MlaDims& d, MlaState& s) {
  auto& pool = *pass.pool;
  const int64_t rows = pass.num_rows;
  if (d.q_lora > 0) {
    s.q_normed = NewTensor(rows, d.q_lora);
    s.q_inv_rms = NewTensor(rows, 1);
    kernels::RmsNorm(pool, rows, d.q_lora, Values(s.qkv_a), d.a_width, w.q_norm.data(), kInnerNormEps,
                     Values(s.q_normed), d.q_lora, Values(s.q_inv_rms));
    s.q = NewTensor(rows, d.query);
    s.q_stride = d.query;
    const kernels::GemmProblem problem = {.m = rows,
                                          .a = Values(s.q_normed),
                                          .a_row_stride = d.q_lora,
                                          .b = &w.q_b.forward,
                                          .c = Values(s.q),
                                          .c_stride = d.query};
    kernels::Gemm(pool, {&problem, 1});
  } else {
    s.q = s.qkv_a;
    s.q_stride = d.a_width;
  }
  // Absorb: the no-position part of a query against the latent, then the rotated part beside it.
  s.q_absorbed = NewTensor(rows, d.heads * d.absorbed);
  const int64_t stride = d.heads * d.absorbed;
  kernels::Gemm(pool, PerHead(pass, w.key_up, true, Values(s.q), s.q_stride, d.nope + d.rope,
                              Values(s.q_absorbed), stride, d.absorbed));
  CopyPieces(pool, rows, d.heads, d.rope, {Values(s.q) + d.nope, s.q_stride, d.nope + d.rope},
             {Values(s.q_absorbed) + d.rank, stride, d.absorbed});
  Rotate(pass, d.heads, false, Values(s.q_absorbed) + d.rank, stride, d.absorbed);
}

void ProjectLatent(const Pass& pass, const LayerWeights& w, const MlaDims& d, MlaState& s) {
  auto& pool = *pass.pool;
  const int64_t rows = pass.num_rows;
  float* from = Values(s.qkv_a) + d.kv_begin;
  s.kv = NewTensor(rows, d.absorbed);
  s.kv_inv_rms = NewTensor(rows, 1);
  kernels::RmsNorm(pool, rows, d.rank, from, d.a_width, w.kv_norm.data(), kInnerNormEps, Values(s.kv),
                   d.absorbed, Values(s.kv_inv_rms));
  CopyPieces(pool, rows, 1, d.rope, {from + d.rank, d.a_width, 0}, {Values(s.kv) + d.rank, d.absorbed, 0});
  Rotate(pass, 1, false, Values(s.kv) + d.rank, d.absorbed, d.absorbed);
}

// dq [T, query] from the gradient of the absorbed queries; adds to the gradient of key_up.
at::Tensor QueryGradient(const Pass& pass, const LayerWeights& w, const MlaDims& d, const MlaState& s,
                         const at::Tensor& dq_absorbed) {
  auto& pool = *pass.pool;
  const int64_t stride = d.heads * d.absorbed;
  at::Tensor dq = NewTensor(pass.num_rows, d.query);
  kernels::Gemm(pool, PerHead(pass, w.key_up, false, Values(dq_absorbed), stride, d.absorbed, Values(dq),
                              d.query, d.nope + d.rope));
  CopyPieces(pool, pass.num_rows, d.heads, d.rope, {Values(dq_absorbed) + d.rank, stride, d.absorbed},
             {Values(dq) + d.nope, d.query, d.nope + d.rope});
  PerHeadWeightGradients(pass, w.key_up, Values(s.q), s.q_stride, d.nope + d.rope, Values(dq_absorbed),
                         stride, d.absorbed);
  return dq;
}

at::Tensor MlaBackward(const Pass& pass, int64_t layer, const MlaState& s, const at::Tensor& dout) {
  const LayerWeights& w = pass.weights->layers[layer];
  const MlaDims d(*pass.config);
  auto& pool = *pass.pool;
  const int64_t rows = pass.num_rows, stride = d.heads * d.absorbed;
  at::Tensor dlatent = NewTensor(rows, d.heads * d.rank);
  kernels::Gemm(pool, PerHead(pass, w.value_up, true, Values(dout), d.heads * d.v, d.v, Values(dlatent),
                              d.heads * d.rank, d.rank));
  PerHeadWeightGradients(pass, w.value_up, Values(dout), d.heads * d.v, d.v, Values(s.latent),
                         d.heads * d.rank, d.rank);

  at::Tensor dq_absorbed = NewTensor(rows, stride), dkv = NewTensor(rows, d.absorbed);
  kernels::AttentionBackward(pool, Shape(*pass.config, layer),
                             static_cast<int64_t>(pass.sequence_begin.size()) - 1, pass.sequence_begin.data(),
                             Values(s.q_absorbed), stride, Values(s.kv), d.absorbed, Values(s.latent),
                             d.heads * d.rank, Values(s.lse), Values(dlatent), d.heads * d.rank,
                             Values(dq_absorbed), stride, Values(dkv), d.absorbed);
  Rotate(pass, d.heads, true, Values(dq_absorbed) + d.rank, stride, d.absorbed);
  Rotate(pass, 1, true, Values(dkv) + d.rank, d.absorbed, d.absorbed);

  at::Tensor dqkv_a = NewTensor(rows, d.a_width);
  const at::Tensor dq = QueryGradient(pass, w, d, s, dq_absorbed);
  if (d.q_lora > 0) {
    at::Tensor dq_normed = NewTensor(rows, d.q_lora);
    const auto input = InputGradient(rows, Values(dq), d.query, w.q_b, Values(dq_normed), d.q_lora, false);
    kernels::Gemm(pool, {&input, 1});
    kernels::PackedMatrix packed;
    const auto weight =
        WeightGradient(pass, rows, Values(dq), d.query, Values(s.q_normed), d.q_lora, w.q_b, packed);
    kernels::Gemm(pool, {&weight, 1});
    kernels::RmsNormBackward(pool, rows, d.q_lora, Values(s.qkv_a), d.a_width, w.q_norm.data(),
                             Values(s.q_inv_rms), Values(dq_normed), d.q_lora, Values(dqkv_a), d.a_width,
                             pass.Gradient(w.q_norm.parameter));
  } else {
    CopyPieces(pool, rows, 1, d.query, {Values(dq), d.query, 0}, {Values(dqkv_a), d.a_width, 0});
  }
  kernels::RmsNormBackward(pool, rows, d.rank, Values(s.qkv_a) + d.kv_begin, d.a_width, w.kv_norm.data(),
                           Values(s.kv_inv_rms), Values(dkv), d.absorbed, Values(dqkv_a) + d.kv_begin,
                           d.a_width, pass.Gradient(w.kv_norm.parameter));
  CopyPieces(pool, rows, 1, d.rope, {Values(dkv) + d.rank, d.absorbed, 0},
             {Values(dqkv_a) + d.kv_begin + d.rank, d.a_width, 0});
  return dqkv_a;
}

// What the backward pass of the norms of query and key heads needs again.
struct HeadNorms {
  at::Tensor raw;      // [T, width]: the projection before them; undefined where there are none
  at::Tensor inv_rms;  // [heads + kv_heads, T]
};

const VectorWeight& HeadNorm(const Pass& pass, int64_t layer, int64_t head) {
  const LayerWeights& w = pass.weights->layers[layer];
  return head < pass.config->num_heads ? w.q_norm : w.k_norm;
}

// Norms each query and key head of qkv [T, width] in place.
HeadNorms NormHeads(const Pass& pass, int64_t layer, const at::Tensor& qkv, int64_t width) {
  const ModelConfig& c = *pass.config;
  const int64_t rows = pass.num_rows, heads = c.num_heads + c.num_kv_heads, d = c.head_dim;
  HeadNorms norms;
  if (pass.recording()) {
    norms.raw = NewTensor(rows, width);
    CopyPieces(*pass.pool, rows, 1, width, {Values(qkv), width, 0}, {Values(norms.raw), width, 0});
    norms.inv_rms = NewTensor(heads, rows);
  }
  for (int64_t h = 0; h < heads; ++h) {
    float* head = Values(qkv) + h * d;
    kernels::RmsNorm(*pass.pool, rows, d, head, width, HeadNorm(pass, layer, h).data(),
                     static_cast<float>(c.rms_norm_eps), head, width,
                     pass.recording() ? Values(norms.inv_rms) + h * rows : nullptr);
  }
  return norms;
}

// dqkv [T, width], of the normed heads, becomes that of the heads before.
void NormHeadsBackward(const Pass& pass, int64_t layer, const HeadNorms& norms, const at::Tensor& dqkv,
                       int64_t width) {
  const ModelConfig& c = *pass.config;
  const int64_t rows = pass.num_rows, d = c.head_dim;
  for (int64_t h = 0; h < c.num_heads + c.num_kv_heads; ++h) {
    const VectorWeight& weight = HeadNorm(pass, layer, h);
    float* dhead = Values(dqkv) + h * d;
    kernels::RmsNormBackward(*pass.pool, rows, d, Values(norms.raw) + h * d, width, weight.data(),
                             Values(norms.inv_rms) + h * rows, dhead, width, dhead, width,
                             pass.Gradient(weight.parameter));
  }
}

}  // namespace

at::Tensor GqaAttention(const Pass& pass, int64_t layer, const at::Tensor& qkv) {
  const ModelConfig& c = *pass.config;
  const kernels::AttentionShape shape = Shape(c, layer);
  const int64_t rows = pass.num_rows, query = c.num_heads * c.head_dim;
  const int64_t width = query + 2 * shape.value_offset;
  HeadNorms norms;
  if (c.qk_norm) norms = NormHeads(pass, layer, qkv, width);
  // Query and key heads are neighbours: one rotation serves both, in place, as nothing else reads the projection.
  Rotate(pass, c.num_heads + c.num_kv_heads, false, Values(qkv), width, c.head_dim);
  at::Tensor out = NewTensor(rows, query);
  at::Tensor lse = NewTensor(pass.recording() ? rows : 0, c.num_heads);
  Attend(pass, shape, layer, Values(qkv), width, Values(qkv) + query, width, Values(out),
         pass.recording() ? Values(lse) : nullptr);
  if (!pass.recording()) return out;
  Record(out, {qkv},
         [&pass, layer, shape, qkv, norms, lse, kept = Detached(out), query, width](const at::Tensor& dout) {
           at::Tensor dqkv = NewTensor(pass.num_rows, width);
           kernels::AttentionBackward(*pass.pool, shape, static_cast<int64_t>(pass.sequence_begin.size()) - 1,
                                      pass.sequence_begin.data(), Values(qkv), width, Values(qkv) + query,
                                      width, Values(kept), query, Values(lse), Values(dout), query,
                                      Values(dqkv), width, Values(dqkv) + query, width);
           Rotate(pass, shape.num_heads + shape.num_kv_heads, true, Values(dqkv), width, shape.qk_width);
           if (norms.raw.defined()) NormHeadsBackward(pass, layer, norms, dqkv, width);
           return std::vector<at::Tensor>{dqkv};
         });
  return out;
}

at::Tensor MlaAttention(const Pass& pass, int64_t layer, const at::Tensor& qkv_a) {
  const MlaDims d(*pass.config);
  const LayerWeights& w = pass.weights->layers[layer];
  const int64_t rows = pass.num_rows;
  MlaState s;
  s.qkv_a = qkv_a;
  ProjectQueries(pass, w, d, s);
  ProjectLatent(pass, w, d, s);
  s.latent = NewTensor(rows, d.heads * d.rank);
  s.lse = NewTensor(pass.recording() ? rows : 0, d.heads);
  Attend(pass, Shape(*pass.config, layer), layer, Values(s.q_absorbed), d.heads * d.absorbed, Values(s.kv),
         d.absorbed, Values(s.latent), pass.recording() ? Values(s.lse) : nullptr);
  at::Tensor out = NewTensor(rows, d.heads * d.v);
  kernels::Gemm(*pass.pool, PerHead(pass, w.value_up, false, Values(s.latent), d.heads * d.rank, d.rank,
                                    Values(out), d.heads * d.v, d.v));
  if (!pass.recording()) return out;
  Record(out, {qkv_a}, [&pass, layer, s](const at::Tensor& dout) {
    return std::vector<at::Tensor>{MlaBackward(pass, layer, s, dout)};
  });
  return out;
}

}  // namespace hone
