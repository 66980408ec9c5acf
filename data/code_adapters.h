// Data sets of programming problems: the question, and the JSON of tests that the reward `code` reads. Covered by
// tests/data/adapters_test.cc.
#ifndef HONE_DATA_CODE_ADAPTERS_H_
#define HONE_DATA_CODE_ADAPTERS_H_

#include <string>

#include "data/row_reader.h"

namespace hone {

// Each fills text and gold; empty where the row has none. Error as RowReader.
void ReadHumanEval(const RowReader& row, FileQuestion& question);
void ReadMbpp(const RowReader& row, FileQuestion& question);
void ReadContest(const RowReader& row, const std::string& language, FileQuestion& question);

}  // namespace hone

#endif  // HONE_DATA_CODE_ADAPTERS_H_
