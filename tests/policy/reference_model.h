// The plain twin of policy/: the whole model in double precision, straight from the formulas. Grouped-query attention, and
// DeepSeek (arXiv 2405.04434 section 2, 2412.19437 section 2.1) with MLA in its expanded form: keys and values of every head
// written out, no absorption, no cache, no fused anything.
#ifndef HONE_TESTS_POLICY_REFERENCE_MODEL_H_
#define HONE_TESTS_POLICY_REFERENCE_MODEL_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "policy/config.h"
#include "policy/model.h"
#include "policy/weights.h"

namespace hone {

using Doubles = std::vector<double>;

struct ReferenceResult {
  Doubles logprobs, entropies;
  double balance_loss = 0.0;     // before alpha, each sequence with weight 1
  std::vector<int64_t> routing;  // every discrete choice made: equal lists mean the same smooth function
  std::vector<int64_t> load;     // tokens of each expert, layer after layer
  double margin = std::numeric_limits<double>::infinity();  // of the closest choice
};

class ReferenceModel {
 public:
  ReferenceModel(const ModelConfig& config, const Weights& weights) : c_(config) {
    for (const Parameter& p : weights.parameters()) {
      w_[p.name].assign(p.value.data(), p.value.data() + p.value.size());
    }
  }
  Doubles& weight(const std::string& name) { return w_.at(name); }

  ReferenceResult Run(const TrainingBatch& batch) const {
    ReferenceResult result;
    result.load.assign(c_.num_layers * c_.num_experts, 0);
    size_t scored = 0;
    for (size_t s = 0; s + 1 < batch.sequence_begin.size(); ++s) {
      const int32_t begin = batch.sequence_begin[s], end = batch.sequence_begin[s + 1];
      const Rows hidden = Sequence({batch.tokens.begin() + begin, batch.tokens.begin() + end}, result);
      for (; scored < batch.scored_rows.size() && batch.scored_rows[scored] < end; ++scored) {
        Score(hidden[batch.scored_rows[scored] - begin], batch.targets[scored], batch.temperature, result);
      }
    }
    return result;
  }

 private:
  using Rows = std::vector<Doubles>;  // one vector per token

  const Doubles& Get(int64_t layer, const char* name) const {
    return w_.at("layers." + std::to_string(layer) + "." + name);
  }

  // y = W x with W [out, in] at `offset` of the parameter.
  static Doubles Times(const Doubles& w, const Doubles& x, int64_t out, int64_t offset = 0) {
    const auto in = static_cast<int64_t>(x.size());
    Doubles y(out, 0.0);
    for (int64_t o = 0; o < out; ++o) {
      for (int64_t i = 0; i < in; ++i) y[o] += w[offset + o * in + i] * x[i];
    }
    return y;
  }

  static Doubles Norm(const Doubles& x, const Doubles& weight, double eps) {
    double squares = 0.0;
    for (const double v : x) squares += v * v;
    const double inverse = 1.0 / std::sqrt(squares / static_cast<double>(x.size()) + eps);
    Doubles y(x.size());
    for (size_t i = 0; i < x.size(); ++i) y[i] = x[i] * inverse * weight[i];
    return y;
  }

  static Doubles Part(const Doubles& x, int64_t begin, int64_t size) {
    return {x.begin() + begin, x.begin() + begin + size};
  }

  Doubles Rope(const Doubles& x, int64_t position) const {
    const auto dim = static_cast<int64_t>(x.size()), half = dim / 2;
    const std::vector<double> frequencies = c_.rope_scaling.Frequencies(dim, c_.rope_theta);
    const double magnitude = c_.rope_scaling.Magnitude();
    Doubles y(dim);
    for (int64_t i = 0; i < half; ++i) {
      const int64_t first = c_.rope_interleaved ? 2 * i : i,
                    second = c_.rope_interleaved ? 2 * i + 1 : i + half;
      const double angle = static_cast<double>(position) * frequencies[i];
      y[first] = magnitude * (x[first] * std::cos(angle) - x[second] * std::sin(angle));
      y[second] = magnitude * (x[second] * std::cos(angle) + x[first] * std::sin(angle));
    }
    return y;
  }

  // One head: q, k, v of every token; causal, within the window of the layer.
  Rows Attend(int64_t layer, const Rows& q, const Rows& k, const Rows& v) const {
    const auto window = static_cast<size_t>(c_.Window(layer));
    Rows out;
    for (size_t t = 0; t < q.size(); ++t) {
      Doubles score(t + 1);
      for (size_t s = 0; s <= t; ++s) {
        score[s] = std::inner_product(q[t].begin(), q[t].end(), k[s].begin(), 0.0) /
                   std::sqrt(static_cast<double>(q[t].size()));
        if (c_.attention == AttentionKind::kMla) score[s] *= c_.rope_scaling.ScoreFactor();
        if (window > 0 && s + window <= t) score[s] = -INFINITY;
      }
      const double max = *std::max_element(score.begin(), score.end());
      double sum = 0.0;
      Doubles y(v[0].size(), 0.0);
      for (size_t s = 0; s <= t; ++s) sum += score[s] = std::exp(score[s] - max);
      for (size_t s = 0; s <= t; ++s) {
        for (size_t i = 0; i < y.size(); ++i) y[i] += score[s] / sum * v[s][i];
      }
      out.push_back(std::move(y));
    }
    return out;
  }

  static void Append(Rows& to, const Rows& from) {
    for (size_t t = 0; t < to.size(); ++t) to[t].insert(to[t].end(), from[t].begin(), from[t].end());
  }

  Rows Gqa(int64_t l, const Rows& x) const {
    const int64_t d = c_.head_dim, heads = c_.num_heads, kv_heads = c_.num_kv_heads;
    Rows qkv, out(x.size());
    for (const Doubles& row : x) {
      qkv.push_back(Times(Get(l, "qkv"), row, (heads + 2 * kv_heads) * d));
      if (c_.qkv_bias) qkv.back() = Sum(qkv.back(), Get(l, "qkv_bias"));
    }
    const auto normed = [&](const Doubles& head, const char* name) {
      return c_.qk_norm ? Norm(head, Get(l, name), c_.rms_norm_eps) : head;
    };
    for (int64_t h = 0; h < heads; ++h) {
      const int64_t kv = h / (heads / kv_heads);
      Rows q, k, v;
      for (size_t t = 0; t < x.size(); ++t) {
        q.push_back(Rope(normed(Part(qkv[t], h * d, d), "q_norm"), static_cast<int64_t>(t)));
        k.push_back(Rope(normed(Part(qkv[t], (heads + kv) * d, d), "k_norm"), static_cast<int64_t>(t)));
        v.push_back(Part(qkv[t], (heads + kv_heads + kv) * d, d));
      }
      Append(out, Attend(l, q, k, v));
    }
    return out;
  }

  Rows Mla(int64_t l, const Rows& x) const {
    const int64_t heads = c_.num_heads, nope = c_.qk_nope_head_dim, rope = c_.qk_rope_head_dim,
                  v_dim = c_.v_head_dim;
    const int64_t query = heads * (nope + rope), first = c_.q_lora_rank > 0 ? c_.q_lora_rank : query;
    Rows queries, shared_keys, latents, out(x.size());
    for (size_t t = 0; t < x.size(); ++t) {
      const Doubles a = Times(Get(l, "qkv_a"), x[t], first + c_.kv_lora_rank + rope);
      Doubles q = Part(a, 0, first);
      if (c_.q_lora_rank > 0) q = Times(Get(l, "q_b"), Norm(q, Get(l, "q_norm"), 1e-6), query);
      queries.push_back(q);
      const Doubles latent = Norm(Part(a, first, c_.kv_lora_rank), Get(l, "kv_norm"), 1e-6);
      latents.push_back(Times(Get(l, "kv_b"), latent, heads * (nope + v_dim)));
      shared_keys.push_back(Rope(Part(a, first + c_.kv_lora_rank, rope), static_cast<int64_t>(t)));
    }
    for (int64_t h = 0; h < heads; ++h) {
      Rows q, k, v;
      for (size_t t = 0; t < x.size(); ++t) {
        q.push_back(Part(queries[t], h * (nope + rope), nope));
        const Doubles rotated =
            Rope(Part(queries[t], h * (nope + rope) + nope, rope), static_cast<int64_t>(t));
        q[t].insert(q[t].end(), rotated.begin(), rotated.end());
        k.push_back(Part(latents[t], h * (nope + v_dim), nope));
        k[t].insert(k[t].end(), shared_keys[t].begin(), shared_keys[t].end());
        v.push_back(Part(latents[t], h * (nope + v_dim) + nope, v_dim));
      }
      Append(out, Attend(l, q, k, v));
    }
    return out;
  }

  static Doubles Sum(Doubles x, const Doubles& y) {
    for (size_t i = 0; i < x.size(); ++i) x[i] += y[i];
    return x;
  }

  Doubles DenseMlp(int64_t l, const Doubles& x) const {
    if (!c_.mlp_bias) return Mlp(Get(l, "gate_up"), Get(l, "down"), x, c_.intermediate_size);
    return Sum(Mlp(Get(l, "gate_up"), Get(l, "down"), x, c_.intermediate_size, 0, &Get(l, "gate_up_bias")),
               Get(l, "down_bias"));
  }

  // SwiGLU with the stacked [2 width, in] and [out, width] matrices at an index.
  Doubles Mlp(const Doubles& gate_up, const Doubles& down, const Doubles& x, int64_t width, int64_t index = 0,
              const Doubles* bias = nullptr) const {
    Doubles a = Times(gate_up, x, 2 * width, index * 2 * width * c_.hidden_size);
    if (bias != nullptr) a = Sum(a, *bias);
    Doubles inner(width);
    for (int64_t i = 0; i < width; ++i) inner[i] = a[i] / (1.0 + std::exp(-a[i])) * a[width + i];
    return Times(down, inner, c_.hidden_size, index * width * c_.hidden_size);
  }

  // The k largest, ties to the lower index; notes the distance to the first one left out.
  static std::vector<int64_t> Top(const Doubles& x, int64_t k, ReferenceResult& result) {
    std::vector<int64_t> order(x.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return x[a] > x[b]; });
    if (k < static_cast<int64_t>(order.size())) {
      result.margin = std::min(result.margin, x[order[k - 1]] - x[order[k]]);
    }
    order.resize(k);
    std::sort(order.begin(), order.end());
    result.routing.insert(result.routing.end(), order.begin(), order.end());
    return order;
  }

  Doubles Experts(int64_t l, const Doubles& x, Doubles& scores, ReferenceResult& result) const {
    const int64_t size = c_.num_experts / c_.num_expert_groups;
    const bool softmax = c_.gate == GateKind::kSoftmax;
    scores = Times(Get(l, "router"), x, c_.num_experts);
    double total = 0.0;
    for (double& s : scores) total += s = softmax ? std::exp(s) : 1.0 / (1.0 + std::exp(-s));
    for (double& s : scores) s /= softmax ? total : 1.0;
    Doubles choice = softmax ? scores : Sum(scores, Get(l, "router_bias")), group_scores;
    for (int64_t g = 0; g < c_.num_expert_groups; ++g) {
      Doubles members = Part(choice, g * size, size);
      std::sort(members.rbegin(), members.rend());
      group_scores.push_back(members[0] + (size > 1 && !softmax ? members[1] : 0.0));
    }
    const std::vector<int64_t> groups = Top(group_scores, c_.top_expert_groups, result);
    for (int64_t e = 0; e < c_.num_experts; ++e) {
      if (!std::binary_search(groups.begin(), groups.end(), e / size)) choice[e] = -INFINITY;
    }
    const std::vector<int64_t> chosen = Top(choice, c_.experts_per_token, result);
    double sum = 0.0;
    for (const int64_t e : chosen) sum += scores[e];
    Doubles y(c_.hidden_size, 0.0);
    for (const int64_t e : chosen) {
      ++result.load[l * c_.num_experts + e];
      const double weight = scores[e] / (c_.norm_topk_prob ? sum : 1.0) * c_.routed_scaling_factor;
      const Doubles out =
          Mlp(Get(l, "experts_gate_up"), Get(l, "experts_down"), x, c_.moe_intermediate_size, e);
      for (int64_t i = 0; i < c_.hidden_size; ++i) y[i] += weight * out[i];
    }
    if (c_.num_shared_experts > 0) {
      const Doubles out = Mlp(Get(l, "shared_gate_up"), Get(l, "shared_down"), x,
                              c_.moe_intermediate_size * c_.num_shared_experts);
      for (int64_t i = 0; i < c_.hidden_size; ++i) y[i] += out[i];
    }
    return y;
  }

  // Equations 17 to 20 for one sequence.
  double Balance(const Rows& scores, ReferenceResult& result) const {
    const auto length = static_cast<double>(scores.size());
    Doubles frequency(c_.num_experts, 0.0), probability(c_.num_experts, 0.0);
    for (const Doubles& s : scores) {
      for (const int64_t e : Top(s, c_.experts_per_token, result)) frequency[e] += 1.0;
      const double sum = std::accumulate(s.begin(), s.end(), 0.0);
      for (int64_t e = 0; e < c_.num_experts; ++e) probability[e] += s[e] / sum / length;
    }
    const double dot = std::inner_product(frequency.begin(), frequency.end(), probability.begin(), 0.0);
    return dot * static_cast<double>(c_.num_experts) / (static_cast<double>(c_.experts_per_token) * length);
  }

  Rows Sequence(const std::vector<int32_t>& tokens, ReferenceResult& result) const {
    Rows x;
    for (const int32_t t : tokens) x.push_back(Part(w_.at("embed"), t * c_.hidden_size, c_.hidden_size));
    for (int64_t l = 0; l < c_.num_layers; ++l) {
      Rows normed, scores(x.size());
      for (const Doubles& row : x) normed.push_back(Norm(row, Get(l, "input_norm"), c_.rms_norm_eps));
      const Rows attended = c_.attention == AttentionKind::kGqa ? Gqa(l, normed) : Mla(l, normed);
      for (size_t t = 0; t < x.size(); ++t) {
        x[t] = Sum(x[t], Times(Get(l, "o"), attended[t], c_.hidden_size));
        if (c_.o_bias) x[t] = Sum(x[t], Get(l, "o_bias"));
        const Doubles in = Norm(x[t], Get(l, "post_norm"), c_.rms_norm_eps);
        x[t] = Sum(x[t], c_.IsMoeLayer(l) ? Experts(l, in, scores[t], result) : DenseMlp(l, in));
      }
      if (c_.IsMoeLayer(l)) result.balance_loss += Balance(scores, result);
    }
    for (Doubles& row : x) row = Norm(row, w_.at("final_norm"), c_.rms_norm_eps);
    return x;
  }

  void Score(const Doubles& hidden, int32_t target, float temperature, ReferenceResult& result) const {
    Doubles z = Times(w_.at(c_.tie_word_embeddings ? "embed" : "lm_head"), hidden, c_.vocab_size);
    for (double& v : z) v /= static_cast<double>(temperature);
    const double max = *std::max_element(z.begin(), z.end());
    double sum = 0.0, entropy = 0.0;
    for (const double v : z) sum += std::exp(v - max);
    const double lse = max + std::log(sum);
    for (const double v : z) entropy -= std::exp(v - lse) * (v - lse);
    result.logprobs.push_back(z[target] - lse);
    result.entropies.push_back(entropy);
  }

  ModelConfig c_;
  std::map<std::string, Doubles> w_;
};

}  // namespace hone

#endif  // HONE_TESTS_POLICY_REFERENCE_MODEL_H_
