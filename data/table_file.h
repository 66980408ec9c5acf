// Rows of data files as JSON objects, one at a time: JSON lines, a JSON list, Parquet, or a directory of such files. Covered by
// tests/data/table_file_test.cc.
#ifndef HONE_DATA_TABLE_FILE_H_
#define HONE_DATA_TABLE_FILE_H_

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace hone {

using Row = nlohmann::ordered_json;  // its keys are in the file's order
using RowVisitor = std::function<void(const Row& row, const std::string& where)>;

// What a file's name says: .jsonl, .json or .parquet.
bool IsTableFile(std::string_view path);

// Visits the rows in order; `row` is an object, `where` is "PATH:LINE" of JSON lines and "PATH: row N" of others, both from 1. Lines
// without more than blanks are passed over. A name that ends with .parquet is read as Parquet, a file that begins with [ as one list of
// objects, and of a directory every table file in the order of names. Error with `where` for what is no object; as ReadFile and
// ForEachParquetRow; and for a directory without a table file.
void ForEachRow(const std::string& path, const RowVisitor& visit);

// "it has: question, answer", for errors about a column that is not there.
std::string ColumnNames(const Row& row);

// The value of a column, or within it where the name has dots ("reward_model.ground_truth"); null if there is none.
const Row* FindColumn(const Row& row, const std::string& name);

}  // namespace hone

#endif  // HONE_DATA_TABLE_FILE_H_
