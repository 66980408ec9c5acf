// The bits of the whole model, in both precisions: they depend neither on threads, recomputation, the other
// sequences of a batch, the cache's pages and chunks, nor on what the model's weights were before.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "kernels/logprob.h"
#include "tests/policy/model_case.h"

namespace hone {
namespace {

using kernels::ThreadPool;

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

// All tokens of a batch through the cache: every call takes up to `chunk` tokens of a random choice of
// sequences, whose pages lie in random order. Returns the log-probs of the scored rows.
Floats ScoreThroughCache(Model& model, const TrainingBatch& batch, int64_t chunk, std::mt19937_64& random) {
  const size_t sequences = batch.sequence_begin.size() - 1;
  const auto rows = static_cast<int64_t>(batch.tokens.size()), vocab = model.config().vocab_size;
  std::vector<int32_t> pages(rows / kernels::kPageSize + static_cast<int64_t>(sequences) + 2),
      done(sequences, 0);
  std::iota(pages.begin(), pages.end(), 0);
  std::shuffle(pages.begin(), pages.end(), random);
  KvCache cache(model.config(), model.precision(), static_cast<int64_t>(pages.size()));
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
        part.cache_rows.push_back(tiles[s][p / kernels::kPageSize] +
                                  p % static_cast<int32_t>(kernels::kPageSize));
        part.tile_begin.push_back(tile_begin);
      }
      part.tiles.insert(part.tiles.end(), tiles[s].begin(), tiles[s].end());
      done[s] += count;
      left -= count;
    }
    if (part.tokens.empty()) continue;
    Floats logits(scored.size() * vocab), got(scored.size());
    model.Forward(part, cache, logits.data());
    kernels::TokenLogProbs(model.pool(), static_cast<int64_t>(scored.size()), vocab, logits.data(), vocab,
                           targets.data(), batch.temperature, got.data(), nullptr);
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

TEST_CASE("model: a batch that the threads share by sequences has the bits of each sequence alone") {
  ThreadPool one(1), two(2), four(4);
  for (uint64_t seed = 451; seed <= 453; ++seed) {
    CAPTURE(seed);
    Case c(seed, 0.0, 20, static_cast<int>(seed % 3));
    TrainingBatch batch;
    batch.sequence_begin = {0};
    for (int s = 0; s < 300; ++s) {
      for (int64_t left = Pick(c.random, 2, 12); left > 0; --left) {
        if (left > 1) {
          batch.scored_rows.push_back(static_cast<int32_t>(batch.tokens.size()));
          batch.targets.push_back(static_cast<int32_t>(Pick(c.random, 0, c.config.vocab_size - 1)));
        }
        batch.tokens.push_back(static_cast<int32_t>(Pick(c.random, 0, c.config.vocab_size - 1)));
      }
      batch.sequence_begin.push_back(static_cast<int32_t>(batch.tokens.size()));
    }
    for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
      Model alone(c.config, c.weights, precision, one);
      const Floats whole = Score(alone, batch).logprobs;
      for (ThreadPool* pool : {&one, &two, &four}) {
        Model model(c.config, c.weights, precision, *pool);
        CHECK(Same(ScoreThroughCache(model, batch, 4, c.random), whole));
      }
    }
  }
}

TEST_CASE("model: in bf16 what computes is what a bf16 checkpoint holds") {
  ThreadPool pool(2);
  for (uint64_t seed = 501; seed <= 506; ++seed) {
    CAPTURE(seed);
    Case c(seed, 0.0, 20, static_cast<int>(seed % 3));
    const Floats slopes = RandomSlopes(c.batch.targets.size(), c.random);
    Model exact(c.config, c.weights, Precision::kBf16, pool);
    const Scores scores = Score(exact, c.batch);
    const Gradients gradients = Train(exact, c.weights, c.batch, slopes, {});
    for (Parameter& p : c.weights.parameters()) {
      if (p.role == ParameterRole::kRouterBias) continue;  // fp32 in every checkpoint
      kernels::RoundToBf16(pool, 1, p.value.size(), p.value.data(), 0, p.value.data(), 0);
    }
    Model rounded(c.config, c.weights, Precision::kBf16, pool);
    CHECK(Same(Score(rounded, c.batch).logprobs, scores.logprobs));
    CHECK(Same(Train(rounded, c.weights, c.batch, slopes, {}), gradients));
  }
}

TEST_CASE("model: the selection bias decides in fp32, also where the rest is bf16") {
  ThreadPool pool(2);
  uint64_t seed = 551;
  while (Case(seed, 0.0, 20, 2).config.gate != GateKind::kSigmoid) ++seed;
  Case c(seed, 0.0, 20, 2);
  c.config.num_expert_groups = c.config.top_expert_groups = 1;
  const int64_t num_experts = c.config.num_experts;
  c.config.experts_per_token = num_experts - 1;
  const std::string prefix = "layers." + std::to_string(c.config.num_layers - 1) + ".";
  FloatBuffer& router = c.weights.Get(prefix + "router").value;
  std::fill_n(router.data(), router.size(), 0.0f);  // every score is 1/2
  for (int64_t e = 0; e < num_experts; ++e) {
    c.weights.Get(prefix + "router_bias").value.data()[e] =
        1.0f + 1e-4f * static_cast<float>(e);  // 1 in bf16
  }
  Model model(c.config, c.weights, Precision::kBf16, pool);
  TrainingStats stats;
  Train(model, c.weights, c.batch, Floats(c.batch.targets.size()), {}, &stats);
  std::vector<int64_t> expected(num_experts, static_cast<int64_t>(c.batch.tokens.size()));
  expected[0] = 0;  // the lowest bias; the first in order would win a tie
  CHECK(stats.expert_load.back() == expected);
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
        for (int64_t i = 0; i < p.value.size(); ++i)
          p.value.data()[i] *= 1.0f + 0.1f * static_cast<float>(i % 3);
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
