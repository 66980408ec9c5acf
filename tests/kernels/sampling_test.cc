// The generator's published vectors, draw frequencies, truncation against a plain twin, and independence of the batch.
#include "kernels/sampling.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <vector>

#include "hwy/targets.h"
#include "kernels/logprob.h"
#include "kernels/philox.h"

namespace hone::kernels {
namespace {

using Words = std::array<uint32_t, 4>;

std::vector<float> Normal(int64_t size, float width, std::mt19937& random) {
  std::normal_distribution<float> normal(0.0f, width);
  std::vector<float> x(static_cast<size_t>(size));
  for (float& v : x) v = normal(random);
  return x;
}

bool Same(const std::vector<SampledToken>& a, const std::vector<SampledToken>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(SampledToken)) == 0;
}

std::vector<SampledToken> Sample(ThreadPool& pool, int64_t rows, int64_t vocab,
                                 const std::vector<float>& logits, int64_t stride,
                                 const SamplingParams& params, const std::vector<DrawKey>& keys) {
  std::vector<SampledToken> out(static_cast<size_t>(rows));
  const std::vector<SamplingParams> all(static_cast<size_t>(rows), params);
  SampleTokens(pool, rows, vocab, logits.data(), stride, all.data(), keys.data(), out.data());
  return out;
}

std::vector<DrawKey> Keys(int64_t rows, uint64_t seed) {
  std::vector<DrawKey> keys(static_cast<size_t>(rows));
  for (size_t i = 0; i < keys.size(); ++i) keys[i] = {seed, 3, static_cast<uint32_t>(i), 1, 17};
  return keys;
}

TEST_CASE("sampling: Philox4x32-10 gives the vectors of Random123") {
  constexpr uint32_t kOnes = 0xffffffff;
  CHECK(Philox4x32({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(Philox4x32({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}) ==
        Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(Philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
  CHECK(UniformDraw({0, 0, 0, 0, 0}) == static_cast<float>(0x6627e8) * 0x1p-24f);
  CHECK(UniformDraw({uint64_t{1} << 32, 0, 0, 0, 0}) != UniformDraw({1, 0, 0, 0, 0}));
}

TEST_CASE("sampling: a million draws follow the probabilities") {
  constexpr unsigned seed = 41;
  CAPTURE(seed);
  std::mt19937 random(seed);
  constexpr int64_t kVocab = 55;
  const std::vector<float> logits = Normal(kVocab, 1.5f, random);
  ThreadPool pool(2);
  // Highway's first call chooses the instruction set; a dispatch taken before it would choose anew for every row.
  Sample(pool, 1, kVocab, logits, 0, {}, Keys(1, seed));
  for (const SamplingParams& params :
       {SamplingParams{1.3f, 0, 1.0f, 0.0f}, SamplingParams{1.3f, 40, 1.0f, 0.0f}}) {
    const int64_t rows = params.top_k == 0 ? 1000000 : 100000;
    std::vector<double> p(kVocab), count(kVocab);
    double total = 0.0;
    std::vector<float> sorted = logits;
    std::sort(sorted.rbegin(), sorted.rend());
    const float least = sorted[static_cast<size_t>(params.top_k == 0 ? kVocab : params.top_k) - 1];
    for (int64_t i = 0; i < kVocab; ++i) total += p[i] = logits[i] < least ? 0.0 : std::exp(logits[i] / 1.3);
    for (const SampledToken& t : Sample(pool, rows, kVocab, logits, 0, params, Keys(rows, seed)))
      count[t.id] += 1;
    double chi_square = 0.0;
    for (int64_t i = 0; i < kVocab; ++i) {
      const double expected = p[i] / total * static_cast<double>(rows);
      if (expected == 0.0) CHECK(count[i] == 0.0);
      if (expected > 0.0) chi_square += (count[i] - expected) * (count[i] - expected) / expected;
    }
    CHECK(chi_square < 105.0);  // 54 degrees of freedom: passed by chance 4 times in 100,000
  }
}

// The kept ids by sorting and nothing else.
std::vector<bool> Kept(const std::vector<float>& logits, const SamplingParams& params) {
  std::vector<int32_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return logits[a] > logits[b]; });
  if (params.top_k > 0) order.resize(std::min(order.size(), static_cast<size_t>(params.top_k)));
  const auto weight = [&](int32_t id) {
    return std::exp((static_cast<double>(logits[id]) - static_cast<double>(logits[order[0]])) /
                    static_cast<double>(params.temperature));
  };
  double total = 0.0, sum = 0.0;
  for (const int32_t id : order) total += weight(id);
  std::vector<bool> kept(logits.size(), false);
  for (const int32_t id : order) {
    if (sum >= static_cast<double>(params.top_p) * total && sum > 0.0 && params.top_p < 1.0f) break;
    sum += weight(id);
    kept[id] = weight(id) >= static_cast<double>(params.min_p);
  }
  return kept;
}

TEST_CASE(
    "sampling: no draw leaves the kept set, every kept token can be drawn, and the log-prob is "
    "TokenLogProbs' own") {
  constexpr unsigned seed = 42;
  CAPTURE(seed);
  std::mt19937 random(seed);
  ThreadPool pool(2), four(4);
  for (const SamplingParams& params :
       {SamplingParams{1.0f, 0, 1.0f, 0.0f}, SamplingParams{0.7f, 5, 1.0f, 0.0f},
        SamplingParams{1.0f, 1, 1.0f, 0.0f}, SamplingParams{1.1f, 0, 0.8f, 0.0f},
        SamplingParams{1.0f, 0, 1.0f, 0.1f}, SamplingParams{1.5f, 30, 0.9f, 0.05f},
        SamplingParams{0.8f, 0, 1e-6f, 0.0f}, SamplingParams{3.0f, 500, 0.95f, 0.0f}}) {
    for (const int64_t vocab : {1, 55, 64, 700}) {
      CAPTURE(vocab);
      CAPTURE(params.top_k);
      CAPTURE(params.top_p);
      std::vector<float> logits = Normal(vocab, 2.0f, random);
      for (size_t i = 3; i < logits.size(); i += 4) logits[i] = logits[i - 3];  // ties
      constexpr int64_t kRows = 1000;
      const std::vector<DrawKey> keys = Keys(kRows, seed);
      const std::vector<SampledToken> drawn = Sample(pool, kRows, vocab, logits, 0, params, keys);
      CHECK(Same(Sample(four, kRows, vocab, logits, 0, params, keys), drawn));
      const std::vector<bool> kept = Kept(logits, params);
      std::vector<bool> seen(logits.size(), false);
      std::vector<int32_t> ids;
      for (const SampledToken& t : drawn) {
        ids.push_back(t.id);
        seen[t.id] = true;
      }
      for (size_t i = 0; i < seen.size(); ++i) CHECK((!seen[i] || kept[i]));
      if (std::count(kept.begin(), kept.end(), true) <= 10) CHECK(seen == kept);
      std::vector<float> logprob(kRows);
      TokenLogProbs(pool, kRows, vocab, logits.data(), 0, ids.data(), params.temperature, logprob.data(),
                    nullptr);
      bool same_bits = true;
      for (int64_t r = 0; r < kRows; ++r) same_bits &= std::memcmp(&logprob[r], &drawn[r].logprob, 4) == 0;
      CHECK(same_bits);
    }
  }
}

TEST_CASE("sampling: a row draws the same alone, in any place of a batch and on every instruction set") {
  std::mt19937 random(43);
  ThreadPool pool(3);
  constexpr int64_t kRows = 64, kVocab = 57, kStride = 60;
  const std::vector<float> logits = Normal(kRows * kStride, 2.0f, random);
  const std::vector<DrawKey> keys = Keys(kRows, 7);
  for (const SamplingParams& params :
       {SamplingParams{}, SamplingParams{0.9f, 20, 0.9f, 0.02f}, SamplingParams{0.0f}}) {
    const std::vector<SampledToken> whole = Sample(pool, kRows, kVocab, logits, kStride, params, keys);
    for (int64_t r = 0; r < kRows; ++r) {
      SampledToken alone;
      SampleTokens(pool, 1, kVocab, logits.data() + r * kStride, kStride, &params, &keys[r], &alone);
      CHECK(Same({alone}, {whole[r]}));
    }
    for (int64_t left = hwy::SupportedTargets(); left != 0; left &= left - 1) {
      if ((left & -left & HWY_TARGETS) == 0) continue;
      hwy::SetSupportedTargetsForTest(left & -left);
      hwy::GetChosenTarget().DeInit();
      CHECK(Same(Sample(pool, kRows, kVocab, logits, kStride, params, keys), whole));
      hwy::SetSupportedTargetsForTest(0);
      hwy::GetChosenTarget().DeInit();
    }
  }
}

TEST_CASE(
    "sampling: temperature 0 takes the lowest of the best; impossible tokens are never drawn; large "
    "vocabularies") {
  std::mt19937 random(44);
  ThreadPool pool(2);
  std::vector<float> logits = Normal(151936, 1.0f, random);
  logits[70000] = logits[140000] = 9.0f;
  const SampledToken best = Sample(pool, 1, 151936, logits, 0, {0.0f}, Keys(1, 1))[0];
  CHECK(best.id == 70000);
  float logprob;
  TokenLogProbs(pool, 1, 151936, logits.data(), 0, &best.id, 1.0f, &logprob, nullptr);
  CHECK(logprob == best.logprob);
  const std::vector<bool> kept = Kept(logits, {1.0f, 0, 0.5f, 0.0f});
  for (const SampledToken& t : Sample(pool, 8, 151936, logits, 0, {1.0f, 0, 0.5f, 0.0f}, Keys(8, 2))) {
    CHECK(kept[t.id]);
  }
  std::vector<float> masked(100, -INFINITY);
  masked[37] = -2.0f;
  for (const SamplingParams& params : {SamplingParams{}, SamplingParams{1.0f, 0, 0.9f, 0.0f}}) {
    for (const SampledToken& t : Sample(pool, 500, 100, masked, 0, params, Keys(500, 3))) {
      CHECK(t.id == 37);
      CHECK(t.logprob == 0.0f);
    }
  }
}

}  // namespace
}  // namespace hone::kernels
