// Reading and applying a byte-level tokenizer without merges. Covered by tests/data/tokenizer_test.cc.
#include "data/tokenizer.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "data/error.h"
#include "data/json.h"
#include "data/text_file.h"
#include "data/utf8.h"

namespace hone {

using nlohmann::json;

namespace {

constexpr int32_t kMaxVocab = 1 << 22;  // bounds the memory a hostile id can ask for

// GPT-2's byte map: printable Latin-1 bytes stand for themselves, the others for U+0100, U+0101, ...
std::array<char32_t, 256> ByteMap() {
  std::array<char32_t, 256> map;
  char32_t next = 0x100;
  for (int b = 0; b < 256; ++b) {
    const bool printable = (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
    map[b] = printable ? static_cast<char32_t>(b) : next++;
  }
  return map;
}

json ReadJson(const std::string& path) {
  json value = ParseStrictJson(ReadFile(path), path, kFetchAgain);
  if (!value.is_object())
    throw Error("is not a JSON object", path, "take the file from the model's own repository");
  return value;
}

bool Absent(const json& object, const char* key) {
  const auto it = object.find(key);
  return it == object.end() || it->is_null();
}

}  // namespace

// Turns the two files into a Tokenizer; holds the path for its error messages.
class TokenizerReader {
 public:
  explicit TokenizerReader(const std::string& directory) : directory_(directory) {}

  Tokenizer Read() {
    where_ = directory_ + "/tokenizer.json";
    try {
      const json file = ReadJson(where_);
      CheckSupported(file);
      ReadVocab(file.at("model").at("vocab"));
      if (!Absent(file, "added_tokens")) {
        for (const json& token : file.at("added_tokens")) ReadAdded(token);
      }
      where_ = directory_ + "/tokenizer_config.json";
      if (std::filesystem::exists(where_)) ReadConfig(ReadJson(where_));
    } catch (const json::exception& e) {
      throw Error("is not a tokenizer: " + JsonFault(e), where_,
                  "take the file from the model's own repository");
    }
    Finish();
    return std::move(result_);
  }

 private:
  [[noreturn]] void Refuse(const std::string& what) const {
    throw Error(what + " is not supported", where_,
                "use a byte-level BPE tokenizer with an empty merge list, no normalizer, and a ByteLevel "
                "pre-tokenizer and decoder without regex or prefix space");
  }

  // `object.key` must be absent, null, or equal to `neutral`.
  void RequireNeutral(const json& object, const char* key, const json& neutral,
                      const std::string& section) const {
    if (!Absent(object, key) && object.at(key) != neutral) {
      Refuse(section + "." + key + " = " +
             object.at(key).dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 60));
    }
  }

  void CheckSupported(const json& file) const {
    for (const char* key : {"normalizer", "truncation", "padding"}) {
      if (!Absent(file, key)) {
        Refuse(std::string(key) + (file.at(key).is_object() && file.at(key).contains("type")
                                       ? " " + file.at(key).at("type").dump()
                                       : ""));
      }
    }
    const json& model = file.at("model");
    if (model.at("type") != "BPE") Refuse("model type " + model.at("type").dump());
    if (!Absent(model, "merges") && !model.at("merges").empty()) Refuse("a BPE model with merges");
    for (const char* key : {"dropout", "unk_token"}) RequireNeutral(model, key, nullptr, "model");
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"})
      RequireNeutral(model, key, "", "model");
    for (const char* key : {"fuse_unk", "byte_fallback", "ignore_merges"})
      RequireNeutral(model, key, false, "model");
    for (const char* key : {"pre_tokenizer", "decoder"}) {
      if (Absent(file, key)) Refuse(std::string("a tokenizer without ") + key);
      if (file.at(key).at("type") != "ByteLevel")
        Refuse(std::string(key) + " " + file.at(key).at("type").dump());
    }
    // Both default to true where the file says nothing.
    for (const char* key : {"add_prefix_space", "use_regex"}) {
      if (file.at("pre_tokenizer").value(key, true)) Refuse(std::string("pre_tokenizer.") + key);
    }
    // A ByteLevel post-processor moves offsets only; any other one would add tokens.
    if (!Absent(file, "post_processor") && file.at("post_processor").at("type") != "ByteLevel") {
      Refuse("post_processor " + file.at("post_processor").at("type").dump());
    }
  }

  Tokenizer::Token& Slot(const std::string& text, const json& id_value) {
    const int64_t id = id_value.is_number_integer() ? id_value.get<int64_t>() : -1;
    if (id < 0 || id >= kMaxVocab) {
      throw Error("token '" + text + "' has the id " + id_value.dump() + ", which is not in [0, " +
                      std::to_string(kMaxVocab) + ")",
                  where_, "take the file from the model's own repository");
    }
    if (id >= static_cast<int64_t>(result_.tokens_.size())) result_.tokens_.resize(id + 1);
    const auto [it, fresh] = result_.ids_.emplace(text, static_cast<int32_t>(id));
    Tokenizer::Token& slot = result_.tokens_[id];
    if (it->second != id || (fresh && slot.exists)) {
      throw Error("id " + std::to_string(id) + " and token '" + text + "' are not one to one", where_,
                  "take the file from the model's own repository");
    }
    slot.exists = true;
    return slot;
  }

  void ReadVocab(const json& vocab) {
    const std::array<char32_t, 256> map = ByteMap();
    std::unordered_map<char32_t, unsigned char> bytes;
    for (int b = 0; b < 256; ++b) bytes[map[b]] = static_cast<unsigned char>(b);
    for (const auto& [text, id] : vocab.items()) {
      std::string decoded;
      for (size_t at = 0; at < text.size();) {
        const Utf8Char c = NextUtf8(text, at);
        const auto byte = bytes.find(c.code_point);
        if (byte == bytes.end()) {
          decoded = text;  // outside the byte map: such a token can only be an added one, and means itself
          break;
        }
        decoded.push_back(static_cast<char>(byte->second));
        at += c.size;
      }
      Slot(text, id).bytes = decoded;
      if (decoded.size() == 1) result_.byte_ids_[static_cast<unsigned char>(decoded[0])] = id.get<int32_t>();
    }
  }

  void ReadAdded(const json& token) {
    const std::string content = token.at("content").get<std::string>();
    if (content.empty()) throw Error("an added token is empty", where_, "give it a text");
    for (const char* flag : {"lstrip", "rstrip", "single_word"}) {
      if (token.value(flag, false)) Refuse("added token '" + content + "' with " + flag);
    }
    Tokenizer::Token& slot = Slot(content, token.at("id"));
    slot.bytes = content;
    slot.special = token.value("special", false);
    slot.added = true;
    result_.added_[static_cast<unsigned char>(content[0])].push_back(
        {content, token.at("id").get<int32_t>()});
  }

  void ReadConfig(const json& config) {
    const auto find = [&](const char* key) -> std::optional<int32_t> {
      if (Absent(config, key)) return std::nullopt;
      const json& value = config.at(key);
      const std::string text = (value.is_object() ? value.at("content") : value).get<std::string>();
      const std::optional<int32_t> id = result_.TokenId(text);
      if (!id)
        throw Error(std::string(key) + " '" + text + "' is not a token", where_,
                    "name one of tokenizer.json");
      return id;
    };
    result_.bos_ = find("bos_token");
    result_.eos_ = find("eos_token");
    result_.pad_ = find("pad_token");
  }

  void Finish() {
    if (result_.tokens_.empty())
      throw Error("has no tokens", directory_ + "/tokenizer.json", "give it a vocabulary");
    for (std::vector<Tokenizer::Added>& list : result_.added_) {
      std::sort(list.begin(), list.end(), [](const Tokenizer::Added& a, const Tokenizer::Added& b) {
        return a.content.size() > b.content.size();
      });
    }
  }

  const std::string directory_;
  std::string where_;
  Tokenizer result_;
};

Tokenizer Tokenizer::Load(const std::string& directory) { return TokenizerReader(directory).Read(); }

const Tokenizer::Added* Tokenizer::MatchAdded(std::string_view text, size_t at) const {
  for (const Added& token : added_[static_cast<unsigned char>(text[at])]) {
    if (text.substr(at, token.content.size()) == token.content) return &token;
  }
  return nullptr;
}

std::vector<int32_t> Tokenizer::Encode(std::string_view text) const {
  std::vector<int32_t> ids;
  ids.reserve(text.size());
  size_t character_end = 0;  // inside a character no added token can begin
  for (size_t at = 0; at < text.size();) {
    if (at >= character_end) {
      if (const Added* token = MatchAdded(text, at)) {
        ids.push_back(token->id);
        at += token->content.size();
        continue;
      }
      character_end = at + NextUtf8(text, at).size;
    }
    const int32_t id = byte_ids_[static_cast<unsigned char>(text[at])];
    if (id < 0) {
      size_t start = at;
      while (start > 0 && at - start < 3 && (static_cast<unsigned char>(text[start]) & 0xc0) == 0x80) --start;
      throw Error("the character " + DescribeUtf8(text, start) + " at byte " + std::to_string(start) +
                      " has no token in this vocabulary",
                  "", "leave it out, or use a tokenizer that has it");
    }
    ids.push_back(id);
    ++at;
  }
  return ids;
}

std::string Tokenizer::Decode(const std::vector<int32_t>& ids, bool skip_special) const {
  std::string bytes;
  for (int32_t id : ids) {
    const bool known = id >= 0 && id < vocab_size() && tokens_[id].exists;
    if (!known) {
      bytes += kReplacementUtf8;
    } else if (!(skip_special && tokens_[id].special)) {
      bytes += tokens_[id].bytes;
    }
  }
  return ValidUtf8(bytes);
}

// One token for a person, with all that FirstDifference compares.
std::string Tokenizer::Describe(int32_t id) const {
  if (id >= vocab_size() || !tokens_[id].exists) return "nothing";
  const Token& token = tokens_[id];
  std::string out = "'";
  for (const char c : token.bytes) {
    const auto byte = static_cast<unsigned char>(c);
    char text[8];
    std::snprintf(text, sizeof(text), byte >= 0x20 && byte < 0x7f ? "%c" : "\\x%02x", byte);
    out += text;
  }
  out += "'";
  if (token.added) out += " matched whole";
  if (token.special) out += ", special";
  return out;
}

std::string Tokenizer::FirstDifference(const Tokenizer& other) const {
  for (int32_t id = 0; id < std::max(vocab_size(), other.vocab_size()); ++id) {
    const std::string here = Describe(id), there = other.Describe(id);
    if (here != there) return "token " + std::to_string(id) + " is " + here + " and " + there;
  }
  return "";
}

std::optional<int32_t> Tokenizer::TokenId(std::string_view text) const {
  const auto it = ids_.find(std::string(text));
  if (it == ids_.end()) return std::nullopt;
  return it->second;
}

void WriteCharacterTokenizer(const CharacterVocabulary& vocabulary, const std::string& directory) {
  nlohmann::ordered_json vocab = nlohmann::ordered_json::object(), added = nlohmann::ordered_json::array();
  const auto add = [&](const std::string& content, bool special) {
    added.push_back({{"id", vocab.size()},
                     {"content", content},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", special}});
    vocab[content] = vocab.size();
  };
  for (const std::string& text : {vocabulary.pad, vocabulary.bos, vocabulary.eos}) add(text, true);
  for (const std::string& tag : vocabulary.tags) add(tag, false);
  const std::array<char32_t, 256> map = ByteMap();
  for (unsigned char c : vocabulary.characters) vocab[EncodeUtf8(map[c])] = vocab.size();

  const nlohmann::ordered_json byte_level = {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", false}};
  nlohmann::ordered_json file;
  file["version"] = "1.0";
  file["truncation"] = file["padding"] = nullptr;
  file["added_tokens"] = added;
  file["normalizer"] = nullptr;
  file["pre_tokenizer"] = byte_level;
  file["post_processor"] = nullptr;
  file["decoder"] = byte_level;
  file["model"] = {{"type", "BPE"},
                   {"dropout", nullptr},
                   {"unk_token", nullptr},
                   {"continuing_subword_prefix", nullptr},
                   {"end_of_word_suffix", nullptr},
                   {"fuse_unk", false},
                   {"byte_fallback", false},
                   {"ignore_merges", false},
                   {"vocab", vocab},
                   {"merges", nlohmann::ordered_json::array()}};
  const nlohmann::ordered_json config = {
      {"tokenizer_class", "PreTrainedTokenizerFast"},
      {"bos_token", vocabulary.bos},
      {"eos_token", vocabulary.eos},
      {"pad_token", vocabulary.pad},
      {"unk_token", nullptr},  // else transformers' Qwen2Tokenizer adds one of its own beyond the vocabulary
      {"clean_up_tokenization_spaces", false},
      {"add_bos_token", false},
      {"add_eos_token", false},
      {"model_max_length", 1000000}};
  WriteFileAtomic(directory + "/tokenizer.json", file.dump(2) + "\n");
  WriteFileAtomic(directory + "/tokenizer_config.json", config.dump(2) + "\n");
}

}  // namespace hone
