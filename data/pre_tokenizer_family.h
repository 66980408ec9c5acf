// The pre-tokenizers of known model families, as PreTokenizer describes them. Covered by tests/data/tokenizer_parity_test.cc.
#ifndef HONE_DATA_PRE_TOKENIZER_FAMILY_H_
#define HONE_DATA_PRE_TOKENIZER_FAMILY_H_

#include <string>
#include <string_view>

namespace hone {

// The expression that ByteLevel applies with `use_regex`.
inline constexpr std::string_view kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

// What llama.cpp calls this pre-tokenizer (`tokenizer.ggml.pre`): gpt-2, llama-bpe, qwen2, deepseek-llm, deepseek-coder or
// deepseek-v3; "" for any other.
std::string PreTokenizerFamily(const std::string& description);

}  // namespace hone

#endif  // HONE_DATA_PRE_TOKENIZER_FAMILY_H_
