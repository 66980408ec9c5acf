// Matrix products and row kernels against the machine's ceilings, measured in this process: FLOP/s against
// multiply-adds on registers, bytes that must move (each input once, each output once) against the bandwidth
// of reading memory. Rates are those of the best iteration: other processes can only slow it. Rows of data
// that fit a cache may exceed 100 % of stream.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <thread>
#include <vector>

#include "kernels/adamw.h"
#include "kernels/distill.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"
#include "kernels/moe.h"
#include "kernels/norm.h"
#include "kernels/rope.h"
#include "tests/bench/kernels_ceilings.h"

namespace hone::kernels {
namespace {

std::vector<float> Values(int64_t size) {  // in [-1, 1), cheap to make
  std::vector<float> x(size);
  uint32_t state = 1;
  for (float& v : x)
    v = static_cast<float>(static_cast<int32_t>(state = state * 1664525u + 1013904223u)) * 0x1p-31f;
  return x;
}

template <class Work>
double BestSeconds(benchmark::State& state, int threads, Work work) {
  double best = 1e30;
  for (auto _ : state) {
    const double start = Now(threads);
    work();
    best = std::min(best, Now(threads) - start);
  }
  return best;
}

void CountBytes(benchmark::State& state, double bytes, int threads, double seconds) {
  const double stream = StreamBandwidth(threads);
  state.counters["GB/s"] = bytes / seconds * 1e-9;
  state.counters["stream_GB/s"] = stream * 1e-9;
  state.counters["pct_of_stream"] = 100.0 * bytes / seconds / stream;
}

void GemmRows(benchmark::State& state, GemmType type) {
  const int64_t m = state.range(0), k = state.range(1), n = state.range(2);
  const int threads = static_cast<int>(state.range(3));
  ThreadPool pool(threads);
  PackedMatrix b;
  b.Pack(pool, k, n, Values(k * n).data(), n, 1, type);
  const std::vector<float> a = Values(m * k);
  std::vector<float> c(m * n);
  const GemmProblem problem{.m = m, .a = a.data(), .a_row_stride = k, .b = &b, .c = c.data(), .c_stride = n};
  const double seconds = BestSeconds(state, threads, [&] { Gemm(pool, {&problem, 1}); });
  if (m == 1) {
    const double weight_bytes = type == GemmType::kBf16 ? 2.0 : 4.0;
    return CountBytes(state, weight_bytes * static_cast<double>(k * n), threads, seconds);
  }
  const double flops = 2.0 * static_cast<double>(m * k * n), peak = PeakFlops(type, threads);
  state.counters["GFLOP/s"] = flops / seconds * 1e-9;
  state.counters["peak_GFLOP/s"] = peak * 1e-9;
  state.counters["pct_of_peak"] = 100.0 * flops / seconds / peak;
}

// What a row kernel works on: [rows, width] buffers.
struct Rows {
  int64_t rows, width;
  int threads;
  ThreadPool pool;
  explicit Rows(const benchmark::State& state)
      : rows(state.range(0)),
        width(state.range(1)),
        threads(static_cast<int>(state.range(2))),
        pool(threads) {}
  int64_t size() const { return rows * width; }
  // `moved` counts floats read and written per element of [rows, width].
  template <class Work>
  void Run(benchmark::State& state, double moved, Work work) {
    CountBytes(state, 4.0 * moved * static_cast<double>(size()), threads, BestSeconds(state, threads, work));
  }
};

void RmsNormForward(benchmark::State& state) {
  Rows r(state);
  const std::vector<float> x = Values(r.size()), weight = Values(r.width);
  std::vector<float> y(r.size()), inv_rms(r.rows);
  r.Run(state, 2.0, [&] {
    RmsNorm(r.pool, r.rows, r.width, x.data(), r.width, weight.data(), 1e-6f, y.data(), r.width,
            inv_rms.data());
  });
}

void RmsNormBackward(benchmark::State& state) {
  Rows r(state);
  const std::vector<float> x = Values(r.size()), dy = Values(r.size()), weight = Values(r.width),
                           inv_rms = Values(r.rows);
  std::vector<float> dx(r.size()), dweight(r.width);
  r.Run(state, 3.0, [&] {
    kernels::RmsNormBackward(r.pool, r.rows, r.width, x.data(), r.width, weight.data(), inv_rms.data(),
                             dy.data(), r.width, dx.data(), r.width, dweight.data());
  });
}

void Rope(benchmark::State& state, bool interleaved) {
  Rows r(state);
  constexpr int64_t kDim = 64;
  std::vector<double> frequencies;
  for (int64_t i = 0; i < kDim; i += 2) frequencies.push_back(std::pow(1e4, -static_cast<double>(i) / kDim));
  const RopeTable table(r.rows, frequencies, 1.0);
  std::vector<int32_t> positions(r.rows);
  for (int64_t i = 0; i < r.rows; ++i) positions[i] = static_cast<int32_t>(i);
  std::vector<float> x = Values(r.size());
  r.Run(state, 2.0, [&] {
    ApplyRope(r.pool, table, r.rows, positions.data(), r.width / kDim, interleaved, false, x.data(), r.width,
              kDim);
  });
}

void SwiGluForward(benchmark::State& state) {
  Rows r(state);
  const std::vector<float> gate_up = Values(2 * r.size());
  std::vector<float> y(r.size());
  r.Run(state, 3.0, [&] { SwiGlu(r.pool, r.rows, r.width, gate_up.data(), y.data()); });
}

void SwiGluBackward(benchmark::State& state) {
  Rows r(state);
  const std::vector<float> gate_up = Values(2 * r.size()), dy = Values(r.size());
  std::vector<float> dgate_up(2 * r.size());
  r.Run(state, 5.0, [&] {
    kernels::SwiGluBackward(r.pool, r.rows, r.width, gate_up.data(), dy.data(), dgate_up.data());
  });
}

void GateForward(
    benchmark::State& state) {  // width experts in 8 groups, 8 chosen from 4 groups: DeepSeek-V3's at 256
  Rows r(state);
  const GateShape shape{.num_experts = r.width, .top_k = 8, .num_groups = 8, .top_groups = 4, .scale = 2.5f};
  const std::vector<float> logits = Values(r.size()), bias = Values(r.width);
  std::vector<float> scores(r.size()), weights(r.rows * 8);
  std::vector<int32_t> experts(r.rows * 8);
  r.Run(state, 2.0, [&] {
    Gate(r.pool, shape, r.rows, logits.data(), bias.data(), scores.data(), experts.data(), weights.data());
  });
}

// Four experts per token: y [rows * 4, width] weighted into out [rows, width], and back.
struct Combined {
  static constexpr int64_t kTop = 4, kExperts = 16;
  ExpertPlan plan;
  std::vector<float> weights, y, out;
  explicit Combined(const Rows& r)
      : weights(Values(r.rows * kTop)), y(Values(kTop * r.size())), out(r.size()) {
    std::vector<int32_t> experts(r.rows * kTop);
    for (int64_t i = 0; i < r.rows * kTop; ++i)
      experts[i] = static_cast<int32_t>((i / kTop * 7 + i % kTop * 3) % kExperts);
    plan = PlanExperts(r.rows, kTop, kExperts, experts.data());
  }
};

void CombineForward(benchmark::State& state) {
  Rows r(state);
  Combined c(r);
  r.Run(state, 6.0, [&] {
    CombineExperts(r.pool, c.plan, r.rows, Combined::kTop, r.width, c.weights.data(), c.y.data(),
                   c.out.data());
  });
}

void CombineBackward(benchmark::State& state) {
  Rows r(state);
  Combined c(r);
  std::vector<float> dy(c.y.size()), dweights(c.weights.size());
  r.Run(state, 9.0, [&] {
    CombineExpertsBackward(r.pool, c.plan, r.rows, Combined::kTop, r.width, c.weights.data(), c.y.data(),
                           c.out.data(), dy.data(), dweights.data());
  });
}

void SumOfRows(benchmark::State& state) {
  Rows r(state);
  const std::vector<float> x = Values(r.size());
  std::vector<float> sum(r.width);
  r.Run(state, 1.0, [&] { SumRows(r.pool, r.rows, r.width, x.data(), sum.data()); });
}

void ScatterAdd(benchmark::State& state) {  // as an embedding's gradient: into a table of 1024 rows
  Rows r(state);
  const std::vector<float> x = Values(r.size());
  std::vector<float> table(1024 * r.width);
  std::vector<int32_t> index(r.rows);
  for (int64_t i = 0; i < r.rows; ++i) index[i] = static_cast<int32_t>(i * 389 % 1024);
  r.Run(state, 3.0, [&] { ScatterAddRows(r.pool, r.rows, r.width, x.data(), index.data(), table.data()); });
}

void AdamWStep(benchmark::State& state) {
  Rows r(state);
  const std::vector<float> gradient = Values(r.size());
  std::vector<float> value = Values(r.size()), first(r.size()), second(r.size());
  r.Run(state, 7.0, [&] {
    AdamW(r.pool, r.size(), {.step = 10}, gradient.data(), value.data(), first.data(), second.data());
  });
}

void SquaresOfGradient(benchmark::State& state) {
  Rows r(state);
  const std::vector<float> x = Values(r.size());
  r.Run(state, 1.0, [&] { benchmark::DoNotOptimize(SumOfSquares(r.pool, r.size(), x.data())); });
}

// Two softmaxes of each side, two passes over both: what must move is both rows in and one out.
void Distill(benchmark::State& state, float beta) {
  Rows r(state);
  const std::vector<float> logits = Values(r.size()), teacher = Values(r.size()), weight(r.rows, 1.0f);
  std::vector<float> student(r.size()), loss(r.rows);
  r.Run(state, 5.0, [&] {
    student = logits;  // the kernel writes over them: 2 of the 5 moves
    DistillRows(r.pool, r.rows, r.width, {.beta = beta}, student.data(), r.width, teacher.data(), r.width,
                weight.data(), loss.data());
  });
}

int64_t AllThreads() { return std::max(1u, std::thread::hardware_concurrency()); }

std::vector<int64_t> ThreadCounts() {
  return AllThreads() > 1 ? std::vector<int64_t>{1, AllThreads()} : std::vector<int64_t>{1};
}

void LargeGemms(benchmark::internal::Benchmark* b) {
  b->ArgNames({"m", "k", "n", "threads"})->Iterations(12)->Unit(benchmark::kMillisecond);
  for (const int64_t threads : ThreadCounts()) {
    b->Args({256, 4096, 4096, threads})->Args({1, 4096, 4096, threads})->Args({1, 8192, 8192, threads});
  }
}

void TinyGemms(benchmark::internal::Benchmark* b) {
  b->ArgNames({"m", "k", "n", "threads"})->MinTime(0.2)->Unit(benchmark::kMicrosecond);
  for (const int64_t threads : ThreadCounts())
    b->Args({256, 128, 128, threads})->Args({256, 128, 512, threads});
}

template <int64_t kLargeWidth>
void RowShapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"rows", "width", "threads"})->MinTime(0.1)->Unit(benchmark::kMicrosecond);
  for (const int64_t threads : ThreadCounts()) {
    b->Args({256, 128, threads})->Args({4096, 128, threads})->Args({4096, kLargeWidth, threads});
  }
}

BENCHMARK_CAPTURE(GemmRows, fp32, GemmType::kFp32)->Apply(LargeGemms);
BENCHMARK_CAPTURE(GemmRows, bf16, GemmType::kBf16)->Apply(LargeGemms);
BENCHMARK_CAPTURE(GemmRows, fp32, GemmType::kFp32)->Apply(TinyGemms);
BENCHMARK_CAPTURE(GemmRows, bf16, GemmType::kBf16)->Apply(TinyGemms);
BENCHMARK(RmsNormForward)->Apply(RowShapes<2048>);
BENCHMARK(RmsNormBackward)->Apply(RowShapes<2048>);
BENCHMARK_CAPTURE(Rope, halves, false)->Apply(RowShapes<2048>);
BENCHMARK_CAPTURE(Rope, interleaved, true)->Apply(RowShapes<2048>);
BENCHMARK(SwiGluForward)->Apply(RowShapes<2048>);
BENCHMARK(SwiGluBackward)->Apply(RowShapes<2048>);
BENCHMARK(GateForward)->Apply(RowShapes<256>);
BENCHMARK(CombineForward)->Apply(RowShapes<2048>);
BENCHMARK(CombineBackward)->Apply(RowShapes<2048>);
BENCHMARK(SumOfRows)->Apply(RowShapes<2048>);
BENCHMARK(ScatterAdd)->Apply(RowShapes<2048>);
BENCHMARK(AdamWStep)->Apply(RowShapes<2048>);
BENCHMARK(SquaresOfGradient)->Apply(RowShapes<2048>);
BENCHMARK_CAPTURE(Distill, forward, 0.0f)->Apply(RowShapes<2048>);
BENCHMARK_CAPTURE(Distill, reverse, 1.0f)->Apply(RowShapes<2048>);
BENCHMARK_CAPTURE(Distill, jsd, 0.5f)->Apply(RowShapes<2048>);

}  // namespace
}  // namespace hone::kernels
