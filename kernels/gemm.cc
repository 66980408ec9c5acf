// See gemm.h. Covered by tests/kernels/gemm_test.cc.
#include "kernels/gemm.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/gemm_tile.h"
#include "kernels/lanes-inl.h"
#include "kernels/memory.h"

HWY_BEFORE_NAMESPACE();
namespace hone::kernels::HWY_NAMESPACE {

inline constexpr int64_t kTileVectors = 2;  // vectors of columns a tile holds per row
inline constexpr int64_t kTileColumns = kTileVectors * kPartLanes;
#if HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM_A64
inline constexpr int kMaxTileRows = 12;  // 24 accumulators of 32 registers
#else
inline constexpr int kMaxTileRows = 6;  // 12 of 16
#endif

// One rows x kTileColumns tile of C. `b` points at the tile's columns in its panel.
template <int kRows>
void Fp32Tile(int64_t k, const float* a, int64_t a_row_stride, int64_t a_k_stride, const float* b, float* c,
              int64_t c_stride, bool accumulate) {
  const LaneTag d;
  LaneVec sum[kRows][kTileVectors];
  for (int i = 0; i < kRows; ++i) {
    for (int v = 0; v < kTileVectors; ++v) {
      sum[i][v] = accumulate ? hn::LoadU(d, c + i * c_stride + v * kPartLanes) : hn::Zero(d);
    }
  }
  for (int64_t p = 0; p < k; ++p) {
    LaneVec columns[kTileVectors];
    for (int v = 0; v < kTileVectors; ++v) columns[v] = hn::Load(d, b + p * kPanelWidth + v * kPartLanes);
    const float* ap = a + p * a_k_stride;
    for (int i = 0; i < kRows; ++i) {
      const LaneVec value = hn::Set(d, ap[i * a_row_stride]);
      for (int v = 0; v < kTileVectors; ++v) sum[i][v] = hn::MulAdd(value, columns[v], sum[i][v]);
    }
  }
  for (int i = 0; i < kRows; ++i) {
    for (int v = 0; v < kTileVectors; ++v) hn::StoreU(sum[i][v], d, c + i * c_stride + v * kPartLanes);
  }
}

// The same for bf16 pairs on CPUs without a bf16 dot product: even products first, then odd ones.
template <int kRows>
void Bf16Tile(int64_t pairs, const uint32_t* a, int64_t a_row_stride, int64_t a_k_stride, const uint32_t* b,
              float* c, int64_t c_stride, bool accumulate) {
  const LaneTag d;
  const hn::RebindToUnsigned<LaneTag> du;
  const auto high = hn::Set(du, 0xffff0000u);
  LaneVec sum[kRows][kTileVectors];
  for (int i = 0; i < kRows; ++i) {
    for (int v = 0; v < kTileVectors; ++v) {
      sum[i][v] = accumulate ? hn::LoadU(d, c + i * c_stride + v * kPartLanes) : hn::Zero(d);
    }
  }
  for (int64_t p = 0; p < pairs; ++p) {
    LaneVec even[kTileVectors], odd[kTileVectors];
    for (int v = 0; v < kTileVectors; ++v) {
      const auto columns = hn::Load(du, b + p * kPanelWidth + v * kPartLanes);
      even[v] = hn::BitCast(d, hn::ShiftLeft<16>(columns));
      odd[v] = hn::BitCast(d, hn::And(columns, high));
    }
    for (int i = 0; i < kRows; ++i) {
      const auto value = hn::Set(du, a[i * a_row_stride + p * a_k_stride]);
      const auto value_even = hn::BitCast(d, hn::ShiftLeft<16>(value));
      const auto value_odd = hn::BitCast(d, hn::And(value, high));
      for (int v = 0; v < kTileVectors; ++v) {
        sum[i][v] = hn::MulAdd(value_even, even[v], sum[i][v]);
        sum[i][v] = hn::MulAdd(value_odd, odd[v], sum[i][v]);
      }
    }
  }
  for (int i = 0; i < kRows; ++i) {
    for (int v = 0; v < kTileVectors; ++v) hn::StoreU(sum[i][v], d, c + i * c_stride + v * kPartLanes);
  }
}

// Calls op.template operator()<rows>() for the runtime number of rows.
template <int kRows, class Op>
HWY_INLINE void ForRows(int64_t rows, Op op) {
  if constexpr (kRows > 0) {
    if (rows == kRows) {
      op.template operator()<kRows>();
    } else {
      ForRows<kRows - 1>(rows, op);
    }
  }
}

// A block of rows times one panel: rows in tiles of nearly equal height, columns in steps of kTileColumns.
template <class Element, class Tile>
HWY_INLINE void Block(const TileBlock& block, Tile tile) {
  const int64_t num_tiles = (block.rows + kMaxTileRows - 1) / kMaxTileRows;
  for (int64_t t = 0; t < num_tiles; ++t) {
    const int64_t begin = t * block.rows / num_tiles;
    const int64_t rows = (t + 1) * block.rows / num_tiles - begin;
    const Element* a = static_cast<const Element*>(block.a) + begin * block.a_row_stride;
    for (int64_t column = 0; column < block.columns; column += kTileColumns) {
      float* c = block.c + begin * block.c_stride + column;
      const Element* b = static_cast<const Element*>(block.b) + column;
      const int64_t width = std::min(kTileColumns, block.columns - column);
      if (width == kTileColumns) {
        ForRows<kMaxTileRows>(rows,
                              [&]<int kRows>() { tile.template operator()<kRows>(a, b, c, block.c_stride); });
        continue;
      }
      alignas(64) float edge[kMaxTileRows * kTileColumns] = {};
      for (int64_t i = 0; block.accumulate && i < rows; ++i) {
        std::copy_n(c + i * block.c_stride, width, edge + i * kTileColumns);
      }
      ForRows<kMaxTileRows>(rows,
                            [&]<int kRows>() { tile.template operator()<kRows>(a, b, edge, kTileColumns); });
      for (int64_t i = 0; i < rows; ++i) std::copy_n(edge + i * kTileColumns, width, c + i * block.c_stride);
    }
  }
}

void Fp32Block(const TileBlock& block) {
  Block<float>(block, [&]<int kRows>(const float* a, const float* b, float* c, int64_t c_stride) {
    Fp32Tile<kRows>(block.k, a, block.a_row_stride, block.a_k_stride, b, c, c_stride, block.accumulate);
  });
}

void Bf16Block(const TileBlock& block) {
  Block<uint32_t>(block, [&]<int kRows>(const uint32_t* a, const uint32_t* b, float* c, int64_t c_stride) {
    Bf16Tile<kRows>(block.k, a, block.a_row_stride, block.a_k_stride, b, c, c_stride, block.accumulate);
  });
}

// pairs[i] = bf16(even[i]) | bf16(odd[i]) << 16; `odd` may be null for zeros.
void InterleaveBf16(int64_t size, const float* even, const float* odd, uint32_t* pairs) {
  const LaneTag d;
  const hn::RebindToUnsigned<LaneTag> du;
  const auto high = hn::Set(du, 0xffff0000u);
  int64_t i = 0;
  for (; i + kPartLanes <= size; i += kPartLanes) {
    const auto low = hn::ShiftRight<16>(RoundBits(hn::LoadU(d, even + i)));
    const auto top = odd == nullptr ? hn::Zero(du) : hn::And(RoundBits(hn::LoadU(d, odd + i)), high);
    hn::StoreU(hn::Or(low, top), du, pairs + i);
  }
  if (i == size) return;
  alignas(64) float rest[2][kPartLanes] = {};
  alignas(64) uint32_t rest_pairs[kPartLanes];
  std::copy_n(even + i, size - i, rest[0]);
  if (odd != nullptr) std::copy_n(odd + i, size - i, rest[1]);
  InterleaveBf16(kPartLanes, rest[0], rest[1], rest_pairs);
  std::copy_n(rest_pairs, size - i, pairs + i);
}

// Consecutive floats to consecutive bf16 values.
void ConvertBf16(int64_t size, const float* x, Bf16* y) {
  for (int64_t i = 0; i < size; i += kLanes) StoreN(LoadN(x + i, size - i), y + i, size - i);
}

// vdpbf16ps belongs to AVX-512: a process held to AVX2 gets the AVX2 bits.
bool UseBf16DotProduct() { return HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3 && HasBf16DotProduct(); }

std::string TargetName() { return hwy::TargetName(HWY_TARGET); }

}  // namespace hone::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace hone::kernels {
HWY_EXPORT(Fp32Block);
HWY_EXPORT(Bf16Block);
HWY_EXPORT(InterleaveBf16);
HWY_EXPORT(ConvertBf16);
HWY_EXPORT(UseBf16DotProduct);
HWY_EXPORT(TargetName);

namespace {

constexpr int64_t kRowsPerTask = 384;

// A problem whose A is ready for the tiles.
struct Prepared {
  const void* a;
  int64_t a_row_stride;  // in elements: floats, or pairs of bf16
  int64_t a_k_stride;
  int64_t k;  // elements along K
  int64_t first_task;
  int64_t row_blocks;
};

// Rounds the A of every problem into scratch: rows of pairs when K is contiguous in memory, else pairs of
// rows.
void ConvertOperands(ThreadPool& pool, std::span<const GemmProblem> problems,
                     std::vector<Prepared>& prepared) {
  int64_t total = 0;
  for (const auto& p : problems) total += p.m * ((p.b->k() + 1) / 2);
  auto* next = static_cast<uint32_t*>(pool.Scratch(total * 4));
  struct Part {
    const GemmProblem* problem;
    uint32_t* pairs;
    int64_t begin, end;  // rows of A, or pairs of columns
  };
  std::vector<Part> parts;
  constexpr int64_t kFloatsPerPart = 16384;
  for (size_t i = 0; i < problems.size(); ++i) {
    const auto& p = problems[i];
    const int64_t pairs = (p.b->k() + 1) / 2;
    const bool rows_contiguous = p.a_k_stride == 1;
    prepared[i].a = next;
    prepared[i].a_row_stride = rows_contiguous ? pairs : 1;
    prepared[i].a_k_stride = rows_contiguous ? 1 : p.m;
    prepared[i].k = pairs;
    const int64_t lines = rows_contiguous ? p.m : pairs;
    const int64_t step =
        std::max<int64_t>(1, kFloatsPerPart / std::max<int64_t>(1, rows_contiguous ? 2 * pairs : 2 * p.m));
    for (int64_t begin = 0; begin < lines; begin += step) {
      parts.push_back({&p, next, begin, std::min(lines, begin + step)});
    }
    next += p.m * pairs;
  }
  const auto interleave = HWY_DYNAMIC_DISPATCH(InterleaveBf16);
  const auto convert =
      HWY_DYNAMIC_DISPATCH(UseBf16DotProduct)() ? &Bf16DotConvert : HWY_DYNAMIC_DISPATCH(ConvertBf16);
  pool.ParallelFor(static_cast<int64_t>(parts.size()), [&](int64_t task, int) {
    const auto& [p, pairs, begin, end] = parts[task];
    const int64_t k = p->b->k(), k_pairs = (k + 1) / 2;
    for (int64_t line = begin; line < end; ++line) {
      if (p->a_k_stride == 1) {
        auto* row = reinterpret_cast<Bf16*>(pairs + line * k_pairs);
        convert(k, p->a + line * p->a_row_stride, row);
        if (k % 2 != 0) row[k] = Bf16();
      } else {
        const float* even = p->a + 2 * line * p->a_k_stride;
        interleave(p->m, even, 2 * line + 1 < k ? even + p->a_k_stride : nullptr, pairs + line * p->m);
      }
    }
  });
}

}  // namespace

void PackedMatrix::Free::operator()(char* p) const { std::free(p); }

void PackedMatrix::Allocate(int64_t k, int64_t n, GemmType type) {
  k_ = k;
  n_ = n;
  type_ = type;
  panel_bytes_ = (type == GemmType::kFp32 ? k : (k + 1) / 2) * kPanelWidth * 4;
  const int64_t bytes = (n + kPanelWidth - 1) / kPanelWidth * panel_bytes_;
  if (capacity_ >= bytes) return;
  capacity_ = bytes;
  storage_.reset();  // first, so that old and new panels need not fit at once
  storage_.reset(static_cast<char*>(AllocateAligned(capacity_)));
  if (storage_ == nullptr) std::abort();
}

// `source` is at the panel's first column.
void PackedMatrix::PackPanel(int64_t p, const float* source, int64_t k_stride, int64_t n_stride) {
  const auto interleave = HWY_DYNAMIC_DISPATCH(InterleaveBf16);
  const int64_t width = std::min(kPanelWidth, n_ - p * kPanelWidth);
  char* panel = storage_.get() + p * panel_bytes_;
  float buffer[2][kPanelWidth] = {};
  const auto gather = [&](int64_t line, float* out) {
    const float* from = source + line * k_stride;
    if (n_stride == 1) {
      std::copy_n(from, width, out);
    } else {
      for (int64_t j = 0; j < width; ++j) out[j] = from[j * n_stride];
    }
    std::fill(out + width, out + kPanelWidth, 0.0f);
  };
  if (type_ == GemmType::kFp32) {
    for (int64_t line = 0; line < k_; ++line) {
      gather(line, reinterpret_cast<float*>(panel) + line * kPanelWidth);
    }
    return;
  }
  for (int64_t line = 0; line < (k_ + 1) / 2; ++line) {
    gather(2 * line, buffer[0]);
    const bool has_odd = 2 * line + 1 < k_;
    if (has_odd) gather(2 * line + 1, buffer[1]);
    interleave(kPanelWidth, buffer[0], has_odd ? buffer[1] : nullptr,
               reinterpret_cast<uint32_t*>(panel) + line * kPanelWidth);
  }
}

void PackedMatrix::Pack(ThreadPool& pool, int64_t k, int64_t n, const float* source, int64_t k_stride,
                        int64_t n_stride, GemmType type) {
  Allocate(k, n, type);
  pool.ParallelFor((n + kPanelWidth - 1) / kPanelWidth, [&](int64_t p, int) {
    PackPanel(p, source + p * kPanelWidth * n_stride, k_stride, n_stride);
  });
}

void PackedMatrix::PackRows(ThreadPool& pool, int64_t k, int64_t n, const RowReader& rows, GemmType type) {
  constexpr int64_t kFloatsAtOnce = 1 << 19;  // asked for at once: some panels, but of a large matrix only
  Allocate(k, n, type);
  const int64_t panels = (n + kPanelWidth - 1) / kPanelWidth, floats = kPanelWidth * k;
  const int64_t step =
      std::max<int64_t>(1, std::min(kFloatsAtOnce / floats, panels / (4 * pool.num_threads())));
  // The pool's: memory of its own would leave holes between the matrices of a model being packed.
  auto* scratch = static_cast<float*>(pool.Scratch(pool.num_threads() * step * floats * 4));
  pool.ParallelRanges(panels, step, [&](int64_t begin, int64_t end, int thread) {
    const int64_t first = begin * kPanelWidth, count = std::min(n, end * kPanelWidth) - first;
    const float* at = rows(first, count, scratch + thread * step * floats);
    for (int64_t p = begin; p < end; ++p) PackPanel(p, at + (p - begin) * floats, 1, k);
  });
}

void GatherColumns(ThreadPool& pool, const PackedMatrix& b, int64_t count, const int32_t* index, float* out) {
  const int64_t k = b.k();
  pool.ParallelRanges(count, 1 + (1 << 14) / std::max<int64_t>(1, k), [&](int64_t begin, int64_t end, int) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t column = index[i] % kPanelWidth;
      const void* panel = b.panel(index[i] / kPanelWidth);
      float* to = out + i * k;
      if (b.type() == GemmType::kFp32) {
        const float* from = static_cast<const float*>(panel) + column;
        for (int64_t line = 0; line < k; ++line) to[line] = from[line * kPanelWidth];
        continue;
      }
      const uint32_t* from = static_cast<const uint32_t*>(panel) + column;
      for (int64_t line = 0; line < k; ++line) {
        const uint32_t pair = from[line / 2 * kPanelWidth];
        to[line] = std::bit_cast<float>(line % 2 == 0 ? pair << 16 : pair & 0xffff0000u);
      }
    }
  });
}

void Gemm(ThreadPool& pool, std::span<const GemmProblem> problems) {
  ScopedTimer timer(pool.times().gemm);
  if (problems.empty()) return;
  const bool bf16 = problems[0].b->type() == GemmType::kBf16;
  std::vector<Prepared> prepared(problems.size());
  int64_t num_tasks = 0;
  for (size_t i = 0; i < problems.size(); ++i) {
    const auto& p = problems[i];
    if ((p.b->type() == GemmType::kBf16) != bf16 || (p.a_k_stride != 1 && p.a_row_stride != 1)) std::abort();
    prepared[i] = {p.a,      p.a_row_stride, p.a_k_stride,
                   p.b->k(), num_tasks,      (p.m + kRowsPerTask - 1) / kRowsPerTask};
    num_tasks += prepared[i].row_blocks * ((p.b->n() + kPanelWidth - 1) / kPanelWidth);
  }
  if (bf16) ConvertOperands(pool, problems, prepared);
  const auto run =
      !bf16 ? HWY_DYNAMIC_DISPATCH(Fp32Block)
            : (HWY_DYNAMIC_DISPATCH(UseBf16DotProduct)() ? &Bf16DotBlock : HWY_DYNAMIC_DISPATCH(Bf16Block));
  pool.ParallelFor(num_tasks, [&](int64_t task, int) {
    size_t i = problems.size() - 1;
    while (prepared[i].first_task > task || prepared[i].row_blocks == 0) --i;
    const auto& p = problems[i];
    const auto& ready = prepared[i];
    const int64_t panel = (task - ready.first_task) / ready.row_blocks;
    const int64_t begin = (task - ready.first_task) % ready.row_blocks * kRowsPerTask;
    const int64_t element = 4;  // bytes of a float and of a bf16 pair
    run({.rows = std::min(kRowsPerTask, p.m - begin),
         .columns = std::min(kPanelWidth, p.b->n() - panel * kPanelWidth),
         .k = ready.k,
         .a = static_cast<const char*>(ready.a) + begin * ready.a_row_stride * element,
         .a_row_stride = ready.a_row_stride,
         .a_k_stride = ready.a_k_stride,
         .b = p.b->panel(panel),
         .c = p.c + begin * p.c_stride + panel * kPanelWidth,
         .c_stride = p.c_stride,
         .accumulate = p.accumulate});
  });
}

std::string GemmInstructions(GemmType type) {
  const std::string target = HWY_DYNAMIC_DISPATCH(TargetName)();
  return type == GemmType::kBf16 && HWY_DYNAMIC_DISPATCH(UseBf16DotProduct)() ? "vdpbf16ps" : target;
}

}  // namespace hone::kernels
#endif  // HWY_ONCE
