// Supervised data as JSON lines, {"prompt":"..","completion":"..",..} or {"messages":[..],..}: reading them, and an order that visits
// each once an epoch.
// Covered by tests/data/text_rows_test.cc.
#ifndef HONE_DATA_TEXT_ROWS_H_
#define HONE_DATA_TEXT_ROWS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/chat_template.h"

namespace hone {

// Visits the lines of a file that hold more than blanks, in order, without their ends; `where` is "PATH:NUMBER", from 1. Error as
// ReadFile.
void ForEachLine(const std::string& path,
                 const std::function<void(std::string_view line, const std::string& where)>& visit);

struct TextRow {
  std::string prompt;                          // after the template; may be empty
  std::string completion;                      // without the end-of-sequence token
  std::string kind = {};                       // of the question; may be empty
  std::optional<ChatInput> conversation = {};  // in place of prompt and completion
  std::string where = {};                      // file and line
};

// The rows of all files, in order; keys other than those above are left alone. Error with file and line for a line that is no
// such row, and for files without a row.
std::vector<TextRow> ReadTextRows(const std::vector<std::string>& paths);

// Which row comes at `index` of an endless reading: every epoch of `num_rows` is a permutation of its own, decided by the seed.
// Not thread-safe: keeps the permutation of the last epoch asked for.
class EpochOrder {
 public:
  EpochOrder(int64_t num_rows, uint64_t seed) : num_rows_(num_rows), seed_(seed) {}
  int64_t RowAt(int64_t index);

 private:
  int64_t num_rows_;
  uint64_t seed_;
  int64_t epoch_ = -1;
  std::vector<int64_t> order_;
};

}  // namespace hone

#endif  // HONE_DATA_TEXT_ROWS_H_
