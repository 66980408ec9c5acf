// Covers kernels/rope.cc: the table and both layouts against double, rotating back, heads and rows among
// other data.
#include "kernels/rope.h"

#include <doctest/doctest.h>

#include "tests/kernels/targets.h"

namespace hone::kernels {
namespace {

constexpr int64_t kPositions = 5000;
constexpr double kTheta = 1e4;
constexpr float kCanary = -12345.0f;

std::vector<double> Frequencies(int64_t dim) {
  std::vector<double> f;
  for (int64_t i = 0; i < dim; i += 2)
    f.push_back(std::pow(kTheta, -static_cast<double>(i) / static_cast<double>(dim)));
  return f;
}

struct Placed {  // heads inside rows, with floats before, between and after them that belong to others
  int64_t rows, heads, dim;
  int64_t head_stride() const { return dim + 2; }
  int64_t row_stride() const { return heads * head_stride() + 3; }
  int64_t At(int64_t r, int64_t h, int64_t i) const { return r * row_stride() + h * head_stride() + i; }
};

TEST_CASE("rope: both layouts against double; the inverse is the transpose; nothing else is touched") {
  const uint64_t seed = 20260501;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  for (const int64_t dim : {2, 14, 16, 30, 32, 34, 64, 66, 128}) {
    const double magnitude = dim % 4 == 0 ? 1.0 : 1.25;
    const RopeTable table(kPositions, Frequencies(dim), magnitude);
    for (const int64_t rows : kRows) {
      for (const bool interleaved : {false, true}) {
        CAPTURE(dim);
        CAPTURE(interleaved);
        const Placed place{rows, 3, dim};
        std::vector<int32_t> positions(rows);
        for (auto& p : positions) p = static_cast<int32_t>(rng() % kPositions);
        if (rows > 0) positions.back() = kPositions - 1;
        std::vector<float> x(rows * place.row_stride(), kCanary);
        std::vector<double> forward(x.begin(), x.end()), back(x.begin(), x.end());
        for (int64_t r = 0; r < rows; ++r) {
          for (int64_t h = 0; h < 3; ++h) {
            const std::vector<float> head = RandomFloats(rng, dim);
            std::copy(head.begin(), head.end(), &x[place.At(r, h, 0)]);
            for (int64_t i = 0; i < dim / 2; ++i) {
              const double angle =
                  positions[r] * std::pow(kTheta, -2.0 * static_cast<double>(i) / static_cast<double>(dim));
              const int64_t a = interleaved ? 2 * i : i, b = interleaved ? 2 * i + 1 : i + dim / 2;
              const double c = magnitude * std::cos(angle), s = magnitude * std::sin(angle);
              forward[place.At(r, h, a)] = head[a] * c - head[b] * s;
              forward[place.At(r, h, b)] = head[b] * c + head[a] * s;
              back[place.At(r, h, a)] = head[a] * c + head[b] * s;
              back[place.At(r, h, b)] = head[b] * c - head[a] * s;
            }
          }
        }
        for (const bool inverse : {false, true}) {
          const std::vector<float> got = SameEverywhere([&](ThreadPool& pool) {
            std::vector<float> y = x;
            ApplyRope(pool, table, rows, positions.data(), 3, interleaved, inverse, y.data(),
                      place.row_stride(), place.head_stride());
            return y;
          });
          CHECK(WorstError(got, inverse ? back : forward, 1.0) < 2.5e-7);
          for (size_t i = 0; i < x.size(); ++i) {
            if (x[i] == kCanary) CHECK(got[i] == kCanary);
          }
          std::vector<float> alone = x;
          ThreadPool pool(1);
          for (int64_t r = 0; r < rows; ++r) {
            for (int64_t h = 0; h < 3; ++h) {
              ApplyRope(pool, table, 1, &positions[r], 1, interleaved, inverse, &alone[place.At(r, h, 0)], 1,
                        1);
            }
          }
          CHECK(SameBits(alone, got));
        }
      }
    }
  }
}

TEST_CASE("rope: position 0 changes nothing") {
  const RopeTable table(4, Frequencies(64), 1.0);
  std::mt19937_64 rng(1);
  const std::vector<float> x = RandomFloats(rng, 64);
  ThreadPool pool(1);
  const int32_t zero = 0;
  for (const bool interleaved : {false, true}) {
    std::vector<float> y = x;
    ApplyRope(pool, table, 1, &zero, 1, interleaved, false, y.data(), 64, 64);
    CHECK(SameBits(x, y));
  }
}

}  // namespace
}  // namespace hone::kernels
