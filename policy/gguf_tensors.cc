// See gguf_tensors.h. Names are those of llama.cpp's converter.
#include "policy/gguf_tensors.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

namespace hone {
namespace {

GgufType FittingType(GgufType wanted, int64_t columns) {
  return wanted == GgufType::kQ8_0 && columns % 32 != 0 ? GgufType::kF16 : wanted;
}

void Read(ParameterSource& source, const Parameter& p, int64_t first, int64_t count, float* out) {
  const float* values = source.Read(p, first, count, out);
  if (values != out) std::copy_n(values, count, out);
}

// llama.cpp rotates neighbours in its llama models: the row (or value) of heads of `d` that it has at `row`, where pairs
// (i, i + d / 2) are ours.
int64_t Permuted(int64_t row, int64_t d) {
  const int64_t within = row % d;
  return row - within + within / 2 + within % 2 * (d / 2);
}

// Collects the tensors of a model, each a view of its parameters.
class TensorList {
 public:
  TensorList(const ModelConfig& config, ParameterSource& source, GgufType type)
      : c_(config), source_(source), type_(type) {}

  std::vector<GgufTensor> Take() {
    Matrix("token_embd", "embed", 0, c_.vocab_size);
    Vector("output_norm", "final_norm");
    if (!c_.tie_word_embeddings) Matrix("output", "lm_head", 0, c_.vocab_size);
    if (c_.rope_scaling.kind == RopeScaling::Kind::kLlama3) RopeFactors();
    for (int64_t l = 0; l < c_.num_layers; ++l) {
      ours_ = "layers." + std::to_string(l) + ".";
      theirs_ = "blk." + std::to_string(l) + ".";
      Vector("attn_norm", "input_norm");
      Vector("ffn_norm", "post_norm");
      c_.attention == AttentionKind::kGqa ? Gqa() : Mla();
      c_.IsMoeLayer(l) ? Experts()
                       : Dense("ffn_gate", "ffn_up", "ffn_down", "gate_up", "down", c_.intermediate_size);
    }
    return std::move(out_);
  }

 private:
  const Parameter& Get(const std::string& name) const {
    for (const Parameter& p : source_.parameters()) {
      if (p.name == ours_ + name) return p;
    }
    std::abort();
  }

  // Rows of `columns` values; row r is where(r) values into the parameter.
  void Add(const std::string& name, std::vector<int64_t> shape, GgufType type, const Parameter& p,
           std::function<int64_t(int64_t row)> where) {
    const int64_t columns = shape.back();
    out_.push_back({theirs_ + name, std::move(shape), type,
                    [source = &source_, &p, columns, where](int64_t row, float* out) {
                      Read(*source, p, where(row), columns, out);
                    }});
  }

  // Rows [begin, begin + rows) of a parameter [.., columns].
  void Matrix(const std::string& name, const std::string& ours, int64_t begin, int64_t rows) {
    const Parameter& p = Get(ours);
    const int64_t columns = p.shape.back();
    Add(name + ".weight", {rows, columns}, FittingType(type_, columns), p,
        [=](int64_t row) { return (begin + row) * columns; });
  }
  void Vector(const std::string& name, const std::string& ours) {
    const Parameter& p = Get(ours);
    Add(name + ".weight", {p.shape[0]}, GgufType::kF32, p, [](int64_t) { return 0; });
  }

  void Heads(const std::string& name, int64_t begin, int64_t heads, bool rotated) {
    const bool permute = rotated && c_.architecture == "LlamaForCausalLM";
    const int64_t d = c_.head_dim, rows = heads * d, columns = c_.hidden_size;
    Add(name + ".weight", {rows, columns}, FittingType(type_, columns), Get("qkv"),
        [=](int64_t row) { return (begin + (permute ? Permuted(row, d) : row)) * columns; });
    if (!c_.qkv_bias) return;
    const Parameter& bias = Get("qkv_bias");
    out_.push_back({theirs_ + name + ".bias",
                    {rows},
                    GgufType::kF32,
                    [=, source = &source_, &bias](int64_t, float* out) {
                      std::vector<float> values(static_cast<size_t>(rows));
                      Read(*source, bias, begin, rows, values.data());
                      for (int64_t i = 0; i < rows; ++i) out[i] = values[permute ? Permuted(i, d) : i];
                    }});
  }

  void Gqa() {
    const int64_t q = c_.num_heads * c_.head_dim, kv = c_.num_kv_heads * c_.head_dim;
    Heads("attn_q", 0, c_.num_heads, true);
    Heads("attn_k", q, c_.num_kv_heads, true);
    Heads("attn_v", q + kv, c_.num_kv_heads, false);
    if (c_.qk_norm) {
      Vector("attn_q_norm", "q_norm");
      Vector("attn_k_norm", "k_norm");
    }
    Matrix("attn_output", "o", 0, c_.hidden_size);
    if (c_.o_bias) Bias("attn_output", "o_bias", 0, c_.hidden_size);
  }

  void Bias(const std::string& name, const std::string& ours, int64_t begin, int64_t size) {
    Add(name + ".bias", {size}, GgufType::kF32, Get(ours), [begin](int64_t) { return begin; });
  }

  void Mla() {
    const int64_t heads = c_.num_heads, nope = c_.qk_nope_head_dim, v = c_.v_head_dim, rank = c_.kv_lora_rank;
    const int64_t query = heads * c_.QkHeadDim();
    const int64_t first = c_.q_lora_rank > 0 ? c_.q_lora_rank : query;
    if (c_.q_lora_rank > 0) {
      Matrix("attn_q_a", "qkv_a", 0, first);
      Vector("attn_q_a_norm", "q_norm");
      Matrix("attn_q_b", "q_b", 0, query);
    } else {
      Matrix("attn_q", "qkv_a", 0, query);
    }
    Matrix("attn_kv_a_mqa", "qkv_a", first, rank + c_.qk_rope_head_dim);
    Vector("attn_kv_a_norm", "kv_norm");
    KeyUp(Get("kv_b"), heads, nope, v, rank);
    Add("attn_v_b.weight", {heads, v, rank}, FittingType(type_, rank), Get("kv_b"),
        [=](int64_t row) { return (row / v * (nope + v) + nope + row % v) * rank; });
    Matrix("attn_output", "o", 0, c_.hidden_size);
  }

  // W_UK of every head, transposed: [heads, rank, nope]. A head's matrix is kept while its rows are asked for.
  void KeyUp(const Parameter& kv_b, int64_t heads, int64_t nope, int64_t v, int64_t rank) {
    auto head_values = std::make_shared<std::vector<float>>(static_cast<size_t>(nope * rank));
    out_.push_back({theirs_ + "attn_k_b.weight",
                    {heads, rank, nope},
                    FittingType(type_, nope),
                    [=, source = &source_, &kv_b](int64_t row, float* out) {
                      const int64_t head = row / rank, column = row % rank;
                      if (column == 0)
                        Read(*source, kv_b, head * (nope + v) * rank, nope * rank, head_values->data());
                      for (int64_t i = 0; i < nope; ++i) out[i] = (*head_values)[i * rank + column];
                    }});
  }

  void Dense(const std::string& gate, const std::string& up, const std::string& down, const std::string& ours,
             const std::string& ours_down, int64_t width) {
    Matrix(gate, ours, 0, width);
    Matrix(up, ours, width, width);
    Matrix(down, ours_down, 0, c_.hidden_size);
    if (!c_.mlp_bias || ours != "gate_up") return;
    Bias(gate, "gate_up_bias", 0, width);
    Bias(up, "gate_up_bias", width, width);
    Bias(down, "down_bias", 0, c_.hidden_size);
  }

  void Experts() {
    const int64_t experts = c_.num_experts, width = c_.moe_intermediate_size, hidden = c_.hidden_size;
    const Parameter& router = Get("router");
    Add("ffn_gate_inp.weight", {experts, hidden}, GgufType::kF32, router,
        [=](int64_t row) { return row * hidden; });
    if (c_.gate == GateKind::kSigmoid)
      Add("exp_probs_b.bias", {experts}, GgufType::kF32, Get("router_bias"), [](int64_t) { return 0; });
    const auto stacked = [&](const char* name, int64_t begin) {
      Add(name, {experts, width, hidden}, FittingType(type_, hidden), Get("experts_gate_up"),
          [=](int64_t row) { return (row / width * 2 * width + begin + row % width) * hidden; });
    };
    stacked("ffn_gate_exps.weight", 0);
    stacked("ffn_up_exps.weight", width);
    Add("ffn_down_exps.weight", {experts, hidden, width}, FittingType(type_, width), Get("experts_down"),
        [=](int64_t row) { return row * width; });
    if (c_.num_shared_experts > 0) {
      Dense("ffn_gate_shexp", "ffn_up_shexp", "ffn_down_shexp", "shared_gate_up", "shared_down",
            width * c_.num_shared_experts);
    }
  }

  // How many times slower each pair turns than without scaling.
  void RopeFactors() {
    const std::vector<double> scaled = c_.rope_scaling.Frequencies(c_.head_dim, c_.rope_theta);
    const std::vector<double> plain = RopeScaling().Frequencies(c_.head_dim, c_.rope_theta);
    std::vector<float> factors;
    for (size_t i = 0; i < plain.size(); ++i) factors.push_back(static_cast<float>(plain[i] / scaled[i]));
    out_.push_back({"rope_freqs.weight",
                    {static_cast<int64_t>(factors.size())},
                    GgufType::kF32,
                    [factors](int64_t, float* out) { std::copy(factors.begin(), factors.end(), out); }});
  }

  const ModelConfig& c_;
  ParameterSource& source_;
  const GgufType type_;
  std::string ours_, theirs_;  // prefixes of the layer
  std::vector<GgufTensor> out_;
};

}  // namespace

std::vector<GgufTensor> GgufTensors(const ModelConfig& config, ParameterSource& source, GgufType type) {
  return TensorList(config, source, type).Take();
}

}  // namespace hone
