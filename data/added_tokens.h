// Tokens that are matched whole in the text before anything else looks at it. Covered by tests/data/tokenizer_parity_test.cc.
#ifndef HONE_DATA_ADDED_TOKENS_H_
#define HONE_DATA_ADDED_TOKENS_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/code_points.h"

namespace hone {

struct AddedToken {
  std::string content;
  int32_t id = 0;
  bool lstrip = false;       // takes the white space before it along
  bool rstrip = false;       // and the one behind it
  bool single_word = false;  // only where no letter, digit or underscore adjoins
  bool normalized = false;   // looked for in the normalised text
  bool special = false;      // left out by Decode(.., skip_special = true)
};

// Finds them leftmost-longest. Immutable once filled, so threads may share it.
class AddedTokenMatcher {
 public:
  // A stretch of text that is a token, or that holds none (`token` null).
  struct Part {
    std::string_view text;
    const AddedToken* token;
  };

  AddedTokenMatcher();

  // `form` is what the text has to hold: the content, or what the normalizer makes of it. Not empty. Of equal forms the first counts.
  void Add(const AddedToken& token, std::string_view form);

  // The parts of `text` in order, none empty; appended to `out`. The text may hold any bytes.
  void Split(std::string_view text, std::vector<Part>& out) const;

 private:
  // The longest token at `at`: where it ends and which it is; null if there is none.
  const AddedToken* MatchAt(std::string_view text, size_t at, size_t& end) const;
  bool InsideWord(std::string_view text, size_t begin, size_t end) const;

  std::vector<AddedToken> tokens_;
  std::unordered_map<uint64_t, uint32_t> children_;  // (node, byte) to node; the root is node 0
  std::vector<int32_t> token_at_;   // by node: index of the token that ends there, -1 if none
  std::array<bool, 256> begins_{};  // bytes that some token begins with
  CodePoints word_, space_;
};

}  // namespace hone

#endif  // HONE_DATA_ADDED_TOKENS_H_
