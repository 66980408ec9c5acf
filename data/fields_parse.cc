// The back end of the field visitor that reads a recipe. Covered by tests/data/fields_test.cc.
#include <algorithm>
#include <cmath>
#include <map>
#include <type_traits>
#include <utility>

#include "data/edit_distance.h"
#include "data/error.h"
#include "data/fields.h"
#include "data/fields_path.h"
#include "data/toml_value.h"

namespace hone {
namespace {

using Kind = TomlValue::Kind;

// ---- unknown keys

std::string LastPart(const std::string& key) { return key.substr(key.rfind('.') + 1); }  // npos + 1 == 0

// What the writer of an unknown key of table `prefix` ("" or "a.b.") may have meant.
std::string Suggestion(const std::string& prefix, const std::string& name,
                       const std::vector<FieldDoc>& docs) {
  std::string nearest, elsewhere, all;
  size_t best = std::string::npos;
  for (const FieldDoc& doc : docs) {
    const std::string last = LastPart(doc.key);
    if (doc.key != prefix + last) {
      if (last == name && elsewhere.empty()) elsewhere = doc.key;
      continue;
    }
    all += (all.empty() ? "" : ", ") + last;
    const size_t distance = EditDistance(name, last);
    if (distance < best && IsSlip(name, last)) {
      best = distance;
      nearest = doc.key;
    }
  }
  if (!nearest.empty()) return "did you mean '" + nearest + "'?";
  if (!elsewhere.empty()) return "did you mean '" + elsewhere + "'?";
  return "known here: " + all;
}

struct UnknownKey {
  const TomlValue* value = nullptr;
  std::string prefix, name;
};

// The unknown key that is written first.
void FindUnknown(const TomlValue& table, const std::string& prefix,
                 const std::map<std::string, bool>& is_table, UnknownKey& first) {
  for (const auto& [name, value] : table.entries) {
    const auto known = is_table.find(prefix + name);
    if (known == is_table.end() || name.find('.') != std::string::npos) {
      if (first.value == nullptr || value.line < first.value->line) first = {&value, prefix, name};
    } else if (known->second && value.kind == Kind::kTable) {
      FindUnknown(value, prefix + name + ".", is_table, first);
    }
  }
}

[[noreturn]] void Reject(const UnknownKey& unknown, const std::vector<FieldDoc>& docs) {
  std::string shown = QuoteToml(unknown.prefix + unknown.name);  // escapes what would break the line
  shown = "'" + shown.substr(1, shown.size() - 2) + "'";
  throw Error("unknown key " + shown, unknown.value->where, Suggestion(unknown.prefix, unknown.name, docs));
}

void RejectUnknown(const TomlValue& root, const std::vector<FieldDoc>& docs) {
  std::map<std::string, bool> is_table;
  for (const FieldDoc& doc : docs) is_table[doc.key] = doc.type.ends_with("table");
  UnknownKey first;
  FindUnknown(root, "", is_table, first);
  if (first.value != nullptr) Reject(first, docs);
}

bool IsPlainName(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

// ---- parsing

class ParseVisitor final : public PathVisitor {
 public:
  explicit ParseVisitor(const TomlValue& root) : tables_{{&root, false, {}}} {}

 protected:
  void VisitLeaf(const char* key, Target target, const Range& range, const char*) override {
    const TomlValue* value = Find(key);
    if (value == nullptr) return;
    const std::string path = KeyPath(key);
    std::visit([&](auto* out) { Read(path, *value, range, *out); }, target);
  }

  void CheckText(const char* key, const std::string& text, const TextCheck& check) override {
    const std::string wanted = check(text);
    if (wanted.empty()) return;
    const TomlValue* value = Find(key);
    throw Error("'" + KeyPath(key) + "' is " + QuoteToml(text),
                value == nullptr ? tables_.back().table->where : value->where, wanted);
  }

  bool EnterTable(const char* key, bool is_optional, bool, const char*) override {
    static const TomlValue kEmpty;
    const TomlValue* value = Find(key);
    if (value == nullptr && is_optional) return false;
    if (value != nullptr && value->kind != Kind::kTable) Mistyped(KeyPath(key), *value, "a table");
    Open(value == nullptr ? kEmpty : *value, tables_.back().named);
    Push(key);
    return true;
  }

  std::optional<std::vector<std::string>> EnterNamedTables(const char* key, const std::vector<std::string>&,
                                                           const char*) override {
    const TomlValue* value = Find(key);
    if (value == nullptr) return std::nullopt;
    if (value->kind != Kind::kTable) Mistyped(KeyPath(key), *value, "a table");
    std::vector<std::string> names;
    for (const auto& [name, table] : value->entries) {
      if (!IsPlainName(name)) {
        throw Error("'" + KeyPath(key) + "' holds the name " + QuoteToml(name), table.where,
                    "use letters, digits, '-' and '_'");
      }
      if (table.kind != Kind::kTable) Mistyped(KeyPath(key) + "." + name, table, "a table");
      names.push_back(name);
    }
    Open(*value, /*named=*/true);
    Push(key);
    return names;
  }

  void LeaveTable() override {
    if (tables_.back().named) RejectUnseen(tables_.back());
    tables_.pop_back();
    PathVisitor::LeaveTable();
  }

 private:
  // A table being read. What a named one may hold is only known once it was visited.
  struct OpenTable {
    const TomlValue* table;
    bool named;
    std::vector<FieldDoc> seen;  // keys asked for
  };

  void Open(const TomlValue& table, bool named) { tables_.push_back({&table, named, {}}); }

  const TomlValue* Find(const char* key) {
    OpenTable& open = tables_.back();
    if (open.named) open.seen.push_back({KeyPath(key), "", "", "", ""});
    const auto it = open.table->entries.find(key);
    return it == open.table->entries.end() ? nullptr : &it->second;
  }

  void RejectUnseen(const OpenTable& open) const {
    UnknownKey first;
    for (const auto& [name, value] : open.table->entries) {
      const bool seen = std::any_of(open.seen.begin(), open.seen.end(),
                                    [&](const FieldDoc& doc) { return doc.key == KeyPath(name.c_str()); });
      if (!seen && (first.value == nullptr || value.line < first.value->line)) {
        first = {&value, KeyPath(""), name};
      }
    }
    if (first.value != nullptr) Reject(first, open.seen);
  }

  [[noreturn]] static void Mistyped(const std::string& path, const TomlValue& value,
                                    const std::string& wanted) {
    throw Error("'" + path + "' is " + KindName(value.kind), value.where, "it must be " + wanted);
  }

  static void CheckRange(const std::string& path, const TomlValue& value, const Range& range, double number,
                         const std::string& text) {
    if (!std::isfinite(number))
      throw Error("'" + path + "' is " + text, value.where, "it must be a finite number");
    if (range.Contains(number)) return;
    throw Error("'" + path + "' is " + text, value.where, "it must be " + range.ToString());
  }

  static void Read(const std::string& path, const TomlValue& value, const Range&, bool& out) {
    if (value.kind != Kind::kBool) Mistyped(path, value, "true or false");
    out = value.boolean;
  }
  static void Read(const std::string& path, const TomlValue& value, const Range& range, int64_t& out) {
    if (value.kind != Kind::kInteger) Mistyped(path, value, "an integer");
    CheckRange(path, value, range, static_cast<double>(value.integer), std::to_string(value.integer));
    out = value.integer;
  }
  static void Read(const std::string& path, const TomlValue& value, const Range& range, double& out) {
    if (value.kind != Kind::kInteger && value.kind != Kind::kFloat) Mistyped(path, value, "a number");
    const double number = value.kind == Kind::kFloat ? value.real : static_cast<double>(value.integer);
    CheckRange(path, value, range, number, ShortNumber(number));
    out = number;
  }
  static void Read(const std::string& path, const TomlValue& value, const Range&, std::string& out) {
    if (value.kind != Kind::kString) Mistyped(path, value, "a string");
    out = value.text;
  }
  template <class T>
  static void Read(const std::string& path, const TomlValue& value, const Range& range, std::vector<T>& out) {
    if (value.kind != Kind::kArray) {
      if (!std::is_same_v<T, std::string> || value.kind != Kind::kString)
        Mistyped(path, value, "an array, e.g. [a, b]");
      out.resize(1);  // one text may go without brackets
      return Read(path, value, range, out[0]);
    }
    out.assign(value.items.size(), T{});
    for (size_t i = 0; i < out.size(); ++i) {
      Read(path + "[" + std::to_string(i) + "]", value.items[i], range, out[i]);
    }
  }
  static void Read(const std::string& path, const TomlValue& value, const Range&, EnumChoice& out) {
    const std::string wanted = "one of " + Alternatives(out);
    if (value.kind != Kind::kString) Mistyped(path, value, wanted);
    const auto it = std::find(out.names.begin(), out.names.end(), value.text);
    if (it == out.names.end()) {
      throw Error("'" + path + "' is " + QuoteToml(value.text), value.where, "it must be " + wanted);
    }
    out.index = static_cast<size_t>(it - out.names.begin());
  }

  std::vector<OpenTable> tables_;
};

}  // namespace

void ParseFields(const FieldWalk& defaults, const FieldWalk& out, const std::string& toml_text,
                 const std::string& file_name, const std::vector<std::string>& overrides,
                 const std::string& option) {
  TomlValue root = ParseToml(toml_text, file_name);
  for (const std::string& assignment : overrides) ApplyOverride(assignment, root, option);
  RejectUnknown(root, DescribeFields(defaults));
  ParseVisitor visitor(root);
  out(visitor);
}

}  // namespace hone
