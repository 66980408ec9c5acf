// Covers kernels/elementwise.cc: SwiGLU and its gradient against double; moves, roundings and sums of rows to the bit.
#include "kernels/elementwise.h"

#include <doctest/doctest.h>

#include <bit>
#include <numeric>

#include "tests/kernels/targets.h"

namespace hone::kernels {
namespace {

double Silu(double x) { return x / (1.0 + std::exp(-x)); }

TEST_CASE("swiglu: double twin, gradient by central differences, a row alone and in a batch") {
  const uint64_t seed = 20260601;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  for (const int64_t width : kWidths) {
    for (const int64_t rows : kRows) {
      CAPTURE(width);
      CAPTURE(rows);
      const std::vector<float> x = RandomFloats(rng, rows * 2 * width, 3.0f),
                               dy = RandomFloats(rng, rows * width);
      const std::vector<float> y = SameEverywhere([&](ThreadPool& pool) {
        std::vector<float> out(rows * width, NAN);
        SwiGlu(pool, rows, width, x.data(), out.data());
        return out;
      });
      const std::vector<float> dx = SameEverywhere([&](ThreadPool& pool) {
        std::vector<float> out(x.size(), NAN);
        SwiGluBackward(pool, rows, width, x.data(), dy.data(), out.data());
        return out;
      });
      std::vector<double> expected(y.size()), gradient(x.size());
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t i = 0; i < width; ++i) {
          const int64_t at = r * 2 * width + i;
          const double gate = x[at], up = x[at + width], d = dy[r * width + i], step = 1e-5;
          expected[r * width + i] = Silu(gate) * up;
          gradient[at] = d * up * (Silu(gate + step) - Silu(gate - step)) / (2.0 * step);
          gradient[at + width] = d * Silu(gate);
        }
      }
      CHECK(WorstError(y, expected, 1e-30) < 1e-6);
      CHECK(WorstError(dx, gradient, 0.1) < 2e-6);
      ThreadPool pool(1);
      std::vector<float> alone(y.size()), dx_alone(x.size());
      for (int64_t r = 0; r < rows; ++r) {
        SwiGlu(pool, 1, width, &x[r * 2 * width], &alone[r * width]);
        SwiGluBackward(pool, 1, width, &x[r * 2 * width], &dy[r * width], &dx_alone[r * 2 * width]);
      }
      CHECK(SameBits(alone, y));
      CHECK(SameBits(dx_alone, dx));
    }
  }
}

TEST_CASE("swiglu: gates beyond the range of exp give 0 or up, never NaN") {
  ThreadPool pool(1);
  const std::vector<float> x = {-200.0f, -88.0f, 200.0f, 2.0f, 2.0f, 2.0f}, dy = {1.0f, 1.0f, 1.0f};
  std::vector<float> y(3), dx(6);
  SwiGlu(pool, 1, 3, x.data(), y.data());
  SwiGluBackward(pool, 1, 3, x.data(), dy.data(), dx.data());
  CHECK(WorstError(y, std::vector<double>{0.0, 0.0, 400.0}, 1.0) < 1e-6);
  CHECK(WorstError(dx, std::vector<double>{0.0, 0.0, 2.0, 0.0, 0.0, 200.0}, 1.0) < 1e-6);
}

TEST_CASE("rows: gather, scatter, scatter-add, bias and sums to the bit, each chain in ascending rows") {
  const uint64_t seed = 20260602;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  for (const int64_t width : {1, 7, 15, 16, 17, 31, 33, 128, 200}) {
    for (const int64_t rows : kRows) {
      CAPTURE(width);
      CAPTURE(rows);
      constexpr int64_t kTable = 70;
      const int64_t stride = width + 3;
      const std::vector<float> table = RandomFloats(rng, kTable * width), x = RandomFloats(rng, rows * width);
      const std::vector<float> wide = RandomFloats(rng, rows * stride), bias = RandomFloats(rng, width);
      std::vector<int32_t> index(rows), distinct(kTable);
      for (auto& i : index) i = static_cast<int32_t>(rng() % 7);  // most rows meet others
      std::iota(distinct.begin(), distinct.end(), 0);
      std::shuffle(distinct.begin(), distinct.end(), rng);
      const std::vector<float> got = SameEverywhere([&](ThreadPool& pool) {
        std::vector<float> gathered(rows * width, NAN), added = table, replaced = table, biased = x,
                                                        sum = bias;
        GatherRows(pool, rows, width, table.data(), index.data(), gathered.data());
        ScatterAddRows(pool, rows, width, x.data(), index.data(), added.data());
        ScatterRows(pool, rows, width, wide.data(), stride, distinct.data(), replaced.data());
        AddBias(pool, rows, width, bias.data(), biased.data());
        SumRows(pool, rows, width, x.data(), sum.data());
        std::vector<float> all = gathered;
        for (const auto* part : {&added, &replaced, &biased, &sum}) Append(all, *part);
        return all;
      });
      std::vector<float> gathered(rows * width), added = table, replaced = table, biased = x, sum = bias;
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t i = 0; i < width; ++i) {
          gathered[r * width + i] = table[index[r] * width + i];
          added[index[r] * width + i] += x[r * width + i];
          replaced[distinct[r] * width + i] = wide[r * stride + i];
          biased[r * width + i] += bias[i];
          sum[i] += x[r * width + i];
        }
      }
      for (const auto* part : {&added, &replaced, &biased, &sum}) Append(gathered, *part);
      CHECK(SameBits(got, gathered));
    }
  }
}

TEST_CASE("adding and scaling flat buffers, longer than one task") {
  const uint64_t seed = 20260603;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  for (const int64_t size : {0, 1, 15, 17, 8192, 40'001}) {
    const std::vector<float> x = RandomFloats(rng, size), y = RandomFloats(rng, size);
    const std::vector<float> got = SameEverywhere([&](ThreadPool& pool) {
      std::vector<float> z = y;
      AddTo(pool, size, x.data(), z.data());
      Scale(pool, size, 0.3f, z.data());
      return z;
    });
    std::vector<float> expected = y;
    for (int64_t i = 0; i < size; ++i) expected[i] = (expected[i] + x[i]) * 0.3f;
    CHECK(SameBits(got, expected));
  }
}

TEST_CASE("rounding to bf16: nearest, ties to even, infinities, denormals and NaN") {
  const uint64_t seed = 20260208;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  constexpr int64_t kPoints = 100'003;
  std::vector<float> x(kPoints), expected(kPoints);
  for (int64_t i = 0; i < kPoints; ++i) {
    auto bits = static_cast<uint32_t>(rng());
    if (i % 3 == 0) bits = (bits & 0xffff0000u) | 0x8000u;        // exactly between two
    if (i % 101 == 0) bits = 0x7f800000u | (bits & 0x80ffffffu);  // infinity or NaN
    if (i % 103 == 0)
      bits = i % 2 == 0 ? 0x7fffffffu : 0xffffffffu;  // the NaNs that a carry would turn into zeros
    if (i % 107 == 0) bits &= 0x807fffffu;            // denormal
    x[i] = std::bit_cast<float>(bits);
    expected[i] = NearestBf16(x[i]);
  }
  const std::vector<float> got = SameEverywhere([&](ThreadPool& pool) {
    std::vector<float> y(kPoints);
    RoundToBf16(pool, 1, kPoints, x.data(), kPoints, y.data(), kPoints);
    return y;
  });
  int64_t wrong = 0;
  for (int64_t i = 0; i < kPoints; ++i) {
    const bool both_nan = std::isnan(got[i]) && std::isnan(expected[i]);
    wrong += !both_nan && std::bit_cast<uint32_t>(got[i]) != std::bit_cast<uint32_t>(expected[i]);
    wrong += (std::bit_cast<uint32_t>(got[i]) & 0xffff) != 0;
  }
  CHECK(wrong == 0);
}

TEST_CASE("rows to bf16: in place between strangers, and scattered into a bf16 table, the same numbers") {
  const uint64_t seed = 20260604;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  for (const int64_t width : kWidths) {
    for (const int64_t rows : kRows) {
      CAPTURE(width);
      CAPTURE(rows);
      const int64_t stride = width + 3;
      const std::vector<float> x = RandomFloats(rng, rows * stride);
      std::vector<int32_t> index(rows);
      std::iota(index.begin(), index.end(), 0);
      std::shuffle(index.begin(), index.end(), rng);
      const std::vector<float> got = SameEverywhere([&](ThreadPool& pool) {
        std::vector<float> y = x;
        RoundToBf16(pool, rows, width, y.data(), stride, y.data(), stride);
        std::vector<Bf16> table(rows * width);
        ScatterRows(pool, rows, width, x.data(), stride, index.data(), table.data());
        for (const Bf16 b : table) y.push_back(std::bit_cast<float>(static_cast<uint32_t>(b.bits) << 16));
        return y;
      });
      std::vector<float> expected = x, table(rows * width);
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t i = 0; i < width; ++i) {
          expected[r * stride + i] = table[index[r] * width + i] = NearestBf16(x[r * stride + i]);
        }
      }
      Append(expected, table);
      CHECK(SameBits(got, expected));
    }
  }
}

}  // namespace
}  // namespace hone::kernels
