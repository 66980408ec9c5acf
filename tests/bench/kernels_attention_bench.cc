// Attention on one thread: decode, prefill and backward at the shapes of small models and of absorbed MLA. `flops` counts
// visible keys alone; compare it with the machine's fused multiply-add peak, `bytes` (decode: the cache rows) with its stream
// bandwidth.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <vector>

#include "kernels/attention.h"

namespace hone::kernels {
namespace {

struct Batch {
  AttentionShape shape;
  int64_t kv_width = 0;
  double pairs = 0.0;  // visible (query row, key) pairs
  std::vector<int32_t> begin, positions, tile_begin, tiles;
  std::vector<float> q, kv, out, lse, dout, dq, dkv;

  // `sequences` of `length` keys; query rows for all positions, or the last alone.
  Batch(const AttentionShape& s, int64_t sequences, int64_t length, bool last_only) : shape(s) {
    kv_width = s.value_offset == 0 ? s.qk_width : s.num_kv_heads * (s.qk_width + s.v_width);
    for (int64_t i = 0; i < sequences; ++i) {
      begin.push_back(static_cast<int32_t>(positions.size()));
      for (int64_t p = last_only ? length - 1 : 0; p < length; ++p) {
        positions.push_back(static_cast<int32_t>(p));
        tile_begin.push_back(static_cast<int32_t>(tiles.size()));
        pairs += static_cast<double>(p + 1);
      }
      for (int64_t p = 0; p < length; p += kPageSize) tiles.push_back(static_cast<int32_t>(i * length + p));
    }
    begin.push_back(static_cast<int32_t>(positions.size()));
    q = Random(rows() * s.num_heads * s.qk_width);
    kv = Random(sequences * length * kv_width);
    out = dout = Random(rows() * s.num_heads * s.v_width);
    lse = Random(rows() * s.num_heads);
  }
  int64_t rows() const { return static_cast<int64_t>(positions.size()); }
  static std::vector<float> Random(int64_t size) {
    std::mt19937 random(1);
    std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
    std::vector<float> x(static_cast<size_t>(size));
    for (float& v : x) v = uniform(random);
    return x;
  }
  void Forward(ThreadPool& pool) {
    Attention(pool, shape, {rows(), positions.data(), tile_begin.data(), tiles.data()}, q.data(),
              shape.num_heads * shape.qk_width, kv.data(), kv_width, out.data(),
              shape.num_heads * shape.v_width, lse.data());
  }
};

void Count(benchmark::State& state, const Batch& batch, int64_t floats_per_pair) {
  const double flops = 2.0 * batch.pairs * static_cast<double>(batch.shape.num_heads * floats_per_pair);
  state.counters["flops"] = benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
}

void RunForward(benchmark::State& state, const AttentionShape& shape, int64_t sequences, int64_t length,
                bool last_only) {
  ThreadPool pool(1);
  Batch batch(shape, sequences, length, last_only);
  for (auto _ : state) batch.Forward(pool);
  Count(state, batch, shape.qk_width + shape.v_width);
  if (last_only) {
    const double bytes = batch.pairs * static_cast<double>(batch.kv_width) * sizeof(float);
    state.counters["bytes"] = benchmark::Counter(bytes, benchmark::Counter::kIsIterationInvariantRate);
  }
}

void RunBackward(benchmark::State& state, const AttentionShape& shape, int64_t sequences, int64_t length) {
  ThreadPool pool(1);
  Batch batch(shape, sequences, length, false);
  batch.Forward(pool);
  batch.dq.resize(batch.q.size());
  batch.dkv.resize(batch.kv.size());
  const int64_t q_stride = shape.num_heads * shape.qk_width, v_stride = shape.num_heads * shape.v_width;
  for (auto _ : state) {
    AttentionBackward(pool, shape, sequences, batch.begin.data(), batch.q.data(), q_stride, batch.kv.data(),
                      batch.kv_width, batch.out.data(), v_stride, batch.lse.data(), batch.dout.data(),
                      v_stride, batch.dq.data(), q_stride, batch.dkv.data(), batch.kv_width);
  }
  Count(state, batch, 3 * shape.qk_width + 2 * shape.v_width);
}

constexpr AttentionShape kTinyMla{4, 1, 80, 64, 0, 0.1f};
constexpr AttentionShape kTinyGqa{4, 2, 32, 32, 64, 0.1f};
constexpr AttentionShape kMla{16, 1, 576, 512, 0, 0.05f};

BENCHMARK_CAPTURE(RunForward, tiny_mla_decode, kTinyMla, 256, 45, true);
BENCHMARK_CAPTURE(RunForward, tiny_gqa_decode, kTinyGqa, 256, 45, true);
BENCHMARK_CAPTURE(RunForward, mla_decode, kMla, 4, 4096, true);
BENCHMARK_CAPTURE(RunForward, tiny_mla_prefill, kTinyMla, 91, 45, false);
BENCHMARK_CAPTURE(RunForward, tiny_gqa_prefill, kTinyGqa, 91, 45, false);
BENCHMARK_CAPTURE(RunForward, mla_prefill, kMla, 1, 256, false);
BENCHMARK_CAPTURE(RunBackward, tiny_mla, kTinyMla, 91, 45);
BENCHMARK_CAPTURE(RunBackward, tiny_gqa, kTinyGqa, 91, 45);
BENCHMARK_CAPTURE(RunBackward, mla, kMla, 1, 256);

}  // namespace
}  // namespace hone::kernels
