// Covers kernels/moe.cc: the gates against a plain twin of transformers' DeepseekV3, DeepseekV2 and Qwen3Moe routing, their gradient and
// the balance loss's against central differences of double twins, and the permutation to expert order and
// back to the bit.
#include "kernels/moe.h"

#include <doctest/doctest.h>

#include <functional>
#include <numeric>

#include "tests/kernels/targets.h"

namespace hone::kernels {
namespace {

const GateShape kGates[] = {
    {.num_experts = 1, .top_k = 1},
    {.num_experts = 8, .top_k = 2, .scale = 2.5f},
    {.num_experts = 10, .top_k = 10, .normalize = false},
    {.num_experts = 17, .top_k = 3, .normalize = false, .scale = 0.5f},
    {.num_experts = 32, .top_k = 4, .num_groups = 8, .top_groups = 3, .scale = 2.5f},
    {.num_experts = 12, .top_k = 3, .num_groups = 12, .top_groups = 4},
    {.num_experts = 256, .top_k = 8, .num_groups = 8, .top_groups = 4, .scale = 2.5f},
    {.num_experts = 1024, .top_k = 6},
    {.softmax = true, .num_experts = 8, .top_k = 3},
    {.softmax = true, .num_experts = 19, .top_k = 5, .normalize = false, .scale = 16.0f},
    {.softmax = true, .num_experts = 24, .top_k = 4, .num_groups = 6, .top_groups = 2, .normalize = false},
    {.softmax = true, .num_experts = 160, .top_k = 6, .num_groups = 8, .top_groups = 3, .scale = 16.0f},
};

double Sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

std::vector<double> ScoresTwin(const GateShape& s, const std::vector<double>& logits) {
  std::vector<double> scores;
  double sum = 0.0;
  for (const double x : logits) {
    scores.push_back(s.softmax ? std::exp(x) : Sigmoid(x));
    sum += scores.back();
  }
  for (double& x : scores) x /= s.softmax ? sum : 1.0;
  return scores;
}

// Best first; equal values in the order of their indices.
std::vector<int32_t> Best(const std::vector<float>& x, int64_t k) {
  std::vector<int32_t> order(x.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return x[a] > x[b]; });
  order.resize(k);
  return order;
}

// transformers' choice, from scores as the kernel rounded them.
std::vector<int32_t> ChooseTwin(const GateShape& s, const float* scores, const std::vector<float>& bias) {
  std::vector<float> choice(s.num_experts);
  for (int64_t e = 0; e < s.num_experts; ++e) choice[e] = scores[e] + bias[e];
  const int64_t size = s.num_experts / s.num_groups;
  std::vector<float> group_scores;
  for (int64_t g = 0; g < s.num_groups; ++g) {
    std::vector<float> group(choice.begin() + g * size, choice.begin() + (g + 1) * size);
    std::sort(group.begin(), group.end(), std::greater<>());
    group_scores.push_back(size > 1 && !s.softmax ? group[0] + group[1] : group[0]);
  }
  const std::vector<int32_t> kept = Best(group_scores, s.top_groups);
  for (int64_t e = 0; e < s.num_experts; ++e) {
    if (std::find(kept.begin(), kept.end(), e / size) == kept.end()) choice[e] = -INFINITY;
  }
  return Best(choice, s.top_k);
}

template <class Scores>
std::vector<double> WeightsTwin(const GateShape& s, const Scores* scores, const int32_t* experts) {
  double sum = 1e-20;
  for (int64_t c = 0; c < s.top_k; ++c) sum += scores[experts[c]];
  std::vector<double> weights;
  for (int64_t c = 0; c < s.top_k; ++c) {
    weights.push_back(scores[experts[c]] / (s.normalize ? sum : 1.0) * static_cast<double>(s.scale));
  }
  return weights;
}

struct Routed {
  std::vector<float> scores, weights;
  std::vector<int32_t> experts;
};

Routed RunGate(ThreadPool& pool, const GateShape& s, int64_t rows, const float* logits,
               const std::vector<float>& bias) {
  Routed r{std::vector<float>(rows * s.num_experts), std::vector<float>(rows * s.top_k),
           std::vector<int32_t>(rows * s.top_k)};
  Gate(pool, s, rows, logits, bias.data(), r.scores.data(), r.experts.data(), r.weights.data());
  return r;
}

std::vector<float> Floats(const Routed& r) {
  std::vector<float> all = r.scores;
  Append(all, r.weights);
  all.insert(all.end(), r.experts.begin(), r.experts.end());
  return all;
}

TEST_CASE("gate: transformers' routing, ties to the lower id, the same row alone and in a batch") {
  const uint64_t seed = 20260301;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  for (const GateShape& s : kGates) {
    for (const int64_t rows : kRows) {
      for (const bool coarse :
           {false, true}) {  // coarse logits tie often; large biases make choices negative
        CAPTURE(s.num_experts);
        CAPTURE(coarse);
        std::vector<float> logits = RandomFloats(rng, rows * s.num_experts, 2.0f);
        std::vector<float> bias = RandomFloats(rng, s.num_experts, coarse ? 1.0f : 0.1f);
        if (coarse) {
          for (float& x : logits) x = std::round(x);
          for (float& x : bias) x = std::round(x);
        }
        const auto run = [&](ThreadPool& pool) {
          return Floats(RunGate(pool, s, rows, logits.data(), bias));
        };
        const std::vector<float> same = SameEverywhere(run);
        ThreadPool pool(1);
        const Routed got = RunGate(pool, s, rows, logits.data(), bias);
        CHECK(SameBits(same, Floats(got)));
        for (int64_t r = 0; r < rows; ++r) {
          const auto row = logits.begin() + r * s.num_experts;
          const std::vector<double> scores = ScoresTwin(s, {row, row + s.num_experts});
          const auto row_got = got.scores.begin() + r * s.num_experts;
          CHECK(WorstError(std::vector<float>(row_got, row_got + s.num_experts), scores, 0.0) <
                (s.softmax ? 1e-6 : 4e-7));
          const float* row_scores = &got.scores[r * s.num_experts];
          const std::vector<int32_t> experts(&got.experts[r * s.top_k], &got.experts[r * s.top_k] + s.top_k);
          CHECK(experts == ChooseTwin(s, row_scores, bias));
          const std::vector<float> weights(&got.weights[r * s.top_k], &got.weights[r * s.top_k] + s.top_k);
          CHECK(WorstError(weights, WeightsTwin(s, row_scores, experts.data()), 0.0) < 1e-6);
          const Routed alone = RunGate(pool, s, 1, &logits[r * s.num_experts], bias);
          CHECK(alone.experts == experts);
          CHECK(SameBits(alone.weights, weights));
        }
      }
    }
  }
}

TEST_CASE("gate: an expert of a dropped group is not chosen, not even before a negative kept score") {
  const GateShape s{.num_experts = 4, .top_k = 2, .num_groups = 2, .top_groups = 1};
  const std::vector<float> logits = {0.0f, 0.0f, 0.0f, 0.0f}, bias = {-0.9f, 2.0f, 0.1f, 0.1f};
  ThreadPool pool(1);
  const Routed got = RunGate(pool, s, 1, logits.data(), bias);
  CHECK(got.experts == std::vector<int32_t>{1, 0});  // group 0 wins 2.1 to 1.2; its expert 0 has -0.4
  CHECK(got.weights == std::vector<float>{0.5f, 0.5f});
}

// Central differences of `loss` by each of `x`.
std::vector<double> Differences(std::vector<double> x, double step,
                                const std::function<double(const std::vector<double>&)>& loss) {
  std::vector<double> d(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    const double at = x[i];
    x[i] = at + step;
    const double up = loss(x);
    x[i] = at - step;
    d[i] = (up - loss(x)) / (2.0 * step);
    x[i] = at;
  }
  return d;
}

TEST_CASE("gate: the gradient matches central differences, with and without the balance loss's part") {
  const uint64_t seed = 20260302;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  for (const GateShape& s : kGates) {
    if (s.num_experts > 300) continue;
    constexpr int64_t kTokens = 5;
    CAPTURE(s.num_experts);
    const std::vector<float> logits = RandomFloats(rng, kTokens * s.num_experts),
                             bias = RandomFloats(rng, s.num_experts, 0.1f);
    const std::vector<float> dweights = RandomFloats(rng, kTokens * s.top_k);
    const std::vector<float> dscores = RandomFloats(rng, kTokens * s.num_experts);
    ThreadPool one(1);
    const Routed routed = RunGate(one, s, kTokens, logits.data(), bias);
    for (const float* extra : {static_cast<const float*>(nullptr), dscores.data()}) {
      const std::vector<float> got = SameEverywhere([&](ThreadPool& pool) {
        std::vector<float> dlogits(logits.size(), NAN);
        GateBackward(pool, s, kTokens, routed.scores.data(), routed.experts.data(), dweights.data(), extra,
                     dlogits.data());
        return dlogits;
      });
      for (int64_t t = 0; t < kTokens; ++t) {
        const auto loss = [&](const std::vector<double>& x) {
          const std::vector<double> scores = ScoresTwin(s, x);
          const std::vector<double> weights = WeightsTwin(s, scores.data(), &routed.experts[t * s.top_k]);
          double sum = 0.0;
          for (int64_t c = 0; c < s.top_k; ++c) sum += weights[c] * dweights[t * s.top_k + c];
          for (int64_t e = 0; extra != nullptr && e < s.num_experts; ++e)
            sum += scores[e] * extra[t * s.num_experts + e];
          return sum;
        };
        const auto from = logits.begin() + t * s.num_experts;
        const std::vector<double> expected =
            Differences(std::vector<double>(from, from + s.num_experts), 1e-5, loss);
        const auto begin = got.begin() + t * s.num_experts;
        CHECK(WorstError(std::vector<float>(begin, begin + s.num_experts), expected, 0.1) < 5e-6);
      }
    }
  }
}

// A random choice of top_k different experts per token.
std::vector<int32_t> RandomExperts(std::mt19937_64& rng, int64_t rows, int64_t top_k, int64_t num_experts) {
  std::vector<int32_t> experts, all(num_experts);
  std::iota(all.begin(), all.end(), 0);
  for (int64_t r = 0; r < rows; ++r) {
    std::shuffle(all.begin(), all.end(), rng);
    experts.insert(experts.end(), all.begin(), all.begin() + top_k);
  }
  return experts;
}

TEST_CASE("plan: pairs sorted by expert, then token") {
  const uint64_t seed = 20260303;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  for (const int64_t rows : kRows) {
    for (const int64_t top_k : {1, 3, 8}) {
      const std::vector<int32_t> experts = RandomExperts(rng, rows, top_k, 9);
      const ExpertPlan plan = PlanExperts(rows, top_k, 9, experts.data());
      std::vector<int32_t> pairs(experts.size());
      std::iota(pairs.begin(), pairs.end(), 0);
      std::stable_sort(pairs.begin(), pairs.end(),
                       [&](int32_t a, int32_t b) { return experts[a] < experts[b]; });
      REQUIRE(plan.begin.size() == 10);
      CHECK(plan.begin[0] == 0);
      for (int32_t e = 0; e < 9; ++e) {
        CHECK(plan.begin[e + 1] - plan.begin[e] == std::count(experts.begin(), experts.end(), e));
      }
      REQUIRE(plan.token.size() == pairs.size());
      for (size_t place = 0; place < pairs.size(); ++place) {
        CHECK(plan.place[pairs[place]] == static_cast<int32_t>(place));
        CHECK(plan.token[place] == pairs[place] / top_k);
      }
    }
  }
}

TEST_CASE("combining experts and its gradients: chains in slot order to the bit") {
  const uint64_t seed = 20260304;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  for (const int64_t rows : kRows) {
    for (const int64_t width : kWidths) {
      constexpr int64_t kTop = 3;
      const std::vector<int32_t> experts = RandomExperts(rng, rows, kTop, 5);
      const ExpertPlan plan = PlanExperts(rows, kTop, 5, experts.data());
      const int64_t pairs = rows * kTop;
      const std::vector<float> weights = RandomFloats(rng, pairs), y = RandomFloats(rng, pairs * width);
      const std::vector<float> out = RandomFloats(rng, rows * width), dout = RandomFloats(rng, rows * width);
      const std::vector<float> got = SameEverywhere([&](ThreadPool& pool) {
        std::vector<float> all = out, dx = out, dy(y.size()), dweights(pairs);
        CombineExperts(pool, plan, rows, kTop, width, weights.data(), y.data(), all.data());
        UnpermuteBackward(pool, plan, rows, kTop, width, y.data(), dx.data());
        CombineExpertsBackward(pool, plan, rows, kTop, width, weights.data(), y.data(), dout.data(),
                               dy.data(), dweights.data());
        for (const auto* part : {&dx, &dy, &dweights}) Append(all, *part);
        return all;
      });
      std::vector<float> expected = out, dx = out, dy(y.size());
      std::vector<double> dweights(pairs), size(pairs);
      for (int64_t p = 0; p < pairs; ++p) {
        for (int64_t i = 0; i < width; ++i) {
          const int64_t at = p / kTop * width + i, from = plan.place[p] * width + i;
          expected[at] = std::fma(weights[p], y[from], expected[at]);
          dx[at] += y[from];
          dy[from] = weights[p] * dout[at];
          dweights[p] += static_cast<double>(y[from]) * dout[at];
        }
      }
      for (const auto* part : {&dx, &dy}) Append(expected, *part);
      REQUIRE(got.size() == expected.size() + pairs);
      CHECK(SameBits(std::vector<float>(got.begin(), got.end() - pairs), expected));
      CHECK(WorstError(std::vector<float>(got.end() - pairs, got.end()), dweights, 1.0) < 2e-6);
    }
  }
}

TEST_CASE("balance loss: the paper's formula, its gradient by central differences, an empty sequence") {
  const uint64_t seed = 20260305;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  for (const GateShape& s : kGates) {
    if (s.num_experts > 300) continue;
    CAPTURE(s.num_experts);
    const std::vector<int32_t> begin = {0, 1, 1, 4, 9};
    const std::vector<float> sequence_weight = {0.5f, 3.0f, 1.0f, 0.25f};
    const float alpha = 0.125f;
    std::vector<float> scores = RandomFloats(rng, begin.back() * s.num_experts);
    for (float& x : scores) x = static_cast<float>(Sigmoid(x));
    // f_i is piecewise constant: counted once, from the scores as they are.
    std::vector<double> frequency(4 * s.num_experts);
    for (int64_t q = 0; q < 4; ++q) {
      for (int32_t t = begin[q]; t < begin[q + 1]; ++t) {
        const auto from = scores.begin() + t * s.num_experts;
        const double share =
            static_cast<double>(s.num_experts) / static_cast<double>(s.top_k * (begin[q + 1] - begin[q]));
        for (const int32_t e : Best(std::vector<float>(from, from + s.num_experts), s.top_k)) {
          frequency[q * s.num_experts + e] += share;
        }
      }
    }
    const auto row_loss = [&](int64_t q, const std::vector<double>& row) {  // one token's part of the sum
      double sum = 0.0, dot = 0.0;
      for (int64_t e = 0; e < s.num_experts; ++e) {
        sum += row[e];
        dot += frequency[q * s.num_experts + e] * row[e];
      }
      return static_cast<double>(sequence_weight[q]) * dot / sum / (begin[q + 1] - begin[q]);
    };
    double loss = 0.0;
    std::vector<double> gradient;
    for (int64_t q = 0; q < 4; ++q) {
      for (int32_t t = begin[q]; t < begin[q + 1]; ++t) {
        const std::vector<double> row(scores.begin() + t * s.num_experts,
                                      scores.begin() + (t + 1) * s.num_experts);
        loss += row_loss(q, row);
        for (const double d : Differences(row, 1e-6, [&](const auto& x) { return row_loss(q, x); })) {
          gradient.push_back(d * static_cast<double>(alpha));
        }
      }
    }
    std::vector<double> losses;
    const std::vector<float> got = SameEverywhere([&](ThreadPool& pool) {
      std::vector<float> dscores(scores.size(), NAN);
      losses.push_back(SequenceBalanceLoss(pool, s, 4, begin.data(), sequence_weight.data(), scores.data(),
                                           alpha, dscores.data()));
      return dscores;
    });
    for (const double value : losses) CHECK(value == losses[0]);
    CHECK(losses[0] == doctest::Approx(loss).epsilon(1e-12));
    CHECK(WorstError(got, gradient, 1e-2) < 1e-6);
  }
}

TEST_CASE("the gate bias moves by the rate towards the mean load, and not at the mean") {
  const std::vector<int64_t> load = {10, 30, 20, 0, 40};  // mean 20
  std::vector<float> bias = {0.0f, 0.5f, -0.25f, 1.0f, -1.0f};
  UpdateGateBias(5, load.data(), 0.125f, bias.data());
  CHECK(bias == std::vector<float>{0.125f, 0.375f, -0.25f, 1.125f, -1.125f});
  const std::vector<int64_t> uneven = {1, 0, 0};  // the mean is no whole number
  bias = {0.0f, 0.0f, 0.0f};
  UpdateGateBias(3, uneven.data(), 0.5f, bias.data());
  CHECK(bias == std::vector<float>{-0.5f, 0.5f, 0.5f});
}

}  // namespace
}  // namespace hone::kernels
