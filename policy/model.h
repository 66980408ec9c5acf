// The policy: one forward over a ragged batch, for prefill, decode and training alike, with or without gradients.
// Sampler and learner call it with the same weights and get the same bits. LibTorch (tensors, the autograd graph) stays
// behind this header. Covered by tests/policy/model_test.cc.
#ifndef HONE_POLICY_MODEL_H_
#define HONE_POLICY_MODEL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/attention.h"
#include "kernels/thread_pool.h"
#include "policy/config.h"
#include "policy/parameter_source.h"
#include "policy/weights.h"

namespace hone {

// What the GEMMs multiply. kBf16 rounds weights, GEMM inputs, keys and values to bf16 and accumulates in fp32; norms, queries,
// softmax, router and residual stream stay fp32 either way.
enum class Precision { kFp32, kBf16 };

// Pages of kernels::kPageSize positions for every layer: [layers][pages * kPageSize][CacheRowWidth] floats, or bf16 numbers
// in that precision.
class KvCache {
 public:
  KvCache(const ModelConfig& config, Precision precision, int64_t num_pages);
  int64_t num_pages() const { return num_pages_; }
  Precision precision() const { return precision_; }
  // Rows of one layer; Element is float, or kernels::Bf16 where precision() is kBf16.
  template <class Element>
  Element* layer(int64_t layer) {
    return reinterpret_cast<Element*>(bytes() + layer * num_pages_ * page_bytes_);
  }
  void CopyPage(int64_t from, int64_t to);                                      // in every layer
  static int64_t BytesPerPage(const ModelConfig& config, Precision precision);  // of all layers

 private:
  char* bytes() { return reinterpret_cast<char*>(storage_.data()); }

  Precision precision_;
  int64_t num_pages_;
  int64_t num_layers_;
  int64_t page_bytes_;  // of one layer
  FloatBuffer storage_;
};

// Tokens of any number of sequences, in any phase; a sequence's rows lie together. Row t attends to positions 0..positions[t]
// of its sequence; keys of earlier positions are in the cache, those of its own sequence in this batch are written to
// cache_rows before attention reads them. No sequence reads what another one of the same batch writes.
struct RaggedBatch {
  std::vector<int32_t> tokens;     // [T]
  std::vector<int32_t> positions;  // [T]
  std::vector<int32_t>
      cache_rows;  // [T] the cache row (page * kPageSize + offset) this token writes; distinct
  std::vector<int32_t> tile_begin;  // [T] where this row's sequence starts in `tiles`
  std::vector<int32_t> tiles;       // first cache row (page * kPageSize) of each page of each sequence
  std::vector<int32_t> logit_rows;  // rows of the batch whose logits are wanted, ascending
};

// Whole sequences from position 0, packed one after another; attention stays within a sequence.
struct TrainingBatch {
  std::vector<int32_t> tokens;          // [T]
  std::vector<int32_t> sequence_begin;  // [S + 1]
  std::vector<int32_t> scored_rows;     // [N] ascending rows whose next-token log-prob is wanted
  std::vector<int32_t> targets;         // [N] the token scored at each of them
  float temperature = 1.0f;
};

// One gradient buffer per parameter, in Weights order; router biases have empty ones.
class Gradients {
 public:
  explicit Gradients(const Weights& weights);
  std::vector<FloatBuffer>& buffers() { return buffers_; }
  const std::vector<FloatBuffer>& buffers() const { return buffers_; }
  void SetZero();
  void Add(kernels::ThreadPool& pool, const Gradients& other);  // elementwise, this + other
  void Scale(kernels::ThreadPool& pool, float factor);
  double SumOfSquares(kernels::ThreadPool& pool) const;

 private:
  std::vector<FloatBuffer> buffers_;
};

struct TrainingOptions {
  bool recompute = false;      // drop each layer's activations and compute them again in the backward pass
  float balance_alpha = 0.0f;  // weight of the sequence-wise balance loss of MoE layers
  float balance_sequence_weight = 1.0f;  // each sequence's share in it, e.g. 1 / sequences of the whole step
};

// What one training pass tells besides its gradients.
struct TrainingStats {
  double balance_loss = 0.0;  // before alpha, summed over layers and weighted over sequences
  std::vector<std::vector<int64_t>> expert_load;  // per layer: tokens routed to each expert; empty if dense
};

// d loss / d log-prob and d loss / d entropy of every scored row. All are 0 before; a loss writes those it has.
struct LossSlopes {
  std::span<float> logprobs, entropies;
};

// Called between forward and backward: given log-prob and entropy of every scored row, writes the slopes.
using LossGradient =
    std::function<void(std::span<const float> logprobs, std::span<const float> entropies, LossSlopes slopes)>;

// Called between forward and backward for the scored rows [first, first + count), chunk after chunk: overwrites their logits
// [count, vocab_size] (before temperature) with d loss / d logits.
using RowLoss = std::function<void(int64_t first, int64_t count, float* logits)>;

// Not thread-safe: one call at a time, loops run on the given pool.
class Model {
 public:
  // References `weights`: after changing them call Refresh.
  Model(const ModelConfig& config, const Weights& weights, Precision precision, kernels::ThreadPool& pool);
  // A model that is only sampled and scored: packs what the source gives and lets go of it, so that the packed weights are the
  // only copy. The bits are those of the same weights in memory. Error as the source's; Refresh and Train are broken invariants.
  Model(const ModelConfig& config, ParameterSource& source, Precision precision, kernels::ThreadPool& pool);
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  const ModelConfig& config() const;
  Precision precision() const;
  kernels::ThreadPool& pool() const;
  void Refresh();  // packs the weights anew for the kernels

  // Fills the cache rows of the batch and writes logits [logit_rows, vocab_size] (before temperature).
  void Forward(const RaggedBatch& batch, KvCache& cache, float* logits);

  // Log-prob (at batch.temperature) and entropy of each scored row, without gradients and without all logits at once.
  void LogProbs(const TrainingBatch& batch, std::span<float> logprobs, std::span<float> entropies);

  // Forward, loss_gradient, backward; adds d loss / d weight to `gradients`.
  TrainingStats Train(const TrainingBatch& batch, const TrainingOptions& options,
                      const LossGradient& loss_gradient, Gradients& gradients);
  // The same for a loss of whole rows of logits. batch.targets and batch.temperature are not read.
  TrainingStats TrainRows(const TrainingBatch& batch, const TrainingOptions& options, const RowLoss& row_loss,
                          Gradients& gradients);

  // What the head reads at each scored row, [N, hidden_size]; and any `count` rows of it through the head into
  // logits [count, vocab_size], so that nobody need hold the logits of a whole batch.
  FloatBuffer HiddenStates(const TrainingBatch& batch);
  void Head(int64_t count, const float* hidden, float* logits);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What decides the bits besides the weights: kernel version, precision, instruction set, tile sizes. Stored with every run.
std::string NumericsFingerprint(Precision precision);

}  // namespace hone

#endif  // HONE_POLICY_MODEL_H_
