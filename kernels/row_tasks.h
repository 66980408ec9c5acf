// How row kernels cut their work into tasks: large enough to hide the cost of a task, small enough to share.
// Covered by the tests of the kernels that use it.
#ifndef HONE_KERNELS_ROW_TASKS_H_
#define HONE_KERNELS_ROW_TASKS_H_

#include <algorithm>
#include <cstdint>

namespace hone::kernels {

inline constexpr int64_t kFloatsPerTask = 8192;
inline constexpr int64_t kColumnsPerTask = 64;  // where rows are a chain: four cache lines of each row
inline constexpr int64_t kRowsAhead =
    16;  // how far such a chain fetches: wide rows defeat the hardware's prefetcher

inline int64_t RowsPerTask(int64_t width) {
  return std::max<int64_t>(1, kFloatsPerTask / std::max<int64_t>(1, width));
}

}  // namespace hone::kernels

#endif  // HONE_KERNELS_ROW_TASKS_H_
