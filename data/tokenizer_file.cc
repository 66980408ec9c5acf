// Tokenizer::Load: tokenizer.json and tokenizer_config.json put together. Covered by tests/data/tokenizer_test.cc.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "data/error.h"
#include "data/json.h"
#include "data/text_file.h"
#include "data/tokenizer.h"
#include "data/tokenizer_json.h"

namespace hone {

using nlohmann::json;

namespace {

constexpr uintmax_t kMaxFile = 64 << 20;  // the largest published ones have about 35 MB

json ReadJson(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::file_size(path, ignored) > kMaxFile && !ignored)
    throw Error("is larger than 64 MiB", path, kOwnRepository);
  json value = ParseStrictJson(ReadRegularFile(path), path, kFetchAgain);
  if (!value.is_object()) throw Error("is not a JSON object", path, kOwnRepository);
  return value;
}

}  // namespace

class TokenizerReader {
 public:
  Tokenizer Read(const std::string& path) {
    const bool is_directory = !std::filesystem::is_regular_file(path);
    where_ = is_directory ? path + "/tokenizer.json" : path;
    const std::filesystem::path beside =
        is_directory ? std::filesystem::path(path) : std::filesystem::path(path).parent_path();
    try {
      ReadFileSections(ReadJson(where_));
      where_ = (beside / "tokenizer_config.json").string();
      if (std::filesystem::exists(where_)) ReadConfig(ReadJson(where_));
    } catch (const json::exception& e) {
      throw Error("is not a tokenizer: " + JsonFault(e), where_, kOwnRepository);
    }
    return std::move(result_);
  }

 private:
  TokenizerSection Section(const json& file, const char* key) const { return {file.at(key), key, where_}; }

  void ReadFileSections(const json& file) {
    const TokenizerSection whole{file, "tokenizer", where_};
    whole.AllowOnly({"version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
                     "post_processor", "decoder", "model"});
    for (const char* key : {"truncation", "padding"}) {
      if (whole.Has(key)) whole.Refuse(key);
    }
    if (whole.Has("normalizer")) result_.normalizer_ = Normalizer::Read(Section(file, "normalizer"));
    if (whole.Has("pre_tokenizer"))
      result_.pre_tokenizer_ = PreTokenizer::Read(Section(file, "pre_tokenizer"));
    result_.model_ = BpeModel::Read(Section(file, "model"), result_.pre_tokenizer_.byte_level());
    if (!whole.Has("decoder")) whole.Refuse("a tokenizer without decoder");
    result_.decoder_ = TokenDecoder::Read(Section(file, "decoder"));
    if (whole.Has("post_processor")) result_.post_ = PostProcessor::Read(Section(file, "post_processor"));
    for (const auto& [text, id] : result_.model_.vocab()) Slot(text, id);
    if (whole.Has("added_tokens")) ReadAddedTokens(whole);
    if (result_.tokens_.empty()) throw Error("has no tokens", where_, "give it a vocabulary");
    for (const std::vector<int32_t>* ids : {&result_.post_.before, &result_.post_.after}) {
      if (!std::all_of(ids->begin(), ids->end(), [&](int32_t id) { return result_.HasToken(id); }))
        throw Error("post_processor: an id is not a token", where_, kOwnRepository);
    }
  }

  Tokenizer::Token& Slot(const std::string& text, int32_t id) {
    if (id >= result_.vocab_size()) result_.tokens_.resize(id + 1);
    const auto [it, fresh] = result_.ids_.emplace(text, id);
    Tokenizer::Token& slot = result_.tokens_[id];
    if (it->second != id || (fresh && slot.exists)) {
      throw Error("id " + std::to_string(id) + " and token '" + text + "' are not one to one", where_,
                  kOwnRepository);
    }
    if (fresh) {
      slot.text = text;
      slot.piece = result_.decoder_.Decode(text);
      slot.exists = true;
    }
    return slot;
  }

  void ReadAddedTokens(const TokenizerSection& whole) {
    // `tokenizers` numbers the tokens that the model lacks itself, one after the other.
    auto next = static_cast<int64_t>(result_.model_.vocab().size());
    std::vector<AddedToken> tokens;
    for (const TokenizerSection& section : whole.List("added_tokens")) {
      const AddedToken token = ReadAddedToken(section);
      const bool in_model = result_.model_.vocab().count(token.content) != 0;
      if (!in_model && token.id != next) {
        throw Error("added token '" + token.content + "' has the id " + std::to_string(token.id) +
                        ", but the first free one is " + std::to_string(next),
                    where_, kOwnRepository);
      }
      if (token.id >= next) next = token.id + int64_t{1};
      Tokenizer::Token& slot = Slot(token.content, token.id);
      if (slot.added) throw Error("added token '" + token.content + "' occurs twice", where_, kOwnRepository);
      slot.added = true;
      // It means itself. (`tokenizers` reads DeepSeek's added "\u00fc" as the spelling of a byte, and decodes it to U+FFFD.)
      if (!in_model) slot.piece = {token.content, false, token.content};
      slot.special = token.special;
      slot.flags = std::string(token.lstrip ? ", with blanks before" : "") +
                   (token.rstrip ? ", with blanks behind" : "") + (token.single_word ? ", as a word" : "") +
                   (token.normalized ? ", normalized" : "");
      tokens.push_back(token);
    }
    // Two tokens may have one normalised form: the special one counts.
    std::stable_partition(tokens.begin(), tokens.end(), [](const AddedToken& t) { return t.special; });
    for (const AddedToken& token : tokens) {
      std::string storage;
      const std::string form(token.normalized ? result_.normalizer_.Apply(token.content, storage)
                                              : token.content);
      if (form.empty())
        throw Error("added token '" + token.content + "' is empty when normalized", where_, kOwnRepository);
      (token.normalized ? result_.normalized_ : result_.raw_).Add(token, form);
    }
  }

  AddedToken ReadAddedToken(const TokenizerSection& section) const {
    section.AllowOnly({"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
    AddedToken token;
    token.content = section.Text("content");
    if (token.content.empty()) throw Error("an added token is empty", where_, "give it a text");
    const json& id = section.value.at("id");
    if (!id.is_number_integer() || id < 0 || id >= kMaxTokenId) {
      throw Error("added token '" + token.content + "' has an id that is not in [0, " +
                      std::to_string(kMaxTokenId) + ")",
                  where_, kOwnRepository);
    }
    token.id = id.get<int32_t>();
    token.lstrip = section.Flag("lstrip", false);
    token.rstrip = section.Flag("rstrip", false);
    token.single_word = section.Flag("single_word", false);
    token.normalized = section.Flag("normalized", false);
    token.special = section.Flag("special", false);
    return token;
  }

  void ReadConfig(const json& file) {
    const TokenizerSection config{file, "tokenizer_config", where_};
    const auto find = [&](const char* key) -> std::optional<int32_t> {
      if (!config.Has(key)) return std::nullopt;
      const json& value = file.at(key);
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
    if (config.Has("add_bos_token") || config.Has("add_eos_token")) {
      result_.post_ = {};
      if (config.Flag("add_bos_token", false) && result_.bos_) result_.post_.before = {*result_.bos_};
      if (config.Flag("add_eos_token", false) && result_.eos_) result_.post_.after = {*result_.eos_};
    }
    if (!config.Has("added_tokens_decoder")) return;
    for (const auto& [id, token] : file.at("added_tokens_decoder").items()) {  // `transformers` would add it
      const std::string text = token.at("content").get<std::string>();
      const std::optional<int32_t> known = result_.TokenId(text);
      if (!known || std::to_string(*known) != id || !result_.IsAdded(*known))
        throw Error("added_tokens_decoder has the token '" + text + "' as id " + id.substr(0, 20) +
                        ", which tokenizer.json does not add",
                    where_, kOwnRepository);
    }
  }

  std::string where_;  // the file being read
  Tokenizer result_;
};

Tokenizer Tokenizer::Load(const std::string& path) { return TokenizerReader().Read(path); }

}  // namespace hone
