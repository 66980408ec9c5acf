// GPT-2's byte map: each byte as one printable character, so that a vocabulary of bytes can be written as JSON text.
// Covered by tests/data/tokenizer_test.cc.
#ifndef HONE_DATA_BYTE_LEVEL_H_
#define HONE_DATA_BYTE_LEVEL_H_

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace hone {

// The character of each byte: printable Latin-1 bytes stand for themselves, the others for U+0100, U+0101, ...
const std::array<char32_t, 256>& ByteCharacters();

// The bytes that valid UTF-8 `text` spells; nothing if one of its characters stands for no byte.
std::optional<std::string> SpelledBytes(std::string_view text);

}  // namespace hone

#endif  // HONE_DATA_BYTE_LEVEL_H_
