// The whole model against the plain double-precision twin of reference_model.h: log-probs, entropies and the
// gradient of every parameter; and bf16 against fp32. model_bits_test.cc holds the promises about bits.
#include "policy/model.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/policy/model_case.h"

namespace hone {
namespace {

using kernels::ThreadPool;

TEST_CASE("model: log-probs and entropies agree with a plain double-precision forward") {
  ThreadPool pool(2);
  std::set<std::string> seen;
  double worst = 0.0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    Case c(seed, 1e-4);
    Model model(c.config, c.weights, Precision::kFp32, pool);
    const Scores got = Score(model, c.batch);
    worst = std::max({worst, LargestError(got.logprobs, c.expected.logprobs),
                      LargestError(got.entropies, c.expected.entropies)});
    CHECK(LargestError(got.logprobs, c.expected.logprobs) <= 5e-5);
    CHECK(LargestError(got.entropies, c.expected.entropies) <= 5e-5);
    const std::string kind = "kind " + std::to_string(Case::Kind(c.config));
    seen.insert(kind + (c.config.q_lora_rank > 0 ? " q_lora" : "") +
                (c.config.rope_interleaved ? " interleaved" : ""));
    seen.insert(kind + (c.config.tie_word_embeddings ? " tied" : " untied"));
    if (c.config.num_experts > 0 && c.config.top_expert_groups < c.config.num_expert_groups)
      seen.insert("groups");
    if (c.config.num_experts > 0) seen.insert(c.config.norm_topk_prob ? "normalized" : "plain weights");
    if (c.config.sliding_window > 0) seen.insert("window");
    if (c.config.rope_scaling.kind != RopeScaling::Kind::kNone)
      seen.insert(c.config.rope_scaling.kind == RopeScaling::Kind::kYarn ? "yarn" : "llama3");
    if (c.config.mlp_bias) seen.insert("biases");
    seen.insert(c.config.architecture);
  }
  MESSAGE("largest error " << worst);
  CHECK(seen.size() == 1 + 4 + 4 + 6 + 3 + 1 + 2 + 1 + 6);  // every combination was drawn
}

// Derivative of the twin's loss along `direction` of one parameter; slopes beyond the log-probs' are the entropies'.
// False where a choice of experts flips on the way.
bool Slope(ReferenceModel& twin, const Case& c, const Floats& slopes, double alpha, Doubles& weight,
           const Doubles& direction, double& slope) {
  const double h = 1e-6;
  const Doubles before = weight;
  double loss[2];
  for (int side = 0; side < 2; ++side) {
    for (size_t i = 0; i < weight.size(); ++i) weight[i] = before[i] + (side == 0 ? -h : h) * direction[i];
    const ReferenceResult r = twin.Run(c.batch);
    weight = before;
    if (r.routing != c.expected.routing) return false;
    const auto of_entropies = slopes.begin() + static_cast<std::ptrdiff_t>(r.logprobs.size());
    loss[side] =
        std::inner_product(slopes.begin(), of_entropies, r.logprobs.begin(), alpha * r.balance_loss) +
        std::inner_product(of_entropies, slopes.end(), r.entropies.begin(), 0.0);
  }
  slope = (loss[1] - loss[0]) / (2 * h);
  return true;
}

// Checks one parameter's gradient along single coordinates, random directions and its own direction; returns
// the worst error as a share of what such a derivative typically is.
double CheckParameter(ReferenceModel& twin, Case& c, const Floats& slopes, double alpha, const Parameter& p,
                      const FloatBuffer& gradient, double floor) {
  const auto size = static_cast<size_t>(p.value.size());
  const Doubles g(gradient.data(), gradient.data() + size);
  const double norm = std::sqrt(std::inner_product(g.begin(), g.end(), g.begin(), 0.0));
  const double scale = norm / std::sqrt(static_cast<double>(size)) + floor;
  std::normal_distribution<double> normal;
  double worst = 0.0;
  int checked = 0;
  for (int trial = 0; trial < 7; ++trial) {
    Doubles direction(size, 0.0);
    if (trial < 3) {
      direction[c.random() % size] = 1.0;
    } else if (trial < 6) {
      for (double& d : direction) d = normal(c.random) / std::sqrt(static_cast<double>(size));
    } else {
      for (size_t i = 0; i < size; ++i) direction[i] = norm > 0.0 ? g[i] / norm : 0.0;
    }
    const double got = std::inner_product(g.begin(), g.end(), direction.begin(), 0.0);
    double want;
    if (!Slope(twin, c, slopes, alpha, twin.weight(p.name), direction, want)) continue;
    ++checked;
    const double error = std::abs(got - want) / (trial < 6 ? scale : norm + floor);
    worst = std::max(worst, error);
    CAPTURE(trial);
    CAPTURE(got);
    CAPTURE(want);
    CHECK(error <= 1e-3);
  }
  CHECK(checked > 0);
  return worst;
}

double CheckGradients(Case& c, ThreadPool& pool, const TrainingOptions& options) {
  const Floats slopes = RandomSlopes(c.batch.targets.size(), c.random);
  Model model(c.config, c.weights, Precision::kFp32, pool);
  TrainingStats stats;
  const Gradients gradients = Train(model, c.weights, c.batch, slopes, options, &stats);
  const double sequence_weight = static_cast<double>(options.balance_sequence_weight);
  const double alpha = static_cast<double>(options.balance_alpha) * sequence_weight;
  if (alpha != 0.0) {
    CHECK(stats.balance_loss == doctest::Approx(c.expected.balance_loss * sequence_weight).epsilon(1e-5));
  }
  std::vector<int64_t> load;
  for (auto layer : stats.expert_load) {
    layer.resize(c.config.num_experts);  // a dense one has none
    load.insert(load.end(), layer.begin(), layer.end());
  }
  CHECK(load == c.expected.load);

  // Some derivatives are 0 by nature (a query where there is one key): rounding is judged against the whole
  // gradient.
  const double rms = std::sqrt(gradients.SumOfSquares(pool) / static_cast<double>(c.weights.CountValues()));
  ReferenceModel twin(c.config, c.weights);
  double worst = 0.0;
  for (size_t i = 0; i < c.weights.parameters().size(); ++i) {
    const Parameter& p = c.weights.parameters()[i];
    if (p.role == ParameterRole::kRouterBias) continue;
    CAPTURE(p.name);
    worst = std::max(worst, CheckParameter(twin, c, slopes, alpha, p, gradients.buffers()[i], 0.01 * rms));
  }
  return worst;
}

TEST_CASE("model: gradients of every parameter agree with central differences of the double-precision twin") {
  ThreadPool pool(2);
  double worst = 0.0;
  for (uint64_t seed = 101; seed <= 142; ++seed) {
    CAPTURE(seed);
    Case c(seed, 1e-3, 24, static_cast<int>(seed % 3));
    worst = std::max(worst, CheckGradients(c, pool, {}));
    if (c.config.num_experts == 0) continue;
    worst =
        std::max(worst, CheckGradients(c, pool, {.balance_alpha = 3.0f, .balance_sequence_weight = 0.5f}));
  }
  MESSAGE("largest error as a share of the gradient's scale: " << worst);
}

TEST_CASE("model: a vocabulary that makes several chunks of logits") {
  ThreadPool pool(2);
  Case c(201, 1e-3, 16, 0);
  c.config.vocab_size = (1 << 16) + 1;  // 16 rows at once
  c.config.num_layers = 1;
  c.weights = TameWeights(c.config, c.random);
  do c.batch = RandomBatch(c.config, c.random, 3, 16);
  while (c.batch.targets.size() < 20);
  ReferenceModel twin(c.config, c.weights);
  c.expected = twin.Run(c.batch);
  const Floats slopes = RandomSlopes(c.batch.targets.size(), c.random);
  Model model(c.config, c.weights, Precision::kFp32, pool);
  CHECK(LargestError(Score(model, c.batch).logprobs, c.expected.logprobs) <= 1e-4);
  const Gradients gradients = Train(model, c.weights, c.batch, slopes, {});
  const double rms = std::sqrt(gradients.SumOfSquares(pool) / static_cast<double>(c.weights.CountValues()));
  for (size_t i = 0; i < c.weights.parameters().size(); ++i) {
    const Parameter& p = c.weights.parameters()[i];
    if (p.name != "embed" && p.name != "lm_head") continue;
    CAPTURE(p.name);
    CheckParameter(twin, c, slopes, 0.0, p, gradients.buffers()[i], 0.01 * rms);
  }
}

// d loss / d logits of a loss sum of slopes * log-probs, written out.
void LogProbSlopes(const Case& c, const Floats& slopes, int64_t first, int64_t count, float* logits) {
  const int64_t vocab = c.config.vocab_size;
  for (int64_t r = 0; r < count; ++r) {
    float* row = logits + r * vocab;
    double sum = 0.0;
    const double temperature = c.batch.temperature, max = *std::max_element(row, row + vocab) / temperature;
    for (int64_t i = 0; i < vocab; ++i) sum += std::exp(row[i] / temperature - max);
    for (int64_t i = 0; i < vocab; ++i) {
      const double p = std::exp(row[i] / temperature - max) / sum;
      row[i] = static_cast<float>(slopes[first + r] * ((i == c.batch.targets[first + r]) - p) / temperature);
    }
  }
}

TEST_CASE("model: a loss of whole rows; hidden states through the head are the logits it sees") {
  ThreadPool pool(2);
  for (uint64_t seed = 261; seed <= 266; ++seed) {
    CAPTURE(seed);
    Case c(seed, 1e-3, 24, static_cast<int>(seed % 3));
    if (seed == 261) {
      c.config.vocab_size = (1 << 16) + 1;  // several chunks
      c.weights = TameWeights(c.config, c.random);
    }
    const auto rows = static_cast<int64_t>(c.batch.targets.size());
    const Floats slopes = RandomSlopes(c.batch.targets.size(), c.random);
    Model model(c.config, c.weights, Precision::kFp32, pool);
    const Gradients want = Train(model, c.weights, c.batch, slopes, {});
    const FloatBuffer hidden = model.HiddenStates(c.batch);
    CHECK(hidden.size() == rows * c.config.hidden_size);
    Gradients got(c.weights);
    int64_t seen = 0;
    model.TrainRows(
        c.batch, {},
        [&](int64_t first, int64_t count, float* logits) {
          CHECK(first == seen);
          seen += count;
          Floats again(static_cast<size_t>(count * c.config.vocab_size));
          model.Head(count, hidden.data() + first * c.config.hidden_size, again.data());
          CHECK(Same(again, Floats(logits, logits + again.size())));
          LogProbSlopes(c, slopes, first, count, logits);
        },
        got);
    CHECK(seen == rows);
    const double squares = want.SumOfSquares(pool);
    got.Scale(pool, -1.0f);
    got.Add(pool, want);
    CHECK(got.SumOfSquares(pool) <= 1e-9 * squares);
  }
}

TEST_CASE("model: a loss of log-probs and entropies has the gradient of the twin's central differences") {
  ThreadPool pool(2);
  for (uint64_t seed = 231; seed <= 236; ++seed) {
    CAPTURE(seed);
    Case c(seed, 1e-3, 20, static_cast<int>(seed % 3));
    const size_t n = c.batch.targets.size();
    const Floats slopes = RandomSlopes(2 * n, c.random);
    Model model(c.config, c.weights, Precision::kFp32, pool);
    Gradients gradients(c.weights);
    model.Train(
        c.batch, {},
        [&](auto, auto, LossSlopes out) {
          std::copy_n(slopes.begin(), n, out.logprobs.begin());
          std::copy_n(slopes.begin() + static_cast<std::ptrdiff_t>(n), n, out.entropies.begin());
        },
        gradients);
    const double rms = std::sqrt(gradients.SumOfSquares(pool) / static_cast<double>(c.weights.CountValues()));
    ReferenceModel twin(c.config, c.weights);
    for (size_t i = 0; i < c.weights.parameters().size(); ++i) {
      const Parameter& p = c.weights.parameters()[i];
      if (p.role == ParameterRole::kRouterBias) continue;
      CAPTURE(p.name);
      CheckParameter(twin, c, slopes, 0.0, p, gradients.buffers()[i], 0.01 * rms);
    }
  }
}

TEST_CASE("model: gradients add to what is there, and a batch that scores nothing adds nothing") {
  ThreadPool pool(2);
  for (uint64_t seed = 251; seed <= 253; ++seed) {
    CAPTURE(seed);
    Case c(seed, 0.0, 20, static_cast<int>(seed % 3));
    Model model(c.config, c.weights, Precision::kFp32, pool);
    const Floats slopes = RandomSlopes(c.batch.targets.size(), c.random);
    const auto loss = [&](auto, auto, LossSlopes out) {
      std::copy_n(slopes.begin(), out.logprobs.size(), out.logprobs.begin());
    };
    Gradients once(c.weights), thrice(c.weights);
    model.Train(c.batch, {}, loss, once);
    for (int i = 0; i < 3; ++i) model.Train(c.batch, {}, loss, thrice);
    const double squares = once.SumOfSquares(pool);
    CHECK(squares > 0.0);
    once.Scale(pool, -3.0f);
    once.Add(pool, thrice);
    CHECK(once.SumOfSquares(pool) <= 1e-10 * squares);
    c.batch.scored_rows.clear();
    c.batch.targets.clear();
    once.SetZero();
    model.Train(c.batch, {}, loss, once);
    CHECK(once.SumOfSquares(pool) == 0.0);
  }
}

double Cosine(const Gradients& a, const Gradients& b) {
  double dot = 0.0, aa = 0.0, bb = 0.0;
  for (size_t i = 0; i < a.buffers().size(); ++i) {
    const FloatBuffer &p = a.buffers()[i], &q = b.buffers()[i];
    dot += std::inner_product(p.data(), p.data() + p.size(), q.data(), 0.0);
    aa += std::inner_product(p.data(), p.data() + p.size(), p.data(), 0.0);
    bb += std::inner_product(q.data(), q.data() + q.size(), q.data(), 0.0);
  }
  return dot / std::sqrt(aa * bb);
}

TEST_CASE("model: bf16 stays near fp32, in values and in the direction of the gradient") {
  ThreadPool pool(2);
  double worst = 0.0, cosine = 1.0;
  for (uint64_t seed = 501; seed <= 512; ++seed) {
    CAPTURE(seed);
    Case c(seed, 0.01, 12, static_cast<int>(seed % 3));
    const Floats slopes = RandomSlopes(c.batch.targets.size(), c.random);
    Model fp32(c.config, c.weights, Precision::kFp32, pool),
        bf16(c.config, c.weights, Precision::kBf16, pool);
    const Floats got = Score(bf16, c.batch).logprobs;
    CHECK_FALSE(Same(got, Score(fp32, c.batch).logprobs));
    CHECK(LargestError(got, c.expected.logprobs) <= 0.25);
    const double similarity =
        Cosine(Train(fp32, c.weights, c.batch, slopes, {}), Train(bf16, c.weights, c.batch, slopes, {}));
    CHECK(similarity > 0.95);
    worst = std::max(worst, LargestError(got, c.expected.logprobs));
    cosine = std::min(cosine, similarity);
  }
  MESSAGE("largest difference " << worst << ", smallest cosine " << cosine);
}

}  // namespace
}  // namespace hone
