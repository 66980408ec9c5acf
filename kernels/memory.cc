// See memory.h.
#include "kernels/memory.h"

#include <algorithm>
#include <cstdlib>
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace hone::kernels {

void* AllocateAligned(int64_t bytes) {
  constexpr int64_t kHugePage = int64_t{1} << 21;
  const int64_t alignment = bytes >= 2 * kHugePage ? kHugePage : 64;
  const int64_t size = std::max(alignment, (bytes + alignment - 1) / alignment * alignment);
  void* storage = std::aligned_alloc(alignment, size);
#if defined(__linux__)
  // A wish: failing costs speed alone. Not for the last part of a huge page, which would be paid for whole.
  if (storage != nullptr && alignment == kHugePage)
    (void)madvise(storage, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
  return storage;
}

}  // namespace hone::kernels
