// Sets of Unicode characters, as Oniguruma's tables have them. Covered by tests/data/pattern_test.cc.
#ifndef HONE_DATA_CODE_POINTS_H_
#define HONE_DATA_CODE_POINTS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hone {

// Ranges, both ends included, ascending and apart.
class CodePoints {
 public:
  CodePoints() = default;
  CodePoints(char32_t first, char32_t last) : ranges_{{first, last}} {}

  // A property or class by the name that `\p{..}` takes ("L", "Nd", "Alphabetic", "Space"); nothing if there is none.
  static std::optional<CodePoints> Named(std::string_view name);

  void Add(const CodePoints& other);
  CodePoints Complement() const;
  bool Has(char32_t c) const;

  const std::vector<std::pair<char32_t, char32_t>>& ranges() const { return ranges_; }
  bool operator==(const CodePoints&) const = default;

 private:
  std::vector<std::pair<char32_t, char32_t>> ranges_;
};

// Which of up to 32 sets a character is in, by one or two look-ups.
class CodePointMasks {
 public:
  CodePointMasks() = default;
  explicit CodePointMasks(const std::vector<CodePoints>& sets);  // set i is bit i

  uint32_t Ascii(unsigned char c) const { return blocks_[0][c]; }  // c < 128
  uint32_t Of(char32_t c) const { return blocks_[block_of_[c >> 8]][c & 0xff]; }

 private:
  using Block = std::array<uint32_t, 256>;
  std::vector<uint16_t> block_of_;
  std::vector<Block> blocks_;  // the first is that of U+0000; equal ones are shared
};

}  // namespace hone

#endif  // HONE_DATA_CODE_POINTS_H_
