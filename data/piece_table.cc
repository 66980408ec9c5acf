// See piece_table.h.
#include "data/piece_table.h"

#include <algorithm>
#include <cstring>

#include "data/random.h"

namespace hone {

namespace {

uint32_t Hash(std::string_view text) {
  uint64_t hash = text.size();
  for (; text.size() > 8; text.remove_prefix(8)) {
    uint64_t word;
    std::memcpy(&word, text.data(), 8);
    hash = MixBits(hash ^ word);
  }
  uint64_t word = 0;
  std::memcpy(&word, text.data(), text.size());
  return static_cast<uint32_t>(MixBits((hash + 0x9e3779b97f4a7c15ULL) ^ word));
}

}  // namespace

PieceTable::PieceTable(const std::vector<std::pair<std::string, int32_t>>& pieces) {
  size_t size = 16;
  while (size < 2 * pieces.size()) size *= 2;
  slots_.resize(size);
  for (const auto& [piece, id] : pieces) {
    if (piece.empty() || Find(piece) >= 0) continue;
    const uint32_t hash = Hash(piece);
    size_t at = hash & (size - 1);
    while (slots_[at].size != 0) at = (at + 1) & (size - 1);
    slots_[at] = {hash, static_cast<uint32_t>(piece.size()), text_.size(), id};
    text_ += piece;
    longest_ = std::max(longest_, piece.size());
  }
}

int32_t PieceTable::Find(std::string_view piece) const {
  if (piece.empty() || piece.size() > longest_) return -1;
  const uint32_t hash = Hash(piece);
  const size_t last = slots_.size() - 1;
  for (size_t at = hash & last;; at = (at + 1) & last) {
    const Slot& slot = slots_[at];
    if (slot.size == 0) return -1;
    if (slot.hash == hash && slot.size == piece.size() &&
        std::memcmp(text_.data() + slot.begin, piece.data(), piece.size()) == 0)
      return slot.id;
  }
}

}  // namespace hone
