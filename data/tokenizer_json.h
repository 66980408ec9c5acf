// Reading the sections of a tokenizer.json: what is not understood is refused by name. Covered by tests/data/tokenizer_test.cc.
#ifndef HONE_DATA_TOKENIZER_JSON_H_
#define HONE_DATA_TOKENIZER_JSON_H_

#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "data/pattern.h"

namespace hone {

// One object of the file, and what it is called in errors ("pre_tokenizer.pretokenizers[0]").
struct TokenizerSection {
  const nlohmann::json& value;
  std::string name;
  std::string where;  // the file

  std::string Type() const;
  bool Has(const char* key) const;  // present and not null
  bool Flag(const char* key, bool otherwise) const;
  std::string Text(const char* key) const;  // Error if it is absent

  // `{"String": ..}` or `{"Regex": ..}` under `key`.
  Pattern PatternAt(const char* key) const;
  // The members of the list under `key`; a Sequence's are flattened by the caller.
  std::vector<TokenizerSection> List(const char* key) const;

  // "NAME: WHAT is not supported".
  [[noreturn]] void Refuse(const std::string& what) const;
  // Refuses every key but "type" and these.
  void AllowOnly(std::initializer_list<const char*> keys) const;
};

// The steps of a section: itself, or those of a Sequence (also of nested ones) under `list_key`, in order.
std::vector<TokenizerSection> FlatSteps(const TokenizerSection& section, const char* list_key);

// Ids are below it: bounds the memory that a hostile file can ask for.
inline constexpr int32_t kMaxTokenId = 1 << 20;

// The remedy of every error about a file that is not what it should be.
inline constexpr const char* kOwnRepository = "take the file from the model's own repository";

}  // namespace hone

#endif  // HONE_DATA_TOKENIZER_JSON_H_
