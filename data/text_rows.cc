// See text_rows.h. Covered by tests/data/text_rows_test.cc.
#include "data/text_rows.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "data/error.h"
#include "data/json.h"
#include "data/random.h"
#include "data/text_file.h"

namespace hone {
namespace {

std::string Text(const nlohmann::json& row, const char* key, bool required, const std::string& where) {
  const auto it = row.find(key);
  if (it == row.end() && !required) return "";
  if (it != row.end() && it->is_string()) return it->get<std::string>();
  throw Error(std::string(it == row.end() ? "the row has no text '" : "not a text: '") + key + "'", where,
              "write {\"prompt\":\"..\",\"completion\":\"..\"} on every line");
}

TextRow ParseRow(std::string_view line, const std::string& where) {
  const nlohmann::json row = ParseStrictJson(line, where);
  if (!row.is_object())
    throw Error("the row is not an object", where,
                "write {\"prompt\":\"..\",\"completion\":\"..\"} on every line");
  if (row.contains("messages"))
    return {"", "", Text(row, "kind", false, where), ParseChatInput(ParseOrderedJson(line, where), where),
            where};
  return {Text(row, "prompt", true, where), Text(row, "completion", true, where),
          Text(row, "kind", false, where), std::nullopt, where};
}

}  // namespace

void ForEachLine(const std::string& path,
                 const std::function<void(std::string_view line, const std::string& where)>& visit) {
  const std::string text = ReadFile(path);
  int64_t number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    ++number;
    if (line.find_first_not_of(" \t\r\f\v") != std::string_view::npos)
      visit(line, path + ":" + std::to_string(number));
    begin = end + 1;
  }
}

std::vector<TextRow> ReadTextRows(const std::vector<std::string>& paths) {
  std::vector<TextRow> rows;
  for (const std::string& path : paths) {
    const size_t before = rows.size();
    ForEachLine(path, [&](std::string_view line, const std::string& where) {
      rows.push_back(ParseRow(line, where));
    });
    if (rows.size() == before) throw Error("there is no row in it", path, "name a file of JSON lines");
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
