// data/tokenizer: the tiny base's vocabulary id by id, round trips, leftmost-longest added tokens, what an exporter asks for, both
// files' spellings, every refusal. tokenizer_parity_test.cc compares with `tokenizers`.
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
  refused("/model/merges", json::array({"a b"}), "merge 0 needs the token 'ab'");
  refused("/model/merges", json::array({"a"}), "merge 'a' is not two tokens");
  refused("/model/merges", json::array({"a b c"}), "merge 'a b c' is not two tokens");
  refused("/model/merges", json::array({{"a", "b", "c"}}), "is not a tokenizer");
  refused("/model/merges", "a b", "model.merges is not a list");
  refused("/model/type", "Unigram", "model type \"Unigram\"");
  refused("/model/dropout", 0.1, "model.dropout");
  refused("/model/unk_token", "<unk>", "model.unk_token '<unk>' is not in the vocabulary");
  refused("/model/end_of_word_suffix", "</w>", "model.end_of_word_suffix");
  refused("/model/continuing_subword_prefix", "##", "model.continuing_subword_prefix");
  refused("/model/byte_fallback", true, "model.byte_fallback with a ByteLevel pre-tokenizer");
  refused("/model/novelty", true, "'novelty'");
  refused("/normalizer", {{"type", "Lowercase"}}, "the normalizer \"Lowercase\"");
  refused("/normalizer", {{"type", "Replace"}, {"content", "x"}, {"pattern", {{"String", ""}}}},
          "a pattern of 0 bytes");
  refused("/normalizer", {{"type", "Replace"}, {"content", "x"}, {"pattern", "y"}},
          "normalizer.pattern: this pattern");
  refused("/truncation", {{"max_length", 8}}, "truncation");
  refused("/padding", {{"direction", "Left"}}, "padding");
  refused("/novelty", true, "'novelty'");
  refused("/pre_tokenizer/type", "Whitespace", "the pre-tokenizer \"Whitespace\"");
  refused("/pre_tokenizer/novelty", true, "'novelty'");
  const json bytes = good["pre_tokenizer"];
  const json digits = {{"type", "Digits"}, {"individual_digits", true}};
  refused("/pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", {bytes, digits}}},
          "[1]: a step behind ByteLevel");
  refused("/pre_tokenizer", {{"type", "Split"}, {"pattern", {{"Regex", "("}}}, {"behavior", "Isolated"}},
          "not a regular expression");
  refused("/pre_tokenizer", {{"type", "Split"}, {"pattern", {{"Regex", "a"}}}, {"behavior", "Doubled"}},
          "the behavior 'Doubled'");
  refused("/pre_tokenizer", {{"type", "Metaspace"}, {"replacement", "__"}}, "not one character");
  refused("/pre_tokenizer", {{"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "last"}},
          "prepend_scheme 'last'");
  refused("/decoder", nullptr, "a tokenizer without decoder");
  refused("/decoder/type", "BPEDecoder", "the decoder \"BPEDecoder\"");
  const json strip = {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}};
  refused("/decoder", {{"type", "Sequence"}, {"decoders", {strip}}}, "the decoder \"Strip\" at this place");
  refused("/decoder", {{"type", "Sequence"}, {"decoders", json::array()}}, "an empty Sequence");
  refused("/post_processor", {{"type", "BertProcessing"}}, "the post-processor \"BertProcessing\"");
  refused("/post_processor", {{"type", "TemplateProcessing"}, {"single", json::array()}},
          "does not name the text once");
  const json item = {{"SpecialToken", {{"id", "x"}}}}, text = {{"Sequence", {{"id", "A"}}}};
  refused("/post_processor",
          {{"type", "TemplateProcessing"},
           {"single", {item, text}},
           {"special_tokens", {{"x", {{"ids", {77}}}}}}},
          "post_processor: an id is not a token");
  refused("/added_tokens/0/novelty", true, "'novelty'");
  refused("/added_tokens/1", good["added_tokens"][0], "occurs twice");
  refused("/added_tokens/7", {{"id", 56}, {"content", "<new>"}}, "the first free one is 55");
  refused("/added_tokens/0/id", -1, "not in [0, ");
  refused("/added_tokens/0/content", "", "empty");
  refused("/added_tokens/0/id", 7, "not one to one");
  refused("/model/vocab/a", 7, "not one to one");
  refused("/model/vocab/a", -1, "not in [0, ");
  refused("/model/vocab/a", 1e15, "not in [0, ");
  refused("/model/vocab/a", "x", "not in [0, ");
  refused("/model/vocab", json::array({1, 2}), "tokenizer.json");
  refused("/model", 3, "is not a tokenizer");
}

TEST_CASE("merges count, whichever way they are spelled, and so does every step before them") {
  const Scratch scratch;
  json file = ByteTokenizer();
  const auto load = [&] {
    scratch.Write("tokenizer.json", file.dump());
    return Tokenizer::Load(scratch.path);
  };
  const json a_b = json::array({"a", "b"}), ab_c = json::array({"ab", "c"}), b_c = json::array({"b", "c"});
  const std::vector<const char*> texts = {"ab", "abc", "bc"};
  for (size_t i = 0; i < texts.size(); ++i) file["model"]["vocab"][texts[i]] = 256 + i;
  file["model"]["merges"] = json::array({"#version: 0.2", "a b", "ab c", "b c"});
  const Tokenizer legacy = load();
  CHECK(legacy.Encode("abcbc") == std::vector<int32_t>{257, 258});
  CHECK(legacy.merges().size() == 3);
  CHECK(legacy.TokenText(legacy.merges()[1].left) == "ab");
  file["model"]["merges"] = json::array({a_b, ab_c, b_c});
  CHECK(load().FirstDifference(legacy) == "");
  file["model"]["merges"] = json::array({b_c, ab_c, a_b});
  CHECK(load().Encode("abcbc") == std::vector<int32_t>{'a', 258, 258});
  CHECK(legacy.FirstDifference(load()) == "merge 0 is 'a' with 'b' and 'b' with 'c'");
  file["model"]["merges"] = json::array({a_b, ab_c});
  CHECK(legacy.FirstDifference(load()) == "merge 2 is 'b' with 'c' and nothing");
  file["model"]["merges"] = json::array({a_b, ab_c, b_c});
  file["normalizer"] = {{"type", "NFC"}};
  CHECK(legacy.FirstDifference(load()) == "the normalizer is none and NFC");
  file["normalizer"] = nullptr;
  file["model"]["ignore_merges"] = true;
  CHECK(legacy.FirstDifference(load()) == "the model is bytes and bytes, ignore_merges");
  file["model"]["ignore_merges"] = false;
  file["pre_tokenizer"]["use_regex"] = true;
  CHECK(legacy.FirstDifference(load()).rfind("the pre-tokenizer is bytes and /'s|", 0) == 0);
  CHECK(load().family() == "gpt-2");
  CHECK(legacy.family() == "");
}

TEST_CASE("what an exporter asks for is what the file says") {
  const Tokenizer t = Tiny();
  CHECK(t.symbols() == BpeSymbols::kBytes);
  CHECK(t.merges().empty());
  CHECK(t.TokenText(27) == "\xc4\xa0");  // the blank, as it is spelled
  CHECK(t.TokenText(3) == "<think>");
  CHECK(t.IsSpecial(1));
  CHECK_FALSE(t.IsSpecial(3));
  CHECK(t.IsAdded(3));
  CHECK_FALSE(t.IsAdded(27));
  CHECK_FALSE(t.HasToken(55));
  CHECK_FALSE(t.HasToken(-1));
  CHECK_FALSE(t.adds_bos());
}

TEST_CASE("tokenizer.json may be named itself; tokenizer_config.json decides about bos and eos") {
  const Scratch scratch;
  WriteArithmeticTokenizer(scratch.path);
  json config = scratch.Read("tokenizer_config.json");
  const auto load = [&] {
    scratch.Write("tokenizer_config.json", config.dump());
    return Tokenizer::Load(scratch.path + "/tokenizer.json");
  };
  CHECK(load().bos_id() == 1);
  CHECK(load().EncodeWithSpecial("a") == load().Encode("a"));
  config["add_bos_token"] = config["add_eos_token"] = true;
  CHECK(load().EncodeWithSpecial("a") == load().Encode("<bos>a<eos>"));
  CHECK(load().adds_bos());
  CHECK(load().adds_eos());
  config["added_tokens_decoder"]["55"] = {{"content", "<new>"}};
  CHECK_THROWS_WITH_AS(load(), doctest::Contains("the token '<new>' as id 55"), Error);
  config["added_tokens_decoder"] = {{"3", {{"content", "<think>"}}}};
  CHECK(load().vocab_size() == 55);
  std::filesystem::remove(scratch.path + "/tokenizer_config.json");
  CHECK_FALSE(Tokenizer::Load(scratch.path).bos_id());
}

TEST_CASE("a stream gives whole characters as soon as they are certain") {
  const Scratch scratch;
  scratch.Write("tokenizer.json", ByteTokenizer().dump());
  const Tokenizer t = Tokenizer::Load(scratch.path);
  StreamDecoder stream(t, false);
  CHECK(stream.Push(0xe2) == "");
  CHECK(stream.Push(0x82) == "");
  CHECK(stream.Push(0xac) == "\xe2\x82\xac");
  CHECK(stream.Push('a') == "a");
  CHECK(stream.Push(0xff) == "\xEF\xBF\xBD");  // cannot become anything
  CHECK(stream.Push(0xf0) == "");
  CHECK(stream.Push('b') ==
        "\xEF\xBF\xBD"
        "b");
  CHECK(stream.Push(0xc3) == "");
  CHECK(stream.Push(1000) == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(stream.Push(0xc3) == "");
  CHECK(stream.Flush() == "\xEF\xBF\xBD");
  CHECK(stream.Flush() == "");
  const uint64_t seed = 3;
  CAPTURE(seed);
  DataRandom random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::vector<int32_t> ids(random.Uniform(12));
    for (int32_t& id : ids) id = static_cast<int32_t>(0x70 + random.Uniform(0x90));
    std::string all, bytes(ids.begin(), ids.end());
    StreamDecoder decoder(t, false);
    for (const int32_t id : ids) {
      const std::string piece = decoder.Push(id);
      REQUIRE(ValidUtf8(piece) == piece);
      all += piece;
    }
    REQUIRE(all + decoder.Flush() == ValidUtf8(bytes));
  }
}

TEST_CASE("broken UTF-8 is an error where characters matter, named with its place") {
  const Scratch scratch;
  json file = ByteTokenizer();
  file["pre_tokenizer"]["use_regex"] = true;
  scratch.Write("tokenizer.json", file.dump());
  const Tokenizer t = Tokenizer::Load(scratch.path);
  CHECK_THROWS_WITH_AS(t.Encode("ab\xc3"), doctest::Contains("the text is not UTF-8: byte 0xc3 at byte 2"),
                       Error);
}

TEST_CASE("a file cannot ask for more memory than its size warrants") {
  const Scratch scratch;
  json file = ByteTokenizer();
  json doubling = json::array();
  for (int i = 0; i < 60; ++i)
    doubling.push_back({{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "aa"}});
  file["normalizer"] = {{"type", "Sequence"}, {"normalizers", doubling}};
  scratch.Write("tokenizer.json", file.dump());
  CHECK_THROWS_WITH_AS(Tokenizer::Load(scratch.path).Encode("aaa"), doctest::Contains("longer than"), Error);
  std::filesystem::resize_file(scratch.path + "/tokenizer.json", (64 << 20) + 1);
  CHECK_THROWS_WITH_AS(Tokenizer::Load(scratch.path), doctest::Contains("larger than 64 MiB"), Error);
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
