// The anchors with brackets: \boxed{...} and, where the policy says so, [90]. Covered by
// tests/rewards/math_extract_test.cc.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "rewards/math/extract_parts.h"
#include "rewards/math/number_literal.h"
#include "rewards/math/parse.h"
#include "rewards/math/scale_words.h"

namespace hone {
namespace {

struct Box {
  size_t start = 0;  // of the command
  Part inside;
  bool closed = false;
};

// The length of \boxed or \fbox with the blanks after it, before a brace; 0 if there is none.
size_t BoxCommand(std::string_view text, size_t at) {
  for (const std::string_view name : {"\\boxed", "\\fbox"}) {
    if (!text.substr(at).starts_with(name)) continue;
    const size_t open = SkipBlanks(text, at + name.size());
    if (open < text.size() && text[open] == '{') return open - at;
    // \boxed5 is the box of one sign.
    const bool one =
        open < text.size() && (IsDigit(text[open]) || (open > at + name.size() && IsLetter(text[open])));
    return one ? open - at : 0;
  }
  return 0;
}

// All boxes in order of their commands, in one pass; braces count only while a box is open.
std::vector<Box> Boxes(std::string_view text, Part part) {
  std::vector<Box> boxes;
  std::vector<std::pair<size_t, int>> open;  // box and the depth around it
  int depth = 0;
  const std::string_view in = text.substr(0, part.end);
  for (size_t i = part.begin; i < in.size(); ++i) {
    if (open.empty()) i = std::min(in.find('\\', i), in.size());
    if (i >= in.size()) break;
    if (in[i] == '{') {
      ++depth;
    } else if (in[i] == '}') {
      --depth;
      if (!open.empty() && depth == open.back().second) {
        Box& box = boxes[open.back().first];
        box.inside.end = i;
        box.closed = true;
        open.pop_back();
      }
    } else if (in[i] == '\\') {
      const size_t size = BoxCommand(in, i);
      if (size == 0) {
        ++i;
        continue;
      }
      Box box;
      box.start = i;
      i += size;
      box.inside = {i + 1, i + 1};
      if (in[i] == '{') {
        open.emplace_back(boxes.size(), depth++);
      } else {
        box.inside = {i, i + 1};
        box.closed = true;
      }
      boxes.push_back(box);
    }
  }
  return boxes;
}

// Words between boxes that take the first one back, or go on from it.
constexpr auto kSteps = std::to_array<std::string_view>({"Actually", "Next", "Now", "Rather", "Sorry", "Then",
                                                         "Wait", "actually", "but", "correction", "mistake",
                                                         "no", "rather", "sorry", "then", "wait"});

// Whether what stands between two boxes makes a list of them: next to nothing, or a few words with a comma, "and", "or".
bool Joins(std::string_view gap) {
  constexpr size_t kFewCharacters = 10, kMaxGap = 80;
  constexpr int kFewWords = 5;
  const bool step = gap.find('=') != gap.npos && gap.find(" or ") == gap.npos;  // "x = 2 or x = 3" is none
  if (gap.size() > kMaxGap || step || gap.find("\\to") != gap.npos) return false;
  bool joiner = gap.find(',') != gap.npos || gap.size() < kFewCharacters;
  int words = 0;
  for (size_t i = 0; i < gap.size();) {
    const bool command = gap[i] == '\\';
    size_t end = i + command;
    while (end < gap.size() && IsLetter(gap[end])) ++end;
    const std::string_view word = gap.substr(i, end - i);
    if (!command && !word.empty()) {
      ++words;
      joiner |= word == "and" || word == "or";
      if (std::find(kSteps.begin(), kSteps.end(), word) != kSteps.end()) return false;
    }
    if (gap.size() >= kFewCharacters && word.empty() && (gap[i] == '.' || gap[i] == '\n' || gap[i] == '?'))
      return false;
    i = std::max(end, i + 1);
  }
  return joiner && words <= kFewWords;
}

size_t EndOfBox(const Box& box, std::string_view text) {
  return box.inside.end + (box.inside.end < text.size() && text[box.inside.end] == '}' ? 1 : 0);
}

// The word "million" and its like after \boxed{3}.
std::string_view ScaleAfter(std::string_view text, size_t at) {
  while (at < text.size() && std::string_view(" $~").find(text[at]) != std::string_view::npos) ++at;
  if (text.substr(at).starts_with("\\text{")) at = SkipBlanks(text, at + 6);
  size_t end = at;
  while (end < text.size() && IsLetter(text[end])) ++end;
  const std::string_view word = text.substr(at, end - at);
  const ScaleWord* scale = FindScaleWord(word);
  return scale != nullptr && scale->kind == ScaleWord::Kind::kTimes ? word : std::string_view();
}

}  // namespace

size_t PercentAfter(std::string_view text, size_t end) {
  size_t at = end;
  while (at < text.size() && (text[at] == ' ' || text[at] == '$')) ++at;
  if (text.substr(at).starts_with("\\)")) at = SkipBlanks(text, at + 2);
  for (const std::string_view sign : {"\\%", "%", "percent", "per cent", "pct"}) {
    if (text.substr(at).starts_with(sign)) return at + sign.size();
  }
  return end;
}

Look FindBox(std::string_view text, Part part, const MathPolicy& policy, Extraction& out) {
  const std::vector<Box> boxes = Boxes(text, part);
  if (boxes.empty()) return Look::kAbsent;
  if (!boxes.back().closed) {
    out.reason = "the last box is not terminated";
    return Look::kBroken;
  }
  if (Trimmed(text, boxes.back().inside).empty()) {
    out.reason = "the last box is empty";
    return Look::kBroken;
  }
  if (DeniedBefore(text, part, boxes.back().start, false) ||
      DeniedAfter(text, part, EndOfBox(boxes.back(), text))) {
    out.reason = "the last box is what the answer is not";
    return Look::kBroken;
  }
  size_t first = boxes.size() - 1;
  while (first > 0 && policy.join_boxes != JoinBoxesRule::kLast) {
    const Box& before = boxes[first - 1];
    const size_t end = EndOfBox(before, text);
    if (!before.closed || end > boxes[first].start || Trimmed(text, before.inside).empty()) break;
    if (policy.join_boxes == JoinBoxesRule::kAdjacent && !Joins(text.substr(end, boxes[first].start - end)))
      break;
    --first;
  }
  std::vector<std::string_view> distinct;
  for (size_t i = first; i < boxes.size(); ++i) {
    const std::string_view inside = In(text, Trimmed(text, boxes[i].inside));
    if (distinct.size() < 64 && std::find(distinct.begin(), distinct.end(), inside) == distinct.end())
      distinct.push_back(inside);
  }
  const std::string of = boxes.size() == 1 ? "" : " of " + std::to_string(boxes.size());
  if (distinct.size() <= 1) first = boxes.size() - 1;
  Fill(text, {boxes[first].inside.begin, boxes.back().inside.end}, "last \\boxed" + of, out);
  out.text = distinct.front();
  for (size_t i = 1; i < distinct.size(); ++i) (out.text += ", ") += distinct[i];
  if (distinct.size() > 1)
    out.reason = "last " + std::to_string(distinct.size()) + " \\boxed" + of + ", as one list";
  const size_t after = EndOfBox(boxes.back(), text), percent = PercentAfter(text.substr(0, part.end), after);
  if (percent != after) {
    out.alternative = out.text;
    out.text += " \\%";
    out.end = percent;
  }
  if (const std::string_view scale = ScaleAfter(text.substr(0, part.end), out.end > after ? out.end : after);
      !scale.empty()) {
    (out.text += ' ') += scale;
    out.end = static_cast<size_t>(scale.data() + scale.size() - text.data());
  }
  return AddOthers(text, part, out.end > after ? out.end : after, policy, out);
}

Look FindBracket(std::string_view text, Part part, const MathPolicy& policy, Extraction& out) {
  const std::string_view in = In(text, part);
  const size_t close = in.rfind(']');
  const size_t open = close == in.npos ? in.npos : in.rfind('[', close);
  if (open == in.npos || close - open > kMaxAnswerBytes) return Look::kAbsent;
  const Part inside = Trimmed(text, {part.begin + open + 1, part.begin + close});
  if (inside.empty() || !ParseMath(In(text, inside), policy).ok) return Look::kAbsent;
  Fill(text, inside, "last [...]", out);
  return Look::kFound;
}

}  // namespace hone
