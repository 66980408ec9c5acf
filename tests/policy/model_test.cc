// The whole model: log-probs and gradients against the plain double-precision twin of reference_model.h, and the bits that
// must not depend on packing, threads, recomputation or the cache. (DESIGN.md: what samples is what trains.)
#include "policy/model.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "kernels/logprob.h"
#include "tests/policy/random_model.h"
#include "tests/policy/reference_model.h"

namespace hone {
namespace {

using kernels::ThreadPool;
using Floats = std::vector<float>;

// RandomWeights brought to the scale of a trained model: logits of order one. Half of them start from inputs and latents
// so small that the epsilons of the norms matter.
Weights TameWeights(const ModelConfig& config, std::mt19937_64& random) {
  Weights weights = RandomWeights(config, random);
  const float small = random() % 2 == 0 ? 0.01f : 1.0f;
  for (Parameter& p : weights.parameters()) {
    const bool norm = p.name.ends_with("norm");
    const bool matrix = p.role == ParameterRole::kMatrix && p.name != "embed";
    float factor = matrix ? 1.0f / std::sqrt(static_cast<float>(p.shape.back())) : norm ? 0.3f : 0.5f;
    if (p.name.ends_with("qkv_a") || (p.name == "embed" && !config.tie_word_embeddings)) factor *= small;
    for (int64_t i = 0; i < p.value.size(); ++i) p.value.data()[i] = p.value.data()[i] * factor + (norm ? 1.0f : 0.0f);
  }
  return weights;
}

TrainingBatch RandomBatch(const ModelConfig& config, std::mt19937_64& random, int sequences, int64_t longest) {
  TrainingBatch batch;
  batch.temperature = random() % 2 == 0 ? 1.0f : 0.7f;
  batch.sequence_begin.push_back(0);
  for (int s = 0; s < sequences; ++s) {
    for (int64_t n = Pick(random, 1, longest); n > 0; --n) {
      if (random() % 4 != 0) {
        batch.scored_rows.push_back(static_cast<int32_t>(batch.tokens.size()));
        batch.targets.push_back(static_cast<int32_t>(Pick(random, 0, config.vocab_size - 1)));
      }
      batch.tokens.push_back(static_cast<int32_t>(Pick(random, 0, config.vocab_size - 1)));
    }
    batch.sequence_begin.push_back(static_cast<int32_t>(batch.tokens.size()));
  }
  return batch;
}

// A random model and batch. Where choices of experts are made, none is close.
struct Case {
  Case(uint64_t seed, double margin, int64_t longest = 40, int kind = -1) : random(seed) {
    do {
      config = RandomConfig(random);
      config.max_position_embeddings = std::max<int64_t>(config.max_position_embeddings, longest);
      weights = TameWeights(config, random);
      batch = RandomBatch(config, random, 3, longest);
      expected = ReferenceModel(config, weights).Run(batch);
    } while (expected.margin < margin || (kind >= 0 && kind != Kind(config)));
  }
  static int Kind(const ModelConfig& c) { return c.attention == AttentionKind::kGqa ? 0 : c.num_experts == 0 ? 1 : 2; }

  std::mt19937_64 random;
  ModelConfig config;
  Weights weights;
  TrainingBatch batch;
  ReferenceResult expected;
};

struct Scores {
  Floats logprobs, entropies;
};
Scores Score(Model& model, const TrainingBatch& batch) {
  Scores s{Floats(batch.targets.size()), Floats(batch.targets.size())};
  model.LogProbs(batch, s.logprobs, s.entropies);
  return s;
}

double LargestError(const Floats& got, const Doubles& want) {
  REQUIRE(got.size() == want.size());
  double error = 0.0;
  for (size_t i = 0; i < got.size(); ++i) {
    REQUIRE(std::isfinite(got[i]));
    error = std::max(error, std::abs(static_cast<double>(got[i]) - want[i]));
  }
  return error;
}

bool Same(const Floats& a, const Floats& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

bool Same(const Gradients& a, const Gradients& b) {
  for (size_t i = 0; i < a.buffers().size(); ++i) {
    const FloatBuffer &p = a.buffers()[i], &q = b.buffers()[i];
    if (p.size() > 0 && std::memcmp(p.data(), q.data(), p.size() * sizeof(float)) != 0) return false;
  }
  return true;
}

Floats RandomSlopes(size_t n, std::mt19937_64& random) {
  std::normal_distribution<float> normal;
  Floats slopes(n);
  for (float& s : slopes) s = normal(random);
  return slopes;
}

// Gradients of sum of slopes * log-probs + alpha * balance loss.
Gradients Train(Model& model, const Weights& weights, const TrainingBatch& batch, const Floats& slopes,
                const TrainingOptions& options, TrainingStats* stats = nullptr) {
  Gradients gradients(weights);
  const TrainingStats s = model.Train(
      batch, options,
      [&](std::span<const float>, std::span<const float>, std::span<float> d) {
        std::copy(slopes.begin(), slopes.end(), d.begin());
      },
      gradients);
  if (stats != nullptr) *stats = s;
  return gradients;
}

// ---- values and gradients against the twin

TEST_CASE("model: log-probs and entropies agree with a plain double-precision forward") {
  ThreadPool pool(2);
  std::set<std::string> seen;
  double worst = 0.0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Case c(seed, 1e-4);
    Model model(c.config, c.weights, Precision::kFp32, pool);
    const Scores got = Score(model, c.batch);
    worst = std::max({worst, LargestError(got.logprobs, c.expected.logprobs),
                      LargestError(got.entropies, c.expected.entropies)});
    CHECK(LargestError(got.logprobs, c.expected.logprobs) <= 2e-5);
    CHECK(LargestError(got.entropies, c.expected.entropies) <= 2e-5);
    const std::string kind = "kind " + std::to_string(Case::Kind(c.config));
    seen.insert(kind + (c.config.q_lora_rank > 0 ? " q_lora" : "") + (c.config.rope_interleaved ? " interleaved" : ""));
    seen.insert(kind + (c.config.tie_word_embeddings ? " tied" : " untied"));
    if (c.config.num_experts > 0 && c.config.top_expert_groups < c.config.num_expert_groups) seen.insert("groups");
    if (c.config.num_experts > 0) seen.insert(c.config.norm_topk_prob ? "normalized" : "plain weights");
  }
  MESSAGE("largest error " << worst);
  CHECK(seen.size() == 1 + 4 + 4 + 6 + 3);  // every combination was drawn
}

// Derivative of the twin's loss along `direction` of one parameter; false where a choice of experts flips on the way.
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
    loss[side] = std::inner_product(slopes.begin(), slopes.end(), r.logprobs.begin(), alpha * r.balance_loss);
  }
  slope = (loss[1] - loss[0]) / (2 * h);
  return true;
}

// Checks one parameter's gradient along single coordinates, random directions and its own direction; returns the worst
// error as a share of what such a derivative typically is.
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
  for (const auto& layer : stats.expert_load) load.insert(load.end(), layer.begin(), layer.end());
  CHECK(load == c.expected.load);

  // Some derivatives are 0 by nature (a query where there is one key): rounding is judged against the whole gradient.
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
  for (uint64_t seed = 101; seed <= 124; ++seed) {
    CAPTURE(seed);
    Case c(seed, 1e-3, 24, static_cast<int>(seed % 3));
    worst = std::max(worst, CheckGradients(c, pool, {}));
    if (c.config.num_experts == 0) continue;
    worst = std::max(worst, CheckGradients(c, pool, {.balance_alpha = 3.0f, .balance_sequence_weight = 0.5f}));
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

TEST_CASE("model: gradients add to what is there, and a batch that scores nothing adds nothing") {
  ThreadPool pool(2);
  for (uint64_t seed = 251; seed <= 253; ++seed) {
    CAPTURE(seed);
    Case c(seed, 0.0, 20, static_cast<int>(seed % 3));
    Model model(c.config, c.weights, Precision::kFp32, pool);
    const Floats slopes = RandomSlopes(c.batch.targets.size(), c.random);
    const auto loss = [&](std::span<const float>, std::span<const float>, std::span<float> d) {
      std::copy_n(slopes.begin(), d.size(), d.begin());
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

// ---- bits

TEST_CASE("model: recomputation, threads and a batch's other sequences change no bit") {
  ThreadPool one(1), two(2), four(4);
  for (uint64_t seed = 301; seed <= 306; ++seed) {
    CAPTURE(seed);
    Case c(seed, 0.0, 70, static_cast<int>(seed % 3));
    const Floats slopes = RandomSlopes(c.batch.targets.size(), c.random);
    for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
      Model model(c.config, c.weights, precision, one);
      const Scores scores = Score(model, c.batch);
      const TrainingOptions options = {.balance_alpha = 0.01f};
      TrainingStats stats, again;
      const Gradients gradients = Train(model, c.weights, c.batch, slopes, options, &stats);
      for (ThreadPool* pool : {&one, &two, &four}) {
        Model other(c.config, c.weights, precision, *pool);
        CHECK(Same(Score(other, c.batch).logprobs, scores.logprobs));
        CHECK(Same(Score(other, c.batch).entropies, scores.entropies));
        CHECK(Same(Train(other, c.weights, c.batch, slopes, options), gradients));
        const TrainingOptions recompute = {.recompute = true, .balance_alpha = 0.01f};
        CHECK(Same(Train(other, c.weights, c.batch, slopes, recompute, &again), gradients));
        CHECK(again.expert_load == stats.expert_load);
        CHECK(again.balance_loss == doctest::Approx(stats.balance_loss));
      }
      Floats alone;
      for (size_t s = 0; s + 1 < c.batch.sequence_begin.size(); ++s) {
        const int32_t begin = c.batch.sequence_begin[s], end = c.batch.sequence_begin[s + 1];
        TrainingBatch part;
        part.temperature = c.batch.temperature;
        part.tokens.assign(c.batch.tokens.begin() + begin, c.batch.tokens.begin() + end);
        part.sequence_begin = {0, end - begin};
        for (size_t i = 0; i < c.batch.targets.size(); ++i) {
          if (c.batch.scored_rows[i] < begin || c.batch.scored_rows[i] >= end) continue;
          part.scored_rows.push_back(c.batch.scored_rows[i] - begin);
          part.targets.push_back(c.batch.targets[i]);
        }
        const Scores got = Score(model, part);
        alone.insert(alone.end(), got.logprobs.begin(), got.logprobs.end());
      }
      CHECK(Same(alone, scores.logprobs));
    }
  }
}

// All tokens of a batch through the cache: every call takes up to `chunk` tokens of a random choice of sequences, whose
// pages lie in random order. Returns the log-probs of the scored rows.
Floats ScoreThroughCache(Model& model, const TrainingBatch& batch, int64_t chunk, std::mt19937_64& random) {
  const size_t sequences = batch.sequence_begin.size() - 1;
  const auto rows = static_cast<int64_t>(batch.tokens.size()), vocab = model.config().vocab_size;
  std::vector<int32_t> pages(rows / kernels::kPageSize + static_cast<int64_t>(sequences) + 2), done(sequences, 0);
  std::iota(pages.begin(), pages.end(), 0);
  std::shuffle(pages.begin(), pages.end(), random);
  KvCache cache(model.config(), static_cast<int64_t>(pages.size()));
  std::vector<std::vector<int32_t>> tiles(sequences);
  size_t next_page = 0;
  Floats logprobs(batch.targets.size());
  for (int64_t left = rows; left > 0;) {
    RaggedBatch part;
    std::vector<int32_t> scored, targets;
    for (size_t s = 0; s < sequences; ++s) {
      const int32_t begin = batch.sequence_begin[s], length = batch.sequence_begin[s + 1] - begin;
      if (done[s] == length || random() % 3 == 0) continue;
      const auto count = static_cast<int32_t>(std::min<int64_t>(Pick(random, 1, chunk), length - done[s]));
      const auto tile_begin = static_cast<int32_t>(part.tiles.size());
      for (int32_t p = done[s]; p < done[s] + count; ++p) {
        if (p % kernels::kPageSize == 0) tiles[s].push_back(pages[next_page++] * kernels::kPageSize);
        const auto at = std::find(batch.scored_rows.begin(), batch.scored_rows.end(), begin + p);
        if (at != batch.scored_rows.end()) {
          part.logit_rows.push_back(static_cast<int32_t>(part.tokens.size()));
          scored.push_back(static_cast<int32_t>(at - batch.scored_rows.begin()));
          targets.push_back(batch.targets[scored.back()]);
        }
        part.tokens.push_back(batch.tokens[begin + p]);
        part.positions.push_back(p);
        part.cache_rows.push_back(tiles[s][p / kernels::kPageSize] + p % static_cast<int32_t>(kernels::kPageSize));
        part.tile_begin.push_back(tile_begin);
      }
      part.tiles.insert(part.tiles.end(), tiles[s].begin(), tiles[s].end());
      done[s] += count;
      left -= count;
    }
    if (part.tokens.empty()) continue;
    Floats logits(scored.size() * vocab), got(scored.size());
    model.Forward(part, cache, logits.data());
    kernels::TokenLogProbs(model.pool(), static_cast<int64_t>(scored.size()), vocab, logits.data(), vocab, targets.data(),
                           batch.temperature, got.data(), nullptr);
    for (size_t i = 0; i < scored.size(); ++i) logprobs[scored[i]] = got[i];
  }
  return logprobs;
}

TEST_CASE("model: chunks and single tokens through a paged cache give the bits of whole sequences") {
  ThreadPool pool(2);
  for (uint64_t seed = 401; seed <= 406; ++seed) {
    CAPTURE(seed);
    Case c(seed, 0.0, 70, static_cast<int>(seed % 3));
    for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
      Model model(c.config, c.weights, precision, pool);
      const Floats whole = Score(model, c.batch).logprobs;
      for (const int64_t chunk : {1, 5, 40}) {
        CAPTURE(chunk);
        CHECK(Same(ScoreThroughCache(model, c.batch, chunk, c.random), whole));
      }
    }
  }
}

// ---- bf16 and changing weights

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
    Model fp32(c.config, c.weights, Precision::kFp32, pool), bf16(c.config, c.weights, Precision::kBf16, pool);
    const Floats got = Score(bf16, c.batch).logprobs;
    CHECK_FALSE(Same(got, Score(fp32, c.batch).logprobs));
    CHECK(LargestError(got, c.expected.logprobs) <= 0.25);
    const double similarity =
        Cosine(Train(fp32, c.weights, c.batch, slopes, {}), Train(bf16, c.weights, c.batch, slopes, {}));
    CHECK(similarity > 0.99);
    worst = std::max(worst, LargestError(got, c.expected.logprobs));
    cosine = std::min(cosine, similarity);
  }
  MESSAGE("largest difference " << worst << ", smallest cosine " << cosine);
}

TEST_CASE("model: after Refresh a model is one built of the new weights, forward and backward") {
  ThreadPool pool(2);
  for (uint64_t seed = 601; seed <= 606; ++seed) {
    CAPTURE(seed);
    Case c(seed, 0.0, 20, static_cast<int>(seed % 3));
    const Floats slopes = RandomSlopes(c.batch.targets.size(), c.random);
    for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
      Model model(c.config, c.weights, precision, pool);
      const Scores before = Score(model, c.batch);
      Train(model, c.weights, c.batch, slopes, {});  // packs the old weights for the backward pass too
      for (Parameter& p : c.weights.parameters()) {
        for (int64_t i = 0; i < p.value.size(); ++i) p.value.data()[i] *= 1.0f + 0.1f * static_cast<float>(i % 3);
      }
      model.Refresh();
      Model fresh(c.config, c.weights, precision, pool);
      const Scores after = Score(model, c.batch);
      CHECK_FALSE(Same(after.logprobs, before.logprobs));
      CHECK(Same(after.logprobs, Score(fresh, c.batch).logprobs));
      CHECK(Same(Train(model, c.weights, c.batch, slopes, {}), Train(fresh, c.weights, c.batch, slopes, {})));
    }
  }
}

}  // namespace
}  // namespace hone
