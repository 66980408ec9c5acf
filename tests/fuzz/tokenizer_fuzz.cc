// Fuzzing of tokenizer.json (driver.h): a hostile file is refused by an Error or gives a tokenizer that keeps its promises. Mutates
// tests/data/fixtures/tokenizers.jsonl, in 2 GiB of memory.
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "data/error.h"
#include "data/tokenizer.h"
#include "data/utf8.h"
#include "tests/fuzz/driver.h"

namespace {

using nlohmann::json;

constexpr std::string_view kDivider = "\n=====\n";

// A file of this process, rewritten for every input.
const std::string& ScratchFile() {
  static const std::string path =
      (std::filesystem::temp_directory_path() / ("hone_fuzz_" + std::to_string(getpid()) + ".json")).string();
  return path;
}

void CheckDecode(const hone::Tokenizer& tokenizer, const std::vector<int32_t>& ids) {
  for (const bool skip_special : {false, true}) {
    const std::string text = tokenizer.Decode(ids, skip_special);
    Require(hone::ValidUtf8(text) == text, "decoded text is UTF-8");
    hone::StreamDecoder stream(tokenizer, skip_special);
    std::string streamed;
    for (const int32_t id : ids) streamed += stream.Push(id);
    Require(streamed + stream.Flush() == text, "a stream gives what decoding gives");
  }
}

void CheckTokenizer(const hone::Tokenizer& tokenizer, std::string_view text) {
  Require(tokenizer.FirstDifference(tokenizer).empty(), "a tokenizer is like itself");
  std::vector<int32_t> all;
  for (int32_t id = -1; id <= tokenizer.vocab_size() && id < 1000; ++id) {
    all.push_back(id);
    if (tokenizer.HasToken(id))
      Require(tokenizer.TokenId(tokenizer.TokenText(id)) == id, "a token's text leads to its id");
  }
  CheckDecode(tokenizer, all);
  const std::vector<int32_t> ids = tokenizer.Encode(text);
  for (const int32_t id : ids) Require(tokenizer.HasToken(id), "ids are tokens");
  for (const int32_t id : tokenizer.EncodeWithSpecial(text))
    Require(tokenizer.HasToken(id), "ids are tokens");
  CheckDecode(tokenizer, ids);
}

}  // namespace

// A tokenizer.json, a line of "=====", and a text to encode.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t middle = std::min(input.find(kDivider), size);
  std::ofstream(ScratchFile(), std::ios::binary) << input.substr(0, middle);
  try {
    CheckTokenizer(hone::Tokenizer::Load(ScratchFile()),
                   input.substr(std::min(middle + kDivider.size(), size)));
  } catch (const hone::Error& e) {
    Require(*e.what() != '\0', "a refusal has a reason");
  }
  return 0;
}

#ifndef HONE_LIBFUZZER
namespace {

struct Sample {
  json file;
  std::vector<std::string> texts;
};

std::vector<Sample> Corpus() {
  std::vector<Sample> corpus;
  std::ifstream lines(HONE_SOURCE_DIR "/tests/data/fixtures/tokenizers.jsonl");
  for (std::string line; std::getline(lines, line);) {
    const json fixture = json::parse(line);
    Sample& sample = corpus.emplace_back(Sample{fixture["file"], {}});
    for (const json& row : fixture["cases"]) sample.texts.push_back(row["text"]);
  }
  Require(!corpus.empty(), "the fixtures are there");
  return corpus;
}

// A value somewhere inside: each level is left with the same chance, so that the sections are visited as often as the vocabulary.
json& Somewhere(json& value, std::mt19937_64& random) {
  json* at = &value;
  while (at->is_structured() && !at->empty() && random() % 6 != 0)
    at = &*std::next(at->begin(), static_cast<std::ptrdiff_t>(random() % at->size()));
  return *at;
}

std::string MutatedText(std::string text, std::mt19937_64& random) {
  for (size_t change = random() % 4; change > 0; --change) {
    const size_t at = random() % (text.size() + 1);
    if (random() % 2 == 0)
      text.insert(at, 1, static_cast<char>(random()));
    else
      text.erase(at, random() % 8);
  }
  return text;
}

void Mutate(json& value, json other, std::mt19937_64& random) {
  json& at = Somewhere(value, random);
  switch (random() % 6) {
    case 0:
      at = Somewhere(other, random);
      break;
    case 1:
      if (at.is_structured() && !at.empty())
        at.erase(std::next(at.begin(), static_cast<std::ptrdiff_t>(random() % at.size())));
      break;
    case 2:
      at = nullptr;
      break;
    case 3:
      if (at.is_array()) at.push_back(Somewhere(other, random));
      break;
    case 4:
      if (at.is_number()) at = static_cast<int64_t>(random() % 4 == 0 ? random() : random() % 2000) - 10;
      break;
    default:
      if (at.is_string()) at = hone::ValidUtf8(MutatedText(at.get<std::string>(), random));
      if (at.is_boolean()) at = !at.get<bool>();
  }
}

}  // namespace

int main(int argc, char** argv) {
#ifndef __SANITIZE_ADDRESS__  // which reserves terabytes
  const rlimit limit = {2ull << 30, 2ull << 30};
  Require(setrlimit(RLIMIT_AS, &limit) == 0, "memory can be limited");
#endif
  const std::vector<Sample> corpus = Corpus();
  const int status = Drive(argc, argv, [&](uint64_t i, std::mt19937_64& random) {
    const Sample& base = corpus[random() % corpus.size()];
    json file = base.file;
    for (size_t change = 1 + random() % 4; change > 0; --change)
      Mutate(file, corpus[random() % corpus.size()].file, random);
    std::string text = file.dump(-1, ' ', false, json::error_handler_t::replace);
    if (i % 8 == 0) text = MutatedText(text, random);
    text += kDivider;
    text += MutatedText(base.texts[random() % base.texts.size()], random);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  });
  std::filesystem::remove(ScratchFile());
  return status;
}
#endif  // HONE_LIBFUZZER
