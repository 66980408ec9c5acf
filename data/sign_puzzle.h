// The sign puzzle: choose the signs with which digits reach a target. Questions from a seed, with two splits that cannot overlap, and
// the tokenizer made for them. Covered by tests/data/sign_puzzle_test.cc.
#ifndef HONE_DATA_SIGN_PUZZLE_H_
#define HONE_DATA_SIGN_PUZZLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/prompt_template.h"
#include "data/questions.h"
#include "data/random.h"
#include "data/types.h"

namespace hone {

inline constexpr size_t kMostSignNumbers = 20;
inline constexpr size_t kMostSignDigits = 6;  // of a number

// `8+2-2+3`: numbers with a sign before each but the first, which is positive.
struct SignExpression {
  std::vector<int64_t> numbers;
  std::vector<bool> minus;  // of numbers[1], numbers[2], ...

  int64_t Value() const;
  std::string Text() const;
};

// Exactly what Text writes for 2 to kMostSignNumbers numbers of at most kMostSignDigits, without blanks or leading zeros; nullopt for
// anything else. Linear time.
std::optional<SignExpression> ParseSignExpression(std::string_view text);

// How many of the 2^(n-1) choices of signs, the first number positive, reach `target`. `numbers` is not empty and has at most
// kMostSignNumbers.
int64_t CountSignChoices(const std::vector<int64_t>& numbers, int64_t target);

// `count` signs, each + or - with the same chance.
std::vector<bool> DrawSigns(size_t count, DataRandom& random);

// A question and the signs it was made by: one of its answers.
struct SignQuestion {
  SignExpression solution;

  std::string Text() const;  // "8,2,2,3=15"
  std::string Kind() const;  // "signs4": how many digits
};

// 3, 4 or 5 digits of 1..9, equally likely; signs drawn at random until their sum is 0 or more.
SignQuestion DrawSignQuestion(DataRandom& random);
// The same of one split.
SignQuestion DrawSignQuestion(Split split, DataRandom& random);

// An endless data set: prompt #i depends on (seed, split, i) only. Prompt.gold is an expression that reaches the target, so that it
// holds numbers and target; any other with the same numbers and value is as right. Thread-safe.
class SignTask {
 public:
  SignTask(uint64_t seed, Split split, PromptTemplate prompt_template)
      : seed_(seed), split_(split), template_(std::move(prompt_template)) {}

  SignQuestion QuestionAt(int64_t index) const;
  Prompt PromptAt(int64_t index) const;  // without ids; see WithIds

 private:
  uint64_t seed_;
  Split split_;
  PromptTemplate template_;
};

// <pad> <bos> <eos> <think> </think> <answer> </answer>, `easy`, and single characters.
void WriteSignTokenizer(const std::string& directory);

}  // namespace hone

#endif  // HONE_DATA_SIGN_PUZZLE_H_
