// What is wrong with data before anything learns from it: held-out questions that training data holds too, duplicates, empty rows, and
// how long rows are. Covered by tests/data/data_check_test.cc.
#ifndef HONE_DATA_DATA_CHECK_H_
#define HONE_DATA_DATA_CHECK_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/text_rows.h"

namespace hone {

struct CheckedRow {
  std::string prompt;
  std::string completion;  // may be empty where there is none to learn
  std::string where;       // "file:line" or the like
};

// Rows of a file (data/table_file.h). The prompt is the named column, or `prompt`, `question`, `problem`, `instruction` or `text` (the
// first there is; a text, or a list of messages whose contents are joined), the completion likewise `completion`, `response`, `answer`,
// `solution` or `output`. Of `messages` the assistant's are the completion, the others the prompt. Error with file and line for a row
// without any prompt, and for a file without a row.
std::vector<CheckedRow> ReadCheckedRows(const std::string& path, const TextColumns& columns = {});

// Lower case (ASCII), words apart by one blank, quotes and the marks .,;:!? at the ends of words left out. Operators stay: 1+2 is not 1-2.
std::string NormalizedText(std::string_view text);

inline constexpr int64_t kGramWords = 13;
inline constexpr int64_t kBoilerplateRows = 10;

struct Leak {
  enum class Kind { kExact, kNormalized, kGram };
  Kind kind = Kind::kExact;
  std::string held_out, train;  // where the two rows are
  std::string shared;           // the text they share
};

struct Lengths {
  int64_t least = 0, median = 0, p90 = 0, most = 0;
};

struct SetReport {
  int64_t rows = 0;
  int64_t duplicates = 0;         // rows equal, prompt and completion, to an earlier one
  int64_t repeated_prompts = 0;   // rows with an earlier one's prompt and another completion
  int64_t empty_prompts = 0;      // nothing but blanks
  int64_t empty_completions = 0;  // the same, in a set in which some row has one
  bool has_completions = false;
  Lengths prompt_characters, prompt_words, completion_characters, completion_words;
  std::vector<std::string> examples;  // a few of what is wrong, "file:line: ..."
};
SetReport DescribeSet(const std::vector<CheckedRow>& rows);

struct LeakReport {
  int64_t exact = 0, normalized = 0,
          gram = 0;  // held-out rows, each counted once, under the first that it fits
  int64_t boilerplate =
      0;  // 13-grams left out as a template: more than ten rows of one set hold them, and two of the held-out
  std::vector<Leak> examples;  // the first few
  int64_t Count() const { return exact + normalized + gram; }
};
// A held-out row leaks when training data has its prompt: to the character, normalised, or sharing 13 words in a row with a training
// row's prompt and completion (normalised, as GPT-3's authors looked for contamination). 13 words that several held-out rows share and
// more than ten rows of either set hold are a template's and tell nothing; those of a single held-out row count however often training
// data repeats them. Prompts without a character are passed over.
LeakReport FindLeaks(const std::vector<CheckedRow>& train, const std::vector<CheckedRow>& held_out);

}  // namespace hone

#endif  // HONE_DATA_DATA_CHECK_H_
