// GGUF files read back by a plain reader: the container, every tensor of every architecture against its parameter, the types'
// rounding, the tokenizer, and what is refused. llama.cpp's own reading: tests/parity/gguf_llama.py.
#include "policy/gguf.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <tuple>

#include "data/arithmetic.h"
#include "data/text_file.h"
#include "policy/float_formats.h"
#include "tests/policy/random_model.h"

namespace hone {
namespace {

// The format as its specification has it, without any of our writer.
class GgufReader {
 public:
  struct Tensor {
    std::vector<uint64_t> dims;  // fastest first
    uint32_t type = 0;
    uint64_t offset = 0;
  };

  explicit GgufReader(const std::string& path) : bytes_(ReadFile(path)) {
    REQUIRE(bytes_.substr(0, 4) == "GGUF");
    at_ = 4;
    REQUIRE(Take<uint32_t>() == 3);
    const auto num_tensors = Take<uint64_t>(), num_keys = Take<uint64_t>();
    for (uint64_t i = 0; i < num_keys; ++i) {
      const std::string key = String();
      const auto type = Take<uint32_t>();
      if (type == 9) {
        ReadArray(key);
      } else {
        ReadValue(key, type);
      }
    }
    for (uint64_t i = 0; i < num_tensors; ++i) {
      Tensor t;
      const std::string name = String();
      t.dims.resize(Take<uint32_t>());
      for (uint64_t& d : t.dims) d = Take<uint64_t>();
      t.type = Take<uint32_t>();
      t.offset = Take<uint64_t>();
      REQUIRE(t.offset % 32 == 0);
      REQUIRE(tensors.emplace(name, t).second);
    }
    at_ = (at_ + 31) / 32 * 32;
  }

  std::vector<float> Values(const std::string& name) const {
    const Tensor& t = tensors.at(name);
    uint64_t count = 1;
    for (const uint64_t d : t.dims) count *= d;
    std::vector<float> out(count);
    const char* data = bytes_.data() + at_ + t.offset;
    for (uint64_t i = 0; i < count; ++i) {
      uint16_t half = 0;
      if (t.type == 0) std::memcpy(&out[i], data + 4 * i, 4);
      if (t.type == 1 || t.type == 30) std::memcpy(&half, data + 2 * i, 2);
      if (t.type == 1) out[i] = FloatFromF16(half);
      if (t.type == 30) out[i] = FloatFromBf16(half);
      if (t.type == 8) {
        const char* block = data + i / 32 * 34;
        std::memcpy(&half, block, 2);
        out[i] = FloatFromF16(half) * static_cast<float>(static_cast<int8_t>(block[2 + i % 32]));
      }
    }
    return out;
  }

  std::map<std::string, double> numbers;
  std::map<std::string, std::string> texts;
  std::map<std::string, std::vector<std::string>> lists;
  std::map<std::string, std::vector<double>> number_lists;
  std::map<std::string, Tensor> tensors;

 private:
  template <class T>
  T Take() {
    REQUIRE(at_ + sizeof(T) <= bytes_.size());
    T value;
    std::memcpy(&value, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }
  std::string String() {
    const auto size = Take<uint64_t>();
    REQUIRE(at_ + size <= bytes_.size());
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }
  double Number(uint32_t type) {
    if (type == 4) return Take<uint32_t>();
    if (type == 5) return Take<int32_t>();
    if (type == 6) return static_cast<double>(Take<float>());
    REQUIRE(type == 7);
    return Take<uint8_t>();
  }
  void ReadValue(const std::string& key, uint32_t type) {
    if (type == 8) {
      REQUIRE(texts.emplace(key, String()).second);
    } else {
      REQUIRE(numbers.emplace(key, Number(type)).second);
    }
  }
  void ReadArray(const std::string& key) {
    const auto type = Take<uint32_t>();
    for (auto n = Take<uint64_t>(); n > 0; --n) {
      if (type == 8) {
        lists[key].push_back(String());
      } else {
        number_lists[key].push_back(Number(type));
      }
    }
    if (type == 8) lists[key];
  }

  std::string bytes_;
  size_t at_ = 0;
};

bool Exportable(const ModelConfig& c) {
  const bool moe = c.architecture == "Qwen3MoeForCausalLM";
  const bool qwen3 = c.qk_norm;
  if (c.sliding_window > 0 || (qwen3 && c.qkv_bias)) return false;
  if (c.attention == AttentionKind::kMla && (!c.rope_interleaved || c.num_experts == 0)) return false;
  return !moe || (c.norm_topk_prob && c.sparse_step == 1 && c.dense_layers.empty());
}

// A model as a GGUF file, read back.
struct Exported {
  Exported(const ModelConfig& config, const Weights& weights, GgufType type)
      : file(Write(dir, config, weights, type)) {}

  static std::string Write(const TempDir& dir, const ModelConfig& config, const Weights& weights,
                           GgufType type) {
    WriteArithmeticTokenizer(dir.path());
    WeightsSource source(weights);
    ExportGguf(dir / "m.gguf", config, source, Tokenizer::Load(dir.path()),
               {.type = type, .name = "tiny", .chat_template = "{{ messages }}"});
    return dir / "m.gguf";
  }

  TempDir dir;
  GgufReader file;
};

// The tensors under their Hugging Face names.
struct HfTensors {
  explicit HfTensors(const Weights& weights) {
    for (const Parameter& p : weights.parameters()) {
      for (const Slice& s : p.slices) {
        int64_t count = 1;
        for (const int64_t d : s.shape) count *= d;
        values[s.hf_name].assign(p.value.data() + s.offset, p.value.data() + s.offset + count);
      }
    }
  }
  std::map<std::string, std::vector<float>> values;
};

// Rows of heads in llama.cpp's order for llama: [h, 2, d / 2] with the two inner axes swapped.
std::vector<float> Permute(const std::vector<float>& x, int64_t heads, int64_t d, int64_t columns) {
  std::vector<float> out;
  for (int64_t h = 0; h < heads; ++h) {
    for (int64_t i = 0; i < d / 2; ++i) {
      for (const int64_t half : {0, 1}) {
        const auto row = x.begin() + (h * d + half * (d / 2) + i) * columns;
        out.insert(out.end(), row, row + columns);
      }
    }
  }
  return out;
}

void CheckGqa(const GgufReader& file, const ModelConfig& c, const HfTensors& hf, int64_t l) {
  const std::string ours = "blk." + std::to_string(l) + ".",
                    theirs = "model.layers." + std::to_string(l) + ".self_attn.";
  const bool llama = c.architecture == "LlamaForCausalLM";
  for (const auto& [a, b, heads] :
       {std::tuple{"attn_q", "q_proj", c.num_heads}, {"attn_k", "k_proj", c.num_kv_heads}}) {
    const auto& w = hf.values.at(theirs + b + ".weight");
    CHECK(file.Values(ours + a + ".weight") == (llama ? Permute(w, heads, c.head_dim, c.hidden_size) : w));
    if (!c.qkv_bias) continue;
    const auto& bias = hf.values.at(theirs + b + ".bias");
    CHECK(file.Values(ours + a + ".bias") == (llama ? Permute(bias, heads, c.head_dim, 1) : bias));
  }
  CHECK(file.Values(ours + "attn_v.weight") == hf.values.at(theirs + "v_proj.weight"));
  if (c.qk_norm) CHECK(file.Values(ours + "attn_k_norm.weight") == hf.values.at(theirs + "k_norm.weight"));
}

void CheckMla(const GgufReader& file, const ModelConfig& c, const HfTensors& hf, int64_t l) {
  const std::string ours = "blk." + std::to_string(l) + ".",
                    theirs = "model.layers." + std::to_string(l) + ".self_attn.";
  CHECK(file.Values(ours + "attn_kv_a_mqa.weight") == hf.values.at(theirs + "kv_a_proj_with_mqa.weight"));
  CHECK(file.Values(ours + (c.q_lora_rank > 0 ? "attn_q_b.weight" : "attn_q.weight")) ==
        hf.values.at(theirs + (c.q_lora_rank > 0 ? "q_b_proj.weight" : "q_proj.weight")));
  const auto& kv_b = hf.values.at(theirs + "kv_b_proj.weight");
  const int64_t nope = c.qk_nope_head_dim, v = c.v_head_dim, rank = c.kv_lora_rank;
  std::vector<float> k_b, v_b;
  for (int64_t h = 0; h < c.num_heads; ++h) {
    const float* head = kv_b.data() + h * (nope + v) * rank;
    for (int64_t r = 0; r < rank; ++r) {
      for (int64_t n = 0; n < nope; ++n) k_b.push_back(head[n * rank + r]);
    }
    v_b.insert(v_b.end(), head + nope * rank, head + (nope + v) * rank);
  }
  CHECK(file.Values(ours + "attn_k_b.weight") == k_b);
  CHECK(file.Values(ours + "attn_v_b.weight") == v_b);
}

void CheckExperts(const GgufReader& file, const ModelConfig& c, const HfTensors& hf, int64_t l) {
  const std::string ours = "blk." + std::to_string(l) + ".",
                    theirs = "model.layers." + std::to_string(l) + ".mlp.";
  for (const std::string kind : {"gate", "up", "down"}) {
    std::vector<float> stacked;
    for (int64_t e = 0; e < c.num_experts; ++e) {
      const auto& one = hf.values.at(theirs + "experts." + std::to_string(e) + "." + kind + "_proj.weight");
      stacked.insert(stacked.end(), one.begin(), one.end());
    }
    CHECK(file.Values(ours + "ffn_" + kind + "_exps.weight") == stacked);
    CHECK(file.tensors.at(ours + "ffn_" + kind + "_exps.weight").dims.back() ==
          static_cast<uint64_t>(c.num_experts));
    if (c.num_shared_experts > 0)
      CHECK(file.Values(ours + "ffn_" + kind + "_shexp.weight") ==
            hf.values.at(theirs + "shared_experts." + kind + "_proj.weight"));
  }
  CHECK(file.Values(ours + "ffn_gate_inp.weight") == hf.values.at(theirs + "gate.weight"));
}

}  // namespace

TEST_CASE("gguf: every tensor of every architecture, with its keys") {
  std::map<std::string, int> seen;
  size_t all = 0;
  for (uint64_t seed = 1; seed <= 120; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    ModelConfig c = RandomConfig(random);
    c.vocab_size += 60;  // room for the tokenizer
    if (!Exportable(c)) continue;
    ++seen[c.architecture];
    const Weights weights = RandomWeights(c, random);
    const Exported exported(c, weights, GgufType::kF32);
    const GgufReader& file = exported.file;
    const HfTensors hf(weights);
    CHECK(file.Values("token_embd.weight") == hf.values.at("model.embed_tokens.weight"));
    CHECK(file.tensors.contains("output.weight") != c.tie_word_embeddings);
    for (int64_t l = 0; l < c.num_layers; ++l) {
      c.attention == AttentionKind::kGqa ? CheckGqa(file, c, hf, l) : CheckMla(file, c, hf, l);
      const std::string down = "model.layers." + std::to_string(l) + ".mlp.down_proj.weight";
      if (c.IsMoeLayer(l)) CheckExperts(file, c, hf, l);
      if (!c.IsMoeLayer(l))
        CHECK(file.Values("blk." + std::to_string(l) + ".ffn_down.weight") == hf.values.at(down));
    }
    const std::string arch = file.texts.at("general.architecture");
    CHECK(file.numbers.at(arch + ".block_count") == c.num_layers);
    CHECK(file.numbers.at(arch + ".rope.freq_base") == doctest::Approx(c.rope_theta));
    CHECK(file.tensors.contains("rope_freqs.weight") == (c.rope_scaling.kind == RopeScaling::Kind::kLlama3));
    CHECK(file.texts.at("tokenizer.chat_template") == "{{ messages }}");
    CHECK(file.lists.at("tokenizer.ggml.tokens").size() == static_cast<size_t>(c.vocab_size));
    CHECK(file.lists.at("tokenizer.ggml.tokens").back() == "[PAD" + std::to_string(c.vocab_size - 1) + "]");
    CHECK(file.number_lists.at("tokenizer.ggml.token_type").back() == 5);
    ++all;
  }
  CHECK(seen.size() == 6);
  CHECK(all >= 40);
}

TEST_CASE("gguf: narrower types round as they should; what does not fit Q8_0 is F16, vectors stay F32") {
  std::mt19937_64 random(3);
  ModelConfig c;
  do c = RandomConfig(random);
  while (c.architecture != "Qwen2ForCausalLM" || c.sliding_window > 0);
  c.hidden_size = 64;
  c.intermediate_size = 40;
  c.vocab_size = 90;
  Weights weights = RandomWeights(c, random);
  std::fill_n(weights.Get("layers.0.gate_up").value.data(), 32, 0.0f);  // a block of zeros
  const std::vector<float> exact = Exported(c, weights, GgufType::kF32).file.Values("blk.0.ffn_gate.weight");
  for (const GgufType type : {GgufType::kF16, GgufType::kBf16, GgufType::kQ8_0}) {
    const Exported exported(c, weights, type);
    CHECK(exported.file.tensors.at("blk.0.attn_norm.weight").type == 0);
    CHECK(exported.file.tensors.at("blk.0.attn_q.bias").type == 0);
    CHECK(exported.file.tensors.at("blk.0.ffn_gate.weight").type == static_cast<uint32_t>(type));
    CHECK(exported.file.tensors.at("blk.0.ffn_down.weight").type ==
          (type == GgufType::kQ8_0 ? 1u : static_cast<uint32_t>(type)));
    const std::vector<float> got = exported.file.Values("blk.0.ffn_gate.weight");
    for (size_t i = 0; i < got.size(); ++i) {
      float largest = 0.0f;
      for (size_t k = i / 32 * 32; k < i / 32 * 32 + 32; ++k)
        largest = std::max(largest, std::fabs(exact[k]));
      const float bound = type == GgufType::kQ8_0  ? largest / 127.0f * 0.502f + largest / 2048.0f
                          : type == GgufType::kF16 ? std::fabs(exact[i]) / 2048.0f
                                                   : std::fabs(exact[i]) / 256.0f;
      CHECK(std::fabs(got[i] - exact[i]) <= bound + 1e-7f);
    }
  }
}

TEST_CASE("gguf: a value that the type cannot hold is refused and leaves no file") {
  std::mt19937_64 random(4);
  ModelConfig c;
  do c = RandomConfig(random);
  while (c.architecture != "Qwen2ForCausalLM" || c.sliding_window > 0);
  c.hidden_size = 64;
  c.vocab_size = 90;
  Weights weights = RandomWeights(c, random);
  weights.Get("layers.0.gate_up").value.data()[1] = 1e8f;
  WeightsSource source(weights);
  const TempDir dir;
  WriteArithmeticTokenizer(dir.path());
  for (const auto& [type, fits] : {std::pair{GgufType::kF32, true},
                                   {GgufType::kBf16, true},
                                   {GgufType::kF16, false},
                                   {GgufType::kQ8_0, false}}) {
    const std::string message = ErrorOf([&] {
      ExportGguf(dir / "m.gguf", c, source, Tokenizer::Load(dir.path()), {.type = type, .name = "n"});
    });
    CHECK(message.empty() == fits);
    if (!fits) CHECK(Mentions(message, "blk.0.ffn_gate.weight is beyond what this type holds"));
    CHECK(std::filesystem::remove(dir / "m.gguf") == fits);
  }
}

TEST_CASE("gguf: what llama.cpp would compute otherwise is refused") {
  const auto refusal = [](const std::function<bool(ModelConfig&)>& edit) {
    for (uint64_t seed = 1;; ++seed) {
      std::mt19937_64 random(seed);
      ModelConfig c = RandomConfig(random);
      if (!Exportable(c) || !edit(c)) continue;
      c.vocab_size += 60;
      const Weights weights = RandomWeights(c, random);
      return ErrorOf([&] { Exported(c, weights, GgufType::kF32); });
    }
  };
  CHECK(Mentions(refusal([](ModelConfig& c) {
                   if (c.architecture != "Qwen2ForCausalLM") return false;
                   c.sliding_window = 8;
                   c.layer_slides.assign(c.num_layers, true);
                   return true;
                 }),
                 "does not carry out sliding windows in Qwen2ForCausalLM"));
  CHECK(Mentions(refusal([](ModelConfig& c) {
                   c.qkv_bias = c.o_bias = true;
                   return c.architecture == "Qwen3ForCausalLM";
                 }),
                 "biases of attention in Qwen3ForCausalLM"));
  CHECK(Mentions(refusal([](ModelConfig& c) {
                   c.num_experts = 0;
                   return c.architecture == "DeepseekV2ForCausalLM";
                 }),
                 "DeepseekV2ForCausalLM without experts"));
  CHECK(Mentions(refusal([](ModelConfig& c) {
                   c.norm_topk_prob = false;
                   return c.architecture == "Qwen3MoeForCausalLM";
                 }),
                 "norm_topk_prob"));
  CHECK(Mentions(refusal([](ModelConfig& c) {
                   c.rope_interleaved = false;
                   return c.architecture == "DeepseekV3ForCausalLM";
                 }),
                 "rope_interleave"));
}

}  // namespace hone
