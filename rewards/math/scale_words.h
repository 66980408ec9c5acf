// Words after a number that multiply it: "1.5 million", "2 thirds", "3 squared". Covered by tests/rewards/math_scale_test.cc.
#ifndef HONE_REWARDS_MATH_SCALE_WORDS_H_
#define HONE_REWARDS_MATH_SCALE_WORDS_H_

#include <cstdint>
#include <string_view>

namespace hone {

struct ScaleWord {
  enum class Kind : uint8_t {
    kTimes,      // million: times `number`
    kPart,       // thirds: over `number`, after a whole number
    kOnePart,    // third: likewise, after 1 only ("5 third graders")
    kPower,      // squared: to the power `number`
    kFactorial,  // no number
  };
  std::string_view word;
  Kind kind = Kind::kTimes;
  int64_t number = 1;
};

// The entry of a word, in small letters or with a capital; null if it is none.
const ScaleWord* FindScaleWord(std::string_view word);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_SCALE_WORDS_H_
