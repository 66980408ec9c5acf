// WriteCharacterTokenizer of tokenizer.h. Covered by tests/data/tokenizer_test.cc.
#include <nlohmann/json.hpp>

#include "data/byte_level.h"
#include "data/text_file.h"
#include "data/tokenizer.h"
#include "data/utf8.h"

namespace hone {

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
  for (unsigned char c : vocabulary.characters) vocab[EncodeUtf8(ByteCharacters()[c])] = vocab.size();

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
