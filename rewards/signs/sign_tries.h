// What a completion did on a sign puzzle, read from its thinking. Covered by tests/rewards/signs_test.cc.
#ifndef HONE_REWARDS_SIGNS_SIGN_TRIES_H_
#define HONE_REWARDS_SIGNS_SIGN_TRIES_H_

#include <cstdint>
#include <string_view>
#include <vector>

namespace hone {

// The thinking is what stands between the first <think> (else the start) and the first </think> after it (else the end). Commas part
// it; a try is a part that is exactly what is left to the target after the first number, then for every other number a sign and what
// is left after it (at most 6 digits each, perhaps with a minus), and then y or n: `7-9-11+8n`. Only wrong_steps asks whether
// what is left was written correctly: what a try really gives follows from its signs.
struct SignTries {
  int64_t thinking = 0;  // bytes of the thinking
  int64_t tries = 0;     // parts that are a try
  int64_t hits = 0;      // tries whose signs reach the target
  int64_t repeats = 0;   // tries with the signs of an earlier try of the completion
  int64_t steps = 0;     // rests written in tries: one for each number
  int64_t wrong_steps =
      0;                 // of these: not the rest written before (at first the target) less the signed number
  bool gave_up = false;  // the thinking ends with </think>, and the last try, if there is any, is no hit
};

// `numbers`: 2 to kMostSignNumbers (data/sign_puzzle.h) of at most 6 digits. Any text; time about linear in it.
SignTries ReadSignTries(std::string_view completion, const std::vector<int64_t>& numbers, int64_t target);

}  // namespace hone

#endif  // HONE_REWARDS_SIGNS_SIGN_TRIES_H_
