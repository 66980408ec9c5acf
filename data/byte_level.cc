// See byte_level.h.
#include "data/byte_level.h"

#include "data/utf8.h"

namespace hone {

const std::array<char32_t, 256>& ByteCharacters() {
  static const std::array<char32_t, 256> characters = [] {
    std::array<char32_t, 256> map;
    char32_t next = 0x100;
    for (int b = 0; b < 256; ++b) {
      const bool printable = (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
      map[b] = printable ? static_cast<char32_t>(b) : next++;
    }
    return map;
  }();
  return characters;
}

std::optional<std::string> SpelledBytes(std::string_view text) {
  static const std::array<int, 0x180> bytes = [] {
    std::array<int, 0x180> inverse;
    inverse.fill(-1);
    for (int b = 0; b < 256; ++b) inverse[ByteCharacters()[b]] = b;
    return inverse;
  }();
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = NextUtf8(text, at);
    if (c.code_point >= bytes.size() || bytes[c.code_point] < 0) return std::nullopt;
    out.push_back(static_cast<char>(bytes[c.code_point]));
    at += c.size;
  }
  return out;
}

}  // namespace hone
