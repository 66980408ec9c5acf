// Hands out the pages of a KV cache and counts who holds them, so that the completions of a group share the pages of
// their prompt. Moves no cache values itself. Covered by tests/rollout/block_manager_test.cc.
#ifndef HONE_ROLLOUT_BLOCK_MANAGER_H_
#define HONE_ROLLOUT_BLOCK_MANAGER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/attention.h"

namespace hone {

using PageTable = std::vector<int32_t>;  // the pages of positions 0 .. 15, 16 .. 31, ... of one sequence

// Pages that `positions` positions fill.
constexpr int64_t PagesFor(int64_t positions) {
  return (positions + kernels::kPageSize - 1) / kernels::kPageSize;
}

class BlockManager {
 public:
  explicit BlockManager(int64_t num_pages);

  int64_t num_pages() const { return static_cast<int64_t>(references_.size()); }
  int64_t num_free() const { return static_cast<int64_t>(free_.size()); }
  int32_t references(int32_t page) const { return references_[page]; }

  // Appends new pages until `table` covers `positions`. Aborts when the pages run out: the scheduler counts them first.
  void Extend(PageTable& table, int64_t positions);

  // A page whose values the caller must copy before anything is written to `to`; from == -1: nothing to copy.
  struct PageCopy {
    int32_t from = -1;
    int32_t to = -1;
  };
  // Makes the empty `table` hold the first `positions` positions of `from`: whole pages are shared, a partial last one,
  // which both would write to, becomes a new page.
  PageCopy Fork(const PageTable& from, int64_t positions, PageTable& table);

  // Gives up one reference to each page and empties `table`.
  void Free(PageTable& table);

  // Aborts unless each page is held exactly as often as it stands in `tables`, and is free iff that is never.
  void Check(std::span<const PageTable* const> tables) const;

 private:
  int32_t Allocate();

  std::vector<int32_t> references_;  // per page; 0: free
  std::vector<int32_t> free_;        // the last one goes first
};

}  // namespace hone

#endif  // HONE_ROLLOUT_BLOCK_MANAGER_H_
