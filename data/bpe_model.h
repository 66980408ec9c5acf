// The model of a tokenizer.json: one piece of text to ids. Covered by tests/data/tokenizer_test.cc.
#ifndef HONE_DATA_BPE_MODEL_H_
#define HONE_DATA_BPE_MODEL_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/bpe.h"
#include "data/piece_table.h"
#include "data/tokenizer_json.h"

namespace hone {

enum class BpeSymbols {
  kBytes,         // GPT-2: the symbols that merge are bytes
  kByteFallback,  // Llama-2: characters, and the bytes of a character without a token
  kCharacters,    // characters alone; another one is the unknown token
};

// Immutable, so threads may share it.
class BpeModel {
 public:
  BpeModel() = default;
  // `byte_level`: the vocabulary spells bytes by byte_level.h. Error on what is not a BPE model, or asks for more than this does.
  static BpeModel Read(const TokenizerSection& section, bool byte_level);

  // Appends the ids of one piece. Nothing, or the offset of a byte for which there is no token (then `ids` is of no use).
  std::optional<size_t> Encode(std::string_view piece, std::vector<int32_t>& ids) const;

  BpeSymbols symbols() const { return symbols_; }
  const std::vector<Merge>& merges() const { return bpe_.merges(); }
  const std::unordered_map<std::string, int32_t>& vocab() const { return vocab_; }  // as the file spells it
  const std::string& description() const { return description_; }                   // of its options

 private:
  void ReadVocab(const TokenizerSection& section);
  void ReadMerges(const TokenizerSection& section);
  void ReadSymbols(const TokenizerSection& section);
  void FindWholePieces();
  int32_t SymbolAt(std::string_view piece, size_t at, size_t& size) const;
  std::optional<size_t> AppendSymbols(std::string_view piece, std::vector<int32_t>& ids) const;

  std::unordered_map<std::string, int32_t> vocab_;
  Bpe bpe_;
  BpeSymbols symbols_ = BpeSymbols::kBytes;
  std::array<int32_t, 256> byte_ids_;  // -1: no token; of the fallback bytes with kByteFallback
  std::unordered_map<char32_t, int32_t> character_ids_;  // of one-character tokens, unless kBytes
  std::optional<int32_t> unknown_;
  bool fuse_unknown_ = false;
  bool ignore_merges_ = false;
  PieceTable whole_;  // pieces that end as one token
  std::string description_;
};

}  // namespace hone

#endif  // HONE_DATA_BPE_MODEL_H_
