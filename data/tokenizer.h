// Text to token ids and back, from a Hugging Face tokenizer.json. Covered by tests/data/tokenizer_test.cc,
// tests/data/tokenizer_parity_test.cc and tests/parity/tokenizers_parity.py.
#ifndef HONE_DATA_TOKENIZER_H_
#define HONE_DATA_TOKENIZER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/added_tokens.h"
#include "data/bpe_model.h"
#include "data/normalizer.h"
#include "data/post_processor.h"
#include "data/pre_tokenizer.h"
#include "data/token_decoder.h"

namespace hone {

// A BPE tokenizer with bytes or characters as its symbols. The ids are those of Hugging Face's `tokenizers`, with one exception: a
// character for which there is no token is an Error, where that leaves it out. Immutable after Load, so threads may share it.
class Tokenizer {
 public:
  // Reads tokenizer.json and, if it lies beside it, tokenizer_config.json; `path` is their directory or tokenizer.json itself. Throws
  // Error when a file is missing or malformed, and by name for every feature this class does not carry out (data/README.md).
  static Tokenizer Load(const std::string& path);

  // Adds nothing of its own: `<bos>` comes out only where the text says so. Throws Error naming a character
  // that has no token, and its byte offset; and where the text is not UTF-8, unless the tokenizer works on plain bytes.
  std::vector<int32_t> Encode(std::string_view text) const;

  // The same between the special tokens that the tokenizer puts around a text, as `tokenizers` does with add_special_tokens. Where
  // tokenizer_config.json has add_bos_token or add_eos_token these decide, as in `transformers`.
  std::vector<int32_t> EncodeWithSpecial(std::string_view text) const;

  // Always valid UTF-8: broken sequences become U+FFFD, and so does an id without a token (a padded
  // vocabulary). `skip_special` leaves out the tokens the file marks special (bos, eos, pad; not the tags).
  std::string Decode(const std::vector<int32_t>& ids, bool skip_special) const;

  // What is not the same in `other`: the first token, in order of ids, whose text, flags or way of being matched differ, else a merge,
  // else the normalizer, pre-tokenizer or model options. Empty when all are; text then becomes the same ids.
  std::string FirstDifference(const Tokenizer& other) const;

  // One more than the highest id. A model's own vocabulary may be padded beyond it.
  int32_t vocab_size() const { return static_cast<int32_t>(tokens_.size()); }

  // The id of an added token (`<think>`) or of a vocabulary entry as the file spells it.
  std::optional<int32_t> TokenId(std::string_view text) const;

  std::optional<int32_t> bos_id() const { return bos_; }
  std::optional<int32_t> eos_id() const { return eos_; }
  std::optional<int32_t> pad_id() const { return pad_; }

  // For exporters: what the file holds. A token is `added` when it is matched whole in text.
  BpeSymbols symbols() const { return model_.symbols(); }
  bool HasToken(int32_t id) const { return id >= 0 && id < vocab_size() && tokens_[id].exists; }
  const std::string& TokenText(int32_t id) const {
    return tokens_[id].text;
  }                                                                     // HasToken(id), as the file spells it
  bool IsSpecial(int32_t id) const { return tokens_[id].special; }      // HasToken(id)
  bool IsAdded(int32_t id) const { return tokens_[id].added; }          // HasToken(id)
  const std::vector<Merge>& merges() const { return model_.merges(); }  // the most urgent first
  const std::string& family() const { return pre_tokenizer_.family(); }  // PreTokenizer::family
  bool adds_bos() const { return bos_ && !post_.before.empty() && post_.before.front() == *bos_; }
  bool adds_eos() const { return eos_ && !post_.after.empty() && post_.after.back() == *eos_; }

 private:
  struct Token {
    std::string text;           // as the file spells it
    TokenDecoder::Piece piece;  // what it decodes to
    bool exists = false;
    bool special = false;
    bool added = false;
    std::string flags;  // of an added token, for FirstDifference
  };
  friend class TokenizerReader;
  friend class StreamDecoder;

  Tokenizer() = default;
  void EncodePart(std::string_view part, std::string_view text, std::vector<int32_t>& ids) const;
  void EncodePiece(std::string_view piece, std::string_view text, std::vector<int32_t>& ids) const;
  std::string Describe(int32_t id) const;
  std::string FirstMergeDifference(const Tokenizer& other) const;

  std::vector<Token> tokens_;                     // by id
  std::unordered_map<std::string, int32_t> ids_;  // as the file spells them
  AddedTokenMatcher raw_, normalized_;            // matched before and after the normalizer
  Normalizer normalizer_;
  PreTokenizer pre_tokenizer_;
  BpeModel model_;
  TokenDecoder decoder_;
  PostProcessor post_;
  std::optional<int32_t> bos_, eos_, pad_;
};

// Decodes ids as they come. The tokenizer must outlive it; each thread needs one of its own.
class StreamDecoder {
 public:
  StreamDecoder(const Tokenizer& tokenizer, bool skip_special)
      : tokenizer_(tokenizer), skip_special_(skip_special), joiner_(tokenizer.decoder_) {}

  // The text that is certain now: whole, valid UTF-8, often empty. All pieces and Flush together are Tokenizer::Decode of all ids.
  std::string Push(int32_t id);
  std::string Flush();  // what was held back at the end

 private:
  friend class Tokenizer;
  void Append(int32_t id, std::string& out);

  const Tokenizer& tokenizer_;
  bool skip_special_;
  TokenJoiner joiner_;
};

// What WriteCharacterTokenizer puts on disk. Ids follow this order: specials, tags, characters.
struct CharacterVocabulary {
  std::string pad, bos, eos;      // special: left out by Decode(.., skip_special = true)
  std::vector<std::string> tags;  // matched whole in text, and part of what a person reads
  std::string characters;         // ASCII, each once
};

// Writes tokenizer.json and tokenizer_config.json, which Load and `transformers.AutoTokenizer` read alike.
// Throws Error when a file cannot be written.
void WriteCharacterTokenizer(const CharacterVocabulary& vocabulary, const std::string& directory);

}  // namespace hone

#endif  // HONE_DATA_TOKENIZER_H_
