// Covers kernels/norm.cc: RMSNorm and its gradients against double, with identical bits everywhere and for a
// row alone.
#include "kernels/norm.h"

#include <doctest/doctest.h>

#include "tests/kernels/targets.h"

namespace hone::kernels {
namespace {

constexpr float kEps = 1e-5f;
constexpr float kCanary = -12345.0f;

// `x` with rows `stride` apart.
std::vector<float> Spread(const std::vector<float>& x, int64_t rows, int64_t width, int64_t stride) {
  std::vector<float> spread(rows * stride, kCanary);
  for (int64_t r = 0; r < rows; ++r) std::copy_n(x.data() + r * width, width, spread.data() + r * stride);
  return spread;
}
// The rows again; what lies between them must be untouched.
std::vector<float> Gather(const std::vector<float>& spread, int64_t rows, int64_t width, int64_t stride) {
  std::vector<float> x;
  for (int64_t r = 0; r < rows; ++r) {
    const auto row = spread.begin() + r * stride;
    x.insert(x.end(), row, row + width);
    CHECK(std::all_of(row + width, row + stride, [](float v) { return v == kCanary; }));
  }
  return x;
}

double InvRmsTwin(const float* x, int64_t width) {
  double sum = 0.0;
  for (int64_t i = 0; i < width; ++i) sum += static_cast<double>(x[i]) * x[i];
  return 1.0 / std::sqrt(sum / static_cast<double>(width) + static_cast<double>(kEps));
}

TEST_CASE("rms norm: double twin, strides, in place, a row alone and in a batch") {
  const uint64_t seed = 20260401;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  for (const int64_t width : kWidths) {
    for (const int64_t rows : kRows) {
      const std::vector<float> x = RandomFloats(rng, rows * width, 3.0f), weight = RandomFloats(rng, width);
      const std::vector<float> got = SameEverywhere([&](ThreadPool& pool) {
        const std::vector<float> from = Spread(x, rows, width, width + 3);
        std::vector<float> to(rows * (width + 5), kCanary), inv_rms(rows);
        RmsNorm(pool, rows, width, from.data(), width + 3, weight.data(), kEps, to.data(), width + 5,
                inv_rms.data());
        std::vector<float> all = Gather(to, rows, width, width + 5);
        Append(all, inv_rms);
        return all;
      });
      std::vector<double> expected, inv_rms;
      for (int64_t r = 0; r < rows; ++r) {
        inv_rms.push_back(InvRmsTwin(&x[r * width], width));
        for (int64_t i = 0; i < width; ++i) {
          expected.push_back(x[r * width + i] * inv_rms.back() * static_cast<double>(weight[i]));
        }
      }
      expected.insert(expected.end(), inv_rms.begin(), inv_rms.end());
      CHECK(WorstError(got, expected, 0.0) < 1e-6);

      ThreadPool pool(1);
      std::vector<float> in_place = x, alone = x;
      RmsNorm(pool, rows, width, in_place.data(), width, weight.data(), kEps, in_place.data(), width,
              nullptr);
      for (int64_t r = 0; r < rows; ++r) {
        float* row = &alone[r * width];
        RmsNorm(pool, 1, width, row, width, weight.data(), kEps, row, width, nullptr);
      }
      const std::vector<float> y(got.begin(), got.begin() + rows * width);
      CHECK(SameBits(in_place, y));
      CHECK(SameBits(alone, y));
    }
  }
}

// sum of dy * y in double, from any x.
double LossTwin(const std::vector<double>& x, const std::vector<float>& weight, const float* dy) {
  double sum = 0.0, loss = 0.0;
  for (const double v : x) sum += v * v;
  const double inv_rms = 1.0 / std::sqrt(sum / static_cast<double>(x.size()) + static_cast<double>(kEps));
  for (size_t i = 0; i < x.size(); ++i) loss += x[i] * inv_rms * static_cast<double>(weight[i]) * dy[i];
  return loss;
}

TEST_CASE("rms norm backward: central differences of the double twin; the weight's gradient is added to") {
  const uint64_t seed = 20260402;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  for (const int64_t width : {1, 7, 15, 16, 17, 31, 33, 128, 200}) {
    for (const int64_t rows : kRows) {
      CAPTURE(width);
      const int64_t stride = width + 3, dy_stride = width + 5;
      const std::vector<float> x = RandomFloats(rng, rows * width), weight = RandomFloats(rng, width);
      const std::vector<float> dy = RandomFloats(rng, rows * width), before = RandomFloats(rng, width);
      const std::vector<float> got = SameEverywhere([&](ThreadPool& pool) {
        const std::vector<float> from = Spread(x, rows, width, stride),
                                 d = Spread(dy, rows, width, dy_stride);
        std::vector<float> y(rows * width), inv_rms(rows), dx(rows * stride, kCanary), dweight = before;
        RmsNorm(pool, rows, width, from.data(), stride, weight.data(), kEps, y.data(), width, inv_rms.data());
        RmsNormBackward(pool, rows, width, from.data(), stride, weight.data(), inv_rms.data(), d.data(),
                        dy_stride, dx.data(), stride, dweight.data());
        std::vector<float> all = Gather(dx, rows, width, stride);
        Append(all, dweight);
        return all;
      });
      std::vector<double> dx, dweight(before.begin(), before.end());
      for (int64_t r = 0; r < rows; ++r) {
        std::vector<double> row(x.begin() + r * width, x.begin() + (r + 1) * width);
        const double inv_rms = InvRmsTwin(&x[r * width], width);
        for (int64_t i = 0; i < width; ++i) {
          dweight[i] += row[i] * inv_rms * static_cast<double>(dy[r * width + i]);
        }
        for (double& v : row) {
          const double at = v, step = 1e-6;
          v = at + step;
          const double up = LossTwin(row, weight, &dy[r * width]);
          v = at - step;
          dx.push_back((up - LossTwin(row, weight, &dy[r * width])) / (2.0 * step));
          v = at;
        }
      }
      // At width 1 the two terms cancel.
      CHECK(WorstError(std::vector<float>(got.begin(), got.end() - width), dx, 1.0) <
            (width == 1 ? 1e-5 : 2e-6));
      CHECK(WorstError(std::vector<float>(got.end() - width, got.end()), dweight, 1.0) < 5e-6);
    }
  }
}

}  // namespace
}  // namespace hone::kernels
