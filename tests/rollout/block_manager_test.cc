// rollout/block_manager: random forks, growth and frees against sequences that remember every value written to them.
#include "rollout/block_manager.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

using hone::BlockManager;
using hone::PagesFor;
using hone::PageTable;
using hone::kernels::kPageSize;

namespace {

struct Sequence {
  PageTable table;
  std::vector<int> values;  // what the positions must hold
};

// A cache of one int per position, written and read through the page tables.
struct Twin {
  explicit Twin(int64_t num_pages) : blocks(num_pages), cache(num_pages * kPageSize, -1) {}

  int64_t Row(const Sequence& s, int64_t position) const {
    return s.table.at(position / kPageSize) * kPageSize + position % kPageSize;
  }
  bool Grow(Sequence& s, int64_t count, int first_value) {
    const int64_t end = std::ssize(s.values) + count;
    if (PagesFor(end) - std::ssize(s.table) > blocks.num_free()) return false;
    blocks.Extend(s.table, end);
    while (std::ssize(s.values) < end) {
      s.values.push_back(first_value++);
      cache[Row(s, std::ssize(s.values) - 1)] = s.values.back();
    }
    return true;
  }
  bool Fork(const Sequence& from, int64_t positions) {
    if (positions % kPageSize != 0 && blocks.num_free() == 0) return false;
    Sequence s;
    const auto copy = blocks.Fork(from.table, positions, s.table);
    CHECK((copy.from >= 0) == (positions % kPageSize != 0));
    for (int64_t i = 0; copy.from >= 0 && i < kPageSize; ++i) {
      cache[copy.to * kPageSize + i] = cache[copy.from * kPageSize + i];
    }
    s.values.assign(from.values.begin(), from.values.begin() + positions);
    sequences.push_back(std::move(s));
    return true;
  }
  void Verify() const {
    std::vector<const PageTable*> tables;
    for (const Sequence& s : sequences) {
      tables.push_back(&s.table);
      REQUIRE(std::ssize(s.table) == PagesFor(std::ssize(s.values)));
      for (int64_t p = 0; p < std::ssize(s.values); ++p) REQUIRE(cache[Row(s, p)] == s.values[p]);
    }
    blocks.Check(tables);
  }

  BlockManager blocks;
  std::vector<int> cache;
  std::vector<Sequence> sequences;
};

}  // namespace

TEST_CASE("no sequence ever sees another one's writes, and no page is lost") {
  for (const uint32_t seed : {1u, 2u, 3u, 4u}) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Twin twin(1 + random() % 60);
    int next_value = 0, refused = 0;
    for (int op = 0; op < 4000; ++op) {
      auto& all = twin.sequences;
      const auto kind = random() % 8;
      if (all.empty() || kind == 0) all.emplace_back();
      const size_t i = random() % all.size();
      if (kind <= 4) {
        const int64_t count = random() % 3 == 0 ? random() % 70 : 1;
        refused += !twin.Grow(all[i], count, next_value);
        next_value += static_cast<int>(count);
      } else if (kind == 5) {
        const Sequence from = all[i];  // the list may move
        refused += !twin.Fork(from, random() % (from.values.size() + 1));
      } else {
        twin.blocks.Free(all[i].table);
        std::swap(all[i], all.back());
        all.pop_back();
      }
      if (op % 16 == 0) twin.Verify();
    }
    twin.Verify();
    CHECK(refused > 0);  // pages ran out now and then
    for (auto& s : twin.sequences) twin.blocks.Free(s.table);
    CHECK(twin.blocks.num_free() == twin.blocks.num_pages());
  }
}

TEST_CASE("forks share whole pages and copy the partial one") {
  BlockManager blocks(10);
  PageTable prompt, a, b, c;
  blocks.Extend(prompt, 40);  // two whole pages and a half
  CHECK(blocks.num_free() == 7);
  const auto copy = blocks.Fork(prompt, 40, a);
  CHECK(copy.from == prompt[2]);
  CHECK(copy.to == a[2]);
  CHECK(blocks.num_free() == 6);
  CHECK(blocks.Fork(prompt, 32, b).from == -1);
  CHECK(blocks.Fork(a, 32, c).from == -1);
  CHECK(blocks.num_free() == 6);
  CHECK(blocks.references(prompt[0]) == 4);
  blocks.Free(prompt);
  CHECK(blocks.num_free() == 7);
  for (PageTable* table : {&a, &b, &c}) blocks.Free(*table);
  CHECK(blocks.num_free() == 10);
}
