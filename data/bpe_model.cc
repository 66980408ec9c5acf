// See bpe_model.h.
#include "data/bpe_model.h"

#include <cstdio>

#include "data/byte_level.h"
#include "data/error.h"
#include "data/utf8.h"

namespace hone {

namespace {

constexpr size_t kMaxWhole = 64;  // bytes; longer tokens are rare, and merged each time

std::string Shown(const nlohmann::json& value) {
  return value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace).substr(0, 60);
}

}  // namespace

BpeModel BpeModel::Read(const TokenizerSection& section, bool byte_level) {
  section.AllowOnly({"dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
                     "byte_fallback", "ignore_merges", "vocab", "merges"});
  // The oldest files have no type: they are told by their merges.
  if (section.Has("type") ? section.Type() != "BPE" : !section.Has("merges"))
    section.Refuse("model type " + (section.Has("type") ? Shown(section.value.at("type")) : "null"));
  if (section.Has("dropout") && section.value.at("dropout") != 0.0)
    section.Refuse("model.dropout = " + Shown(section.value.at("dropout")));
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    if (section.Has(key) && section.value.at(key) != "")
      section.Refuse("model." + std::string(key) + " = " + Shown(section.value.at(key)));
  }
  const bool fallback = section.Flag("byte_fallback", false);
  if (fallback && byte_level) section.Refuse("model.byte_fallback with a ByteLevel pre-tokenizer");
  BpeModel out;
  out.symbols_ = byte_level ? BpeSymbols::kBytes
                 : fallback ? BpeSymbols::kByteFallback
                            : BpeSymbols::kCharacters;
  out.fuse_unknown_ = section.Flag("fuse_unk", false);
  out.ignore_merges_ = section.Flag("ignore_merges", false);
  out.ReadVocab(section);
  out.ReadMerges(section);
  out.ReadSymbols(section);
  out.FindWholePieces();
  constexpr const char* kNames[] = {"bytes", "characters with byte fallback", "characters"};
  out.description_ = kNames[static_cast<int>(out.symbols_)];
  if (out.ignore_merges_) out.description_ += ", ignore_merges";
  if (out.unknown_)
    out.description_ += ", unknown " + std::to_string(*out.unknown_) + (out.fuse_unknown_ ? " fused" : "");
  return out;
}

void BpeModel::ReadVocab(const TokenizerSection& section) {
  const nlohmann::json& vocab = section.value.at("vocab");
  if (!vocab.is_object()) throw Error("model.vocab is not an object", section.where, kOwnRepository);
  vocab_.reserve(vocab.size());
  for (const auto& [text, value] : vocab.items()) {
    const int64_t id = value.is_number_integer() ? value.get<int64_t>() : -1;
    if (id < 0 || id >= kMaxTokenId) {
      throw Error("token '" + text + "' has the id " + Shown(value) + ", which is not in [0, " +
                      std::to_string(kMaxTokenId) + ")",
                  section.where, kOwnRepository);
    }
    vocab_.emplace(text, static_cast<int32_t>(id));
  }
}

// `["a", "b"]` or `"a b"` for each.
void BpeModel::ReadMerges(const TokenizerSection& section) {
  if (!section.Has("merges")) return;
  const nlohmann::json& list = section.value.at("merges");
  if (!list.is_array()) throw Error("model.merges is not a list", section.where, kOwnRepository);
  std::vector<Merge> merges;
  merges.reserve(list.size());
  const auto id = [&](const std::string& text) {
    const auto it = vocab_.find(text);
    if (it != vocab_.end()) return it->second;
    throw Error("merge " + std::to_string(merges.size()) + " needs the token '" + text +
                    "', which is not in the vocabulary",
                section.where, kOwnRepository);
  };
  for (const nlohmann::json& merge : list) {
    std::string left, right;
    if (merge.is_array() && merge.size() == 2) {
      left = merge[0].get<std::string>();
      right = merge[1].get<std::string>();
    } else {
      const std::string text = merge.get<std::string>();
      if (text.rfind("#version", 0) == 0) continue;
      const size_t blank = text.find(' ');
      if (blank == std::string::npos || text.find(' ', blank + 1) != std::string::npos)
        throw Error("merge '" + text + "' is not two tokens", section.where, kOwnRepository);
      left = text.substr(0, blank);
      right = text.substr(blank + 1);
    }
    merges.push_back({id(left), id(right), id(left + right)});
  }
  bpe_ = Bpe(std::move(merges));
}

void BpeModel::ReadSymbols(const TokenizerSection& section) {
  const auto find = [&](const std::string& text) {
    const auto it = vocab_.find(text);
    return it == vocab_.end() ? -1 : it->second;
  };
  for (int b = 0; b < 256; ++b) {
    char code[8];
    std::snprintf(code, sizeof code, "<0x%02X>", static_cast<unsigned>(b));
    byte_ids_[b] = find(symbols_ == BpeSymbols::kBytes ? EncodeUtf8(ByteCharacters()[b]) : code);
    if (symbols_ == BpeSymbols::kByteFallback && byte_ids_[b] < 0)
      section.Refuse("byte_fallback without a token " + std::string(code));
  }
  if (symbols_ != BpeSymbols::kBytes) {
    for (const auto& [text, id] : vocab_) {
      if (text.empty()) continue;
      const Utf8Char c = NextUtf8(text, 0);
      if (c.size == text.size()) character_ids_[c.code_point] = id;
    }
  }
  if (section.Has("unk_token")) {
    const int32_t id = find(section.Text("unk_token"));
    if (id < 0)
      throw Error("model.unk_token '" + section.Text("unk_token") + "' is not in the vocabulary",
                  section.where, kOwnRepository);
    unknown_ = id;
  }
}

// Most pieces of a text are one token. Which pieces those are is found out once, by encoding every token's own text.
void BpeModel::FindWholePieces() {
  std::vector<std::pair<std::string, int32_t>> whole;
  std::vector<int32_t> ids;
  for (const auto& [text, id] : vocab_) {
    const std::optional<std::string> piece = symbols_ == BpeSymbols::kBytes ? SpelledBytes(text) : text;
    if (!piece || piece->empty()) continue;
    if (!ignore_merges_) {
      ids.clear();
      if (piece->size() > kMaxWhole || AppendSymbols(*piece, ids)) continue;
      bpe_.Apply(ids, 0);
      if (ids != std::vector<int32_t>{id}) continue;
    }
    whole.emplace_back(*piece, id);
  }
  whole_ = PieceTable(whole);
}

// The token of the symbol at `at`, and its size in bytes. -1: it has none.
inline int32_t BpeModel::SymbolAt(std::string_view piece, size_t at, size_t& size) const {
  if (symbols_ == BpeSymbols::kBytes) {
    size = 1;
    return byte_ids_[static_cast<unsigned char>(piece[at])];
  }
  const Utf8Char c = NextUtf8(piece, at);
  size = c.size;
  const auto it = character_ids_.find(c.code_point);
  return it == character_ids_.end() ? -1 : it->second;
}

std::optional<size_t> BpeModel::AppendSymbols(std::string_view piece, std::vector<int32_t>& ids) const {
  bool unknown_before = false;
  for (size_t at = 0, size = 0; at < piece.size(); at += size) {
    const int32_t id = SymbolAt(piece, at, size);
    if (id >= 0) {
      ids.push_back(id);
      unknown_before = false;
    } else if (symbols_ == BpeSymbols::kByteFallback) {
      for (size_t i = at; i < at + size; ++i) ids.push_back(byte_ids_[static_cast<unsigned char>(piece[i])]);
    } else if (unknown_) {
      if (!(unknown_before && fuse_unknown_)) ids.push_back(*unknown_);
      unknown_before = true;
    } else {
      return at;
    }
  }
  return std::nullopt;
}

std::optional<size_t> BpeModel::Encode(std::string_view piece, std::vector<int32_t>& ids) const {
  const int32_t whole = whole_.Find(piece);
  if (whole >= 0) {
    ids.push_back(whole);
    return std::nullopt;
  }
  const size_t begin = ids.size();
  const std::optional<size_t> missing = AppendSymbols(piece, ids);
  if (!missing) bpe_.Apply(ids, begin);
  return missing;
}

}  // namespace hone
