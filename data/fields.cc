// The back ends of the field visitor that describe a recipe: dump, docs, flat list. Covered by tests/data/fields_test.cc.
#include "data/fields.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "data/fields_path.h"
#include "data/toml_value.h"

namespace hone {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

// ---- one value as TOML, and its type in words

std::string Format(bool value) { return value ? "true" : "false"; }
std::string Format(int64_t value) { return std::to_string(value); }
std::string Format(double value) { return FormatToml(value); }
std::string Format(const std::string& value) { return QuoteToml(value); }
template <class T>
std::string Format(const std::vector<T>& values) {
  std::string out = "[";
  for (size_t i = 0; i < values.size(); ++i) out += (i ? ", " : "") + Format(values[i]);
  return out + "]";
}
std::string Format(const FieldVisitor::EnumChoice& choice) {
  return QuoteToml(std::string(choice.names[choice.index]));
}
std::string FormatTarget(const FieldVisitor::Target& target) {
  return std::visit([](const auto* value) { return Format(*value); }, target);
}

std::string TypeName(const FieldVisitor::Target& target) {
  return std::visit(Overloaded{[](bool*) -> std::string { return "boolean"; },                              //
                               [](int64_t*) -> std::string { return "integer"; },                           //
                               [](double*) -> std::string { return "float"; },                              //
                               [](std::string*) -> std::string { return "string"; },                        //
                               [](std::vector<std::string>*) -> std::string { return "list of strings"; },  //
                               [](std::vector<int64_t>*) -> std::string { return "list of integers"; },     //
                               [](std::vector<double>*) -> std::string { return "list of floats"; },        //
                               [](FieldVisitor::EnumChoice* choice) { return Alternatives(*choice); }},
                    target);
}

// ---- dump, describe, flatten

class DumpVisitor final : public PathVisitor {
 public:
  std::string Result() const {
    std::string out;
    for (const Section& section : sections_) {
      if (section.header.empty() ? section.lines.empty() : section.lines.empty() && !section.is_optional)
        continue;
      if (!out.empty()) out += '\n';
      if (!section.header.empty()) out += "[" + section.header + "]\n";
      out += section.lines;
    }
    return out;
  }

 protected:
  void VisitLeaf(const char* key, Target target, const Range&, const char*) override {
    sections_[open_.back()].lines += std::string(key) + " = " + FormatTarget(target) + "\n";
  }
  bool EnterTable(const char* key, bool is_optional, bool is_present, const char*) override {
    if (!is_present) return false;
    open_.push_back(sections_.size());
    sections_.push_back({KeyPath(key), is_optional, ""});
    Push(key);
    return true;
  }
  std::optional<std::vector<std::string>> EnterNamedTables(const char* key,
                                                           const std::vector<std::string>& present,
                                                           const char* doc) override {
    EnterTable(key, false, true, doc);
    return present;
  }
  void LeaveTable() override {
    open_.pop_back();
    PathVisitor::LeaveTable();
  }

 private:
  struct Section {
    std::string header;
    bool is_optional = false;
    std::string lines;
  };
  std::vector<Section> sections_{Section{}};
  std::vector<size_t> open_{0};  // a key after a nested table still goes to its own section
};

class DescribeVisitor final : public PathVisitor {
 public:
  std::vector<FieldDoc> docs;

 protected:
  void VisitLeaf(const char* key, Target target, const Range& range, const char* doc) override {
    docs.push_back({KeyPath(key), TypeName(target), FormatTarget(target), range.ToString(), doc});
  }
  bool EnterTable(const char* key, bool is_optional, bool, const char* doc) override {
    docs.push_back({KeyPath(key), is_optional ? "optional table" : "table", "", "", doc});
    Push(key);
    return true;
  }
  std::optional<std::vector<std::string>> EnterNamedTables(const char* key, const std::vector<std::string>&,
                                                           const char* doc) override {
    docs.push_back({KeyPath(key), kNamedTables, "", "", doc});
    Push(key);
    return std::vector<std::string>{"NAME"};
  }
};

class FlattenVisitor final : public PathVisitor {
 public:
  FlatRecipe flat;

 protected:
  void VisitLeaf(const char* key, Target target, const Range&, const char*) override {
    flat.emplace_back(KeyPath(key), FormatTarget(target));
  }
  bool EnterTable(const char* key, bool is_optional, bool is_present, const char*) override {
    if (!is_present) return false;
    if (is_optional) flat.emplace_back(KeyPath(key), "{}");
    Push(key);
    return true;
  }
  std::optional<std::vector<std::string>> EnterNamedTables(const char* key,
                                                           const std::vector<std::string>& present,
                                                           const char*) override {
    Push(key);
    return present;
  }
};

std::string EscapePipes(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

}  // namespace

bool Range::Contains(double value) const {
  return (low_open ? value > low : value >= low) && (high_open ? value < high : value <= high);
}

std::string Range::ToString() const {
  const bool has_low = std::isfinite(low), has_high = std::isfinite(high);
  if (has_low && has_high && !low_open && !high_open) return ShortNumber(low) + " to " + ShortNumber(high);
  std::string out;
  if (has_low) out += (low_open ? "> " : ">= ") + ShortNumber(low);
  if (has_low && has_high) out += ", ";
  if (has_high) out += (high_open ? "< " : "<= ") + ShortNumber(high);
  return out;
}

std::string DumpFields(const FieldWalk& fields) {
  DumpVisitor visitor;
  fields(visitor);
  return visitor.Result();
}

std::vector<FieldDoc> DescribeFields(const FieldWalk& defaults) {
  DescribeVisitor visitor;
  defaults(visitor);
  return std::move(visitor.docs);
}

FlatRecipe FlattenFields(const FieldWalk& fields) {
  FlattenVisitor visitor;
  fields(visitor);
  return std::move(visitor.flat);
}

std::string MarkdownTable(const std::vector<FieldDoc>& docs) {
  std::string out = "| key | type | default | allowed | meaning |\n|---|---|---|---|---|\n";
  for (const FieldDoc& doc : docs) {
    out += "| `" + doc.key + "` | " + EscapePipes(doc.type) + " | ";
    out += (doc.default_value.empty() ? "" : "`" + EscapePipes(doc.default_value) + "`") + " | ";
    out += EscapePipes(doc.range) + " | " + EscapePipes(doc.doc) + " |\n";
  }
  return out;
}

std::vector<std::string> DiffRecipes(const FlatRecipe& before, const FlatRecipe& after) {
  const std::map<std::string, std::string> old_values(before.begin(), before.end());
  const std::map<std::string, std::string> new_values(after.begin(), after.end());
  std::vector<std::string> lines;
  for (const auto& [key, value] : before) {
    const auto it = new_values.find(key);
    const std::string now = it == new_values.end() ? "absent" : it->second;
    if (now != value) lines.push_back(key + ": " + value + " -> " + now);
  }
  for (const auto& [key, value] : after) {
    if (!old_values.contains(key)) lines.push_back(key + ": absent -> " + value);
  }
  return lines;
}

}  // namespace hone
