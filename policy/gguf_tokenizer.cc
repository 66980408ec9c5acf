// See gguf.h: the tokenizer.
#include <cstdint>
#include <unordered_map>

#include "data/error.h"
#include "policy/gguf.h"

namespace hone {
namespace {

enum TokenType : int32_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6
};

// "<0x0A>" and its like, the bytes of a byte-fallback vocabulary.
bool IsByteToken(const std::string& text) {
  return text.size() == 6 && text.compare(0, 3, "<0x") == 0 && text.back() == '>';
}

TokenType TypeOf(const Tokenizer& tokenizer, int32_t id, bool fallback) {
  if (!tokenizer.HasToken(id)) return kUnused;
  if (fallback && tokenizer.TokenText(id) == "<unk>") return kUnknown;
  if (tokenizer.IsSpecial(id)) return kControl;
  if (tokenizer.IsAdded(id)) return kUserDefined;
  return fallback && IsByteToken(tokenizer.TokenText(id)) ? kByte : kNormal;
}

// What llama.cpp's merging by scores needs to take the merges in their order.
std::vector<float> ScoresOf(const Tokenizer& tokenizer, int64_t vocab_size) {
  std::vector<float> scores(static_cast<size_t>(vocab_size), 0.0f);
  const std::vector<Merge>& merges = tokenizer.merges();
  for (size_t rank = merges.size(); rank-- > 0;) scores[merges[rank].result] = -static_cast<float>(rank);
  return scores;
}

std::string SplitterOf(const Tokenizer& tokenizer, const std::string& where) {
  if (!tokenizer.family().empty()) return tokenizer.family();
  if (tokenizer.merges().empty()) return "default";  // every byte is its own token, whatever the cuts
  throw Error("llama.cpp has no name for how this tokenizer cuts text", where,
              "GGUF files are written for the tokenizers of GPT-2, Llama 3, Qwen 2 and 3, and DeepSeek");
}

}  // namespace

void AddTokenizer(const Tokenizer& tokenizer, int64_t vocab_size, const std::string& where,
                  GgufMetadata& metadata) {
  const bool fallback = tokenizer.symbols() == BpeSymbols::kByteFallback;
  metadata.AddString("tokenizer.ggml.model", fallback ? "llama" : "gpt2");
  metadata.AddString("tokenizer.ggml.pre", fallback ? "default" : SplitterOf(tokenizer, where));
  std::vector<std::string> tokens;
  std::vector<int32_t> types;
  for (int32_t id = 0; id < vocab_size; ++id) {
    types.push_back(TypeOf(tokenizer, id, fallback));
    tokens.push_back(tokenizer.HasToken(id) ? tokenizer.TokenText(id) : "[PAD" + std::to_string(id) + "]");
  }
  metadata.AddStrings("tokenizer.ggml.tokens", tokens);
  metadata.AddInts("tokenizer.ggml.token_type", types);
  if (fallback) {
    metadata.AddFloats("tokenizer.ggml.scores", ScoresOf(tokenizer, vocab_size));
  } else {
    std::vector<std::string> merges;
    for (const Merge& m : tokenizer.merges())
      merges.push_back(tokenizer.TokenText(m.left) + " " + tokenizer.TokenText(m.right));
    metadata.AddStrings("tokenizer.ggml.merges", merges);
  }
  const auto add_id = [&](const char* key, std::optional<int32_t> id) {
    if (id) metadata.AddUint(std::string("tokenizer.ggml.") + key, *id);
  };
  add_id("bos_token_id", tokenizer.bos_id());
  add_id("eos_token_id", tokenizer.eos_id());
  add_id("padding_token_id", tokenizer.pad_id());
  if (fallback) add_id("unknown_token_id", tokenizer.TokenId("<unk>"));
  metadata.AddBool("tokenizer.ggml.add_bos_token", tokenizer.adds_bos());
  metadata.AddBool("tokenizer.ggml.add_eos_token", tokenizer.adds_eos());
}

}  // namespace hone
