// One declaration of a recipe struct's fields gives parsing, --set, the resolved dump, --help, the docs table
// and the comparison of two recipes. Covered by tests/data/fields_test.cc. A struct says, once:
//   template <class V> void Fields(V& v) {
//     v.Field("group_size", group_size, Range{2, 1024}, "completions sampled per prompt");
//     v.Field("rollout", rollout, "how completions are sampled");  // a struct with Fields: a TOML table
//     v.Field("kl", kl, "...");                                    // std::optional of one: there iff the
//     table is
//     v.Field("rewards", rewards, "...");  // std::map<string, struct>: tables that the writer names
//   }
// Field types: bool, int64_t, double, std::string, vectors of the last three, enums named by kEnumNames.
// Defaults are the struct's own member initialisers.
#ifndef HONE_DATA_FIELDS_H_
#define HONE_DATA_FIELDS_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace hone {

// What a number, or each number of a vector, may be. Not-finite floats never are.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;  // the bound itself is excluded
  bool high_open = false;

  bool Contains(double value) const;
  std::string ToString() const;  // "2 to 1024", "> 0", ">= 0", "> 0, <= 1"; empty if everything is allowed
};
inline Range AtLeast(double low) { return {.low = low}; }
inline Range Above(double low) { return {.low = low, .low_open = true}; }
inline Range AboveUpTo(double low, double high) { return {.low = low, .high = high, .low_open = true}; }

// An enum is declared once, in namespace hone, as
//   template <> inline constexpr auto kEnumNames<Color> =
//       std::to_array<EnumName<Color>>({{Color::kRed, "red"}, {Color::kBlue, "blue"}});
template <class E>
struct EnumName {
  E value;
  std::string_view name;
};
template <class E>
inline constexpr std::nullptr_t kEnumNames = nullptr;

// The name of an enum value; one that is not in the table is a broken invariant.
template <class E>
std::string_view NameOf(E value) {
  for (const EnumName<E>& entry : kEnumNames<E>) {
    if (entry.value == value) return entry.name;
  }
  std::abort();
}

struct FieldDoc {
  std::string key;   // dotted, e.g. "rollout.temperature"
  std::string type;  // "integer", "float", "list of strings", "red | blue", "table", "optional table", ...
  std::string default_value;  // as TOML; empty for tables
  std::string range;          // Range::ToString()
  std::string doc;
};

// Dotted key -> value as TOML, in declaration order. A present optional table has an entry "{}" of its own.
using FlatRecipe = std::vector<std::pair<std::string, std::string>>;

// What Fields() is called with. The back ends are in fields.cc.
class FieldVisitor {
 public:
  struct EnumChoice {
    std::vector<std::string_view> names;
    size_t index = 0;
  };
  using Target = std::variant<bool*, int64_t*, double*, std::string*, std::vector<std::string>*,
                              std::vector<int64_t>*, std::vector<double>*, EnumChoice*>;

  virtual ~FieldVisitor() = default;

  template <class T>
  void Field(const char* key, T& value, const char* doc) {
    if constexpr (std::is_enum_v<T>) {
      VisitEnum(key, value, doc);
    } else if constexpr (requires { value.Fields(*this); }) {
      if (!EnterTable(key, /*is_optional=*/false, /*is_present=*/true, doc)) return;
      value.Fields(*this);
      LeaveTable();
    } else {
      VisitLeaf(key, Target(&value), Range{}, doc);
    }
  }

  template <class T>
  void Field(const char* key, std::optional<T>& value, const char* doc) {
    if (!EnterTable(key, /*is_optional=*/true, value.has_value(), doc)) {
      value.reset();
      return;
    }
    if (!value) value.emplace();
    value->Fields(*this);
    LeaveTable();
  }

  // `check` returns "" for a text that will do, else what it must be. Made when parsing, of defaults too.
  using TextCheck = std::function<std::string(const std::string&)>;
  void Field(const char* key, std::string& value, const TextCheck& check, const char* doc) {
    VisitLeaf(key, Target(&value), Range{}, doc);
    CheckText(key, value, check);
  }

  // Tables the writer names, as [rewards.answer]; written ones take the place of all defaults. T also has
  // SetName(name), called before its Fields; what Fields visits may depend on what it has read so far.
  template <class T>
  void Field(const char* key, std::map<std::string, T>& tables, const char* doc) {
    Field(key, tables, T(), doc);
  }
  // The same; a table that is new starts as `prototype`.
  template <class T>
  void Field(const char* key, std::map<std::string, T>& tables, const T& prototype, const char* doc) {
    std::vector<std::string> present;
    for (const auto& [name, table] : tables) present.push_back(name);
    const std::optional<std::vector<std::string>> names = EnterNamedTables(key, present, doc);
    if (!names) return;
    std::map<std::string, T> visited;
    for (const std::string& name : *names) {
      const auto old = tables.find(name);
      T& table = visited.emplace(name, old == tables.end() ? prototype : old->second).first->second;
      EnterTable(name.c_str(), /*is_optional=*/false, /*is_present=*/true, "one of them, by its name");
      table.SetName(name);
      table.Fields(*this);
      LeaveTable();
    }
    LeaveTable();
    tables = std::move(visited);
  }

  template <class T>
  void Field(const char* key, T& value, const Range& range, const char* doc) {
    VisitLeaf(key, Target(&value), range, doc);
  }

 protected:
  virtual void VisitLeaf(const char* key, Target target, const Range& range, const char* doc) = 0;
  virtual void CheckText(const char* /*key*/, const std::string& /*value*/, const TextCheck& /*check*/) {}
  // False: the table is absent and its fields are not visited.
  virtual bool EnterTable(const char* key, bool is_optional, bool is_present, const char* doc) = 0;
  // The names to visit, each through EnterTable and LeaveTable; nullopt: leave the tables as they are.
  virtual std::optional<std::vector<std::string>> EnterNamedTables(const char* key,
                                                                   const std::vector<std::string>& present,
                                                                   const char* doc) = 0;
  virtual void LeaveTable() = 0;

 private:
  template <class E>
  void VisitEnum(const char* key, E& value, const char* doc) {
    EnumChoice choice;
    for (const EnumName<E>& entry : kEnumNames<E>) {
      if (entry.name == NameOf(value)) choice.index = choice.names.size();
      choice.names.push_back(entry.name);
    }
    VisitLeaf(key, Target(&choice), Range{}, doc);
    value = kEnumNames<E>[choice.index].value;
  }
};

// Calls a struct's Fields with the visitor; the untemplated bodies of what follows take it.
using FieldWalk = std::function<void(FieldVisitor&)>;
template <class T>
FieldWalk WalkOf(T& fields) {
  return [&fields](FieldVisitor& visitor) { fields.Fields(visitor); };
}
void ParseFields(const FieldWalk& defaults, const FieldWalk& out, const std::string& toml_text,
                 const std::string& file_name, const std::vector<std::string>& overrides,
                 const std::string& option = "--set");
std::string DumpFields(const FieldWalk& fields);
std::vector<FieldDoc> DescribeFields(const FieldWalk& defaults);
FlatRecipe FlattenFields(const FieldWalk& fields);

// The recipe in `toml_text` over T's defaults, with --set assignments ("a.b=c", a later one wins) applied
// before the checks. Paths stay as written. Error with file:line or the flag: TOML syntax, duplicate or
// unknown key (with the nearest known one), wrong type, out of range. An integer is accepted for a double,
// never the reverse.
template <class T>
T ParseRecipe(const std::string& toml_text, const std::string& file_name,
              const std::vector<std::string>& overrides) {
  T scratch = T(), out = T();  // T{} makes g++ 12 warn without cause
  ParseFields(WalkOf(scratch), WalkOf(out), toml_text, file_name, overrides);
  return out;
}

// TOML with every key once, sections in declaration order; ParseRecipe gives back the same bits.
template <class T>
std::string DumpRecipe(T recipe) {
  return DumpFields(WalkOf(recipe));
}

// Every field and table in declaration order, those of optional tables included.
template <class T>
std::vector<FieldDoc> DescribeRecipe() {
  T scratch = T();
  return DescribeFields(WalkOf(scratch));
}
std::string MarkdownTable(const std::vector<FieldDoc>& docs);

template <class T>
FlatRecipe FlattenRecipe(T recipe) {
  return FlattenFields(WalkOf(recipe));
}
// One line per key that differs: "rollout.temperature: 1.0 -> 0.9"; "absent" for a key only one of them has.
std::vector<std::string> DiffRecipes(const FlatRecipe& before, const FlatRecipe& after);

}  // namespace hone

#endif  // HONE_DATA_FIELDS_H_
