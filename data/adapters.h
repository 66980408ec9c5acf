// From a row of a data set to a question with its gold: how GSM8K, MATH, HumanEval, MBPP, CodeContests and chat messages write theirs, and
// a mapping of columns for the rest. Golds are as the rewards `answer`, `math` and `code` read them. Covered by
// tests/data/adapters_test.cc and, against those rewards, tests/rewards/adapters_gold_test.cc.
#ifndef HONE_DATA_ADAPTERS_H_
#define HONE_DATA_ADAPTERS_H_

#include <string>
#include <vector>

#include "data/fields.h"
#include "data/table_file.h"

namespace hone {

enum class RowAdapter { kNone, kPrompts, kGsm8k, kMath, kHumanEval, kMbpp, kCodeContests, kMessages };
template <>
inline constexpr auto kEnumNames<RowAdapter> =
    std::to_array<EnumName<RowAdapter>>({{RowAdapter::kNone, "none"},
                                         {RowAdapter::kPrompts, "prompts"},
                                         {RowAdapter::kGsm8k, "gsm8k"},
                                         {RowAdapter::kMath, "math"},
                                         {RowAdapter::kHumanEval, "humaneval"},
                                         {RowAdapter::kMbpp, "mbpp"},
                                         {RowAdapter::kCodeContests, "code_contests"},
                                         {RowAdapter::kMessages, "messages"}});

// Columns by name, a dot for what lies within one. Empty: those of the adapter.
struct QuestionColumns {
  std::string prompt = "";
  std::string gold = "";
  std::string kind = "";
  std::vector<std::string> keep = {};

  bool operator==(const QuestionColumns&) const = default;
  template <class V>
  void Fields(V& v) {
    v.Field("prompt", prompt,
            "the question: a text, or chat messages (empty: the adapter's; prompt without one)");
    v.Field("gold", gold, "the reference answer (empty: the adapter's; gold without one)");
    v.Field("kind", kind,
            "what accuracy is also counted by, e.g. level (empty: the adapter's; none without one)");
    v.Field("keep", keep, "further columns that rewards get by name");
  }
};

// Tests of a CodeContests problem beyond these are left out: public ones come first, then private, then generated ones.
inline constexpr int kMostContestTests = 32;

// A question as a file has it; text or gold are empty where the row has none (null, blank, a solution without an answer).
struct FileQuestion {
  std::string text;
  std::string gold;
  std::string kind;
  std::string columns;  // Prompt.columns: the kept ones
};

// `language` is that of programs that the data set itself does not name. Error with `where`, what is missing and the columns there are, for
// a row without a column and for a value of another type.
FileQuestion ReadQuestion(const Row& row, RowAdapter adapter, const QuestionColumns& columns,
                          const std::string& language, const std::string& where);

}  // namespace hone

#endif  // HONE_DATA_ADAPTERS_H_
