// hone tokenize and hone detokenize: text to ids and back, JSON lines in and out. Covered by tests/recipes/cli_test.cc.
#include <fmt/core.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "data/error.h"
#include "data/json.h"
#include "data/tokenizer.h"
#include "recipes/commands.h"

namespace hone {
namespace {

struct TokenizeArguments {
  std::string path;
  bool special = false;
  bool skip_special = false;
};

// Calls `answer(object, where)` for each line of stdin that is not blank and prints what it returns.
template <typename Answer>
int EachLine(const Answer& answer) {
  std::string line;
  for (int64_t number = 1; std::getline(std::cin, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const std::string where = "stdin:" + std::to_string(number);
    fmt::print("{}\n", answer(ParseStrictJson(line, where), where));
  }
  return 0;
}

int Tokenize(const TokenizeArguments& a) {
  const Tokenizer tokenizer = Tokenizer::Load(a.path);
  return EachLine([&](const nlohmann::json& line, const std::string& where) {
    if (!line.is_object() || !line.contains("text") || !line["text"].is_string())
      throw Error("expected an object such as {\"text\":\"Hello\"}", where, "write one per line");
    const auto& text = line["text"].get_ref<const std::string&>();
    try {
      const auto ids = a.special ? tokenizer.EncodeWithSpecial(text) : tokenizer.Encode(text);
      return fmt::format("{{\"ids\":[{}]}}", fmt::join(ids, ","));
    } catch (const Error& e) {
      throw Error(e.what(), where, "");
    }
  });
}

int Detokenize(const TokenizeArguments& a) {
  const Tokenizer tokenizer = Tokenizer::Load(a.path);
  return EachLine([&](const nlohmann::json& line, const std::string& where) {
    if (!line.is_object() || !line.contains("ids") || !line["ids"].is_array())
      throw Error("expected an object such as {\"ids\":[1,2,3]}", where, "write one per line");
    std::vector<int32_t> ids;
    for (const auto& id : line["ids"]) {
      if (!id.is_number_integer() || id < 0 || id > INT32_MAX)
        throw Error(id.dump() + " is not a token id", where, "use integers from 0 on");
      ids.push_back(id.get<int32_t>());
    }
    return nlohmann::json({{"text", tokenizer.Decode(ids, a.skip_special)}}).dump();
  });
}

void AddPath(CLI::App* command, TokenizeArguments& a) {
  command->add_option("model", a.path, "Hugging Face directory, or its tokenizer.json")->required();
}

}  // namespace

Command AddTokenizeCommand(CLI::App& app) {
  auto* command = app.add_subcommand("tokenize", "Token ids of texts: JSONL in, JSONL out");
  auto a = std::make_shared<TokenizeArguments>();
  AddPath(command, *a);
  command->add_flag("--special", a->special, "put the tokenizer's special tokens (bos ..) around each text");
  command->footer(
      "Reads {\"text\":\"..\"} per line on stdin and writes {\"ids\":[..]}, in order.\n"
      "Example:\n  echo '{\"text\":\"<bos>Q:47+185=?A:\"}' | hone tokenize data/tiny_base");
  return [a] { return Tokenize(*a); };
}

Command AddDetokenizeCommand(CLI::App& app) {
  auto* command = app.add_subcommand("detokenize", "Texts of token ids: JSONL in, JSONL out");
  auto a = std::make_shared<TokenizeArguments>();
  AddPath(command, *a);
  command->add_flag("--skip-special", a->skip_special, "leave out special tokens (bos, eos, pad ..)");
  command->footer(
      "Reads {\"ids\":[..]} per line on stdin and writes {\"text\":\"..\"}, in order; bytes that are not "
      "UTF-8 and ids\n"
      "without a token become U+FFFD.\n"
      "Example:\n  echo '{\"ids\":[1,25,24]}' | hone detokenize data/tiny_base");
  return [a] { return Detokenize(*a); };
}

}  // namespace hone
