// Arithmetic questions from a seed, with a train and a held-out split that cannot overlap, and the tokenizer
// made for them. Covered by tests/data/arithmetic_test.cc.
#ifndef HONE_DATA_ARITHMETIC_H_
#define HONE_DATA_ARITHMETIC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "data/prompt_template.h"
#include "data/questions.h"
#include "data/random.h"
#include "data/types.h"

namespace hone {

// What is asked; see kArithmeticKinds for ranges and weights.
enum class ArithmeticKind { kSum2, kSum3, kDifference, kTimesDigit, kTimesTwoDigits, kTimesThenAdd };

struct ArithmeticKindInfo {
  ArithmeticKind kind;
  const char* name;  // Prompt.kind
  int weight;        // out of 100
};

inline constexpr ArithmeticKindInfo kArithmeticKinds[] = {
    {ArithmeticKind::kSum2, "sum2", 20},              // 2 to 4 digits each
    {ArithmeticKind::kSum3, "sum3", 15},              // 2 to 3 digits each
    {ArithmeticKind::kDifference, "difference", 20},  // 2 to 4 digits each, never negative
    {ArithmeticKind::kTimesDigit, "times1", 20},      // 2 to 4 digits times 2..9
    {ArithmeticKind::kTimesTwoDigits, "times2", 10},  // 10..99 times 11..99
    {ArithmeticKind::kTimesThenAdd, "times_add",
     15},  // 2 to 3 digits times 2..9, plus or minus 2 to 3 digits
};

const char* ArithmeticKindName(ArithmeticKind kind);

// A question as its operands; `75*8-14` is {kTimesThenAdd, {75, 8, -14}}.
struct ArithmeticQuestion {
  ArithmeticKind kind;
  std::vector<int64_t> operands;

  std::string Text() const;  // "75*8-14"
  int64_t Answer() const;    // never negative
};

// Number of digits uniform, then the number uniform.
ArithmeticQuestion DrawArithmeticQuestion(DataRandom& random);

// An endless data set: prompt #i depends on (seed, split, i) only. Thread-safe.
class ArithmeticTask {
 public:
  ArithmeticTask(uint64_t seed, Split split, PromptTemplate prompt_template)
      : seed_(seed), split_(split), template_(std::move(prompt_template)) {}

  ArithmeticQuestion QuestionAt(int64_t index) const;
  Prompt PromptAt(int64_t index) const;  // without ids; see WithIds

 private:
  uint64_t seed_;
  Split split_;
  PromptTemplate template_;
};

// The 55 tokens of the tiny base: <pad> <bos> <eos> <think> </think> <answer> </answer>, digits, + - * = ? ,
// ; : Q A, space, newline, a to z. Not padded.
void WriteArithmeticTokenizer(const std::string& directory);

}  // namespace hone

#endif  // HONE_DATA_ARITHMETIC_H_
