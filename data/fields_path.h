// What the back ends of the field visitor share. Covered by tests/data/fields_test.cc.
#ifndef HONE_DATA_FIELDS_PATH_H_
#define HONE_DATA_FIELDS_PATH_H_

#include <charconv>
#include <string>
#include <vector>

#include "data/fields.h"

namespace hone {

// Keeps the dotted prefix of the table being visited.
class PathVisitor : public FieldVisitor {
 protected:
  std::string KeyPath(const char* key) const { return prefix_ + key; }
  void Push(const char* key) {
    lengths_.push_back(prefix_.size());
    prefix_ += key;
    prefix_ += '.';
  }
  void LeaveTable() override {
    prefix_.resize(lengths_.back());
    lengths_.pop_back();
  }

 private:
  std::string prefix_;
  std::vector<size_t> lengths_;
};

// The names of an enum's values as documentation has them: "red | blue".
inline std::string Alternatives(const FieldVisitor::EnumChoice& choice) {
  std::string out;
  for (const std::string_view name : choice.names) out += (out.empty() ? "" : " | ") + std::string(name);
  return out;
}

// Shortest text that reads back to the same number.
inline std::string ShortNumber(double value) {
  char buffer[40];
  return std::string(buffer, std::to_chars(buffer, buffer + sizeof(buffer), value).ptr);
}

// FieldDoc::type of tables that the writer names. It does not end with "table": which keys those have is only known when
// they are visited.
inline constexpr const char* kNamedTables = "tables by name";

}  // namespace hone

#endif  // HONE_DATA_FIELDS_PATH_H_
