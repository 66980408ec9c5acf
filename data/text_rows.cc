// See text_rows.h. Covered by tests/data/text_rows_test.cc.
#include "data/text_rows.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "data/error.h"
#include "data/random.h"
#include "data/table_file.h"

namespace hone {
namespace {

std::string Text(const Row& row, const std::string& column, bool required, const std::string& where) {
  const Row* value = FindColumn(row, column);
  if (value == nullptr && !required) return "";
  if (value != nullptr && value->is_string()) return value->get<std::string>();
  throw Error(value == nullptr ? "the row has no text '" + column + "' (" + ColumnNames(row) + ")"
                               : "not a text: '" + column + "'",
              where, "write {\"prompt\":\"..\",\"completion\":\"..\"}, or name other columns in the recipe");
}

TextRow ParseRow(const Row& row, const TextColumns& columns, const std::string& where) {
  const std::string kind = Text(row, "kind", false, where);
  if (FindColumn(row, "messages") != nullptr) return {"", "", kind, ParseChatInput(row, where), where};
  return {Text(row, columns.prompt, true, where), Text(row, columns.completion, true, where), kind,
          std::nullopt, where};
}

}  // namespace

std::vector<TextRow> ReadTextRows(const std::vector<std::string>& paths, const TextColumns& columns) {
  std::vector<TextRow> rows;
  for (const std::string& path : paths) {
    const size_t before = rows.size();
    ForEachRow(path, [&](const Row& row, const std::string& where) {
      rows.push_back(ParseRow(row, columns, where));
    });
    if (rows.size() == before)
      throw Error("there is no row in it", path, "name a file of JSON lines or Parquet");
  }
  return rows;
}

int64_t EpochOrder::RowAt(int64_t index) {
  const int64_t epoch = index / num_rows_;
  if (epoch != epoch_) {
    epoch_ = epoch;
    order_.resize(num_rows_);
    std::iota(order_.begin(), order_.end(), 0);
    DataRandom random(KeyHash().Add("epoch order").Add(seed_).Add(static_cast<uint64_t>(epoch)).value());
    for (int64_t i = num_rows_ - 1; i > 0; --i)
      std::swap(order_[i], order_[random.Uniform(static_cast<uint64_t>(i) + 1)]);
  }
  return order_[index % num_rows_];
}

}  // namespace hone
