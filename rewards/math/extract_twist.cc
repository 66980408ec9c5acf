// What the words beside an answer make of it: "isn't 3", "3 or more". Covered by tests/rewards/math_twist_test.cc.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "rewards/math/extract_parts.h"
#include "rewards/math/number_literal.h"
#include "rewards/math/units.h"
#include "rewards/math/word_classes.h"

namespace hone {
namespace {

constexpr size_t kReach = 120;     // bytes beside an answer that are looked at
constexpr size_t kMostWords = 24;  // likewise, after it

bool Among(char c, std::string_view some) { return some.find(c) != some.npos; }

// The word that ends at `end`, within the clause.
std::string_view WordBefore(std::string_view text, size_t end) {
  size_t begin = end;
  while (begin > 0 && IsWordByte(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

std::string_view WordAfter(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && IsWordByte(text[end])) ++end;
  return text.substr(at, end - at);
}

size_t SkipBack(std::string_view text, size_t at) {
  while (at > 0 && Among(text[at - 1], " *_")) --at;
  return at;
}

// Back over what may stand between words and the formula they speak of.
size_t SkipOpenings(std::string_view text, size_t at) {
  while (at > 0 && Among(text[at - 1], " \t*$(\\[{}\"`_:")) --at;
  return at;
}

// Past closing marks of formulas and emphasis, and blanks.
size_t SkipClosings(std::string_view text, size_t at) {
  while (at < text.size()) {
    const bool command = text[at] == '\\' && at + 1 < text.size() && Among(text[at + 1], ")],;! ");
    if (command) {
      at += 2;
    } else if (text.substr(at).starts_with("\\text{")) {
      at += 6;
    } else if (Among(text[at], " *$_`\"}")) {
      ++at;
    } else {
      break;
    }
  }
  return at;
}

// ---- before

std::string_view Window(std::string_view text, Part part, size_t begin) {
  const size_t from = std::max(part.begin, begin - std::min(begin, kReach));
  return text.substr(from, begin - from);
}

// What `word` does to the value, when `later` is the word after it and the value follows over links only.
bool Bounds(std::string_view word, std::string_view later, bool degree, std::string_view before) {
  if (later == "to" && word == "up") return !Is(LowerWord(WordBefore(before, before.size())), kSum);
  if (word == "but")
    return later.empty() && !WordBefore(before, before.size()).empty();  // "any number but 5"
  return Is(word, kBound) || (degree && (word == "at" || word == "as")) ||
         (later == "of" && Is(word, kPartOf | kFraction));
}

// ---- after

// What is said right after a value, to the end of the clause.
struct Said {
  std::vector<std::string> words;  // lower case; numbers and formulas as "#", a comma or bracket as ","
  bool question = false;           // "5? No"

  std::string_view operator[](size_t i) const { return i < words.size() ? words[i] : std::string_view(); }
  bool mark() const { return (*this)[0] == ","; }
  // "#", "five"; "it is #" too.
  bool IsValue(size_t i) const {
    while ((*this)[i] == "be" || (*this)[i] == "is" || (*this)[i] == "it" || (*this)[i] == "also") ++i;
    return (*this)[i] == "#" || Is((*this)[i], kNumber);
  }
};

// Where the next sentence begins if it is about the value too: ". That is", ". No, wait"; `at` if it is not.
size_t NextSentence(std::string_view in, size_t at, bool& question) {
  if (!in.substr(at).starts_with(". ") && !in.substr(at).starts_with("; ")) return at;
  const size_t next = SkipClosings(in, at + 1);
  const std::string word = LowerWord(WordAfter(in, next));
  question = word == "no" && in.substr(next + word.size()).starts_with(", ");
  return question || word == "that" || word == "this" || word == "that's" ? next : at;
}

Said SaidAfter(std::string_view text, Part part, size_t end) {
  const std::string_view in = text.substr(0, std::min(part.end, end + kReach));
  Said said;
  size_t at = SkipClosings(in, std::min(end, in.size()));
  said.question = at < in.size() && in[at] == '?';
  at = said.question ? SkipClosings(in, at + 1) : NextSentence(in, at, said.question);
  bool was_mark = false;
  while (at < in.size() && !Among(in[at], ".;:?!)=/+<>\n") && said.words.size() < kMostWords) {
    const std::string_view word = WordAfter(in, at);
    const bool number = word.empty() && (IsDigit(in[at]) || in[at] == '$' || in[at] == '\\');
    const bool mark = Among(in[at], ",(-") || word == "\u2014" || word == "\u2013";
    if (number || (!word.empty() && !mark)) said.words.push_back(number ? "#" : LowerWord(word));
    if (mark && !was_mark) said.words.emplace_back(",");
    was_mark = mark;
    at += std::max<size_t>(word.size(), 1);
    if (number) at = std::min(in.find_first_of(" ,;:?!()\n}", at), in.size());
    if (!word.empty() && at + 1 < in.size() && in[at] == '*' && IsDigit(in[at + 1])) break;
    if (word == "vs" && at < in.size() && in[at] == '.') ++at;
    at = SkipClosings(in, at);
  }
  return said;
}

// "is wrong", "(wrong)", "is clearly not right", "does not work" from word `i` on.
bool IsVerdict(const Said& said, size_t i) {
  bool linked = false, negated = false;
  for (; i < said.words.size(); ++i) {
    const std::string_view word = said[i];
    const bool last = i + 1 == said.words.size();  // "5 is out", but "5 turned out to be right"; "5, too"
    const bool bad = Is(word, kBad) && (word == "too" ? !last : word != "out" || last);
    if (word == "," || Is(word, kCopula)) {
      linked = true;
    } else if (word == "don't" || word == "aren't" || word == "weren't") {
      return false;  // of several: "5 don't work" counts them
    } else if (IsNot(word)) {
      linked = negated = true;
    } else if (bad || Is(word, kGood)) {
      const bool article = i > 0 && (said[i - 1] == "the" || said[i - 1] == "a" || said[i - 1] == "an");
      if (article && !last && !Is(said[i + 1], kLink | kNumber)) return false;  // "B, the false statement"
      return (linked || word == "fails") && bad != negated && said[i + 1] != "otherwise";
    } else if (!Is(word, kGlue) && !word.ends_with("ly")) {
      return false;
    }
  }
  return negated && said.words.back().size() > 1;  // "5 is not it", but "B, not A"
}

// "at most", "and above", "tops", "more than x" from word `i` on.
bool IsBoundAfter(const Said& said, size_t i) {
  if (said[i] == "or" && said[i + 1] == "so") i += 2;
  const std::string_view first = said[i], second = said[i + 1], third = said[i + 2];
  if (first == "at") return Is(second == "the" ? third : second, kDegree | kLimit);
  if (first == "and" || first == "or") return Is(second, kBeyond) && third != "precisely";
  if (Is(first, kLimit)) return second.empty();
  return second == "than" && Is(first, kBeyond) && (third == "#" || (third.size() == 1 && third != "a"));
}

// "squared", "plus 1", "and a half", "and 20 minutes": the value is only part of a number.
bool IsPart(const Said& said) {
  const std::string_view first = said[0], second = said[1];
  if (Is(first, kPostfix) || first == "decimal" || first == "significant")
    return true;  // "to 5 decimal places"
  if (first == "to" && second == "the") return said[2] == "power" || said[3] == "power";
  if (first == "with") return second == "remainder" || said[2] == "remainder";
  if (Is(first, kInfix)) {  // "divided by 2", "plus or minus 2"
    size_t next = 1;
    while (said[next] == "by" || said[next] == "or" || Is(said[next], kInfix)) ++next;
    return said.IsValue(next) && (first != "over" || said.words.size() == 2);  // "$5 over 2 weeks"
  }
  if (first == "and" && (second == "a" || Is(second, kNumber))) return Is(said[2], kFraction);
  const bool unit = first != "and" && first != "in" && FindUnit(first) != nullptr;
  const size_t more = (unit ? 1 : 0) + (said[unit ? 1 : 0] == "and" ? 1 : 0);
  return more > 0 && said[more] == "#" && FindUnit(said[more + 1]) != nullptr &&
         said.words.size() == more + 2;
}

// "otherwise 4", "to 4", "(could also be 4)", "if x > 0, else 4": another value beside the one before.
bool OffersRival(const Said& said) {
  const auto is_place = [](std::string_view word) {  // "5 to two decimal places"
    return word == "decimal" || word == "decimals" || word == "digits" || word == "figures" ||
           word == "places" || word == "significant";
  };
  const size_t first = said.mark() ? 1 : 0;
  for (size_t i = 0; i < said.words.size(); ++i) {
    const std::string_view word = said[i];
    const bool near = i == first && (Is(word, kRival) || word == "could" || word == "might" || word == "may");
    if ((near || Is(word, kFar)) && said.IsValue(i + 1)) return word != "to" || !is_place(said[i + 2]);
  }
  return false;
}

// Where the value begins that the text comes to: 12 of "3 times 4 = 12".
size_t AfterEquals(std::string_view text, size_t begin) {
  for (const std::string_view verb : {" = ", " is "}) {
    const size_t at = text.rfind(verb), next = at + verb.size();
    if (at != text.npos && at > begin && next < text.size() &&
        (IsDigit(text[next]) || Among(text[next], "$\\-")))
      return next;
  }
  return begin;
}

}  // namespace

bool DeniedBefore(std::string_view text, Part part, size_t begin, bool bounds) {
  const std::string_view before = Window(text, part, begin);
  size_t at = SkipOpenings(before, before.size());
  const bool colon = before.substr(at).find(':') != before.npos;
  bool verb = colon, degree = false;
  std::string later;
  while (at > 0) {
    const std::string_view raw = WordBefore(before, at);
    if (raw.empty()) return bounds && !verb && later == "of" && before[at - 1] == '%';  // "10% of 5"
    const std::string word = LowerWord(raw);
    at = SkipBack(before, at - raw.size());
    const bool contrast = later == "than" || later == "from" || later == "of" || later == "out";
    if ((IsNot(word) && !colon) || Is(word, kDenial))
      return !Is(later, kVerb);  // "the chance that it does not is 3"
    if (!verb &&
        (Is(word, kApart) || (contrast && Is(word, kContrast)) || (later == "but" && Is(word, kAny))))
      return true;
    if (bounds && !verb && Bounds(word, later, degree, before.substr(0, at))) return true;
    verb |= Is(word, kVerb);
    degree |= Is(word, kDegree);
    // "x is never 3", and "never x = 3"
    if (raw.size() > 1 && !Is(word, kLink) && !(later == "of" && Is(word, kPartOf | kFraction))) return false;
    later = word;
  }
  return false;
}

bool DeniedAfter(std::string_view text, Part part, size_t end) {
  const Said said = SaidAfter(text, part, end);
  if (said.question) return IsNot(said[0]) || Is(said[0], kBad);
  if (IsVerdict(said, 0) || IsBoundAfter(said, 0) || IsPart(said)) return true;
  if (said[0].empty() || said.mark() || FindWord(said[0]).classes != 0) return false;
  if (said[1] == "," && said[2] == "which") return IsVerdict(said, 1);       // "5 apples, which is wrong"
  return said.words.size() == 3 && said[1] != "," && IsBoundAfter(said, 1);  // "5 apples at least"
}

bool IsDenied(std::string_view text, Part part, Part found) {
  const bool equation = In(text, found).find('=') != std::string_view::npos;
  return DeniedBefore(text, part, found.begin, !equation) || DeniedAfter(text, part, found.end);
}

bool OthersBefore(std::string_view text, Part part, size_t begin) {
  const std::string_view before = Window(text, part, begin);
  size_t at = SkipOpenings(before, before.size());
  if (at > 0 && (before[at - 1] == ',' || before.substr(0, at).ends_with("vs."))) --at;
  bool rival = false;
  while (at > 0) {  // "4 or else 5", "4; otherwise, 5"
    const std::string_view word = WordBefore(before, at);
    if (word.empty() || !(Is(LowerWord(word), kRival) || (rival && word == "or"))) break;
    rival = true;
    at = SkipBack(before, at - word.size());
  }
  at = before.substr(0, at).find_last_not_of(" ,$*;(");
  return rival && at != before.npos && (IsDigit(before[at]) || before[at] == '}' || before[at] == ')');
}

bool OthersAfter(std::string_view text, Part part, size_t end, size_t& other) {
  other = end;
  if (OffersRival(SaidAfter(text, part, end))) return true;
  const std::string_view in = text.substr(0, std::min(part.end, end + kReach));
  size_t at = SkipClosings(in, std::min(end, in.size()));
  if (at < in.size() && (in[at] == ',' || in[at] == '(')) at = SkipClosings(in, at + 1);
  if (LowerWord(WordAfter(in, at)) != "or") return false;
  at = SkipClosings(in, at + 2);
  const std::string word = LowerWord(WordAfter(in, at));
  if (word.empty() || word.size() == 1) {  // a number or a formula
    other = at;
    return true;
  }
  return !Is(word, kAgain);
}

bool IsTwisted(std::string_view text) {
  if (text.find(' ') == text.npos || (text.size() > 2 && Among(text[1], ".)")))
    return false;  // "B. A is wrong"
  size_t begin = 0;
  while (begin < text.size()) {  // past the words at the front
    begin = SkipClosings(text, begin);
    const std::string_view word = WordAfter(text, begin);
    if (word.size() < 2) break;
    begin += word.size();
  }
  const size_t start = AfterEquals(text, begin);
  size_t end = start;
  for (size_t at = start; at < text.size(); ++at) {  // to the words, bracket or comma after the value
    const std::string_view rest = text.substr(at), word = WordAfter(text, at);
    if (rest.starts_with("\\text{") || rest.starts_with(" (") || rest.starts_with(", ") || word.size() > 1)
      break;
    if (text[at] == '\\') at += WordAfter(text, at + 1).size();
    if (!Among(text[at], " ?.!")) end = at + 1;
  }
  const Part all{0, text.size()};
  return end > start && (DeniedBefore(text, all, begin, true) || DeniedAfter(text, all, end) ||
                         OffersRival(SaidAfter(text, all, end)));
}

}  // namespace hone
