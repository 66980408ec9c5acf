// Supervised data as rows of files, {"prompt":"..","completion":"..",..} or {"messages":[..],..}: reading them, and an order that
// visits each once an epoch.
// Covered by tests/data/text_rows_test.cc.
#ifndef HONE_DATA_TEXT_ROWS_H_
#define HONE_DATA_TEXT_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/chat_template.h"

namespace hone {

struct TextRow {
  std::string prompt;                          // after the template; may be empty
  std::string completion;                      // without the end-of-sequence token
  std::string kind = {};                       // of the question; may be empty
  std::optional<ChatInput> conversation = {};  // in place of prompt and completion
  std::string where = {};                      // file and line
};

// Which columns of a file hold a row's texts.
struct TextColumns {
  std::string prompt = "prompt";
  std::string completion = "completion";

  template <class V>
  void Fields(V& v) {
    v.Field("prompt", prompt, "the column with the prompt");
    v.Field("completion", completion, "the column with what is learnt");
  }
};

// The rows of all files, in order (data/table_file.h); columns other than those and `kind` are left alone. Error with file and line for a
// row without them, and for files without a row.
std::vector<TextRow> ReadTextRows(const std::vector<std::string>& paths, const TextColumns& columns = {});

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
