// Rows of JSON files of every layout, and what is said of those that are none.
#include "data/table_file.h"

#include <vector>

#include "data/error.h"
#include "tests/data/files.h"

using namespace hone;
using json = nlohmann::ordered_json;

namespace {

struct Read {
  std::vector<json> rows;
  std::vector<std::string> wheres;
};

Read All(const std::string& path) {
  Read read;
  ForEachRow(path, [&](const json& row, const std::string& where) {
    read.rows.push_back(row);
    read.wheres.push_back(where);
  });
  return read;
}

}  // namespace

TEST_CASE("lines, a list, and a directory of both give the same rows, each with its place") {
  const TestFiles files;
  const std::vector<json> rows = {{{"a", "é\n"}, {"b", 1}}, {{"a", nullptr}}, {{"a", {{"b", {1, 2}}}}}};
  std::string lines = "\n";
  for (const json& row : rows) lines += row.dump() + "\r\n \t\n";
  lines.resize(lines.size() - 5);  // the last line has no end
  const std::string by_line = files.Write("set/a.jsonl", lines),
                    list = files.Write("set/b.json", " \n" + json(rows).dump(2));
  CHECK(All(by_line).rows == rows);
  CHECK(All(by_line).wheres == std::vector<std::string>{by_line + ":2", by_line + ":4", by_line + ":6"});
  CHECK(All(list).rows == rows);
  CHECK(All(list).wheres[2] == list + ": row 3");

  files.Write("set/notes.txt", "not data");
  const Read both = All(files.dir + "/set");
  CHECK(both.rows.size() == 6);
  CHECK(both.wheres[3] == list + ": row 1");
  CHECK(All(files.Write("empty.jsonl", "\n")).rows.empty());
}

TEST_CASE("a long line is read whole, and a line with a NUL byte is refused, not cut") {
  const TestFiles files;
  const std::string text(3'000'000, 'x');
  CHECK(All(files.Write("long.jsonl", json{{"a", text}}.dump() + "\n{}\n")).rows[0]["a"] == text);
  const std::string nul = files.Write("nul.jsonl", std::string("{\"a\":1}\0{\"a\":2}\n", 16));
  CHECK_THROWS_WITH_AS(All(nul), doctest::Contains("nul.jsonl:1: not valid JSON"), Error);
}

TEST_CASE("what is no row is named") {
  const TestFiles files;
  const std::pair<const char*, const char*> cases[] = {
      {"{}\n3\n", ":2: the row is not an object"},     {"{}\n[{}]\n", ":2: the row is not an object"},
      {"[{},1]", ": row 2: the row is not an object"}, {"{\"a\":1,\"a\":2}", ":1: duplicate key 'a'"},
      {"{\"a\":\"\xff\"}", ":1: not valid JSON"},      {"[{},", ": not valid JSON"}};
  for (const auto& [text, says] : cases) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(All(files.Write("file.json", text)),
                         doctest::Contains(("file.json" + std::string(says)).c_str()), Error);
  }
  CHECK_THROWS_WITH_AS(All(files.dir + "/none.jsonl"), doctest::Contains("cannot read"), Error);
  std::filesystem::create_directory(files.dir + "/bare");
  CHECK_THROWS_WITH_AS(All(files.dir + "/bare"), doctest::Contains("no data file in it"), Error);
}

TEST_CASE("a column is found by its name, or within another by dots") {
  const json row = {{"a", {{"b.c", 1}, {"d", {{"e", 2}}}}}, {"a.d", 3}, {"n", nullptr}};
  CHECK(*FindColumn(row, "a.d") == 3);  // a whole name comes first
  CHECK(*FindColumn(row, "a.d.e") == 2);
  CHECK(*FindColumn(row, "a.b.c") == 1);
  CHECK(FindColumn(row, "n")->is_null());
  for (const char* name : {"b", "a.x", "n.x", "a.d.e.f", ""}) CHECK(FindColumn(row, name) == nullptr);
  CHECK(ColumnNames(row) == "it has: a, a.d, n");
}
