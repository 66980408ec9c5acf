// The words that make something of the number beside them; every list of words that extraction has. Covered by
// tests/rewards/math_twist_test.cc.
#ifndef HONE_REWARDS_MATH_WORD_CLASSES_H_
#define HONE_REWARDS_MATH_WORD_CLASSES_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace hone {

// What a word may do; many do several things. V is the value.
enum WordClass : uint32_t {
  // Before V
  kLink = 1 << 0,      // stands between a word that does something and V: "not exactly V"
  kVerb = 1 << 1,      // parts it from what is said of something else: "half of x is V"
  kNot = 1 << 2,       // "not V", also after it: "V is not right"
  kDenial = 1 << 3,    // "I doubt that it is V"
  kApart = 1 << 4,     // "except V", as kDenial within its own clause
  kContrast = 1 << 5,  // likewise with "than", "from", "of", "out" after it: "other than V"
  kBound = 1 << 6,     // "under V", "twice V": another number than V
  kDegree = 1 << 7,    // likewise with "at", "as" before it: "at least V"
  kPartOf = 1 << 8,    // likewise with "of" after it: "the root of V"
  kSum = 1 << 9,       // "add up to V" is V, "up to V" is not
  // After V
  kGlue = 1 << 10,     // stands between V and a verdict: "V, but that is wrong"
  kCopula = 1 << 11,   // likewise, and says that the verdict is about V
  kBad = 1 << 12,      // a verdict: "V is wrong"
  kGood = 1 << 13,     // one with kNot before it: "V is not right"
  kBeyond = 1 << 14,   // with "and", "or": "V and above"
  kLimit = 1 << 15,    // "V tops"
  kPostfix = 1 << 16,  // "V squared"
  kInfix = 1 << 17,    // "V plus 1"
  kRival = 1 << 18,    // between two values: "V or possibly 4"
  kFar = 1 << 19,      // likewise anywhere after V: "V if x > 0, else 4"
  kAgain = 1 << 20,    // after "or": "V, or about 4", "V or so" say V again
  // By themselves
  kNumber = 1 << 21,    // "five"
  kFraction = 1 << 22,  // "half", "thirds"
  kAny = 1 << 23,       // as kContrast with "but": "any number but V"
};

struct WordEntry {
  std::string_view word;
  uint32_t classes = 0;
  int number = 0;  // of kNumber its value, of kFraction the denominator
};

// The entry of a word in lower case, one without classes if there is none.
const WordEntry& FindWord(std::string_view word);
inline bool Is(std::string_view word, uint32_t classes) { return (FindWord(word).classes & classes) != 0; }
// Whether it is "not", "isn't" or one of their kind.
bool IsNot(std::string_view word);

// In lower case; both apostrophes are one.
std::string LowerWord(std::string_view word);
// Letters, apostrophes and all that is no ASCII.
bool IsWordByte(char c);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_WORD_CLASSES_H_
