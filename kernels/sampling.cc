// See sampling.h. Covered by tests/kernels/sampling_test.cc.
#include "kernels/sampling.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <vector>

#include "kernels/philox.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sampling.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/lanes-inl.h"
#include "kernels/logprob-inl.h"

HWY_BEFORE_NAMESPACE();
namespace hone::kernels::HWY_NAMESPACE {

// The most likely token, the lowest id among equals, with its log-prob at temperature 1.
SampledToken TakeBest(int64_t vocab, const float* logits) {
  const auto best = static_cast<int32_t>(std::max_element(logits, logits + vocab) - logits);
  return {best, ReadSoftmaxRow(vocab, logits, 1.0f).LogProb(logits[best], 1.0f)};
}

// A draw from the whole softmax: sixteen tokens at a time, then one by one within the sixteen that pass.
SampledToken DrawFromAll(int64_t vocab, const float* logits, float inverse_temperature, float uniform) {
  const SoftmaxRow row = ReadSoftmaxRow(vocab, logits, inverse_temperature);
  const double pass = static_cast<double>(uniform) * static_cast<double>(row.sum);
  alignas(64) float weights[kLanes] = {};
  double before = 0.0, after = 0.0;
  int64_t block =
      0;  // the latest with any probability: should roundings keep the sum from passing, it is the last one
  for (int64_t i = 0; i < vocab && after <= pass; i += kLanes) {
    const F16x e = Exp(BelowMax(LoadN(logits + i, vocab - i, -INFINITY), inverse_temperature, row.max));
    const float sum = ReduceSum(e);
    if (!(sum > 0.0f)) continue;
    Store(e, weights);
    block = i;
    before = after;
    after += static_cast<double>(sum);
  }
  int64_t drawn = block;
  for (int64_t j = 0; j < kLanes && before <= pass; ++j) {
    before += static_cast<double>(weights[j]);
    if (weights[j] > 0.0f) drawn = block + j;
  }
  return {static_cast<int32_t>(drawn), row.LogProb(logits[drawn], inverse_temperature)};
}

// exp(z - max) of every token.
SoftmaxRow FillWeights(int64_t vocab, const float* logits, float inverse_temperature, float* weights) {
  const SoftmaxRow row = ReadSoftmaxRow(vocab, logits, inverse_temperature);
  for (int64_t i = 0; i < vocab; i += kLanes) {
    StoreN(Exp(BelowMax(LoadN(logits + i, vocab - i), inverse_temperature, row.max)), weights + i, vocab - i);
  }
  return row;
}

}  // namespace hone::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::kernels {
HWY_EXPORT(TakeBest);
HWY_EXPORT(DrawFromAll);
HWY_EXPORT(FillWeights);

namespace {

constexpr int64_t kFloatsPerTask = 2048;

struct Candidate {
  float logit;
  float weight;
  int32_t id;
};

bool Likelier(const Candidate& a, const Candidate& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.id < b.id;
}

// Keeps the likeliest candidates until they hold top_p of the total weight; at least one.
void KeepTopP(float top_p, std::vector<Candidate>& kept) {
  double total = 0.0;
  for (const Candidate& c : kept) total += static_cast<double>(c.weight);
  const double enough = static_cast<double>(top_p) * total;
  double sum = 0.0;
  size_t sorted = 0, taken = 0;
  for (size_t step = 64; taken < kept.size() && (taken == 0 || sum < enough); ++taken) {
    if (taken == sorted) {  // sort no more of a large vocabulary than is looked at
      sorted = std::min(kept.size(), sorted + step);
      step *= 4;
      const auto begin = kept.begin() + static_cast<std::ptrdiff_t>(taken);
      const auto middle = kept.begin() + static_cast<std::ptrdiff_t>(sorted);
      if (middle != kept.end()) std::nth_element(begin, middle, kept.end(), Likelier);
      std::sort(begin, middle, Likelier);
    }
    sum += static_cast<double>(kept[taken].weight);
  }
  kept.resize(taken);
}

void Truncate(const SamplingParams& params, std::vector<Candidate>& kept) {
  if (params.top_k > 0 && static_cast<size_t>(params.top_k) < kept.size()) {
    std::nth_element(kept.begin(), kept.begin() + params.top_k, kept.end(), Likelier);
    kept.resize(static_cast<size_t>(params.top_k));
  }
  if (params.top_p < 1.0f) KeepTopP(params.top_p, kept);
  // The largest weight is exp(0) = 1.
  if (params.min_p > 0.0f) std::erase_if(kept, [&](const Candidate& c) { return c.weight < params.min_p; });
}

// The first candidate in id order whose running sum passes uniform * total.
const Candidate& Draw(float uniform, std::vector<Candidate>& kept) {
  std::sort(kept.begin(), kept.end(), [](const Candidate& a, const Candidate& b) { return a.id < b.id; });
  double total = 0.0;
  for (const Candidate& c : kept) total += static_cast<double>(c.weight);
  const double pass = static_cast<double>(uniform) * total;
  double sum = 0.0;
  for (const Candidate& c : kept) {
    sum += static_cast<double>(c.weight);
    if (sum > pass) return c;
  }
  return kept.back();
}

// Space for rows with a truncation, one per thread.
struct Scratch {
  std::unique_ptr<float[]> weights;
  std::vector<Candidate> kept;
};

SampledToken DrawTruncated(int64_t vocab, const float* logits, const SamplingParams& params, float uniform,
                           Scratch& scratch) {
  if (!scratch.weights) scratch.weights.reset(new float[static_cast<size_t>(vocab)]);
  const float inverse_temperature = 1.0f / params.temperature;
  const SoftmaxRow row =
      HWY_DYNAMIC_DISPATCH(FillWeights)(vocab, logits, inverse_temperature, scratch.weights.get());
  scratch.kept.clear();
  for (int64_t i = 0; i < vocab; ++i)
    scratch.kept.push_back({logits[i], scratch.weights[i], static_cast<int32_t>(i)});
  Truncate(params, scratch.kept);
  const Candidate& drawn = Draw(uniform, scratch.kept);
  return {drawn.id, row.LogProb(drawn.logit, inverse_temperature)};
}

void CheckParams(const SamplingParams& params) {
  if (!(params.temperature >= 0.0f) || params.top_k < 0 || !(params.top_p > 0.0f) || params.top_p > 1.0f ||
      !(params.min_p >= 0.0f) || params.min_p > 1.0f) {
    std::abort();
  }
}

}  // namespace

float UniformDraw(const DrawKey& key) {
  const auto words = Philox4x32({key.step, key.slot, key.completion, key.position},
                                {static_cast<uint32_t>(key.seed), static_cast<uint32_t>(key.seed >> 32)});
  return static_cast<float>(words[0] >> 8) * 0x1p-24f;
}

void SampleTokens(ThreadPool& pool, int64_t rows, int64_t vocab, const float* logits, int64_t stride,
                  const SamplingParams* params, const DrawKey* keys, SampledToken* out) {
  if (vocab <= 0) std::abort();
  const auto take_best = HWY_DYNAMIC_DISPATCH(TakeBest);
  const auto draw_from_all = HWY_DYNAMIC_DISPATCH(DrawFromAll);
  std::vector<Scratch> scratch(static_cast<size_t>(pool.num_threads()));
  pool.ParallelRanges(rows, 1 + kFloatsPerTask / vocab, [&](int64_t begin, int64_t end, int thread) {
    for (int64_t r = begin; r < end; ++r) {
      const SamplingParams& p = params[r];
      const float* row = logits + r * stride;
      CheckParams(p);
      if (p.temperature == 0.0f) {
        out[r] = take_best(vocab, row);
      } else if (p.top_k == 0 && p.top_p == 1.0f && p.min_p == 0.0f) {
        out[r] = draw_from_all(vocab, row, 1.0f / p.temperature, UniformDraw(keys[r]));
      } else {
        out[r] = DrawTruncated(vocab, row, p, UniformDraw(keys[r]), scratch[static_cast<size_t>(thread)]);
      }
    }
  });
}

}  // namespace hone::kernels
#endif  // HWY_ONCE
