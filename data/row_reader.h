// One row of a data file as adapters look at it: columns by name, and errors that say where and what there is. Covered by
// tests/data/adapters_test.cc.
#ifndef HONE_DATA_ROW_READER_H_
#define HONE_DATA_ROW_READER_H_

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "data/adapters.h"

namespace hone {

// Without blanks at its ends.
std::string Trimmed(std::string_view text);

// References everything. Every method but Has throws Error for what is not there or of another type.
struct RowReader {
  const Row& row;
  const QuestionColumns& columns;
  const std::string& where;

  [[noreturn]] void Refuse(const std::string& what, const char* remedy) const;
  bool Has(const std::string& column) const;  // and it is not null
  const Row& At(const std::string& column) const;
  // The named column; without a name the first of `own` that the row has.
  const Row& Choose(const std::string& named, std::initializer_list<const char*> own) const;

  // null is "". `what` names the value in errors.
  std::string Text(const Row& value, const char* what) const;
  // As Text; other values as they are written: 42, true, an object.
  std::string Plain(const Row& value, const char* what) const;
  std::vector<std::string> TextList(const Row& value, const char* what) const;
  double Number(const std::string& column, double otherwise) const;

  // Of the column that the recipe names, else of the first of `own`.
  std::string PromptText(std::initializer_list<const char*> own) const;
  std::string GoldText(std::initializer_list<const char*> own) const;
};

}  // namespace hone

#endif  // HONE_DATA_ROW_READER_H_
