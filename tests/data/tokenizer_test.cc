// data/tokenizer: the tiny base's vocabulary id by id, round trips, leftmost-longest added tokens, every
// refusal. tests/parity/tokenizer.py compares the same files with transformers.
#include "data/tokenizer.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "data/arithmetic.h"
#include "data/error.h"
#include "data/random.h"
#include "data/utf8.h"

using namespace hone;
using nlohmann::json;

namespace {

// A directory of its own for one test, removed at the end.
struct Scratch {
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "hone_tokenizer_XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~Scratch() { std::filesystem::remove_all(path); }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(path + "/" + name, std::ios::binary) << text;
  }
  json Read(const std::string& name) const { return json::parse(std::ifstream(path + "/" + name)); }
  std::string path;
};

Tokenizer Tiny() {
  Scratch scratch;
  WriteArithmeticTokenizer(scratch.path);
  return Tokenizer::Load(scratch.path);
}

// All 256 bytes as tokens, in byte order.
json ByteTokenizer() {
  Scratch scratch;
  WriteArithmeticTokenizer(scratch.path);
  json file = scratch.Read("tokenizer.json");
  file["added_tokens"] = json::array();
  json vocab = json::object();
  int next = 0x100;
  for (int b = 0; b < 256; ++b) {
    const bool self = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174);
    vocab[EncodeUtf8(self ? b : next++)] = b;
  }
  file["model"]["vocab"] = vocab;
  return file;
}

}  // namespace

TEST_CASE("the tiny base has 55 tokens with fixed ids") {
  const Tokenizer t = Tiny();
  CHECK(t.vocab_size() == 55);
  CHECK(t.pad_id() == 0);
  CHECK(t.bos_id() == 1);
  CHECK(t.eos_id() == 2);
  CHECK(t.TokenId("<think>") == 3);
  CHECK(t.TokenId("</answer>") == 6);
  CHECK_FALSE(t.TokenId("<nothing>"));
  CHECK(t.Encode("<bos>Q:47+185=?A:") ==
        std::vector<int32_t>{1, 25, 24, 11, 14, 17, 8, 15, 12, 20, 21, 26, 24});
  CHECK(t.Encode(" \nz</think>") == std::vector<int32_t>{27, 28, 54, 4});
}

TEST_CASE("text of the vocabulary round-trips, special tokens can be left out") {
  const Tokenizer t = Tiny();
  const std::string text = "<bos>Q:1+2=?A:<think>abc xyz\n0-9*,;</think><answer>3</answer><eos>";
  CHECK(t.Decode(t.Encode(text), false) == text);
  CHECK(t.Decode(t.Encode(text), true) == text.substr(5, text.size() - 10));  // tags stay
  CHECK(t.Encode("").empty());
  CHECK(t.Decode({}, true).empty());
  CHECK(t.Decode({7, 55, -1, 1000000}, false) == "0\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");

  const uint64_t seed = 11;
  CAPTURE(seed);
  DataRandom random(seed);
  for (int round = 0; round < 500; ++round) {
    std::vector<int32_t> ids(random.Uniform(40));
    for (int32_t& id : ids) id = static_cast<int32_t>(random.Uniform(55));
    REQUIRE(t.Encode(t.Decode(ids, false)) == ids);  // the vocabulary has no '<', so nothing can run together
  }
}

TEST_CASE("a character without a token is named with its byte offset") {
  const Tokenizer t = Tiny();
  CHECK_THROWS_WITH_AS(t.Encode("1+\xc3\xa9"), doctest::Contains("'\xc3\xa9' (U+00E9) at byte 2"), Error);
  CHECK_THROWS_WITH_AS(t.Encode("<think>X"), doctest::Contains("'X' (U+0058) at byte 7"), Error);
  CHECK_THROWS_WITH_AS(t.Encode("<think"), doctest::Contains("'<' (U+003C) at byte 0"), Error);
  CHECK_THROWS_WITH_AS(t.Encode("1\xff"), doctest::Contains("byte 0xff at byte 1"), Error);
}

TEST_CASE("all bytes, broken UTF-8 and leftmost-longest added tokens") {
  Scratch scratch;
  json file = ByteTokenizer();
  int id = 256;
  for (const char* content : {"<a>", "<a><b>", "<b>", "b><", "\xe2\x82\xac"}) {
    file["added_tokens"].push_back({{"id", id++}, {"content", content}, {"special", true}});
  }
  scratch.Write("tokenizer.json", file.dump());
  const Tokenizer t = Tokenizer::Load(scratch.path);
  CHECK(t.vocab_size() == 261);
  CHECK_FALSE(t.eos_id());
  CHECK(t.Encode("<a><b>") == std::vector<int32_t>{257});
  CHECK(t.Encode("<a><a><c") == std::vector<int32_t>{256, 256, '<', 'c'});
  CHECK(t.Encode("<b><b>") == std::vector<int32_t>{258, 258});      // "b><" begins later
  CHECK(t.Encode("b><b>") == std::vector<int32_t>{259, 'b', '>'});  // and here it begins first
  CHECK(t.Encode("\xe2\x82\xac\xe2\x82") == std::vector<int32_t>{260, 0xe2, 0x82});
  CHECK(t.Decode({0xe2, 0x82, 0xac}, true) == "\xe2\x82\xac");
  CHECK(t.Decode({0xe2, 0x82, 'a', 0xff}, true) ==
        "\xEF\xBF\xBD"
        "a\xEF\xBF\xBD");
  std::string all;
  for (int b = 0; b < 256; ++b) all += static_cast<char>(b);
  CHECK(t.Encode(all).size() == 256);
}

TEST_CASE("the first token that two tokenizers do not share is named, whatever its bytes") {
  const Scratch scratch;
  json file = ByteTokenizer();
  const auto load = [&] {
    scratch.Write("tokenizer.json", file.dump());
    return Tokenizer::Load(scratch.path);
  };
  const Tokenizer bytes = load();
  CHECK(bytes.FirstDifference(bytes) == "");
  CHECK(Tiny().FirstDifference(Tiny()) == "");
  CHECK(Tiny().FirstDifference(bytes) == "token 0 is '<pad>' matched whole, special and '\\x00'");
  std::swap(file["model"]["vocab"]["a"], file["model"]["vocab"][EncodeUtf8(0xe9)]);
  CHECK(bytes.FirstDifference(load()) == "token 97 is 'a' and '\\xe9'");
  CHECK(load().FirstDifference(bytes) == "token 97 is '\\xe9' and 'a'");
}

TEST_CASE("what is not supported is refused by name") {
  Scratch scratch;
  WriteArithmeticTokenizer(scratch.path);
  const json good = scratch.Read("tokenizer.json");
  const auto refused = [&](const char* pointer, const json& value, const char* named) {
    json file = good;
    file[json::json_pointer(pointer)] = value;
    scratch.Write("tokenizer.json", file.dump());
    CAPTURE(pointer);
    CHECK_THROWS_WITH_AS(Tokenizer::Load(scratch.path), doctest::Contains(named), Error);
  };
  refused("/model/merges", json::array({"a b"}), "merges");
  refused("/model/type", "Unigram", "model type \"Unigram\"");
  refused("/model/dropout", 0.1, "model.dropout");
  refused("/model/unk_token", "<unk>", "model.unk_token");
  refused("/model/ignore_merges", true, "model.ignore_merges");
  refused("/model/byte_fallback", true, "model.byte_fallback");
  refused("/normalizer", {{"type", "NFC"}}, "normalizer \"NFC\"");
  refused("/truncation", {{"max_length", 8}}, "truncation");
  refused("/pre_tokenizer", nullptr, "without pre_tokenizer");
  refused("/pre_tokenizer/type", "Whitespace", "pre_tokenizer \"Whitespace\"");
  refused("/pre_tokenizer/use_regex", true, "pre_tokenizer.use_regex");
  refused("/pre_tokenizer/add_prefix_space", true, "pre_tokenizer.add_prefix_space");
  refused("/decoder/type", "BPEDecoder", "decoder \"BPEDecoder\"");
  refused("/post_processor", {{"type", "TemplateProcessing"}}, "post_processor");
  refused("/added_tokens/0/lstrip", true, "lstrip");
  refused("/added_tokens/0/content", "", "empty");
  refused("/added_tokens/0/id", 7, "not one to one");
  refused("/model/vocab/a", 7, "not one to one");
  refused("/model/vocab/a", -1, "not in [0, ");
  refused("/model/vocab/a", 1e15, "not in [0, ");
  refused("/model/vocab/a", "x", "not in [0, ");
  refused("/model/vocab", json::array({1, 2}), "tokenizer.json");
  refused("/model", 3, "is not a tokenizer");
}

TEST_CASE("missing and malformed files are named") {
  Scratch scratch;
  CHECK_THROWS_WITH_AS(Tokenizer::Load(scratch.path), doctest::Contains("tokenizer.json"), Error);
  scratch.Write("tokenizer.json", "{\"model\": ");
  CHECK_THROWS_WITH_AS(Tokenizer::Load(scratch.path), doctest::Contains("not valid JSON"), Error);
  scratch.Write("tokenizer.json", "[1]");
  CHECK_THROWS_WITH_AS(Tokenizer::Load(scratch.path), doctest::Contains("not a JSON object"), Error);
  WriteArithmeticTokenizer(scratch.path);
  scratch.Write("tokenizer_config.json", R"({"eos_token": {"content": "<eos>"}, "bos_token": null})");
  const Tokenizer t = Tokenizer::Load(scratch.path);
  CHECK(t.eos_id() == 2);
  CHECK_FALSE(t.bos_id());
  scratch.Write("tokenizer_config.json", R"({"eos_token": "<end>"})");
  CHECK_THROWS_WITH_AS(Tokenizer::Load(scratch.path), doctest::Contains("eos_token '<end>' is not a token"),
                       Error);
  CHECK_THROWS_AS(WriteArithmeticTokenizer(scratch.path + "/nowhere"), Error);
}
