// The regular expressions of the known tokenizers, matched without a regex engine: alternatives that are runs of character
// classes. Covered by tests/data/pattern_test.cc, which compares with Oniguruma.
#ifndef HONE_DATA_CLASS_PATTERN_H_
#define HONE_DATA_CLASS_PATTERN_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "data/code_points.h"

namespace hone {

// What `Compile` understands: alternatives `a|b|c` of items in a row; an item is a character, an escape (\s \S \d \D \p{..} \P{..}
// \r \n \t) or a bracket without nesting, with ?, +, * or {m,n}; at the end of an alternative `(?!\S)` or `$`; and, as an alternative, the
// group of English contractions. It means what Oniguruma's Ruby syntax means by it.
class ClassPattern {
 public:
  static constexpr size_t kNoMatch = static_cast<size_t>(-1);

  // Nothing when the pattern has anything else in it, could match the empty text or could take more than linear time.
  static std::optional<ClassPattern> Compile(std::string_view pattern);

  // The first alternative that matches at `at` < text.size(), as long as its items can be: where it ends. `text` is valid UTF-8.
  size_t MatchAt(std::string_view text, size_t at) const;

  // The first match that begins at or after `at`: false if there is none.
  bool Find(std::string_view text, size_t at, size_t& begin, size_t& end) const;

 private:
  friend class ClassPatternParser;
  static constexpr uint32_t kUnbounded = UINT32_MAX;

  struct Item {
    uint32_t bit;  // mask of its class
    uint32_t min, max;
  };
  enum class Ending { kNone, kBeforeSpace, kLineEnd };
  struct Alternative {
    std::vector<Item> items;
    Ending ending = Ending::kNone;
    uint32_t first = 0;  // classes that its first character may be in
  };

  size_t MatchItems(const Alternative& alternative, size_t item, std::string_view text, size_t at) const;
  bool EndingHolds(Ending ending, std::string_view text, size_t at) const;
  uint32_t MaskAt(std::string_view text, size_t at, size_t& next) const;

  std::vector<Alternative> alternatives_;
  CodePointMasks masks_;
  uint32_t space_ = 0;  // bit of \s, if an ending needs it
};

}  // namespace hone

#endif  // HONE_DATA_CLASS_PATTERN_H_
