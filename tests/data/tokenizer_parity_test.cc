// data/tokenizer and its parts against Hugging Face's `tokenizers`: fixtures/tokenizers.jsonl (written by tests/parity/
// tokenizer_fixtures.py), and where HONE_SHARED names the public data, the real vocabularies with the vectors published for them.
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "data/error.h"
#include "data/tokenizer.h"
#include "data/utf8.h"

using namespace hone;
using nlohmann::json;

namespace {

std::string Slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Where the public data is, or "".
std::string Shared() {
  const char* shared = std::getenv("HONE_SHARED");
  if (!shared) MESSAGE("skipped: HONE_SHARED is not set");
  return shared ? std::string(shared) + "/data/tokenizers/" : "";
}

// What comes out token by token, each piece being UTF-8 of its own.
std::string Streamed(const Tokenizer& tokenizer, const std::vector<int32_t>& ids, bool skip_special) {
  StreamDecoder stream(tokenizer, skip_special);
  std::string all;
  for (const int32_t id : ids) {
    const std::string piece = stream.Push(id);
    CHECK(ValidUtf8(piece) == piece);
    all += piece;
  }
  const std::string last = stream.Flush();
  CHECK(ValidUtf8(last) == last);
  CHECK(stream.Flush() == "");
  return all + last;
}

std::vector<std::string> SplitAt(const std::string& text, const std::string& separator) {
  std::vector<std::string> out;
  size_t begin = 0;
  for (size_t end; (end = text.find(separator, begin)) != std::string::npos; begin = end + separator.size())
    out.push_back(text.substr(begin, end - begin));
  return out;  // what follows the last separator is empty
}

// Hugging Face's vectors were decoded with clean_up_tokenization_spaces.
std::string CleanedUp(std::string text) {
  for (const char* mark : {".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re"}) {
    const std::string spaced = std::string(" ") + mark;
    for (size_t at; (at = text.find(spaced)) != std::string::npos;) text.erase(at, 1);
  }
  return text;
}

}  // namespace

TEST_CASE("small tokenizers of every supported kind give the ids and texts of `tokenizers`") {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("hone_fixture_" + std::to_string(getpid()) + ".json"))
          .string();
  std::ifstream fixtures(HONE_SOURCE_DIR "/tests/data/fixtures/tokenizers.jsonl");
  int count = 0;
  for (std::string line; std::getline(fixtures, line); ++count) {
    const json fixture = json::parse(line);
    const std::string name = fixture["name"];
    CAPTURE(name);
    std::ofstream(path, std::ios::binary) << fixture["file"].dump();
    const Tokenizer tokenizer = Tokenizer::Load(path);
    for (const json& row : fixture["cases"]) {
      const std::string text = row["text"];
      CAPTURE(text);
      CHECK(json(tokenizer.Encode(text)) == row["ids"]);
      CHECK(json(tokenizer.EncodeWithSpecial(text)) == row["special"]);
      const std::vector<int32_t> shown = row["shown"];
      CAPTURE(row["shown"].dump());
      CHECK(tokenizer.Decode(shown, false) == row["decoded"].get<std::string>());
      CHECK(tokenizer.Decode(shown, true) == row["clean"].get<std::string>());
      CHECK(Streamed(tokenizer, shown, false) == row["decoded"].get<std::string>());
    }
    if (name.find(' ') == std::string::npos && name.find('-') != std::string::npos && name != "llama-2")
      CHECK(tokenizer.family() == name);
  }
  std::filesystem::remove(path);
  CHECK(count == 26);
}

TEST_CASE("real vocabularies give the ids of llama.cpp's vectors") {
  const std::string shared = Shared();
  if (shared.empty()) return;
  const std::pair<const char*, const char*> sets[] = {{"gpt-2", "gpt2"},
                                                      {"qwen2", "qwen2-rebuilt"},
                                                      {"deepseek-r1-qwen", "qwen2-rebuilt"},
                                                      {"llama-bpe", "llama3-rebuilt"},
                                                      {"deepseek-llm", "deepseek-llm"},
                                                      {"deepseek-coder", "deepseek-coder"}};
  for (const auto& [vectors, folder] : sets) {
    CAPTURE(vectors);
    const Tokenizer tokenizer = Tokenizer::Load(shared + folder);
    const std::string family = std::string(vectors) == "deepseek-r1-qwen" ? "qwen2" : vectors;
    CHECK(tokenizer.family() == family);
    const std::string base = shared + "llamacpp-vocabs/ggml-vocab-" + vectors + ".gguf";
    const std::vector<std::string> texts = SplitAt(Slurp(base + ".inp"), "\n__ggml_vocab_test__\n");
    std::istringstream out(Slurp(base + ".out"));
    REQUIRE(texts.size() == 46);
    for (const std::string& text : texts) {
      CAPTURE(text);
      std::string line;
      std::getline(out, line);
      std::istringstream numbers(line);
      const std::vector<int32_t> ids{std::istream_iterator<int32_t>(numbers), {}};
      CHECK(tokenizer.Encode(text) == ids);
      if (tokenizer.Decode(ids, false) != text) CHECK(family == "qwen2");  // which normalises
      CHECK(Streamed(tokenizer, ids, true) == tokenizer.Decode(ids, true));
    }
  }
}

TEST_CASE("real vocabularies give the ids and texts of Hugging Face's vectors") {
  const std::string shared = Shared();
  if (shared.empty()) return;
  const json all = json::parse(Slurp(shared + "hf-expected/tokenizer_tests.json"));
  const Tokenizer gpt2 = Tokenizer::Load(shared + "gpt2");
  const Tokenizer llama3 = Tokenizer::Load(shared + "llama3-rebuilt/tokenizer.json");
  const auto check = [&](const Tokenizer& tokenizer, const char* name, std::vector<int32_t> before) {
    CAPTURE(name);
    for (const json& row : all.at(name)) {
      std::vector<int32_t> ids = before;
      const std::string text = row["input"];
      CAPTURE(text);
      for (const int32_t id : tokenizer.Encode(text)) ids.push_back(id);
      CHECK(json(ids) == row["encoded"]["input_ids"]);
      CHECK(CleanedUp(tokenizer.Decode(ids, false)) == row["decoded_with_special"].get<std::string>());
    }
  };
  check(gpt2, "distilgpt2", {});
  check(llama3, "pcuenq/Llama-3.2-1B-Instruct-tokenizer", {128000});
  const json text = json::parse(Slurp(shared + "hf-expected/llama_3.2_encoded.json"));
  std::vector<int32_t> ids = {128000};
  for (const int32_t id : llama3.Encode(text["text"].get<std::string>())) ids.push_back(id);
  CHECK(json(ids) == text["token_ids"]);
}
