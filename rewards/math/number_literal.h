// Numbers as they are written: digits with separators, a point, digits that repeat, an exponent. Covered by
// tests/rewards/math_parse_test.cc.
#ifndef HONE_REWARDS_MATH_NUMBER_LITERAL_H_
#define HONE_REWARDS_MATH_NUMBER_LITERAL_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hone {

struct NumberLiteral {
  std::string digits;       // without separators and point; also letters, of a number in a base above ten
  int fraction_digits = 0;  // how many of them stand after the point
  int repeating = 0;        // how many of the last repeat for ever
  int64_t exponent = 0;     // of ten, after the e; far beyond kMaxDecimalExponent when it was
  bool whole = true;        // nothing but digits and separators
  size_t end = 0;           // byte after the literal
};

// The literal at `at`, where a digit stands, or a point and a digit. `list_commas`: a bare comma parts the elements of
// a list, never thousands.
NumberLiteral ScanNumber(std::string_view text, size_t at, bool list_commas);

// How many digits at the end of 0.1666..., 0.142857142857... go on for ever; 0 if that is not clear.
int RepeatingDigits(const NumberLiteral& literal);

inline bool IsDigit(char c) { return c >= '0' && c <= '9'; }
inline bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Whether the text is a day such as 2023-05-01 and nothing else, but for blanks, dollar signs and a full stop around it.
bool IsDate(std::string_view text);

// The first byte from `at` that is no blank.
size_t SkipBlanks(std::string_view text, size_t at);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_NUMBER_LITERAL_H_
