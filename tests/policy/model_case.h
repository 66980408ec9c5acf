// What the tests of the whole model share: random tame models and batches with the twin's answer, and calls
// that return their results.
#ifndef HONE_TESTS_POLICY_MODEL_CASE_H_
#define HONE_TESTS_POLICY_MODEL_CASE_H_

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <vector>

#include "kernels/thread_pool.h"
#include "policy/model.h"
#include "tests/policy/random_model.h"
#include "tests/policy/reference_model.h"

namespace hone {

using Floats = std::vector<float>;

// RandomWeights brought to the scale of a trained model: logits of order one. Half of them start from inputs
// and latents so small that the epsilons of the norms matter.
inline Weights TameWeights(const ModelConfig& config, std::mt19937_64& random) {
  Weights weights = RandomWeights(config, random);
  const float small = random() % 2 == 0 ? 0.01f : 1.0f;
  for (Parameter& p : weights.parameters()) {
    const bool norm = p.name.ends_with("norm");
    const bool matrix = p.role == ParameterRole::kMatrix && p.name != "embed";
    float factor = matrix ? 1.0f / std::sqrt(static_cast<float>(p.shape.back())) : norm ? 0.3f : 0.5f;
    if (p.name.ends_with("qkv_a") || (p.name == "embed" && !config.tie_word_embeddings)) factor *= small;
    for (int64_t i = 0; i < p.value.size(); ++i)
      p.value.data()[i] = p.value.data()[i] * factor + (norm ? 1.0f : 0.0f);
  }
  return weights;
}

inline TrainingBatch RandomBatch(const ModelConfig& config, std::mt19937_64& random, int sequences,
                                 int64_t longest) {
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
  static int Kind(const ModelConfig& c) {
    return c.attention == AttentionKind::kGqa ? 0 : c.num_experts == 0 ? 1 : 2;
  }

  std::mt19937_64 random;
  ModelConfig config;
  Weights weights;
  TrainingBatch batch;
  ReferenceResult expected;
};

struct Scores {
  Floats logprobs, entropies;
};
inline Scores Score(Model& model, const TrainingBatch& batch) {
  Scores s{Floats(batch.targets.size()), Floats(batch.targets.size())};
  model.LogProbs(batch, s.logprobs, s.entropies);
  return s;
}

inline double LargestError(const Floats& got, const Doubles& want) {
  REQUIRE(got.size() == want.size());
  double error = 0.0;
  for (size_t i = 0; i < got.size(); ++i) {
    REQUIRE(std::isfinite(got[i]));
    error = std::max(error, std::abs(static_cast<double>(got[i]) - want[i]));
  }
  return error;
}

inline bool Same(const Floats& a, const Floats& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

inline bool Same(const Gradients& a, const Gradients& b) {
  for (size_t i = 0; i < a.buffers().size(); ++i) {
    const FloatBuffer &p = a.buffers()[i], &q = b.buffers()[i];
    if (p.size() > 0 && std::memcmp(p.data(), q.data(), p.size() * sizeof(float)) != 0) return false;
  }
  return true;
}

inline Floats RandomSlopes(size_t n, std::mt19937_64& random) {
  std::normal_distribution<float> normal;
  Floats slopes(n);
  for (float& s : slopes) s = normal(random);
  return slopes;
}

// Gradients of sum of slopes * log-probs + alpha * balance loss.
inline Gradients Train(Model& model, const Weights& weights, const TrainingBatch& batch, const Floats& slopes,
                       const TrainingOptions& options, TrainingStats* stats = nullptr) {
  Gradients gradients(weights);
  const TrainingStats s = model.Train(
      batch, options,
      [&](auto, auto, LossSlopes out) { std::copy(slopes.begin(), slopes.end(), out.logprobs.begin()); },
      gradients);
  if (stats != nullptr) *stats = s;
  return gradients;
}

}  // namespace hone

#endif  // HONE_TESTS_POLICY_MODEL_CASE_H_
