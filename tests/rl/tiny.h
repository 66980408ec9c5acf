// What the tests of rl/ share: a tiny policy with the arithmetic tokenizer, rewards made for tests, and random gradients.
#ifndef HONE_TESTS_RL_TINY_H_
#define HONE_TESTS_RL_TINY_H_

#include <doctest/doctest.h>

#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "data/arithmetic.h"
#include "data/text_file.h"
#include "rewards/runner.h"
#include "rl/grpo.h"
#include "rl/policy.h"
#include "tests/policy/random_model.h"

namespace hone {

inline ModelConfig TinyConfig(const Tokenizer& tokenizer, bool experts) {
  ModelConfig c;
  c.vocab_size = tokenizer.vocab_size();
  c.hidden_size = 16;
  c.num_layers = 2;
  c.num_heads = 2;
  c.intermediate_size = 24;
  c.max_position_embeddings = 128;
  c.eos_token_ids = {*tokenizer.eos_id()};
  if (!experts) {
    c.architecture = "Qwen2ForCausalLM";
    c.num_kv_heads = 1;
    c.head_dim = 8;
    c.qkv_bias = true;
    return c;
  }
  c.architecture = "DeepseekV3ForCausalLM";
  c.attention = AttentionKind::kMla;
  c.rope_interleaved = true;
  c.q_lora_rank = 8;
  c.kv_lora_rank = 8;
  c.qk_nope_head_dim = 4;
  c.qk_rope_head_dim = 4;
  c.v_head_dim = 4;
  c.num_experts = 4;
  c.experts_per_token = 2;
  c.num_shared_experts = 1;
  c.moe_intermediate_size = 8;
  c.first_k_dense = 1;
  return c;
}

// The tokenizer is written into `dir`.
inline std::unique_ptr<Policy> TinyPolicy(const std::string& dir, bool experts = true,
                                          Precision precision = Precision::kFp32, int threads = 1,
                                          uint64_t seed = 1) {
  std::filesystem::create_directories(dir);
  WriteArithmeticTokenizer(dir);
  Checkpoint checkpoint;
  checkpoint.config = TinyConfig(Tokenizer::Load(dir), experts);
  checkpoint.weights = InitWeights(checkpoint.config, seed, 1.0);
  return std::make_unique<Policy>(std::move(checkpoint), dir, precision, threads);
}

// Bytes of a copy of every weight, to compare with later.
inline std::vector<std::vector<float>> CopyOf(const Weights& weights) {
  std::vector<std::vector<float>> copy;
  for (const Parameter& p : weights.parameters())
    copy.emplace_back(p.value.data(), p.value.data() + p.value.size());
  return copy;
}

inline bool SameBits(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].size() != b[i].size() || std::memcmp(a[i].data(), b[i].data(), a[i].size() * sizeof(float)) != 0)
      return false;
  }
  return true;
}

// A reward that is any function of a completion.
class FakeReward : public RewardFn {
 public:
  using Fn = std::function<hone::Score(const Group&, const Completion&)>;
  explicit FakeReward(Fn score) : score_(std::move(score)) {}
  const std::string& name() const override { return name_; }
  std::vector<hone::Score> Score(const Group& group) const override {
    std::vector<hone::Score> scores;
    for (const Completion& c : group.completions) scores.push_back(score_(group, c));
    return scores;
  }

 private:
  const std::string name_ = "fake";
  const Fn score_;
};

// A runner with that one reward, under its own name.
inline std::unique_ptr<RewardRunner> RunnerOf(FakeReward::Fn score, const std::string& name = "fake") {
  std::vector<RunnerReward> rewards(1);
  rewards[0].name = name;
  rewards[0].reward = std::make_shared<FakeReward>(std::move(score));
  return std::make_unique<RewardRunner>(std::move(rewards));
}

// The share of a completion's tokens that are even.
inline Score EvenShare(const Group&, const Completion& completion) {
  double even = 0;
  for (const int32_t id : completion.ids) even += id % 2 == 0;
  return ValueScore("fake", even / static_cast<double>(completion.ids.size()), "");
}

inline PromptSource TrainPrompts(const Tokenizer& tokenizer) {
  const ArithmeticTask task(1, Split::kTrain, PromptTemplate("<bos>Q:{question}=?A:"));
  return [task, &tokenizer](int64_t index) { return WithIds(task.PromptAt(index), tokenizer); };
}

inline std::vector<TrainingSequence> RandomSequences(const ModelConfig& config, int count,
                                                     std::mt19937_64& random) {
  std::vector<TrainingSequence> sequences;
  for (int i = 0; i < count; ++i) {
    TrainingSequence s;
    const int64_t size = Pick(random, 2, 20);
    for (int64_t t = 0; t < size; ++t)
      s.ids.push_back(static_cast<int32_t>(Pick(random, 0, config.vocab_size - 1)));
    s.first_scored = Pick(random, 1, size - 1);
    sequences.push_back(std::move(s));
  }
  return sequences;
}

}  // namespace hone

#endif  // HONE_TESTS_RL_TINY_H_
