// Which part of a completion is its answer. Covered by tests/rewards/math_extract_test.cc.
#ifndef HONE_REWARDS_MATH_EXTRACT_H_
#define HONE_REWARDS_MATH_EXTRACT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "rewards/math/policy.h"

namespace hone {

// In order of precedence; the first that the completion has is the answer's anchor, and a broken one (an unterminated
// last box, an empty answer tag) is no answer rather than a reason to look at the next.
enum class Anchor : uint8_t {
  kNone,
  kAnswerTag,   // <answer>...</answer>; a box or phrase inside it is looked for first
  kBox,         // \boxed{...}, \fbox{...}
  kHash,        // #### 42 on a line of its own, GSM8K's way
  kPhrase,      // "the final answer is ...", "answer: ...", "answer is ..."; the last one
  kExpression,  // no anchor: the last formula or number; or the whole text when it is an answer by itself
  kBracket,     // [90] in plain text, under bracket_answer=on
};
const char* AnchorName(Anchor anchor);  // "box"

struct Extraction {
  bool found = false;
  Anchor anchor = Anchor::kNone;
  size_t begin = 0,
         end = 0;  // bytes of the completion that hold the answer; of joined boxes, from first to last
  // The answer as ParseMath takes it. Not always the bytes of the span: joined boxes have ", " between them, and a
  // percent sign after a box belongs to it.
  std::string text;
  // Another reading of the same answer that counts as well, or empty: \boxed{10}\% is "10 \%" or "10".
  std::string alternative;
  // Words beside a value make it another, or none: "5 is wrong", "at most 5". It equals only the same words.
  bool words = false;
  std::string reason;  // "last \boxed of 3", "the last box is not terminated"
};

// A completion has one answer or none: what words deny ("isn't 3") or offer beside others ("3 or more") is none, or is
// left as the text it is; see README.md. Works for completions, bare answers, and reference solutions alike. Never
// throws; linear time and memory whatever the bytes. Thread-safe.
Extraction ExtractAnswer(std::string_view completion, const MathPolicy& policy);

// What a short completion without any value says in one sentence, for golds that are words: "even" of "The function is
// even.", "yes" of "Yes, it is."; the completion itself if it is no such sentence, empty if it is longer.
std::string_view PredicateOf(std::string_view completion);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_EXTRACT_H_
