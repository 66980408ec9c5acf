// What the engine tests share: two small random policies (dense GQA; MLA with experts) and random requests for them.
#ifndef HONE_TESTS_ROLLOUT_RANDOM_REQUESTS_H_
#define HONE_TESTS_ROLLOUT_RANDOM_REQUESTS_H_

#include <doctest/doctest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "rollout/engine.h"

namespace hone {

inline ModelConfig DenseConfig() {
  ModelConfig c;
  c.architecture = "Qwen2ForCausalLM";
  c.vocab_size = 67;
  c.hidden_size = 32;
  c.num_layers = 2;
  c.num_heads = 4;
  c.num_kv_heads = 2;
  c.head_dim = 8;
  c.qkv_bias = true;
  c.intermediate_size = 48;
  c.max_position_embeddings = 160;
  c.tie_word_embeddings = true;
  return c;
}

inline ModelConfig MoeConfig() {
  ModelConfig c;
  c.architecture = "DeepseekV3ForCausalLM";
  c.attention = AttentionKind::kMla;
  c.vocab_size = 67;
  c.hidden_size = 32;
  c.num_layers = 2;
  c.num_heads = 4;
  c.intermediate_size = 48;
  c.max_position_embeddings = 160;
  c.rope_interleaved = true;
  c.q_lora_rank = 16;
  c.kv_lora_rank = 16;
  c.qk_nope_head_dim = 8;
  c.qk_rope_head_dim = 4;
  c.v_head_dim = 8;
  c.num_experts = 8;
  c.experts_per_token = 2;
  c.num_shared_experts = 1;
  c.moe_intermediate_size = 16;
  c.first_k_dense = 1;
  c.num_expert_groups = 4;
  c.top_expert_groups = 2;
  c.routed_scaling_factor = 2.5;
  return c;
}

// Groups of every shape: prompts of less than a page to several, one completion to six, stop tokens that are drawn now
// and then, and every kind of truncation.
inline std::vector<GroupRequest> RandomRequests(const ModelConfig& config, int count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<GroupRequest> requests;
  const float temperatures[] = {1.0f, 0.7f, 1.3f, 1.0f};
  for (int slot = 0; slot < count; ++slot) {
    GroupRequest r;
    r.prompt.index = 100 + slot;
    const int length =
        slot % 4 == 0 ? 16 * (1 + static_cast<int>(random() % 3)) : 1 + static_cast<int>(random() % 60);
    for (int i = 0; i < length; ++i)
      r.prompt.ids.push_back(static_cast<int32_t>(random() % config.vocab_size));
    r.step = 3;
    r.slot = slot;
    r.seed = 0x9e3779b97f4a7c15ULL + seed;
    r.num_completions = 1 + static_cast<int64_t>(random() % 6);
    r.max_new_tokens = slot % 7 == 6 ? 1 : 2 + static_cast<int64_t>(random() % 50);
    r.sampling.temperature = temperatures[random() % 4];
    if (slot % 5 == 1) r.sampling.top_k = 5;
    if (slot % 5 == 2) r.sampling.top_p = 0.8f;
    if (slot % 5 == 3) r.sampling.min_p = 0.05f;
    r.stop_ids = {5};
    r.policy_version = 40 + slot;
    requests.push_back(std::move(r));
  }
  return requests;
}

inline bool SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

// Equal in everything, log-probs by their bits.
inline void CheckSame(const Group& a, const Group& b) {
  CAPTURE(a.slot);
  REQUIRE(a.slot == b.slot);
  CHECK(a.step == b.step);
  CHECK(a.prompt.index == b.prompt.index);
  CHECK(a.prompt.ids == b.prompt.ids);
  REQUIRE(a.completions.size() == b.completions.size());
  for (size_t c = 0; c < a.completions.size(); ++c) {
    CAPTURE(c);
    CHECK(a.completions[c].ids == b.completions[c].ids);
    CHECK(SameBits(a.completions[c].logprobs, b.completions[c].logprobs));
    CHECK(a.completions[c].finish == b.completions[c].finish);
    CHECK(a.completions[c].policy_version == b.completions[c].policy_version);
  }
}

inline void CheckSame(const std::vector<Group>& a, const std::vector<Group>& b) {
  REQUIRE(a.size() == b.size());
  for (size_t i = 0; i < a.size(); ++i) CheckSame(a[i], b[i]);
}

// Runs the requests; afterwards every page must be free again.
inline std::vector<Group> RunAll(Model& model, const EngineOptions& options,
                                 const std::vector<GroupRequest>& requests, EngineStats* stats = nullptr) {
  Engine engine(model, options);
  for (const GroupRequest& r : requests) engine.Submit(r);
  std::vector<Group> groups = engine.Run();
  engine.Check();
  CHECK(engine.num_free_pages() == options.num_pages);
  if (stats) *stats = engine.stats();
  return groups;
}

}  // namespace hone

#endif  // HONE_TESTS_ROLLOUT_RANDOM_REQUESTS_H_
