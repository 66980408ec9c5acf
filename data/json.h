// JSON text to a value, refusing what would be silently misread: duplicate keys, invalid UTF-8, trailing
// text. Covered by tests/policy/config_test.cc and tests/policy/safetensors_test.cc.
#ifndef HONE_DATA_JSON_H_
#define HONE_DATA_JSON_H_

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace hone {

// The remedy for a file of a model.
inline constexpr const char* kFetchAgain = "download or write the file again";

// `where` names the text in errors, `remedy` what to do about one that is broken. Error on anything but exactly one
// JSON value with unique keys, nested at most 64 deep.
nlohmann::json ParseStrictJson(std::string_view text, const std::string& where, const char* remedy = "");

// The same with the keys in the text's order, for what is written out again.
nlohmann::ordered_json ParseOrderedJson(std::string_view text, const std::string& where,
                                        const char* remedy = "");

// What the library says of a fault, without its numbering.
std::string JsonFault(const nlohmann::json::exception& fault);

}  // namespace hone

#endif  // HONE_DATA_JSON_H_
