// The anchors that ExtractAnswer() looks for, one function each. Covered by tests/rewards/math_extract_test.cc.
#ifndef HONE_REWARDS_MATH_EXTRACT_PARTS_H_
#define HONE_REWARDS_MATH_EXTRACT_PARTS_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "rewards/math/extract.h"

namespace hone {

// Part of a completion: bytes [begin, end).
struct Part {
  size_t begin = 0, end = 0;
  bool empty() const { return begin >= end; }
};

inline std::string_view In(std::string_view text, Part part) {
  return text.substr(part.begin, part.end - part.begin);
}
// As string_view::rfind, many times as fast in long texts.
size_t FindLast(std::string_view text, std::string_view what, size_t from = std::string_view::npos);
// Without blanks at both ends.
Part Trimmed(std::string_view text, Part part);

enum class Look { kAbsent, kBroken, kFound };  // broken: it is there, and says nothing

// Each looks within `part` of `text`; where it finds, it fills `out`, and where it is broken, out.reason.
Look FindBox(std::string_view text, Part part, const MathPolicy& policy, Extraction& out);
Look FindHash(std::string_view text, Part part, const MathPolicy& policy, Extraction& out);
Look FindPhrase(std::string_view text, Part part, const MathPolicy& policy, Extraction& out);
Look FindBracket(std::string_view text, Part part, const MathPolicy& policy, Extraction& out);
// The last formula or number.
Look FindExpression(std::string_view text, Part part, const MathPolicy& policy, Extraction& out);
// The first one; what a phrase announces.
Part FirstExpression(std::string_view text, Part part, const MathPolicy& policy);

// The formula that begins at `part.begin` with a math delimiter, with those that "and" or a comma join to it; empty if
// it is not closed or there is no delimiter.
Part FormulaAt(std::string_view text, Part part);

inline constexpr size_t kMaxFormula = 2000;  // bytes of one in running text; none that is longer is looked at

struct Plain {
  Part found;
  bool torn = false;    // nothing found: values stand side by side, and none of them is the answer
  bool denied = false;  // there was one that words beside it deny
};
// In plain text, the last value or formula between words, with what "and", "or" and commas list beside it; the first
// one alone where `from_front`.
Plain PlainExpression(std::string_view text, Part part, bool from_front, const MathPolicy& policy);
// Whether it can be read, and says more than words do.
bool Parses(std::string_view text, Part part, const MathPolicy& policy);

// ---- extract_twist.cc: what the words beside an answer make of it; all look no farther than 120 bytes
// Whether they say before `begin` that it is not: "isn't", "not equal to", "I don't think that it is"; with
// `bounds` also "at least", "more than".
bool DeniedBefore(std::string_view text, Part part, size_t begin, bool bounds);
// "is wrong", "is not the answer".
bool DeniedAfter(std::string_view text, Part part, size_t end);
// Whether either says so of `found`; bounds count unless that is an equation: "as many as 3+6=9" is 9.
bool IsDenied(std::string_view text, Part part, Part found);
// Whether "or" after `end` offers other answers: one that begins at `other`, or words such as "more", and then
// `other` is `end`. "or about", "or equivalently" repeat the same one.
bool OthersAfter(std::string_view text, Part part, size_t end, size_t& other);
// Whether the value before `begin` stands against the one there: "4, otherwise", "4 through", "from 4 to".
bool OthersBefore(std::string_view text, Part part, size_t begin);
// Whether an answer has such words in itself: "5 is wrong", "at most 5", "5 and a half".
bool IsTwisted(std::string_view text);
// Adds those to the answer in `out`, which ends at `end`; kBroken, and `out` without an answer, if they cannot be read.
Look AddOthers(std::string_view text, Part part, size_t end, const MathPolicy& policy, Extraction& out);

// ---- extract_words.cc
// "5" of "five", "-5/2" of "minus two and a half", "5 apples" of "five apples"; empty if it is no number in words.
std::string NumberInWords(std::string_view text);
// Reads "negative 5" in or before the answer, "five" and "option B" as what they stand for.
void ReadWords(std::string_view text, Part part, Extraction& out);
// The part before ", not A", "rather than A", "because ..."; all of it if there is none.
Part BeforeContrast(std::string_view text, Part part);

// Where a percent sign or word right after `end` ends; `end` if there is none.
size_t PercentAfter(std::string_view text, size_t end);

void Fill(std::string_view text, Part part, std::string reason, Extraction& out);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_EXTRACT_PARTS_H_
