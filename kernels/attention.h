// Causal attention over a paged cache, forward and backward, for grouped-query attention and for absorbed MLA (one shared
// latent head whose key begins with its value). Decode, chunked prefill, shared prefixes and training all run the same
// row function: keys in tiles of kPageSize at absolute positions, an online softmax in tile order. A row's bits
// depend on its query and on the keys and values at the positions it sees alone. Covered by
// tests/kernels/attention_test.cc.
#ifndef HONE_KERNELS_ATTENTION_H_
#define HONE_KERNELS_ATTENTION_H_

#include <cstdint>

#include "kernels/bf16.h"
#include "kernels/thread_pool.h"

namespace hone::kernels {

inline constexpr int64_t kPageSize = 16;  // positions per cache page and per attention tile

struct AttentionShape {
  int64_t num_heads = 0;
  int64_t num_kv_heads = 0;  // divides num_heads; query head h reads kv head h / (num_heads / num_kv_heads)
  int64_t qk_width = 0;
  int64_t v_width = 0;
  int64_t value_offset = 0;  // where the values begin in a cache row; keys begin at 0. 0 for MLA
  float scale = 1.0f;        // multiplies q . k
  int64_t window = 0;        // positions a row sees, its own included; 0: all up to its own
};

// The query rows of a ragged batch. Row t sits at positions[t] of a sequence whose tile i (positions 16 i .. 16 i + 15)
// starts at cache row tiles[tile_begin[t] + i]; it sees positions 0 .. positions[t], or the last `window` of them.
struct AttentionRows {
  int64_t num_rows = 0;
  const int32_t* positions = nullptr;   // [T]
  const int32_t* tile_begin = nullptr;  // [T]
  const int32_t* tiles = nullptr;
};

// q [T, num_heads * qk_width], rows q_stride apart; cache rows kv_stride apart, kv head g with its key at g * qk_width and
// its value at value_offset + g * v_width. Writes out [T, num_heads * v_width], rows out_stride apart, and unless
// null lse [T, num_heads], the log of the sum of exp(scale * q . k). Over a bf16 cache the bits are those over the same
// numbers as floats.
void Attention(ThreadPool& pool, const AttentionShape& shape, const AttentionRows& rows, const float* q,
               int64_t q_stride, const float* kv, int64_t kv_stride, float* out, int64_t out_stride,
               float* lse);
void Attention(ThreadPool& pool, const AttentionShape& shape, const AttentionRows& rows, const float* q,
               int64_t q_stride, const Bf16* kv, int64_t kv_stride, float* out, int64_t out_stride,
               float* lse);

// Training batches only: sequence s is rows [sequence_begin[s], sequence_begin[s + 1]) at positions 0, 1, 2, ..., and cache
// row t belongs to query row t. Writes dq [T, num_heads * qk_width] and dkv (rows dkv_stride apart, layout of a cache
// row; where value_offset is 0 the key and value gradients add up). Sums over query rows ascend.
void AttentionBackward(ThreadPool& pool, const AttentionShape& shape, int64_t num_sequences,
                       const int32_t* sequence_begin, const float* q, int64_t q_stride, const float* kv,
                       int64_t kv_stride, const float* out, int64_t out_stride, const float* lse,
                       const float* dout, int64_t dout_stride, float* dq, int64_t dq_stride, float* dkv,
                       int64_t dkv_stride);

}  // namespace hone::kernels

#endif  // HONE_KERNELS_ATTENTION_H_
