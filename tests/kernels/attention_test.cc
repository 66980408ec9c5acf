// Attention against a double twin, bit for bit against itself under every way to batch it, and its gradient against a double
// twin that central differences hold to account.
#include "kernels/attention.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "hwy/targets.h"

namespace hone::kernels {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

AttentionShape Mla(int64_t heads, int64_t qk_width, int64_t v_width) {
  return {heads, 1, qk_width, v_width, 0, 1.0f / std::sqrt(static_cast<float>(qk_width))};
}
AttentionShape Gqa(int64_t heads, int64_t kv_heads, int64_t qk_width, int64_t v_width) {
  return {heads,
          kv_heads,
          qk_width,
          v_width,
          kv_heads * qk_width,
          1.0f / std::sqrt(static_cast<float>(qk_width))};
}
AttentionShape Windowed(AttentionShape shape, int64_t window) {
  shape.window = window;
  return shape;
}
int64_t KvWidth(const AttentionShape& s) {
  return std::max(s.qk_width * s.num_kv_heads, s.value_offset + s.v_width * s.num_kv_heads);
}

std::vector<float> Normal(int64_t size, std::mt19937& random) {
  std::normal_distribution<float> normal;
  std::vector<float> x(static_cast<size_t>(size));
  for (float& v : x) v = normal(random);
  return x;
}

bool SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

struct Target {  // only this instruction set, until the end of the scope
  explicit Target(int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().DeInit();
  }
  ~Target() {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().DeInit();
  }
};

// Sequences one after another, as a training batch lays them out.
struct Packed {
  AttentionShape shape;
  std::vector<int32_t> begin, positions, tile_begin, tiles;
  std::vector<float> q, kv, dout;

  Packed(const AttentionShape& s, const std::vector<int>& lengths, std::mt19937& random) : shape(s) {
    int32_t t = 0;
    for (const int length : lengths) {
      begin.push_back(t);
      const auto first_tile = static_cast<int32_t>(tiles.size());
      for (int p = 0; p < length; ++p, ++t) {
        if (p % kPageSize == 0) tiles.push_back(t);
        positions.push_back(p);
        tile_begin.push_back(first_tile);
      }
    }
    begin.push_back(t);
    q = Normal(t * s.num_heads * s.qk_width, random);
    kv = Normal(t * KvWidth(s), random);
    dout = Normal(t * s.num_heads * s.v_width, random);
  }
  int64_t rows() const { return begin.back(); }
};

struct Result {
  std::vector<float> out, lse;
};

Result Forward(ThreadPool& pool, const Packed& b) {
  const AttentionShape& s = b.shape;
  Result r{std::vector<float>(b.dout.size(), kNan),
           std::vector<float>(static_cast<size_t>(b.rows() * s.num_heads))};
  Attention(pool, s, {b.rows(), b.positions.data(), b.tile_begin.data(), b.tiles.data()}, b.q.data(),
            s.num_heads * s.qk_width, b.kv.data(), KvWidth(s), r.out.data(), s.num_heads * s.v_width,
            r.lse.data());
  return r;
}

struct Gradient {
  std::vector<float> dq, dkv;
};

Gradient Backward(ThreadPool& pool, const Packed& b, const Result& r) {
  const AttentionShape& s = b.shape;
  const int64_t q_stride = s.num_heads * s.qk_width, v_stride = s.num_heads * s.v_width;
  Gradient g{std::vector<float>(b.q.size(), kNan), std::vector<float>(b.kv.size(), kNan)};
  AttentionBackward(pool, s, static_cast<int64_t>(b.begin.size()) - 1, b.begin.data(), b.q.data(), q_stride,
                    b.kv.data(), KvWidth(s), r.out.data(), v_stride, r.lse.data(), b.dout.data(), v_stride,
                    g.dq.data(), q_stride, g.dkv.data(), KvWidth(s));
  return g;
}

// The twin. Gradients are taken when `dq` is not null.
struct Twin {
  std::vector<double> out, lse, dq, dkv;
};

Twin Reference(const Packed& b, const std::vector<double>& q, const std::vector<double>& kv, bool gradient) {
  const AttentionShape& s = b.shape;
  const int64_t group = s.num_heads / s.num_kv_heads;
  Twin twin{std::vector<double>(b.dout.size()),
            std::vector<double>(static_cast<size_t>(b.rows() * s.num_heads)), std::vector<double>(q.size()),
            std::vector<double>(kv.size())};
  for (int64_t t = 0; t < b.rows(); ++t) {
    const int64_t n = s.window > 0 ? std::min<int64_t>(s.window, b.positions[t] + 1) : b.positions[t] + 1;
    const int64_t first = t + 1 - n;
    for (int64_t h = 0; h < s.num_heads; ++h) {
      const int64_t row = t * s.num_heads + h;
      const double* query = q.data() + row * s.qk_width;
      const auto key = [&](int64_t j) { return (first + j) * KvWidth(s) + h / group * s.qk_width; };
      const auto value = [&](int64_t j) {
        return (first + j) * KvWidth(s) + s.value_offset + h / group * s.v_width;
      };
      std::vector<double> p(static_cast<size_t>(n));
      double sum = 0.0;
      for (int64_t j = 0; j < n; ++j) {
        for (int64_t c = 0; c < s.qk_width; ++c) p[j] += query[c] * kv[key(j) + c];
        sum += p[j] = std::exp(p[j] * static_cast<double>(s.scale));
      }
      twin.lse[row] = std::log(sum);
      double* out = twin.out.data() + row * s.v_width;
      for (int64_t j = 0; j < n; ++j) {
        p[j] /= sum;
        for (int64_t c = 0; c < s.v_width; ++c) out[c] += p[j] * kv[value(j) + c];
      }
      if (!gradient) continue;
      const float* dout = b.dout.data() + row * s.v_width;
      double delta = 0.0;
      for (int64_t c = 0; c < s.v_width; ++c) delta += static_cast<double>(dout[c]) * out[c];
      for (int64_t j = 0; j < n; ++j) {
        double dp = 0.0;
        for (int64_t c = 0; c < s.v_width; ++c) {
          dp += static_cast<double>(dout[c]) * kv[value(j) + c];
          twin.dkv[value(j) + c] += p[j] * static_cast<double>(dout[c]);
        }
        const double ds = p[j] * (dp - delta) * static_cast<double>(s.scale);
        for (int64_t c = 0; c < s.qk_width; ++c) {
          twin.dq[row * s.qk_width + c] += ds * kv[key(j) + c];
          twin.dkv[key(j) + c] += ds * query[c];
        }
      }
    }
  }
  return twin;
}

std::vector<double> Doubles(const std::vector<float>& x) { return {x.begin(), x.end()}; }

// Largest difference in units of the twin's root mean square (or 1 where that is less).
double Error(const std::vector<float>& x, const std::vector<double>& twin) {
  REQUIRE(x.size() == twin.size());
  double worst = 0.0, square = 0.0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double difference = std::abs(static_cast<double>(x[i]) - twin[i]);
    worst = difference <= worst ? worst : difference;  // keeps a NaN
    square += twin[i] * twin[i];
  }
  return worst / std::max(1.0, std::sqrt(square / static_cast<double>(x.size())));
}

const std::vector<AttentionShape> kShapes = {Mla(4, 80, 64),
                                             Mla(1, 7, 5),
                                             Mla(7, 33, 33),
                                             Mla(33, 48, 17),
                                             Gqa(4, 2, 32, 32),
                                             Gqa(1, 1, 1, 1),
                                             Gqa(6, 2, 33, 7),
                                             Gqa(14, 2, 64, 64),
                                             Gqa(5, 5, 96, 16),
                                             Mla(17, 576, 512),
                                             Windowed(Gqa(4, 2, 32, 32), 1),
                                             Windowed(Gqa(2, 2, 9, 7), 15),
                                             Windowed(Gqa(4, 1, 16, 16), 16),
                                             Windowed(Gqa(6, 2, 33, 7), 17),
                                             Windowed(Mla(4, 80, 64), 33),
                                             Windowed(Gqa(3, 3, 8, 8), 1000)};
const std::vector<int> kLengths = {1, 2, 15, 16, 17, 18, 33, 45, 64};

TEST_CASE("attention: forward and backward agree with a double twin") {
  constexpr unsigned seed = 11;
  CAPTURE(seed);
  std::mt19937 random(seed);
  ThreadPool pool(2);
  for (const AttentionShape& shape : kShapes) {
    CAPTURE(shape.num_heads);
    CAPTURE(shape.qk_width);
    const Packed batch(shape, shape.qk_width > 100 ? std::vector<int>{17, 20} : kLengths, random);
    const Twin twin = Reference(batch, Doubles(batch.q), Doubles(batch.kv), true);
    const Result r = Forward(pool, batch);
    CHECK(Error(r.out, twin.out) < 3e-6);
    CHECK(Error(r.lse, twin.lse) < 3e-6);
    const Gradient g = Backward(pool, batch, r);
    CHECK(Error(g.dq, twin.dq) < 1e-5);
    CHECK(Error(g.dkv, twin.dkv) < 3e-5);
  }
}

TEST_CASE("attention: the twin's gradient is the slope of its output") {
  std::mt19937 random(12);
  for (const AttentionShape& shape : {Mla(3, 7, 5), Gqa(4, 2, 5, 3), Windowed(Gqa(2, 1, 5, 3), 4)}) {
    const Packed batch(shape, {1, 5, 19}, random);
    const std::vector<double> q = Doubles(batch.q), kv = Doubles(batch.kv);
    const Twin twin = Reference(batch, q, kv, true);
    const auto loss = [&](const std::vector<double>& q_, const std::vector<double>& kv_) {
      const Twin moved = Reference(batch, q_, kv_, false);
      return std::inner_product(moved.out.begin(), moved.out.end(), batch.dout.begin(), 0.0);
    };
    constexpr double kStep = 1e-5;
    for (size_t i = 0; i < q.size(); i += 17) {
      std::vector<double> up = q, down = q;
      up[i] += kStep, down[i] -= kStep;
      CHECK((loss(up, kv) - loss(down, kv)) / (2 * kStep) ==
            doctest::Approx(twin.dq[i]).epsilon(1e-6).scale(1.0));
    }
    for (size_t i = 0; i < kv.size(); i += 7) {
      std::vector<double> up = kv, down = kv;
      up[i] += kStep, down[i] -= kStep;
      CHECK((loss(q, up) - loss(q, down)) / (2 * kStep) ==
            doctest::Approx(twin.dkv[i]).epsilon(1e-6).scale(1.0));
    }
  }
}

// A cache of shuffled pages, NaN wherever no sequence has written, in which `batch` is laid out again.
struct PagedCache {
  std::vector<float> kv;
  std::vector<int32_t> tile_begin, tiles;  // for sequence s: tiles from tile_begin[s] on

  PagedCache(const Packed& batch, std::mt19937& random) {
    const int64_t width = KvWidth(batch.shape);
    std::vector<int32_t> pages(3 * batch.tiles.size() + 1);
    std::iota(pages.begin(), pages.end(), 0);
    std::shuffle(pages.begin(), pages.end(), random);
    kv.assign(pages.size() * static_cast<size_t>(kPageSize * width), kNan);
    for (size_t s = 0; s + 1 < batch.begin.size(); ++s) {
      tile_begin.push_back(static_cast<int32_t>(tiles.size()));
      for (int32_t t = batch.begin[s]; t < batch.begin[s + 1]; ++t) {
        const int32_t position = t - batch.begin[s];
        if (position % kPageSize == 0) tiles.push_back(pages[tiles.size()] * static_cast<int32_t>(kPageSize));
        std::copy_n(batch.kv.begin() + t * width, width,
                    kv.begin() + (tiles.back() + position % kPageSize) * width);
      }
    }
  }
};

TEST_CASE(
    "attention: a row has the same bits alone, in chunks, in shuffled pages, in any order and on any "
    "threads") {
  constexpr unsigned seed = 13;
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (const AttentionShape& shape : kShapes) {
    CAPTURE(shape.num_heads);
    CAPTURE(shape.qk_width);
    const Packed batch(shape, shape.qk_width > 100 ? std::vector<int>{17, 20} : kLengths, random);
    const int64_t q_stride = shape.num_heads * shape.qk_width, v_stride = shape.num_heads * shape.v_width;
    ThreadPool one(1);
    const Result whole = Forward(one, batch);
    const Gradient gradient = Backward(one, batch, whole);
    for (const int threads : {2, 4}) {
      ThreadPool pool(threads);
      const Result r = Forward(pool, batch);
      CHECK(SameBits(r.out, whole.out));
      CHECK(SameBits(r.lse, whole.lse));
      const Gradient g = Backward(pool, batch, r);
      CHECK(SameBits(g.dq, gradient.dq));
      CHECK(SameBits(g.dkv, gradient.dkv));
    }
    const PagedCache cache(batch, random);
    std::vector<int32_t> tile_begin;
    for (size_t s = 0; s + 1 < batch.begin.size(); ++s) {
      tile_begin.resize(static_cast<size_t>(batch.begin[s + 1]), cache.tile_begin[s]);
    }
    for (const int64_t chunk : {int64_t{1}, int64_t{7}, int64_t{16}, batch.rows()}) {
      Result r{std::vector<float>(whole.out.size(), kNan), std::vector<float>(whole.lse.size(), kNan)};
      for (int64_t t = 0; t < batch.rows(); t += chunk) {
        Attention(one, shape,
                  {std::min(chunk, batch.rows() - t), batch.positions.data() + t, tile_begin.data() + t,
                   cache.tiles.data()},
                  batch.q.data() + t * q_stride, q_stride, cache.kv.data(), KvWidth(shape),
                  r.out.data() + t * v_stride, v_stride, r.lse.data() + t * shape.num_heads);
      }
      CAPTURE(chunk);
      CHECK(SameBits(r.out, whole.out));
      CHECK(SameBits(r.lse, whole.lse));
    }
    // Rows in a random order, strides wider than rows, no lse.
    std::vector<int32_t> order(static_cast<size_t>(batch.rows())), positions, begins;
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    std::vector<float> q, out(static_cast<size_t>(batch.rows() * (v_stride + 3)), -1.0f),
        sorted(whole.out.size());
    for (const int32_t t : order) {
      positions.push_back(batch.positions[t]);
      begins.push_back(tile_begin[t]);
      q.insert(q.end(), batch.q.begin() + t * q_stride, batch.q.begin() + (t + 1) * q_stride);
    }
    Attention(one, shape, {batch.rows(), positions.data(), begins.data(), cache.tiles.data()}, q.data(),
              q_stride, cache.kv.data(), KvWidth(shape), out.data(), v_stride + 3, nullptr);
    bool gaps_untouched = true;
    for (size_t i = 0; i < order.size(); ++i) {
      const auto from = out.begin() + static_cast<int64_t>(i) * (v_stride + 3);
      std::copy_n(from, v_stride, sorted.begin() + order[i] * v_stride);
      gaps_untouched &= std::all_of(from + v_stride, from + v_stride + 3, [](float x) { return x == -1.0f; });
    }
    CHECK(SameBits(sorted, whole.out));
    CHECK(gaps_untouched);
  }
}

TEST_CASE("attention: over a bf16 cache the bits are those over the same numbers as floats") {
  constexpr unsigned seed = 15;
  CAPTURE(seed);
  std::mt19937 random(seed);
  ThreadPool pool(2);
  for (const AttentionShape& shape : kShapes) {
    CAPTURE(shape.num_heads);
    CAPTURE(shape.qk_width);
    Packed batch(shape, shape.qk_width > 100 ? std::vector<int>{17, 20} : kLengths, random);
    std::vector<Bf16> cache;
    for (float& x : batch.kv) {
      const uint32_t upper = std::bit_cast<uint32_t>(x) & 0xffff0000u;
      x = std::bit_cast<float>(upper);
      cache.push_back({static_cast<uint16_t>(upper >> 16)});
    }
    const Result expected = Forward(pool, batch);
    Result r{std::vector<float>(expected.out.size(), kNan), std::vector<float>(expected.lse.size(), kNan)};
    Attention(pool, shape,
              {batch.rows(), batch.positions.data(), batch.tile_begin.data(), batch.tiles.data()},
              batch.q.data(), shape.num_heads * shape.qk_width, cache.data(), KvWidth(shape), r.out.data(),
              shape.num_heads * shape.v_width, r.lse.data());
    CHECK(SameBits(r.out, expected.out));
    CHECK(SameBits(r.lse, expected.lse));
  }
}

TEST_CASE(
    "attention: rows in one batch may share prefix pages; a later row's infinite key does not reach them") {
  std::mt19937 random(14);
  const AttentionShape shape = Gqa(4, 2, 32, 32);
  const int64_t width = KvWidth(shape), q_stride = 4 * 32;
  // Two branches of a prefix of 32: cache rows 0..31 shared, 32..47 one branch's page, 48..63 the other's.
  std::vector<float> kv = Normal(64 * width, random), q = Normal(2 * q_stride, random);
  const std::vector<int32_t> tiles = {0, 16, 32, 0, 16, 48}, positions = {35, 40}, begins = {0, 3};
  std::vector<float> both(2 * q_stride), alone(2 * q_stride);
  ThreadPool pool(1);
  Attention(pool, shape, {2, positions.data(), begins.data(), tiles.data()}, q.data(), q_stride, kv.data(),
            width, both.data(), q_stride, nullptr);
  for (int i = 0; i < 2; ++i) {
    Attention(pool, shape, {1, &positions[i], &begins[i], tiles.data()}, q.data() + i * q_stride, q_stride,
              kv.data(), width, alone.data() + i * q_stride, q_stride, nullptr);
  }
  CHECK(SameBits(both, alone));
  // Rows at positions 34 and 35 of one sequence; position 35 holds infinities.
  const std::vector<int32_t> next = {34, 35}, same = {0, 0};
  std::vector<float> clean(2 * q_stride), broken(2 * q_stride);
  Attention(pool, shape, {2, next.data(), same.data(), tiles.data()}, q.data(), q_stride, kv.data(), width,
            clean.data(), q_stride, nullptr);
  std::fill_n(kv.begin() + 35 * width, width, std::numeric_limits<float>::infinity());
  Attention(pool, shape, {2, next.data(), same.data(), tiles.data()}, q.data(), q_stride, kv.data(), width,
            broken.data(), q_stride, nullptr);
  CHECK(std::memcmp(clean.data(), broken.data(), static_cast<size_t>(q_stride) * sizeof(float)) == 0);
}

TEST_CASE("attention: a window as long as the sequence is none, and nothing before a window reaches a row") {
  std::mt19937 random(17);
  ThreadPool pool(2);
  const AttentionShape shape = Gqa(4, 2, 32, 16);
  Packed batch(shape, {70}, random);
  const Result all = Forward(pool, batch);
  batch.shape.window = 70;
  CHECK(SameBits(Forward(pool, batch).out, all.out));
  batch.shape.window = 20;
  const Result narrow = Forward(pool, batch);
  const int64_t width = KvWidth(shape), row = 4 * 16;
  for (int64_t i = 0; i < 32 * width; ++i) batch.kv[i] += 5.0f;  // positions 0 .. 31
  const Result moved = Forward(pool, batch);
  const auto from = [&](const Result& r, int64_t t) {
    return std::vector<float>(r.out.begin() + t * row, r.out.end());
  };
  CHECK(SameBits(from(moved, 51), from(narrow, 51)));
  CHECK_FALSE(SameBits(from(moved, 50), from(narrow, 50)));
}

TEST_CASE("attention: every instruction set gives the same bits") {
  const int64_t supported = hwy::SupportedTargets();
  std::mt19937 random(15);
  ThreadPool pool(2);
  for (const AttentionShape& shape : kShapes) {
    const Packed batch(shape, shape.qk_width > 100 ? std::vector<int>{17, 20} : kLengths, random);
    const Result best = Forward(pool, batch);
    const Gradient best_gradient = Backward(pool, batch, best);
    for (int64_t left = supported; left != 0; left &= left - 1) {
      const int64_t target = left & -left;
      if ((target & HWY_TARGETS) == 0) continue;
      CAPTURE(hwy::TargetName(target));
      const Target only(target);
      const Result r = Forward(pool, batch);
      CHECK(SameBits(r.out, best.out));
      CHECK(SameBits(r.lse, best.lse));
      const Gradient g = Backward(pool, batch, r);
      CHECK(SameBits(g.dq, best_gradient.dq));
      CHECK(SameBits(g.dkv, best_gradient.dkv));
    }
  }
}

TEST_CASE("attention: five thousand positions, and scores too large for a softmax without its maximum") {
  std::mt19937 random(16);
  ThreadPool pool(2);
  AttentionShape shape = Mla(2, 32, 16);
  shape.scale = 30.0f;
  Packed batch(shape, {5000}, random);
  for (float& x : batch.q) x *= 0.1f;  // scores of about +-100
  const Result r = Forward(pool, batch);
  double worst = 0.0;
  for (const int64_t t : {0, 1, 511, 2500, 4999}) {
    for (int64_t h = 0; h < 2; ++h) {
      std::vector<double> s(static_cast<size_t>(t + 1));
      for (int64_t j = 0; j <= t; ++j) {
        for (int64_t c = 0; c < 32; ++c) {
          s[j] +=
              static_cast<double>(batch.q[(t * 2 + h) * 32 + c]) * static_cast<double>(batch.kv[j * 32 + c]);
        }
        s[j] *= 30.0;
      }
      const double max = *std::max_element(s.begin(), s.end());
      double sum = 0.0;
      for (double& x : s) sum += x = std::exp(x - max);
      CHECK(static_cast<double>(r.lse[t * 2 + h]) == doctest::Approx(max + std::log(sum)).epsilon(1e-6));
      for (int64_t c = 0; c < 16; ++c) {
        double out = 0.0;
        for (int64_t j = 0; j <= t; ++j) out += s[j] * static_cast<double>(batch.kv[j * 32 + c]) / sum;
        worst = std::max(worst, std::abs(out - static_cast<double>(r.out[(t * 2 + h) * 16 + c])));
      }
    }
  }
  CHECK(worst < 5e-5);  // a score of 100 is known to 1e-5
}

}  // namespace
}  // namespace hone::kernels
