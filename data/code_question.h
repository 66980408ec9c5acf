// A small C++ function described in words: its text, a plan, its program, and its value computed by rules of our own. Covered by
// tests/data/code_tasks_test.cc.
#ifndef HONE_DATA_CODE_QUESTION_H_
#define HONE_DATA_CODE_QUESTION_H_

#include <array>
#include <cstdint>
#include <string>

namespace hone {

// What is asked; see kCodeKinds for an example of each.
enum class CodeKind { kChain, kChoose, kPick, kClamp, kSeries, kCount, kDigits, kPower };

struct CodeKindInfo {
  CodeKind kind;
  const char* name;  // Prompt.kind
  int weight;        // out of 100
};

inline constexpr CodeKindInfo kCodeKinds[] = {
    {CodeKind::kChain, "chain", 20},    // a plus 3, times b, minus 4
    {CodeKind::kChoose, "choose", 20},  // if a is less than 7 then b else a plus 2, times 3
    {CodeKind::kPick, "pick", 15},      // the distance of a plus 3 and b, minus 4
    {CodeKind::kClamp, "clamp", 10},    // a times 2 kept from 3 to 12, plus b
    {CodeKind::kSeries, "series", 12},  // the sum of i times i for i from 2 to a, plus 3
    {CodeKind::kCount, "count", 8},     // how many i from 1 to b leave 2 by 5, plus 3
    {CodeKind::kDigits, "digits", 8},   // the largest digit of a in base 7, times 2
    {CodeKind::kPower, "power", 7},     // a plus 1 to the power b, minus 3
};

const char* CodeKindName(CodeKind kind);

// What CodeQuestion::choice means for kPick, kSeries and kDigits.
enum PickChoice { kLarger, kSmaller, kDistance };
enum SeriesChoice { kSum, kProduct };
enum DigitsChoice { kDigitSum, kDigitNumber, kLargestDigit, kDigitMatches };

using CodeArguments = std::array<int64_t, 3>;  // of a, b and c

// `a`, or `i plus 3`, or `a times b`.
struct CodeTerm {
  char variable = 'a';
  char op = 0;     // '+', '-', '*', or 0 for the variable alone
  char other = 0;  // the second variable, or 0 for `number`
  int number = 0;

  std::string Words() const;                                                  // "a plus 3"
  std::string Code() const;                                                   // "a+3"
  int64_t OperandValue(const CodeArguments& arguments, int64_t i = 0) const;  // what stands after op
  int64_t Value(const CodeArguments& arguments, int64_t i = 0) const;         // `i` is that of the variable i
};

// One function of one to three ints. Which members a kind reads is in code_question.cc, at its words.
struct CodeQuestion {
  CodeKind kind = CodeKind::kChain;
  int parameters = 1;
  CodeTerm condition;  // its op is '<', '>', 'l' (at most), 'g' (at least) or '='
  CodeTerm first, second;
  int choice = 0;  // one of the enums above
  int low = 0, high = 0, step = 1;
  CodeTerm last;  // a step on the result, `plus 3`: its variable is not read, and with op 0 there is none

  std::string Signature() const;  // "int f(int a,int b)"
  std::string Text() const;       // "int f(int a,int b) // a plus 3, times b"
  std::string Plan() const;       // "a+3,*b": the pieces of the program in the order of the words
  std::string Program() const;    // "int f(int a,int b){return (a+3)*b;}"
  int64_t Value(const CodeArguments& arguments) const;
};

}  // namespace hone

#endif  // HONE_DATA_CODE_QUESTION_H_
