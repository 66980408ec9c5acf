// Byte-pair encoding on token ids: which two neighbours become one token, and in which order. Knows no text.
// Covered by tests/data/bpe_test.cc.
#ifndef HONE_DATA_BPE_H_
#define HONE_DATA_BPE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hone {

struct Merge {
  int32_t left, right, result;
};

// Immutable, so threads may share it.
class Bpe {
 public:
  Bpe() = default;
  explicit Bpe(
      std::vector<Merge> merges);  // the first is the most urgent; of a repeated pair the last counts

  // Merges the ids from `begin` on to the end: as long as some pair of neighbours is in the list, the most urgent one, of
  // equal ones the leftmost. O(n log n) for n ids.
  void Apply(std::vector<int32_t>& ids, size_t begin) const;

  const std::vector<Merge>& merges() const { return merges_; }

 private:
  struct Slot {
    int32_t left = -1, right = -1;
    uint32_t rank = 0;
  };

  uint32_t Rank(int32_t left, int32_t right) const;  // kNoRank if the pair is not merged
  void ApplyShort(int32_t* ids, size_t& count) const;
  void ApplyLong(int32_t* ids, size_t& count) const;

  std::vector<Merge> merges_;
  std::vector<Slot> slots_;  // open addressing, a power of two of them; empty without merges
};

}  // namespace hone

#endif  // HONE_DATA_BPE_H_
