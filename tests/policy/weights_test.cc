// The layout by hand for one model of each kind, its coverage for random ones, and the statistics of initial
// weights.
#include "policy/weights.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "tests/policy/random_model.h"

namespace hone {
namespace {

using Shape = std::vector<int64_t>;

ModelConfig Deepseek() {
  ModelConfig c;
  c.architecture = "DeepseekV3ForCausalLM";
  c.attention = AttentionKind::kMla;
  c.vocab_size = 11;
  c.hidden_size = 6;
  c.num_layers = 2;
  c.num_heads = 2;
  c.intermediate_size = 5;
  c.max_position_embeddings = 16;
  c.q_lora_rank = 3;
  c.kv_lora_rank = 4;
  c.qk_nope_head_dim = 3;
  c.qk_rope_head_dim = 2;
  c.v_head_dim = 5;
  c.num_experts = 4;
  c.experts_per_token = 2;
  c.num_shared_experts = 2;
  c.moe_intermediate_size = 3;
  c.first_k_dense = 1;
  return c;
}

ModelConfig Qwen() {
  ModelConfig c;
  c.architecture = "Qwen2ForCausalLM";
  c.vocab_size = 11;
  c.hidden_size = 6;
  c.num_layers = 1;
  c.num_heads = 2;
  c.num_kv_heads = 1;
  c.head_dim = 4;
  c.qkv_bias = true;
  c.intermediate_size = 5;
  c.max_position_embeddings = 16;
  c.tie_word_embeddings = true;
  return c;
}

void CheckSlice(const Parameter& parameter, size_t index, const std::string& name, int64_t offset,
                const Shape& shape) {
  CAPTURE(name);
  REQUIRE(index < parameter.slices.size());
  CHECK(parameter.slices[index].hf_name == name);
  CHECK(parameter.slices[index].offset == offset);
  CHECK(parameter.slices[index].shape == shape);
}

double Moment(const FloatBuffer& buffer, int power) {
  double sum = 0.0;
  for (int64_t i = 0; i < buffer.size(); ++i) sum += std::pow(buffer.data()[i], power);
  return sum / static_cast<double>(buffer.size());
}

}  // namespace

TEST_CASE("layout of an MLA model with experts") {
  const Weights w(Deepseek());
  CHECK(w.Get("embed").shape == Shape{11, 6});
  CHECK(w.Get("lm_head").shape == Shape{11, 6});
  CHECK(w.Get("final_norm").slices[0].hf_name == "model.norm.weight");
  CHECK(w.Get("layers.0.q_b").shape == Shape{10, 3});
  CHECK(w.Get("layers.0.kv_b").shape == Shape{16, 4});
  CHECK(w.Get("layers.0.o").shape == Shape{6, 10});
  CHECK(w.Get("layers.0.gate_up").shape == Shape{10, 6});
  CHECK_FALSE(w.Has("layers.0.router"));
  CHECK_FALSE(w.Has("layers.1.gate_up"));
  CHECK(w.Get("layers.1.router").role == ParameterRole::kMatrix);
  CHECK(w.Get("layers.1.router_bias").role == ParameterRole::kRouterBias);
  CHECK(w.Get("layers.1.kv_norm").role == ParameterRole::kVector);

  const Parameter& qkv_a = w.Get("layers.1.qkv_a");
  CHECK(qkv_a.shape == Shape{9, 6});
  CheckSlice(qkv_a, 0, "model.layers.1.self_attn.q_a_proj.weight", 0, {3, 6});
  CheckSlice(qkv_a, 1, "model.layers.1.self_attn.kv_a_proj_with_mqa.weight", 18, {6, 6});
  const Parameter& gate_up = w.Get("layers.1.experts_gate_up");
  CHECK(gate_up.shape == Shape{4, 6, 6});
  CheckSlice(gate_up, 0, "model.layers.1.mlp.experts.0.gate_proj.weight", 0, {3, 6});
  CheckSlice(gate_up, 7, "model.layers.1.mlp.experts.3.up_proj.weight", 126, {3, 6});
  const Parameter& down = w.Get("layers.1.experts_down");
  CHECK(down.shape == Shape{4, 6, 3});
  CheckSlice(down, 2, "model.layers.1.mlp.experts.2.down_proj.weight", 36, {6, 3});
  CHECK(w.Get("layers.1.shared_gate_up").shape == Shape{12, 6});
  CheckSlice(w.Get("layers.1.shared_down"), 0, "model.layers.1.mlp.shared_experts.down_proj.weight", 0,
             {6, 6});
  CheckSlice(w.Get("layers.1.router_bias"), 0, "model.layers.1.mlp.gate.e_score_correction_bias", 0, {4});

  ModelConfig direct = Deepseek();
  direct.q_lora_rank = 0;
  const Weights v(direct);
  CHECK_FALSE(v.Has("layers.0.q_b"));
  CHECK(v.Get("layers.0.qkv_a").shape == Shape{16, 6});
  CheckSlice(v.Get("layers.0.qkv_a"), 0, "model.layers.0.self_attn.q_proj.weight", 0, {10, 6});
}

TEST_CASE("layout of a GQA model") {
  const Weights w(Qwen());
  CHECK_FALSE(w.Has("lm_head"));
  const Parameter& qkv = w.Get("layers.0.qkv");
  CHECK(qkv.shape == Shape{16, 6});
  CheckSlice(qkv, 0, "model.layers.0.self_attn.q_proj.weight", 0, {8, 6});
  CheckSlice(qkv, 1, "model.layers.0.self_attn.k_proj.weight", 48, {4, 6});
  CheckSlice(qkv, 2, "model.layers.0.self_attn.v_proj.weight", 72, {4, 6});
  CHECK(w.Get("layers.0.qkv_bias").role == ParameterRole::kVector);
  CheckSlice(w.Get("layers.0.qkv_bias"), 2, "model.layers.0.self_attn.v_proj.bias", 12, {4});
  CheckSlice(w.Get("layers.0.gate_up"), 1, "model.layers.0.mlp.up_proj.weight", 30, {5, 6});
}

TEST_CASE("counts") {
  const int64_t qwen_layer = 6 + 16 * 6 + 16 + 6 * 8 + 6 + 10 * 6 + 6 * 5;
  const Weights q(Qwen());
  CHECK(q.CountValues() == 11 * 6 + qwen_layer + 6);
  CHECK(CountActive(q.parameters(), Qwen()) == q.CountValues());  // the tied embedding is the output matrix
  const int64_t attention = 6 + 9 * 6 + 3 + 10 * 3 + 4 + 16 * 4 + 6 * 10 + 6;
  const int64_t dense = 10 * 6 + 6 * 5;
  const int64_t expert = 3 * 3 * 6;
  const int64_t moe = 4 * 6 + 4 + 2 * expert;  // without the routed ones
  const Weights d(Deepseek());
  CHECK(d.CountValues() == 2 * 66 + 6 + 2 * attention + dense + moe + 4 * expert);
  CHECK(CountActive(d.parameters(), Deepseek()) == 66 + 6 + 2 * attention + dense + moe + 2 * expert);
}

TEST_CASE("slices cover every parameter once, with distinct names, zeroed and aligned") {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const Weights weights(RandomConfig(random));
    std::set<std::string> ours;
    std::set<std::string> theirs;
    for (const Parameter& parameter : weights.parameters()) {
      CAPTURE(parameter.name);
      CHECK(ours.insert(parameter.name).second);
      int64_t end = 0;
      for (const Slice& slice : parameter.slices) {
        CHECK(theirs.insert(slice.hf_name).second);
        CHECK(slice.offset == end);
        int64_t count = 1;
        for (const int64_t extent : slice.shape) count *= extent;
        end += count;
      }
      CHECK(end == parameter.value.size());
      CHECK(reinterpret_cast<uintptr_t>(parameter.value.data()) % 64 == 0);
      for (int64_t i = 0; i < end; ++i) REQUIRE(parameter.value.data()[i] == 0.0f);
    }
  }
}

TEST_CASE("initial weights") {
  ModelConfig c = Deepseek();
  c.vocab_size = 200;
  c.hidden_size = 256;
  c.kv_lora_rank = 64;
  c.moe_intermediate_size = 128;
  const Weights w = InitWeights(c, 3, 0.02);
  CHECK(SameBits(w, InitWeights(c, 3, 0.02)));
  CHECK_FALSE(SameBits(w, InitWeights(c, 4, 0.02)));
  const struct {
    const char* name;
    double deviation;
  } expected[] = {{"embed", 0.02},
                  {"lm_head", 1.0 / 16},
                  {"layers.0.kv_b", 1.0 / 8},
                  {"layers.1.experts_gate_up", 1.0 / 16},
                  {"layers.1.experts_down", 1.0 / std::sqrt(128.0) / 2},
                  {"layers.1.o", 1.0 / std::sqrt(10.0) / 2},
                  {"layers.1.shared_down", 1.0 / 16 / 2}};
  for (const auto& [name, deviation] : expected) {
    CAPTURE(name);
    const FloatBuffer& values = w.Get(name).value;
    const double error = 5.0 / std::sqrt(static_cast<double>(values.size()));  // five standard errors
    CHECK(std::abs(Moment(values, 1)) < error * deviation);
    CHECK(std::sqrt(Moment(values, 2)) == doctest::Approx(deviation).epsilon(error));
    CHECK(Moment(values, 4) / std::pow(deviation, 4) == doctest::Approx(2.9).epsilon(5 * error));
  }
  CHECK(Moment(w.Get("layers.0.input_norm").value, 2) == 1.0);
  CHECK(Moment(w.Get("layers.0.q_norm").value, 2) == 1.0);
  CHECK(Moment(w.Get("layers.1.router_bias").value, 2) == 0.0);
  // Streams are keyed by parameter name: layers must not share values.
  CHECK(w.Get("layers.0.o").value.data()[0] != w.Get("layers.1.o").value.data()[0]);
}

}  // namespace hone
