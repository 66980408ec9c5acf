// Texts to ids, fast to look up: the pieces that are one token as a whole. Covered by tests/data/tokenizer_test.cc.
#ifndef HONE_DATA_PIECE_TABLE_H_
#define HONE_DATA_PIECE_TABLE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hone {

// Immutable once built, so threads may share it.
class PieceTable {
 public:
  PieceTable() = default;
  // Of equal texts the first counts.
  explicit PieceTable(const std::vector<std::pair<std::string, int32_t>>& pieces);

  int32_t Find(std::string_view piece) const;  // -1 if it is not there

 private:
  struct Slot {
    uint32_t hash = 0;
    uint32_t size = 0;  // 0: free
    uint64_t begin = 0;
    int32_t id = -1;
  };

  std::string text_;         // of all pieces
  std::vector<Slot> slots_;  // open addressing, a power of two of them
  size_t longest_ = 0;
};

}  // namespace hone

#endif  // HONE_DATA_PIECE_TABLE_H_
