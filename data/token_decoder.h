// Token texts back to text: what each token stands for, and how they join. Covered by tests/data/tokenizer_parity_test.cc.
#ifndef HONE_DATA_TOKEN_DECODER_H_
#define HONE_DATA_TOKEN_DECODER_H_

#include <string>
#include <string_view>
#include <vector>

#include "data/tokenizer_json.h"

namespace hone {

// The rules of one tokenizer.json. Immutable, so threads may share it.
class TokenDecoder {
 public:
  // ByteLevel; Metaspace; or, in this order, Replace.., ByteFallback, Fuse, Strip at the start, each of which may be missing.
  // Error naming anything else.
  static TokenDecoder Read(const TokenizerSection& section);

  // What one token contributes, computed once for each.
  struct Piece {
    std::string text;           // bytes when `is_bytes`, else valid UTF-8
    bool is_bytes = false;      // joins with its neighbours' bytes to characters
    std::string text_if_first;  // Metaspace only: what it is at the beginning
  };
  Piece Decode(std::string_view token) const;

 private:
  friend class TokenJoiner;
  enum class Kind { kByteLevel, kMetaspace, kText };
  struct Replacement {
    Pattern pattern;
    std::string content;
  };

  Kind kind_ = Kind::kByteLevel;
  std::string replacement_;  // of Metaspace
  bool drops_first_ = false;
  std::vector<Replacement> replacements_;
  bool byte_fallback_ = false;
  std::string strip_;  // one character
  size_t strip_count_ = 0;
};

// Joins the pieces of one text as they come. What it gives out is always whole, valid UTF-8.
class TokenJoiner {
 public:
  explicit TokenJoiner(const TokenDecoder& decoder) : decoder_(&decoder), strip_(decoder.strip_count_) {}

  // Appends to `out` what is certain once this piece is known.
  void Push(const TokenDecoder::Piece& piece, std::string& out);
  // Appends what was held back; broken sequences become U+FFFD.
  void Flush(std::string& out);

 private:
  void PushBytes(std::string_view bytes, std::string& out);
  void Emit(std::string_view text, std::string& out);

  const TokenDecoder* decoder_;
  std::string held_;   // bytes of a character or, with byte fallback, of a run of byte tokens
  bool first_ = true;  // no piece yet
  size_t strip_;       // characters that may still be taken from the start
};

}  // namespace hone

#endif  // HONE_DATA_TOKEN_DECODER_H_
