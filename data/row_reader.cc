// See row_reader.h. Covered by tests/data/adapters_test.cc.
#include "data/row_reader.h"

#include "data/error.h"

namespace hone {
namespace {

using json = Row;

constexpr char kRemedy[] = "choose task.adapter, or name task.columns";

}  // namespace

std::string Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\f\v";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin));
}

void RowReader::Refuse(const std::string& what, const char* remedy) const {
  throw Error(what + " (" + ColumnNames(row) + ")", where, remedy);
}

bool RowReader::Has(const std::string& column) const {
  const json* value = FindColumn(row, column);
  return value != nullptr && !value->is_null();
}

const json& RowReader::At(const std::string& column) const {
  const json* value = FindColumn(row, column);
  if (value == nullptr) Refuse("the row has no column '" + column + "'", kRemedy);
  return *value;
}

const json& RowReader::Choose(const std::string& named, std::initializer_list<const char*> own) const {
  if (!named.empty()) return At(named);
  for (const char* column : own) {
    if (Has(column)) return At(column);
  }
  return At(*own.begin());
}

std::string RowReader::Text(const json& value, const char* what) const {
  if (value.is_null()) return "";
  if (!value.is_string()) Refuse(std::string(what) + " is not a text", kRemedy);
  return value.get<std::string>();
}

std::string RowReader::Plain(const json& value, const char* what) const {
  if (value.is_null() || value.is_string() || value.is_binary()) return Text(value, what);
  return value.dump();
}

std::vector<std::string> RowReader::TextList(const json& value, const char* what) const {
  std::vector<std::string> texts;
  if (value.is_null()) return texts;
  if (!value.is_array()) Refuse(std::string(what) + " is not a list of texts", kRemedy);
  for (const json& text : value) texts.push_back(Text(text, what));
  return texts;
}

double RowReader::Number(const std::string& column, double otherwise) const {
  if (!Has(column)) return otherwise;
  const json& value = At(column);
  if (!value.is_number()) Refuse("'" + column + "' is not a number", kRemedy);
  return value.get<double>();
}

std::string RowReader::PromptText(std::initializer_list<const char*> own) const {
  return Text(Choose(columns.prompt, own), "the prompt");
}

std::string RowReader::GoldText(std::initializer_list<const char*> own) const {
  return Plain(Choose(columns.gold, own), "the gold");
}

}  // namespace hone
