// Small C++ functions to write, with hidden tests: questions from a seed, two splits that cannot overlap, and the tokenizer made for
// them. Covered by tests/data/code_tasks_test.cc.
#ifndef HONE_DATA_CODE_TASKS_H_
#define HONE_DATA_CODE_TASKS_H_

#include <cstdint>
#include <string>
#include <utility>

#include "data/code_question.h"
#include "data/prompt_template.h"
#include "data/questions.h"
#include "data/random.h"
#include "data/types.h"

namespace hone {

// Every value on the way to its result is small for the arguments that CodeGold draws.
CodeQuestion DrawCodeQuestion(DataRandom& random);

inline constexpr int kCodeTests = 8;

// What the reward `code` reads: {"lang":"cpp","score":"all","limits":{..},"tests":[{"call":"f","args":[..],"returns":..},..]}
// with kCodeTests tests, decided by the question's text alone.
std::string CodeGold(const CodeQuestion& question);

// An endless data set: prompt #i depends on (seed, split, i) only; no constant passes a question's tests. Thread-safe.
class CodeTask {
 public:
  CodeTask(uint64_t seed, Split split, PromptTemplate prompt_template)
      : seed_(seed), split_(split), template_(std::move(prompt_template)) {}

  CodeQuestion QuestionAt(int64_t index) const;
  Prompt PromptAt(int64_t index) const;  // without ids; see WithIds

 private:
  uint64_t seed_;
  Split split_;
  PromptTemplate template_;
};

// <pad> <bos> <eos> <think> </think> <answer> </answer>, the words of C++ and of the questions, and single characters.
void WriteCodeTokenizer(const std::string& directory);

}  // namespace hone

#endif  // HONE_DATA_CODE_TASKS_H_
