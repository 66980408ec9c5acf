// See table_file.h. Covered by tests/data/table_file_test.cc.
#include "data/table_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "data/error.h"
#include "data/json.h"
#include "data/parquet.h"
#include "data/text_file.h"

namespace hone {
namespace {

constexpr char kRemedy[] = "write one JSON object on every line";

void VisitObject(const Row& row, const std::string& where, const RowVisitor& visit) {
  if (!row.is_object()) throw Error("the row is not an object", where, kRemedy);
  visit(row, where);
}

std::vector<std::string> FilesIn(const std::string& directory) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.is_regular_file() && IsTableFile(entry.path().string())) files.push_back(entry.path().string());
  }
  if (files.empty())
    throw Error("there is no data file in it", directory,
                "name a directory of .jsonl, .json or .parquet files");
  std::sort(files.begin(), files.end());
  return files;
}

bool BeginsWithBracket(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  char first = 0;
  file >> first;  // past blanks
  return first == '[';
}

}  // namespace

bool IsTableFile(std::string_view path) {
  return path.ends_with(".jsonl") || path.ends_with(".json") || path.ends_with(".parquet");
}

void ForEachRow(const std::string& path, const RowVisitor& visit) {
  if (std::filesystem::is_directory(path)) {
    for (const std::string& file : FilesIn(path)) ForEachRow(file, visit);
  } else if (path.ends_with(".parquet")) {
    ForEachParquetRow(path, visit);
  } else if (BeginsWithBracket(path)) {
    int64_t number = 0;
    for (const Row& row : ParseOrderedJson(ReadFile(path), path, kRemedy))
      VisitObject(row, path + ": row " + std::to_string(++number), visit);
  } else {
    ForEachLine(path, [&](std::string_view line, const std::string& where) {
      VisitObject(ParseOrderedJson(line, where, kRemedy), where, visit);
    });
  }
}

std::string ColumnNames(const Row& row) {
  std::string names;
  for (const auto& [name, value] : row.items()) names += (names.empty() ? "" : ", ") + name;
  return names.empty() ? "it has no columns" : "it has: " + names;
}

const Row* FindColumn(const Row& row, const std::string& name) {
  if (!row.is_object()) return nullptr;
  const auto whole = row.find(name);
  if (whole != row.end()) return &*whole;
  const size_t dot = name.find('.');
  if (dot == std::string::npos) return nullptr;
  const auto outer = row.find(name.substr(0, dot));
  return outer == row.end() ? nullptr : FindColumn(*outer, name.substr(dot + 1));
}

}  // namespace hone
