// A TOML document as a plain tree that remembers where each value was written, for messages. The only user of
// toml++. Covered by tests/data/fields_test.cc.
#ifndef HONE_DATA_TOML_VALUE_H_
#define HONE_DATA_TOML_VALUE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hone {

struct TomlValue {
  enum class Kind { kBool, kInteger, kFloat, kString, kDate, kArray, kTable };
  Kind kind = Kind::kTable;
  bool boolean = false;
  int64_t integer = 0;
  double real = 0.0;
  std::string text;
  std::vector<TomlValue> items;              // of an array
  std::map<std::string, TomlValue> entries;  // of a table
  std::string where;                         // "file:line" of the key, or the --set flag
  int64_t line = 0;                          // 0 if it came from a flag
};

// "a boolean", "an integer", ...
const char* KindName(TomlValue::Kind kind);

// Error with file:line on a syntax error, a duplicate key or text that is not UTF-8.
TomlValue ParseToml(const std::string& text, const std::string& file_name);

// Applies "a.b=VALUE": VALUE is a TOML value, or a bare word that means a string. Replaces what was there,
// makes the tables on the way. Error naming the flag if it has another shape or a table on the way is another
// value. `option` is the flag that it came with.
void ApplyOverride(const std::string& assignment, TomlValue& root, const std::string& option = "--set");

// TOML spellings that parse back to the same value.
std::string QuoteToml(const std::string& text);
std::string FormatToml(double value);  // shortest that reads back to the same bits; always has '.' or 'e'

}  // namespace hone

#endif  // HONE_DATA_TOML_VALUE_H_
