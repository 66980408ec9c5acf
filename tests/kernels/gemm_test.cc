// Covers kernels/gemm.cc and gemm_bf16.cc: fp32 to the bit against one std::fma chain per element; bf16
// against double and, where the instruction is portable, to the bit; and that no bit depends on M, the
// layout, the threads or how K is cut.
#include "kernels/gemm.h"

#include <doctest/doctest.h>

#include <bit>
#include <cstring>
#include <limits>
#include <memory>
#include <span>

#include "tests/kernels/targets.h"

namespace hone::kernels {
namespace {

constexpr int64_t kSizes[] = {1, 2, 5, 11, 12, 13, 31, 32, 33, 64, 100};
constexpr GemmType kTypes[] = {GemmType::kFp32, GemmType::kBf16};
constexpr float kCanary = -12345.0f;

std::vector<float> Rounded(std::vector<float> x) {
  for (float& v : x) v = NearestBf16(v);
  return x;
}

struct Product {
  int64_t m, n, k;
  std::vector<float> a, b, c;  // [m,k], [k,n], and [m,n]: what C holds before
  bool accumulate = false;
  bool a_transposed = false;  // how the operands lie in memory
  bool b_transposed = false;

  Product(std::mt19937_64& rng, int64_t m_in, int64_t n_in, int64_t k_in)
      : m(m_in),
        n(n_in),
        k(k_in),
        a(RandomFloats(rng, m * k)),
        b(RandomFloats(rng, k * n)),
        c(RandomFloats(rng, m * n)) {
    const uint64_t bits = rng();
    accumulate = (bits & 1) != 0;
    a_transposed = (bits & 2) != 0;
    b_transposed = (bits & 4) != 0;
  }
};

// [rows, columns] with `gap` floats between rows, or the transpose of that.
struct Laid {
  std::vector<float> memory;
  int64_t row_stride, column_stride;
  Laid(const std::vector<float>& x, int64_t rows, int64_t columns, bool transposed, int64_t gap)
      : row_stride(transposed ? 1 : columns + gap), column_stride(transposed ? rows + gap : 1) {
    memory.assign(transposed ? columns * column_stride : rows * row_stride, kCanary);
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < columns; ++c) memory[r * row_stride + c * column_stride] = x[r * columns + c];
    }
  }
};

// One product among others: operands in memory, C with canaries around and between its rows.
struct Placed {
  Laid a;
  PackedMatrix b;
  std::vector<float> c;
  GemmProblem problem;

  static constexpr int64_t kGap = 5, kFence = 40;
  Placed(ThreadPool& pool, const Product& p, GemmType type) : a(p.a, p.m, p.k, p.a_transposed, 3) {
    Place(pool, p, type);
  }
  void Place(ThreadPool& pool, const Product& p, GemmType type) {
    a = Laid(p.a, p.m, p.k, p.a_transposed, 3);
    const Laid from(p.b, p.k, p.n, p.b_transposed, 1);
    b.Pack(pool, p.k, p.n, from.memory.data(), from.row_stride, from.column_stride, type);
    const int64_t stride = p.n + kGap;
    c.assign(2 * kFence + p.m * stride, kCanary);
    for (int64_t i = 0; p.accumulate && i < p.m; ++i)
      std::copy_n(&p.c[i * p.n], p.n, &c[kFence + i * stride]);
    problem = {.m = p.m,
               .a = a.memory.data(),
               .a_row_stride = a.row_stride,
               .a_k_stride = a.column_stride,
               .b = &b,
               .c = c.data() + kFence,
               .c_stride = stride,
               .accumulate = p.accumulate};
  }
  // C without its surroundings, which must be as they were.
  std::vector<float> Result() const {
    std::vector<float> result;
    const int64_t stride = problem.c_stride, n = b.n();
    int64_t broken = 0;
    for (int64_t i = 0; i < static_cast<int64_t>(c.size()); ++i) {
      const int64_t at = i - kFence;
      if (at >= 0 && at < problem.m * stride && at % stride < n) {
        result.push_back(c[i]);
      } else {
        broken += c[i] != kCanary;
      }
    }
    CHECK(broken == 0);
    return result;
  }
};

std::vector<float> Multiply(ThreadPool& pool, const Product& p, GemmType type) {
  Placed placed(pool, p, type);
  Gemm(pool, std::span(&placed.problem, 1));
  return placed.Result();
}

// The contract: one chain of fused multiply-adds, k ascending.
std::vector<float> FmaChains(const Product& p, const std::vector<float>& a, const std::vector<float>& b) {
  std::vector<float> c(p.m * p.n);
  for (int64_t i = 0; i < p.m; ++i) {
    for (int64_t j = 0; j < p.n; ++j) {
      float sum = p.accumulate ? p.c[i * p.n + j] : 0.0f;
      for (int64_t k = 0; k < p.k; ++k) sum = std::fma(a[i * p.k + k], b[k * p.n + j], sum);
      c[i * p.n + j] = sum;
    }
  }
  return c;
}

// The largest |got - exact| in units of 2^-24 of the sum of the absolute terms.
double WorstDot(const Product& p, const std::vector<float>& a, const std::vector<float>& b,
                const std::vector<float>& got) {
  double worst = 0.0;
  for (int64_t i = 0; i < p.m; ++i) {
    for (int64_t j = 0; j < p.n; ++j) {
      double sum = p.accumulate ? p.c[i * p.n + j] : 0.0, size = std::abs(sum);
      for (int64_t k = 0; k < p.k; ++k) {
        const double term = static_cast<double>(a[i * p.k + k]) * b[k * p.n + j];
        sum += term;
        size += std::abs(term);
      }
      const double error = std::abs(got[i * p.n + j] - sum) / (size + 1e-30) * 0x1p24;
      worst = std::isnan(error) ? INFINITY : std::max(worst, error);
    }
  }
  return worst;
}

// Every shape in every layout, and blocks of rows that one task cannot hold.
std::vector<Product> Products(std::mt19937_64& rng) {
  std::vector<Product> products;
  for (const int64_t m : kSizes) {
    for (const int64_t n : kSizes) {
      for (const int64_t k : kSizes) products.emplace_back(rng, m, n, k);
    }
  }
  for (const int64_t m : {383, 384, 385, 800}) products.emplace_back(rng, m, 33, 13);
  for (const int64_t k : {0, 777, 2048}) products.emplace_back(rng, 14, 40, k);
  return products;
}

TEST_CASE("fp32 products are the std::fma chain to the bit: all shapes, layouts, targets and threads") {
  const uint64_t seed = 20260201;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  const std::vector<Product> products = Products(rng);
  std::vector<std::vector<float>> expected;
  for (const auto& p : products) expected.push_back(FmaChains(p, p.a, p.b));
  for (const int64_t target : Targets()) {
    const ScopedTarget scoped(target);
    CHECK(GemmInstructions(GemmType::kFp32) == hwy::TargetName(target));
    for (const int num_threads : {1, 2, 4}) {
      ThreadPool pool(num_threads);
      for (size_t i = 0; i < products.size(); ++i) {
        const auto& p = products[i];
        if (SameBits(Multiply(pool, p, GemmType::kFp32), expected[i])) continue;
        CAPTURE(hwy::TargetName(target));
        CAPTURE(num_threads);
        FAIL_CHECK("m ", p.m, ", n ", p.n, ", k ", p.k, ", accumulate ", p.accumulate, ", transposed ",
                   p.a_transposed, p.b_transposed);
      }
    }
  }
}

TEST_CASE(
    "bf16 products: close to double of the rounded operands, the fma chain to the bit where there is no "
    "vdpbf16ps") {
  const uint64_t seed = 20260202;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  const std::vector<Product> products = Products(rng);
  for (const int64_t target : Targets()) {
    const ScopedTarget scoped(target);
    CAPTURE(hwy::TargetName(target));
    const bool portable = GemmInstructions(GemmType::kBf16) != "vdpbf16ps";
    std::vector<std::unique_ptr<ThreadPool>> pools;
    for (const int num_threads : {1, 2, 4}) pools.push_back(std::make_unique<ThreadPool>(num_threads));
    for (const auto& p : products) {
      CAPTURE(p.m);
      CAPTURE(p.n);
      CAPTURE(p.k);
      const std::vector<float> a = Rounded(p.a), b = Rounded(p.b);
      const std::vector<float> got = Multiply(*pools[0], p, GemmType::kBf16);
      // Measured: 2.5. An operand that was not rounded would be off by 2^15.
      const double worst = WorstDot(p, a, b, got);
      if (!(worst <= 3.0)) FAIL_CHECK("off by ", worst);
      if (portable && !SameBits(got, FmaChains(p, a, b))) FAIL_CHECK("not the fma chain");
      for (size_t i = 1; i < pools.size(); ++i) {
        if (!SameBits(got, Multiply(*pools[i], p, GemmType::kBf16))) FAIL_CHECK("depends on the threads");
      }
    }
  }
}

TEST_CASE("products of small integers are exact in both types") {
  const uint64_t seed = 20260203;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  ThreadPool pool(2);
  for (const int64_t k : {1, 2, 31, 500}) {
    Product p(rng, 13, 45, k);
    for (auto* x : {&p.a, &p.b, &p.c}) {
      for (float& v : *x) v = static_cast<float>(static_cast<int>(rng() % 33) - 16);
    }
    const std::vector<float> expected = FmaChains(p, p.a, p.b);
    for (const GemmType type : kTypes) {
      const std::vector<float> got = Multiply(pool, p, type);
      CHECK(WorstError(got, expected, 1.0) == 0.0);
    }
  }
}

TEST_CASE("a row has the same bits alone, among five and among 256, in either layout") {
  const uint64_t seed = 20260204;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  ThreadPool pool(2);
  for (const int64_t target : Targets()) {
    const ScopedTarget scoped(target);
    for (const GemmType type : kTypes) {
      for (const int64_t k : {64, 65, 300}) {
        Product all(rng, 256, 100, k);
        const std::vector<float> expected = Multiply(pool, all, type);
        for (const int64_t m : {1, 2, 5, 12, 100}) {
          for (const int64_t begin : {0, 3, 77, 156}) {
            Product part = all;
            part.m = m;
            part.a.assign(&all.a[begin * k], &all.a[begin * k] + m * k);
            part.c.assign(&all.c[begin * 100], &all.c[begin * 100] + m * 100);
            for (const bool transposed : {false, true}) {
              part.a_transposed = transposed;
              part.b_transposed = !transposed;
              const auto from = expected.begin() + begin * 100;
              CHECK(SameBits(Multiply(pool, part, type), std::vector<float>(from, from + m * 100)));
            }
          }
        }
      }
    }
  }
}

// Columns [begin, end) of A and rows of B.
Product CutK(const Product& p, int64_t begin, int64_t end) {
  Product cut = p;
  cut.k = end - begin;
  cut.b.assign(p.b.begin() + begin * p.n, p.b.begin() + end * p.n);
  cut.a.clear();
  for (int64_t i = 0; i < p.m; ++i)
    cut.a.insert(cut.a.end(), p.a.begin() + i * p.k + begin, p.a.begin() + i * p.k + end);
  return cut;
}

TEST_CASE("accumulating continues the chain: K in two calls gives the bits of one") {
  const uint64_t seed = 20260205;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  ThreadPool pool(2);
  for (const GemmType type : kTypes) {
    const Product p(rng, 17, 70, 101);
    const std::vector<float> whole = Multiply(pool, p, type);
    for (const int64_t cut : {2, 31, 50, 64, 99, 100}) {
      if (type == GemmType::kBf16 && cut % 2 != 0) continue;  // bf16 takes K in pairs
      CAPTURE(cut);
      Product rest = CutK(p, cut, p.k);
      rest.c = Multiply(pool, CutK(p, 0, cut), type);
      rest.accumulate = true;
      CHECK(SameBits(Multiply(pool, rest, type), whole));
    }
  }
}

TEST_CASE("several problems in one call, some without rows, match one call each; none at all is allowed") {
  const uint64_t seed = 20260206;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  for (const GemmType type : kTypes) {
    for (const int num_threads : {1, 4}) {
      ThreadPool pool(num_threads);
      Gemm(pool, {});
      std::vector<std::unique_ptr<Placed>> placed;
      std::vector<GemmProblem> problems;
      std::vector<std::vector<float>> expected;
      for (const int64_t m : {0, 3, 0, 0, 17, 400, 1, 0}) {
        const Product p(rng, m, 1 + static_cast<int64_t>(rng() % 90), 1 + static_cast<int64_t>(rng() % 90));
        expected.push_back(Multiply(pool, p, type));
        placed.push_back(std::make_unique<Placed>(pool, p, type));
        problems.push_back(placed.back()->problem);
      }
      Gemm(pool, problems);
      for (size_t i = 0; i < placed.size(); ++i) CHECK(SameBits(placed[i]->Result(), expected[i]));
    }
  }
}

TEST_CASE("packing reuses its storage for any later shape and type; infinities stay in their row") {
  const uint64_t seed = 20260207;
  CAPTURE(seed);
  std::mt19937_64 rng(seed);
  ThreadPool pool(2);
  Placed reused(pool, Product(rng, 1, 1, 1), GemmType::kFp32);
  for (const int64_t size : {100, 7, 64, 130, 33, 1}) {
    for (const GemmType type : kTypes) {
      Product p(rng, 6, size, size + 1);
      const std::vector<float> clean = Multiply(pool, p, type);
      std::fill_n(&p.a[3 * p.k], p.k, std::numeric_limits<float>::infinity());
      reused.Place(pool, p, type);
      CHECK(reused.b.n() == size);
      CHECK(reused.b.k() == size + 1);
      CHECK(reused.b.type() == type);
      Gemm(pool, std::span(&reused.problem, 1));
      std::vector<float> got = reused.Result();
      for (int64_t j = 0; j < size; ++j) CHECK_FALSE(std::isfinite(got[3 * size + j]));
      std::copy_n(&clean[3 * size], size, &got[3 * size]);
      CHECK(SameBits(got, clean));
    }
  }
}

TEST_CASE(
    "packing from rows made on the way gives the same panels; columns come back as they went in, rounded") {
  std::mt19937_64 rng(17);
  ThreadPool pool(3);
  for (const GemmType type : kTypes) {
    for (const int64_t n : kSizes) {
      for (const int64_t k : kSizes) {
        CAPTURE(n);
        CAPTURE(k);
        const std::vector<float> rows = RandomFloats(rng, n * k);  // [n, k]
        PackedMatrix whole, made;
        whole.Pack(pool, k, n, rows.data(), 1, k, type);
        const bool lie = rng() % 2 == 0;
        made.PackRows(
            pool, k, n,
            [&](int64_t first, int64_t count, float* scratch) {
              const float* at = rows.data() + first * k;
              return lie ? at : (std::copy_n(at, count * k, scratch), scratch);
            },
            type);
        REQUIRE(made.k() == k);
        REQUIRE(made.n() == n);
        const int64_t bytes = (type == GemmType::kFp32 ? k : (k + 1) / 2) * kPanelWidth * 4;
        for (int64_t p = 0; p * kPanelWidth < n; ++p) {
          REQUIRE(std::memcmp(whole.panel(p), made.panel(p), static_cast<size_t>(bytes)) == 0);
        }
        std::vector<int32_t> index;
        for (int i = 0; i < 50; ++i) index.push_back(static_cast<int32_t>(rng() % static_cast<uint64_t>(n)));
        std::vector<float> got(50 * k + 1, kCanary);
        GatherColumns(pool, whole, 50, index.data(), got.data());
        for (int64_t i = 0; i < 50; ++i) {
          for (int64_t c = 0; c < k; ++c) {
            const float value = rows[index[i] * k + c];
            REQUIRE(got[i * k + c] == (type == GemmType::kBf16 ? NearestBf16(value) : value));
          }
        }
        REQUIRE(got.back() == kCanary);
      }
    }
  }
}

}  // namespace
}  // namespace hone::kernels
