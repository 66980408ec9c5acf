// Questions from files: which rows are asked, which are held out, and why others are left out. Covered by
// tests/data/file_tasks_test.cc.
#ifndef HONE_DATA_FILE_TASKS_H_
#define HONE_DATA_FILE_TASKS_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/adapters.h"
#include "data/prompt_template.h"
#include "data/questions.h"
#include "data/types.h"

namespace hone {

struct FileTaskConfig {
  std::vector<std::string> data = {};
  std::vector<std::string> held_out = {};
  RowAdapter adapter = RowAdapter::kNone;
  QuestionColumns columns = {};
  std::string language = "python";
  int64_t max_prompt_tokens = 0;

  bool operator==(const FileTaskConfig&) const = default;

  // The keys are part of the recipe's table [task].
  template <class V>
  void Fields(V& v) {
    v.Field("data", data,
            "task.kind = file: files of JSON lines or Parquet to train on, or directories of them; relative "
            "to the recipe");
    v.Field("held_out", held_out,
            "task.kind = file: the same for held-out questions (empty: 1 in 16 rows of data, by a hash of "
            "the question)");
    v.Field("adapter", adapter,
            "how rows are written: as GSM8K, MATH, HumanEval, MBPP, CodeContests or chat messages are, or as "
            "task.columns says, with a gold (none) or without (prompts)");
    v.Field("columns", columns, "columns in place of the adapter's; a dot names what lies within one");
    v.Field("language", language,
            "of the programs asked for where the data set names none (adapter = code_contests)");
    v.Field("max_prompt_tokens", max_prompt_tokens, AtLeast(0),
            "task.kind = file: rows with longer prompts are left out (0: none; the model must have room for "
            "all)");
  }
};

// The rows of one split that can be asked, and what became of the others.
struct FileRows {
  std::vector<FileQuestion> questions;                   // in the order of the files
  int64_t num_read = 0;                                  // rows of the files
  int64_t num_without_prompt = 0, num_without_gold = 0;  // left out: null or blank
  int64_t num_repeated = 0;                              // left out: an earlier row has the question
  int64_t num_other_split =
      0;                // left out: the question is held out (of a split by hash: it is not of this split)
  uint64_t digest = 0;  // of the questions

  // "7473 rows: 7470 used; left out: 2 repeated, 1 without a gold"
  std::string Summary() const;
};

// Reads one split. A training row whose question, normalised as NormalizedText has it, is among the held-out ones is left out. Error as
// ForEachRow and ReadQuestion, without files to read, and when no row is left; `task.data` and so on name the keys.
FileRows ReadFileRows(const FileTaskConfig& config, Split split);

// Reads each split once, at the first need; copies share what is read. For one configuration at a time: another is read anew. Not
// thread-safe.
class FileRowsCache {
 public:
  std::shared_ptr<const FileRows> Get(const FileTaskConfig& config, Split split);

 private:
  struct Kept {
    FileTaskConfig config;
    std::shared_ptr<const FileRows> rows;
  };
  std::shared_ptr<std::array<Kept, 2>> kept_ = std::make_shared<std::array<Kept, 2>>();
};

// The prompts of one split: #i is the i-th row that can be asked. Thread-safe.
class FileTask {
 public:
  FileTask(std::shared_ptr<const FileRows> rows, PromptTemplate prompt_template)
      : rows_(std::move(rows)), template_(std::move(prompt_template)) {}

  int64_t num_prompts() const { return static_cast<int64_t>(rows_->questions.size()); }
  Prompt PromptAt(int64_t index) const;  // without ids; see WithIds. 0 <= index < num_prompts()

 private:
  std::shared_ptr<const FileRows> rows_;
  PromptTemplate template_;
};

}  // namespace hone

#endif  // HONE_DATA_FILE_TASKS_H_
