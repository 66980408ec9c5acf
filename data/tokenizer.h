// Text to token ids and back, from a Hugging Face tokenizer.json. Covered by tests/data/tokenizer_test.cc.
#ifndef HONE_DATA_TOKENIZER_H_
#define HONE_DATA_TOKENIZER_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace hone {

// A byte-level BPE without merges: every byte is its own token, and added tokens are matched leftmost-longest
// in the text. Immutable after Load, so threads may share it.
class Tokenizer {
 public:
  // Reads tokenizer.json and, if there, tokenizer_config.json of a checkpoint directory. Throws Error when a
  // file is missing or malformed, and by name for every feature this class does not carry out.
  static Tokenizer Load(const std::string& directory);

  // Adds nothing of its own: `<bos>` comes out only where the text says so. Throws Error naming a character
  // that has no token, and its byte offset.
  std::vector<int32_t> Encode(std::string_view text) const;

  // Always valid UTF-8: broken sequences become U+FFFD, and so does an id without a token (a padded
  // vocabulary). `skip_special` leaves out the tokens the file marks special (bos, eos, pad; not the tags).
  std::string Decode(const std::vector<int32_t>& ids, bool skip_special) const;

  // What the first token is, in order of ids, that is not the same in `other`: its bytes, whether it is matched whole in text, or whether
  // it is special. Empty when all are; text then becomes the same ids.
  std::string FirstDifference(const Tokenizer& other) const;

  // One more than the highest id. A model's own vocabulary may be padded beyond it.
  int32_t vocab_size() const { return static_cast<int32_t>(tokens_.size()); }

  // The id of an added token (`<think>`) or of a vocabulary entry as the file spells it.
  std::optional<int32_t> TokenId(std::string_view text) const;

  std::optional<int32_t> bos_id() const { return bos_; }
  std::optional<int32_t> eos_id() const { return eos_; }
  std::optional<int32_t> pad_id() const { return pad_; }

 private:
  struct Token {
    std::string bytes;  // what it decodes to
    bool exists = false;
    bool special = false;
    bool added = false;  // matched whole in text
  };
  struct Added {
    std::string content;
    int32_t id;
  };
  friend class TokenizerReader;

  Tokenizer() { byte_ids_.fill(-1); }
  const Added* MatchAdded(std::string_view text, size_t at) const;
  std::string Describe(int32_t id) const;

  std::vector<Token> tokens_;                     // by id
  std::unordered_map<std::string, int32_t> ids_;  // as the file spells them
  std::array<int32_t, 256> byte_ids_;             // -1: no token
  std::array<std::vector<Added>, 256> added_;     // by first byte, longest first
  std::optional<int32_t> bos_, eos_, pad_;
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
