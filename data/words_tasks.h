// Arithmetic and general questions in English and German: from a seed, with two splits that cannot overlap, and the tokenizer made
// for them. Covered by tests/data/words_test.cc.
#ifndef HONE_DATA_WORDS_TASKS_H_
#define HONE_DATA_WORDS_TASKS_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "data/fields.h"
#include "data/prompt_template.h"
#include "data/questions.h"
#include "data/random.h"
#include "data/types.h"

namespace hone {

// What is asked; see kWordsKinds.
enum class WordsKind { kAdd, kSubtract, kTimes, kCopy, kSort, kCount, kCompare };

struct WordsKindInfo {
  WordsKind kind;
  const char* name;  // Prompt.kind
  int weight;        // out of 100
  bool reasoning;    // arithmetic; the others are general tasks
};

inline constexpr WordsKindInfo kWordsKinds[] = {
    {WordsKind::kAdd, "add", 20, true},            // 2 to 3 digits each
    {WordsKind::kSubtract, "subtract", 20, true},  // 2 to 3 digits each, never negative nor 0
    {WordsKind::kTimes, "times", 20, true},        // 2 to 3 digits times 2..9
    {WordsKind::kCopy, "copy", 10, false},         // a number of 3 to 6 digits
    {WordsKind::kSort, "sort", 10, false},         // 3 to 6 different digits of 1..9
    {WordsKind::kCount, "count", 10, false},       // one of b c d f among 4 to 8 of them
    {WordsKind::kCompare, "compare", 10, false},   // the larger of two numbers of 2 to 4 digits
};

const WordsKindInfo& InfoOf(WordsKind kind);

enum class WordsLanguage { kEnglish, kGerman };
const char* LanguageCode(WordsLanguage language);  // "en", "de"

// Which questions a task asks.
enum class WordsSubset { kAll, kReasoning, kGeneral };
template <>
inline constexpr auto kEnumNames<WordsSubset> = std::to_array<EnumName<WordsSubset>>(
    {{WordsSubset::kAll, "all"}, {WordsSubset::kReasoning, "reasoning"}, {WordsSubset::kGeneral, "general"}});

struct WordsQuestion {
  WordsKind kind;
  WordsLanguage language;
  std::vector<int64_t> numbers;  // the operands, the number, or the digits in the order asked
  std::string letters;           // kCount: the letter, then those it is counted among

  std::string Key() const;     // the same in both languages; decides the split
  std::string Text() const;    // "what is 47 + 85", "was ist 47 + 85"
  std::string Answer() const;  // always a number: digits without leading zeros
};

WordsQuestion DrawWordsQuestion(DataRandom& random);

// An endless data set: prompt #i depends on (seed, split, subset, i) only. Prompt.columns names the question's language. Thread-safe.
class WordsTask {
 public:
  WordsTask(uint64_t seed, Split split, PromptTemplate prompt_template,
            WordsSubset subset = WordsSubset::kAll)
      : seed_(seed), split_(split), template_(std::move(prompt_template)), subset_(subset) {}

  WordsQuestion QuestionAt(int64_t index) const;
  Prompt PromptAt(int64_t index) const;  // without ids; see WithIds

 private:
  uint64_t seed_;
  Split split_;
  PromptTemplate template_;
  WordsSubset subset_;
};

// <pad> <bos> <eos> <think> </think> <answer> </answer>, the words of both languages, and single characters.
void WriteWordsTokenizer(const std::string& directory);

}  // namespace hone

#endif  // HONE_DATA_WORDS_TASKS_H_
