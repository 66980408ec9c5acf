// See tokenizer_json.h.
#include "data/tokenizer_json.h"

#include <algorithm>

#include "data/error.h"

namespace hone {

using nlohmann::json;

std::string TokenizerSection::Type() const { return value.at("type").get<std::string>(); }

bool TokenizerSection::Has(const char* key) const {
  const auto it = value.find(key);
  return it != value.end() && !it->is_null();
}

bool TokenizerSection::Flag(const char* key, bool otherwise) const {
  return Has(key) ? value.at(key).get<bool>() : otherwise;
}

std::string TokenizerSection::Text(const char* key) const { return value.at(key).get<std::string>(); }

Pattern TokenizerSection::PatternAt(const char* key) const {
  const TokenizerSection pattern{value.at(key), name + "." + key, where};
  if (!pattern.value.is_object() || pattern.value.size() != 1) pattern.Refuse("this pattern");
  if (pattern.Has("String")) return Pattern::Literal(pattern.Text("String"), where);
  if (pattern.Has("Regex")) return Pattern::Regex(pattern.Text("Regex"), where);
  pattern.Refuse("this pattern");
}

std::vector<TokenizerSection> TokenizerSection::List(const char* key) const {
  std::vector<TokenizerSection> out;
  const json& list = value.at(key);
  if (!list.is_array()) throw Error(name + "." + key + " is not a list", where, kOwnRepository);
  for (size_t i = 0; i < list.size(); ++i)
    out.push_back({list[i], name + "." + key + "[" + std::to_string(i) + "]", where});
  return out;
}

void TokenizerSection::Refuse(const std::string& what) const {
  throw Error(name + ": " + what + " is not supported", where,
              "use a byte-level or byte-fallback BPE tokenizer; data/README.md lists what is carried out");
}

void TokenizerSection::AllowOnly(std::initializer_list<const char*> keys) const {
  if (!value.is_object())
    throw Error("is not a tokenizer: " + name + " is not an object", where, kOwnRepository);
  for (const auto& [key, unused] : value.items()) {
    if (key != "type" && std::find(keys.begin(), keys.end(), key) == keys.end())
      Refuse("'" + key.substr(0, 60) + "'");
  }
}

std::vector<TokenizerSection> FlatSteps(const TokenizerSection& section, const char* list_key) {
  if (section.Type() != "Sequence") return {section};
  section.AllowOnly({list_key});
  std::vector<TokenizerSection> out;
  for (const TokenizerSection& step : section.List(list_key)) {
    for (TokenizerSection& inner : FlatSteps(step, list_key)) out.push_back(std::move(inner));
  }
  return out;
}

}  // namespace hone
