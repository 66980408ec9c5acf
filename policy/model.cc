// See model.h. Covered by tests/policy/model_test.cc.
#include "policy/model.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <utility>

#include "kernels/adamw.h"
#include "kernels/elementwise.h"
#include "kernels/logprob.h"
#include "policy/autograd.h"
#include "policy/layers.h"
#include "policy/packed_weights.h"

namespace hone {
namespace {

constexpr int kKernelVersion = 2;               // raised when a kernel's bits change
constexpr int64_t kLogitChunkFloats = 1 << 20;  // logits held at once while scoring
constexpr int64_t kMinShareRows = 64;  // below this a share would read more weights than it computes with

// Positions and tiles of a training batch: every sequence's keys and values are its own rows.
struct TrainingRows {
  explicit TrainingRows(const TrainingBatch& batch) {
    const auto& begin = batch.sequence_begin;
    for (size_t s = 0; s + 1 < begin.size(); ++s) {
      const auto first_tile = static_cast<int32_t>(tiles.size());
      for (int32_t row = begin[s]; row < begin[s + 1]; ++row) {
        if ((row - begin[s]) % kernels::kPageSize == 0) tiles.push_back(row);
        positions.push_back(row - begin[s]);
        tile_begin.push_back(first_tile);
      }
    }
    if (positions.size() != batch.tokens.size()) std::abort();
  }
  kernels::AttentionRows View() const {
    return {static_cast<int64_t>(positions.size()), positions.data(), tile_begin.data(), tiles.data()};
  }
  std::vector<int32_t> positions, tile_begin, tiles;
};

// Bounds of at most `shares` nearly equal shares of the batch's rows, cut between sequences only.
std::vector<int64_t> SplitRows(const RaggedBatch& batch, int64_t shares) {
  const auto rows = static_cast<int64_t>(batch.tokens.size());
  shares = std::min(shares, rows / kMinShareRows);
  std::vector<int64_t> bounds = {0};
  for (int64_t s = 1; s < shares; ++s) {
    int64_t row = std::max(bounds.back() + 1, s * rows / shares);
    while (row < rows && batch.tile_begin[row] == batch.tile_begin[row - 1]) ++row;
    if (row < rows) bounds.push_back(row);
  }
  bounds.push_back(rows);
  return bounds;
}

}  // namespace

KvCache::KvCache(const ModelConfig& config, Precision precision, int64_t num_pages)
    : precision_(precision),
      num_pages_(num_pages),
      num_layers_(config.num_layers),
      page_bytes_(BytesPerPage(config, precision) / config.num_layers),
      storage_(num_pages * num_layers_ * page_bytes_ / static_cast<int64_t>(sizeof(float))) {}

void KvCache::CopyPage(int64_t from, int64_t to) {
  for (int64_t l = 0; l < num_layers_; ++l) {
    char* pages = layer<char>(l);
    std::memcpy(pages + to * page_bytes_, pages + from * page_bytes_, page_bytes_);
  }
}

int64_t KvCache::BytesPerPage(const ModelConfig& config, Precision precision) {
  const size_t element = precision == Precision::kBf16 ? sizeof(kernels::Bf16) : sizeof(float);
  return config.num_layers * kernels::kPageSize * config.CacheRowWidth() * static_cast<int64_t>(element);
}

Gradients::Gradients(const Weights& weights) {
  for (const auto& p : weights.parameters()) {
    buffers_.emplace_back(p.role == ParameterRole::kRouterBias ? 0 : p.value.size());
  }
}

void Gradients::SetZero() {
  for (auto& b : buffers_) std::fill_n(b.data(), b.size(), 0.0f);
}

void Gradients::Add(kernels::ThreadPool& pool, const Gradients& other) {
  for (size_t i = 0; i < buffers_.size(); ++i) {
    kernels::AddTo(pool, buffers_[i].size(), other.buffers_[i].data(), buffers_[i].data());
  }
}

void Gradients::Scale(kernels::ThreadPool& pool, float factor) {
  for (auto& b : buffers_) kernels::Scale(pool, b.size(), factor, b.data());
}

double Gradients::SumOfSquares(kernels::ThreadPool& pool) const {
  double sum = 0.0;
  for (const auto& b : buffers_) sum += kernels::SumOfSquares(pool, b.size(), b.data());
  return sum;
}

struct Model::Impl {
  Impl(const ModelConfig& c, const std::vector<Parameter>& parameters, Precision p, kernels::ThreadPool& t)
      : config(c),
        precision(p),
        pool(t),
        weights(config, parameters, p),
        rope(c.max_position_embeddings, c.rope_scaling.Frequencies(c.RotaryDim(), c.rope_theta),
             c.rope_scaling.Magnitude()) {
    // LibTorch only adds gradients where paths meet: its own threads would fight the pool's for the cores.
    at::set_num_threads(1);
    for (int i = 0; i < t.num_threads(); ++i)
      inline_loops.push_back(std::make_unique<kernels::ThreadPool>(1));
  }

  Pass NewPass(kernels::ThreadPool& loops, int64_t num_rows, const kernels::AttentionRows& rows) const {
    Pass pass;
    pass.config = &config;
    pass.precision = precision;
    pass.weights = &weights;
    pass.rope = &rope;
    pass.pool = &loops;
    pass.num_rows = num_rows;
    pass.rows = rows;
    return pass;
  }

  at::Tensor Embed(const Pass& pass, const int32_t* tokens) const {
    for (int64_t i = 0; i < pass.num_rows; ++i) {
      if (tokens[i] < 0 || tokens[i] >= config.vocab_size) std::abort();
    }
    at::Tensor x = NewTensor(pass.num_rows, config.hidden_size);
    kernels::GatherColumns(*pass.pool, weights.embedding(), pass.num_rows, tokens, Values(x));
    return x;
  }

  at::Tensor Layer(const Pass& pass, int64_t l, const at::Tensor& x) const;
  at::Tensor RecomputedLayer(const Pass& pass, int64_t l, const at::Tensor& x) const;
  at::Tensor Layers(const Pass& pass, at::Tensor x) const;

  void ForwardRows(kernels::ThreadPool& loops, const RaggedBatch& batch, int64_t begin, int64_t end,
                   KvCache& cache, float* logits) const;

  // The given rows of `hidden` times the head into `logits`.
  void Logits(kernels::ThreadPool& loops, const at::Tensor& hidden, std::span<const int32_t> rows,
              float* gathered, float* logits) const;
  int64_t ChunkRows() const { return std::max<int64_t>(16, kLogitChunkFloats / config.vocab_size); }
  void Score(const at::Tensor& hidden, const TrainingBatch& batch, std::span<float> logprobs,
             std::span<float> entropies);
  at::Tensor HeadBackward(const Pass& pass, const at::Tensor& hidden, const TrainingBatch& batch,
                          const RowLoss& row_loss);
  // `slopes` between forward and backward makes the loss of the rows out of the final hidden states.
  TrainingStats Train(const TrainingBatch& batch, const TrainingOptions& options,
                      const std::function<RowLoss(const at::Tensor& hidden)>& slopes, Gradients& gradients);
  void HeadRows(kernels::ThreadPool& loops, int64_t count, const float* hidden, float* logits) const;

  const ModelConfig config;
  const Precision precision;
  kernels::ThreadPool& pool;
  std::vector<std::unique_ptr<kernels::ThreadPool>>
      inline_loops;                  // of one thread each, for the shares of a batch
  const Weights* trained = nullptr;  // what `weights` are packed from; null: packed once and gone
  PackedWeights weights;
  kernels::RopeTable rope;
  bool backward_packed = false;
};

at::Tensor Model::Impl::Layer(const Pass& pass, int64_t l, const at::Tensor& x) const {
  const LayerWeights& w = weights.layers[l];
  at::Tensor normed = Norm(pass, x, w.input_norm);
  at::Tensor qkv = Linear(pass, normed, w.qkv, &w.qkv_bias, nullptr);
  at::Tensor attended =
      config.attention == AttentionKind::kMla ? MlaAttention(pass, l, qkv) : GqaAttention(pass, l, qkv);
  at::Tensor residual = Linear(pass, attended, w.o, &w.o_bias, &x);
  normed = Norm(pass, residual, w.post_norm);
  if (!config.IsMoeLayer(l)) {
    at::Tensor activated = SwiGluRows(pass, Linear(pass, normed, w.gate_up, &w.gate_up_bias, nullptr));
    return Linear(pass, activated, w.down, &w.down_bias, &residual);
  }
  if (config.num_shared_experts > 0) {
    at::Tensor activated = SwiGluRows(pass, Linear(pass, normed, w.shared_gate_up, nullptr, nullptr));
    residual = Linear(pass, activated, w.shared_down, nullptr, &residual);
  }
  return Experts(pass, l, normed, residual);
}

// Keeps only the layer's input; the backward pass runs the layer again, recording this time.
at::Tensor Model::Impl::RecomputedLayer(const Pass& pass, int64_t l, const at::Tensor& x) const {
  Pass plain = pass;
  plain.gradients = nullptr;
  plain.keep_inputs = true;
  at::Tensor y = Layer(plain, l, x);
  Record(y, {x}, [this, &pass, l, x](const at::Tensor& dy) {
    const at::Tensor leaf = Leaf(x);
    return std::vector<at::Tensor>{RunBackward(Layer(pass, l, leaf), dy, leaf)};
  });
  return y;
}

at::Tensor Model::Impl::Layers(const Pass& pass, at::Tensor x) const {
  for (int64_t l = 0; l < config.num_layers; ++l) {
    x = pass.recording() && pass.options.recompute ? RecomputedLayer(pass, l, x) : Layer(pass, l, x);
  }
  return Norm(pass, x, weights.final_norm);
}

void Model::Impl::Logits(kernels::ThreadPool& loops, const at::Tensor& hidden, std::span<const int32_t> rows,
                         float* gathered, float* logits) const {
  const auto count = static_cast<int64_t>(rows.size());
  kernels::GatherRows(loops, count, config.hidden_size, Values(hidden), rows.data(), gathered);
  HeadRows(loops, count, gathered, logits);
}

void Model::Impl::HeadRows(kernels::ThreadPool& loops, int64_t count, const float* hidden,
                           float* logits) const {
  const kernels::GemmProblem problem = {.m = count,
                                        .a = hidden,
                                        .a_row_stride = config.hidden_size,
                                        .b = &weights.lm_head.forward,
                                        .c = logits,
                                        .c_stride = config.vocab_size};
  kernels::Gemm(loops, {&problem, 1});
}

// Rows [begin, end) of the batch, which are whole sequences of it, through the layers and the head.
void Model::Impl::ForwardRows(kernels::ThreadPool& loops, const RaggedBatch& batch, int64_t begin,
                              int64_t end, KvCache& cache, float* logits) const {
  Pass pass = NewPass(
      loops, end - begin,
      {end - begin, batch.positions.data() + begin, batch.tile_begin.data() + begin, batch.tiles.data()});
  pass.cache = &cache;
  pass.cache_rows = batch.cache_rows.data() + begin;
  const at::Tensor hidden = Layers(pass, Embed(pass, batch.tokens.data() + begin));
  const auto first = std::lower_bound(batch.logit_rows.begin(), batch.logit_rows.end(), begin);
  std::vector<int32_t> rows(first, std::lower_bound(first, batch.logit_rows.end(), end));
  for (int32_t& row : rows) row -= static_cast<int32_t>(begin);
  const at::Tensor gathered = NewTensor(static_cast<int64_t>(rows.size()), config.hidden_size);
  Logits(loops, hidden, rows, Values(gathered),
         logits + (first - batch.logit_rows.begin()) * config.vocab_size);
}

void Model::Impl::Score(const at::Tensor& hidden, const TrainingBatch& batch, std::span<float> logprobs,
                        std::span<float> entropies) {
  const auto total = static_cast<int64_t>(batch.scored_rows.size());
  const int64_t chunk = std::min(ChunkRows(), std::max<int64_t>(1, total));
  const at::Tensor gathered = NewTensor(chunk, config.hidden_size),
                   logits = NewTensor(chunk, config.vocab_size);
  for (int64_t begin = 0; begin < total; begin += chunk) {
    const int64_t count = std::min(chunk, total - begin);
    Logits(pool, hidden, {batch.scored_rows.data() + begin, static_cast<size_t>(count)}, Values(gathered),
           Values(logits));
    kernels::TokenLogProbs(pool, count, config.vocab_size, Values(logits), config.vocab_size,
                           batch.targets.data() + begin, batch.temperature, logprobs.data() + begin,
                           entropies.empty() ? nullptr : entropies.data() + begin);
  }
}

at::Tensor Model::Impl::HeadBackward(const Pass& pass, const at::Tensor& hidden, const TrainingBatch& batch,
                                     const RowLoss& row_loss) {
  const auto total = static_cast<int64_t>(batch.scored_rows.size());
  const int64_t width = config.hidden_size, vocab = config.vocab_size;
  const int64_t chunk = std::min(ChunkRows(), std::max<int64_t>(1, total));
  const at::Tensor gathered = NewTensor(chunk, width), logits = NewTensor(chunk, vocab),
                   dgathered = NewTensor(chunk, width);
  at::Tensor dhidden = NewTensor(pass.num_rows, width);
  std::fill_n(Values(dhidden), pass.num_rows * width, 0.0f);
  kernels::PackedMatrix packed;
  for (int64_t begin = 0; begin < total; begin += chunk) {
    const int64_t count = std::min(chunk, total - begin);
    const int32_t* rows = batch.scored_rows.data() + begin;
    Logits(pool, hidden, {rows, static_cast<size_t>(count)}, Values(gathered), Values(logits));
    row_loss(begin, count, Values(logits));
    const auto input =
        InputGradient(count, Values(logits), vocab, weights.lm_head, Values(dgathered), width, false);
    kernels::Gemm(pool, {&input, 1});
    const auto weight =
        WeightGradient(pass, count, Values(logits), vocab, Values(gathered), width, weights.lm_head, packed);
    kernels::Gemm(pool, {&weight, 1});
    kernels::ScatterRows(pool, count, width, Values(dgathered), width, rows, Values(dhidden));
  }
  return dhidden;
}

Model::Model(const ModelConfig& config, const Weights& weights, Precision precision,
             kernels::ThreadPool& pool)
    : impl_(std::make_unique<Impl>(config, weights.parameters(), precision, pool)) {
  impl_->trained = &weights;
  Refresh();
}

Model::Model(const ModelConfig& config, ParameterSource& source, Precision precision,
             kernels::ThreadPool& pool)
    : impl_(std::make_unique<Impl>(config, source.parameters(), precision, pool)) {
  impl_->weights.PackForward(pool, source);
}

Model::~Model() = default;

const ModelConfig& Model::config() const { return impl_->config; }
Precision Model::precision() const { return impl_->precision; }
kernels::ThreadPool& Model::pool() const { return impl_->pool; }

void Model::Refresh() {
  if (impl_->trained == nullptr) std::abort();
  WeightsSource source(*impl_->trained);
  impl_->weights.PackForward(impl_->pool, source);
  impl_->backward_packed = false;
}

// Rows are independent and their bits do not depend on who computes them beside which others, so with rows enough each
// thread takes a share of the sequences through the whole model: its activations stay in its own cache, and the many
// short loops of a decode step need no meeting of the threads.
void Model::Forward(const RaggedBatch& batch, KvCache& cache, float* logits) {
  Impl& impl = *impl_;
  const std::vector<int64_t> bounds = SplitRows(batch, impl.pool.num_threads());
  const auto shares = static_cast<int64_t>(bounds.size()) - 1;
  if (shares == 1) return impl.ForwardRows(impl.pool, batch, 0, bounds.back(), cache, logits);
  kernels::ThreadPool::Times& times = impl.pool.times();
  const kernels::ThreadPool::Times before = times;
  std::vector<std::exception_ptr> faults(shares);  // out of memory, say: a task must not throw
  impl.pool.ParallelFor(shares, [&](int64_t share, int) {
    try {
      impl.ForwardRows(*impl.inline_loops[share], batch, bounds[share], bounds[share + 1], cache, logits);
    } catch (...) {
      faults[share] = std::current_exception();
    }
  });
  for (const std::exception_ptr& fault : faults) {
    if (fault != nullptr) std::rethrow_exception(fault);
  }
  times = before;  // what counts is the time in the loops inside
  for (int64_t share = 0; share < shares; ++share) {
    times.Add(std::exchange(impl.inline_loops[share]->times(), {}), 1.0 / static_cast<double>(shares));
  }
}

void Model::LogProbs(const TrainingBatch& batch, std::span<float> logprobs, std::span<float> entropies) {
  const TrainingRows rows(batch);
  Pass pass = impl_->NewPass(impl_->pool, static_cast<int64_t>(batch.tokens.size()), rows.View());
  pass.sequence_begin = batch.sequence_begin;
  impl_->Score(impl_->Layers(pass, impl_->Embed(pass, batch.tokens.data())), batch, logprobs, entropies);
}

TrainingStats Model::Impl::Train(const TrainingBatch& batch, const TrainingOptions& options,
                                 const std::function<RowLoss(const at::Tensor& hidden)>& slopes,
                                 Gradients& gradients) {
  if (trained == nullptr) std::abort();
  if (!backward_packed) weights.PackBackward(pool, *trained);
  backward_packed = true;
  TrainingStats stats;
  stats.expert_load.resize(config.num_layers);
  for (int64_t l = 0; l < config.num_layers; ++l) {
    if (config.IsMoeLayer(l)) stats.expert_load[l].assign(config.num_experts, 0);
  }
  const TrainingRows rows(batch);
  Pass pass = NewPass(pool, static_cast<int64_t>(batch.tokens.size()), rows.View());
  pass.sequence_begin = batch.sequence_begin;
  pass.gradients = &gradients;
  pass.options = options;
  pass.stats = &stats;

  const at::Tensor embedded = Leaf(Embed(pass, batch.tokens.data()));
  const at::Tensor hidden = Layers(pass, embedded);
  const at::Tensor dembedded =
      RunBackward(hidden, HeadBackward(pass, hidden, batch, slopes(hidden)), embedded);
  kernels::ScatterAddRows(pool, pass.num_rows, config.hidden_size, Values(dembedded), batch.tokens.data(),
                          pass.Gradient(weights.embed.parameter));
  return stats;
}

TrainingStats Model::Train(const TrainingBatch& batch, const TrainingOptions& options,
                           const LossGradient& loss_gradient, Gradients& gradients) {
  Impl& impl = *impl_;
  std::vector<float> dlogprobs(batch.targets.size()), dentropies(batch.targets.size());
  const auto slopes = [&](const at::Tensor& hidden) -> RowLoss {
    std::vector<float> logprobs(batch.targets.size()), entropies(batch.targets.size());
    impl.Score(hidden, batch, logprobs, entropies);
    loss_gradient(logprobs, entropies, LossSlopes{dlogprobs, dentropies});
    const bool has_bonus =
        std::any_of(dentropies.begin(), dentropies.end(), [](float d) { return d != 0.0f; });
    return [&, has_bonus](int64_t first, int64_t count, float* logits) {
      const int64_t vocab = impl.config.vocab_size;
      kernels::TokenLogProbsBackward(impl.pool, count, vocab, logits, vocab, batch.targets.data() + first,
                                     batch.temperature, dlogprobs.data() + first,
                                     has_bonus ? dentropies.data() + first : nullptr);
    };
  };
  return impl.Train(batch, options, slopes, gradients);
}

TrainingStats Model::TrainRows(const TrainingBatch& batch, const TrainingOptions& options,
                               const RowLoss& row_loss, Gradients& gradients) {
  return impl_->Train(
      batch, options, [&](const at::Tensor&) { return row_loss; }, gradients);
}

FloatBuffer Model::HiddenStates(const TrainingBatch& batch) {
  const TrainingRows rows(batch);
  Pass pass = impl_->NewPass(impl_->pool, static_cast<int64_t>(batch.tokens.size()), rows.View());
  pass.sequence_begin = batch.sequence_begin;
  const at::Tensor hidden = impl_->Layers(pass, impl_->Embed(pass, batch.tokens.data()));
  const auto count = static_cast<int64_t>(batch.scored_rows.size());
  FloatBuffer gathered(count * impl_->config.hidden_size);
  kernels::GatherRows(impl_->pool, count, impl_->config.hidden_size, Values(hidden), batch.scored_rows.data(),
                      gathered.data());
  return gathered;
}

void Model::Head(int64_t count, const float* hidden, float* logits) {
  impl_->HeadRows(impl_->pool, count, hidden, logits);
}

std::string NumericsFingerprint(Precision precision) {
  const bool bf16 = precision == Precision::kBf16;
  return "kernels " + std::to_string(kKernelVersion) + ", page " + std::to_string(kernels::kPageSize) + ", " +
         (bf16 ? "bf16 by " + kernels::GemmInstructions(kernels::GemmType::kBf16) : std::string("fp32"));
}

}  // namespace hone
