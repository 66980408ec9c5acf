// See bpe.h. A short run looks through all its pairs for the most urgent one; a long one keeps them in a heap.
#include "data/bpe.h"

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <queue>

#include "data/random.h"

namespace hone {

namespace {

constexpr uint32_t kNoRank = std::numeric_limits<uint32_t>::max();
constexpr size_t kShort = 48;

size_t Home(int32_t left, int32_t right) {
  return MixBits(uint64_t{static_cast<uint32_t>(left)} << 32 | static_cast<uint32_t>(right));
}

}  // namespace

Bpe::Bpe(std::vector<Merge> merges) : merges_(std::move(merges)) {
  if (merges_.empty()) return;
  size_t size = 16;
  while (size < 2 * merges_.size()) size *= 2;
  slots_.resize(size);
  for (uint32_t rank = 0; rank < merges_.size(); ++rank) {
    const Merge& merge = merges_[rank];
    size_t at = Home(merge.left, merge.right) & (size - 1);
    while (slots_[at].left >= 0 && (slots_[at].left != merge.left || slots_[at].right != merge.right))
      at = (at + 1) & (size - 1);
    slots_[at] = {merge.left, merge.right, rank};
  }
}

uint32_t Bpe::Rank(int32_t left, int32_t right) const {
  const size_t last = slots_.size() - 1;
  for (size_t at = Home(left, right) & last;; at = (at + 1) & last) {
    const Slot& slot = slots_[at];
    if (slot.left == left && slot.right == right) return slot.rank;
    if (slot.left < 0) return kNoRank;
  }
}

void Bpe::Apply(std::vector<int32_t>& ids, size_t begin) const {
  size_t count = ids.size() - begin;
  if (count < 2 || slots_.empty()) return;
  if (count <= kShort)
    ApplyShort(ids.data() + begin, count);
  else
    ApplyLong(ids.data() + begin, count);
  ids.resize(begin + count);
}

void Bpe::ApplyShort(int32_t* ids, size_t& count) const {
  std::array<uint32_t, kShort> ranks;  // of the pair that begins here
  for (size_t i = 0; i + 1 < count; ++i) ranks[i] = Rank(ids[i], ids[i + 1]);
  while (count > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < count; ++i) {
      if (ranks[i] < ranks[best]) best = i;
    }
    if (ranks[best] == kNoRank) return;
    ids[best] = merges_[ranks[best]].result;
    std::copy(ids + best + 2, ids + count, ids + best + 1);
    std::copy(ranks.data() + best + 1, ranks.data() + count - 1, ranks.data() + best);
    --count;
    if (best + 1 < count) ranks[best] = Rank(ids[best], ids[best + 1]);
    if (best > 0) ranks[best - 1] = Rank(ids[best - 1], ids[best]);
  }
}

void Bpe::ApplyLong(int32_t* ids, size_t& count) const {
  constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
  struct Link {
    uint32_t previous, next;
    uint32_t rank;  // of the pair with the next one
  };
  std::vector<Link> links(count);
  std::vector<uint64_t> pairs;  // rank, then place: the smallest is merged first
  pairs.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    links[i] = {i == 0 ? kNone : i - 1, last ? kNone : i + 1, last ? kNoRank : Rank(ids[i], ids[i + 1])};
    if (links[i].rank != kNoRank) pairs.push_back(uint64_t{links[i].rank} << 32 | i);
  }
  std::priority_queue<uint64_t, std::vector<uint64_t>, std::greater<>> heap(std::greater<>(),
                                                                            std::move(pairs));
  const auto rate = [&](uint32_t at) {  // the pair at `at` has changed
    const uint32_t next = links[at].next;
    links[at].rank = next == kNone ? kNoRank : Rank(ids[at], ids[next]);
    if (links[at].rank != kNoRank) heap.push(uint64_t{links[at].rank} << 32 | at);
  };
  while (!heap.empty()) {
    const auto rank = static_cast<uint32_t>(heap.top() >> 32);
    const auto at = static_cast<uint32_t>(heap.top());
    heap.pop();
    if (links[at].rank != rank) continue;  // the pair has changed since
    const uint32_t gone = links[at].next;
    ids[at] = merges_[rank].result;
    links[gone].rank = kNoRank;
    links[at].next = links[gone].next;
    if (links[at].next != kNone) links[links[at].next].previous = at;
    rate(at);
    if (links[at].previous != kNone) rate(links[at].previous);
  }
  size_t kept = 0;
  for (uint32_t i = 0; i != kNone; i = links[i].next) ids[kept++] = ids[i];
  count = kept;
}

}  // namespace hone
