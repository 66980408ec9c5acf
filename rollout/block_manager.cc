// See block_manager.h. Covered by tests/rollout/block_manager_test.cc.
#include "rollout/block_manager.h"

#include <cstdlib>

namespace hone {

BlockManager::BlockManager(int64_t num_pages) : references_(num_pages, 0) {
  free_.reserve(num_pages);
  for (int64_t page = num_pages; page-- > 0;) free_.push_back(static_cast<int32_t>(page));
}

int32_t BlockManager::Allocate() {
  if (free_.empty()) std::abort();
  const int32_t page = free_.back();
  free_.pop_back();
  references_[page] = 1;
  return page;
}

void BlockManager::Extend(PageTable& table, int64_t positions) {
  const int64_t pages = PagesFor(positions);
  while (static_cast<int64_t>(table.size()) < pages) table.push_back(Allocate());
}

BlockManager::PageCopy BlockManager::Fork(const PageTable& from, int64_t positions, PageTable& table) {
  if (!table.empty() || PagesFor(positions) > static_cast<int64_t>(from.size())) std::abort();
  const int64_t whole = positions / kernels::kPageSize;
  table.assign(from.begin(), from.begin() + whole);
  for (int32_t page : table) ++references_[page];
  if (positions % kernels::kPageSize == 0) return {};
  table.push_back(Allocate());
  return {.from = from[whole], .to = table.back()};
}

void BlockManager::Free(PageTable& table) {
  for (int32_t page : table) {
    if (references_[page] <= 0) std::abort();
    if (--references_[page] == 0) free_.push_back(page);
  }
  table.clear();
}

void BlockManager::Check(std::span<const PageTable* const> tables) const {
  std::vector<int32_t> counted(references_.size(), 0);
  for (const PageTable* table : tables) {
    for (int32_t page : *table) ++counted.at(page);
  }
  if (counted != references_) std::abort();
  std::vector<char> listed(references_.size(), 0);
  for (int32_t page : free_) {
    if (references_.at(page) != 0 || listed[page]) std::abort();
    listed[page] = 1;
  }
  for (size_t page = 0; page < listed.size(); ++page) {
    if ((references_[page] == 0) != (listed[page] != 0)) std::abort();
  }
}

}  // namespace hone
