// What a tokenizer does to text before it splits it: Unicode normal forms, replacements, a text put in front. Covered by
// tests/data/tokenizer_parity_test.cc.
#ifndef HONE_DATA_NORMALIZER_H_
#define HONE_DATA_NORMALIZER_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/tokenizer_json.h"

namespace hone {

// Immutable, so threads may share it.
class Normalizer {
 public:
  Normalizer() = default;  // leaves every text as it is

  // NFC, NFD, NFKC, NFKD, Prepend, Replace and Sequences of them. Error naming anything else.
  static Normalizer Read(const TokenizerSection& section);

  // Returns `text` itself if nothing changes, else a view of `storage`. `text` is valid UTF-8. Error when the result would be
  // longer than any real tokenizer makes it: a hostile file could ask for more memory than there is.
  std::string_view Apply(std::string_view text, std::string& storage) const;

  bool empty() const { return steps_.empty(); }
  const std::string& description() const { return description_; }  // equal iff the normalizers are

 private:
  enum class Kind { kForm, kPrepend, kReplace };
  struct Step {
    Kind kind;
    int form = 0;  // options of utf8proc
    std::string text;
    std::shared_ptr<const Pattern> pattern;
  };

  std::vector<Step> steps_;
  std::string description_ = "none";
};

}  // namespace hone

#endif  // HONE_DATA_NORMALIZER_H_
