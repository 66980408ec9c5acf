// Rows of a Parquet file as JSON, by Apache Arrow where the build found it. Covered by tests/data/parquet_test.cc.
#ifndef HONE_DATA_PARQUET_H_
#define HONE_DATA_PARQUET_H_

#include <string>

#include "data/table_file.h"

namespace hone {

// Whether this build can read Parquet.
bool HasParquet();

// Visits the rows of every row group in order; `where` is "PATH: row N", from 1. Numbers, booleans, texts, lists, structs and maps (lists
// of key and value) become their JSON counterparts, nulls null, bytes that are no UTF-8 a binary value, and what JSON has no word for
// (dates, decimals) its text. Error for a file that cannot be read, and for every file in a build without Arrow.
void ForEachParquetRow(const std::string& path, const RowVisitor& visit);

}  // namespace hone

#endif  // HONE_DATA_PARQUET_H_
