// What the words beside an answer make of it: "isn't 3", "3 or more". Covered by tests/rewards/math_twist_test.cc.
#include <algorithm>
#include <array>
#include <string>

#include "rewards/math/extract_parts.h"
#include "rewards/math/number_literal.h"
#include "rewards/math/parse.h"

namespace hone {
namespace {

constexpr size_t kReach = 120;  // bytes beside an answer that are looked at

// Words that may stand between a "not" and what it denies: "I don't think that it is equal to 3".
constexpr auto kLinks = std::to_array<std::string_view>(
    {"a",         "always", "an",    "answer",  "any",        "as",          "be",      "been",   "being",
     "believe",   "but",    "case",  "correct", "definitely", "either",      "equal",   "equals", "even",
     "exactly",   "final",  "get",   "give",    "gives",      "have",        "if",      "in",     "is",
     "it",        "it's",   "its",   "just",    "likely",     "necessarily", "number",  "of",     "possibly",
     "really",    "result", "right", "say",     "simply",     "solution",    "suppose", "that",   "the",
     "therefore", "think",  "to",    "true",    "value",      "was",         "x",       "yield"});
constexpr auto kDenials = std::to_array<std::string_view>(
    {"anything but", "false that", "incorrect that", "wrong that", "cannot", "cant", "doesnt", "dont", "isnt",
     "neither", "never", "no longer", "nor", "not", "other than", "wont", "wouldnt"});
// What says that the answer lies elsewhere, or may.
constexpr auto kBounds = std::to_array<std::string_view>(
    {"at least", "at most", "bigger than", "fewer than", "greater than", "higher than", "larger than",
     "less than", "lower than", "more than", "smaller than"});
// After "or", these repeat the answer.
constexpr auto kAgain =
    std::to_array<std::string_view>({"about", "approximately", "around", "equivalently", "in", "just",
                                     "rather", "roughly", "simply", "so", "thereabouts"});

static_assert(std::is_sorted(kLinks.begin(), kLinks.end()));

template <size_t n>
bool Has(const std::array<std::string_view, n>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool IsWordByte(char c) { return IsLetter(c) || c == '\'' || static_cast<unsigned char>(c) >= 0x80; }

// Lower case; both apostrophes are one.
std::string Lower(std::string_view word) {
  std::string out;
  for (size_t i = 0; i < word.size(); ++i) {
    if (word.substr(i).starts_with("\u2019")) {
      out += '\'';
      i += 2;
    } else {
      out += word[i] >= 'A' && word[i] <= 'Z' ? static_cast<char>(word[i] - 'A' + 'a') : word[i];
    }
  }
  return out;
}

bool IsDenial(std::string_view word) {
  return Has(kDenials, word) || word.ends_with("n't") || word.ends_with("\u4E0D\u662F") ||
         word.ends_with("\u5E76\u975E");
}

bool IsVerb(std::string_view word) {
  return word == "is" || word == "are" || word == "was" || word == "equals";
}

// What may stand between words and the formula they speak of.
bool IsOpening(char c) { return std::string_view(" \t*$(\\[{\"`_:").find(c) != std::string_view::npos; }

// The word that ends at `end`, within the clause.
std::string_view WordBefore(std::string_view text, size_t end) {
  size_t begin = end;
  while (begin > 0 && IsWordByte(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

size_t SkipBack(std::string_view text, size_t at) {
  while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '*' || text[at - 1] == '_')) --at;
  return at;
}

// Past \text{ and the like, which hold words before a formula in the same box.
size_t SkipOpenings(std::string_view text, size_t at) {
  while (at > 0 && IsOpening(text[at - 1])) --at;
  return at;
}

std::string_view WordAfter(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && IsWordByte(text[end])) ++end;
  return text.substr(at, end - at);
}

// Past closing marks of formulas and emphasis, and blanks.
size_t SkipClosings(std::string_view text, size_t at) {
  while (at < text.size()) {
    const bool command = text[at] == '\\' && at + 1 < text.size() &&
                         std::string_view(")],;! ").find(text[at + 1]) != std::string_view::npos;
    if (command) {
      at += 2;
    } else if (text.substr(at).starts_with("\\text{")) {
      at += 6;
    } else if (std::string_view(" *$_`\"}").find(text[at]) != std::string_view::npos) {
      ++at;
    } else {
      break;
    }
  }
  return at;
}

}  // namespace

bool DeniedBefore(std::string_view text, Part part, size_t begin, bool bounds) {
  const size_t from = std::max(part.begin, begin - std::min(begin, kReach));
  const std::string_view before = text.substr(from, begin - from);
  size_t at = SkipOpenings(before, before.size());
  std::string later;  // the word after the one at hand
  while (at > 0) {
    const std::string_view raw = WordBefore(before, at);
    if (raw.empty()) return false;  // a stop, a comma, a number: another clause
    const std::string word = Lower(raw);
    const std::string pair = word + " " + later;
    if (IsDenial(word) || IsDenial(pair)) return !IsVerb(later);  // "the chance that it does not is 3"
    if (bounds && Has(kBounds, pair)) return true;
    const bool letter = raw.size() == 1;  // "x is never 3", and "never x = 3"
    const bool comparison = word == "than" || word == "least" || word == "most";
    if (!letter && !comparison && !std::binary_search(kLinks.begin(), kLinks.end(), word)) return false;
    later = word;
    at = SkipBack(before, at - raw.size());
  }
  return false;
}

bool DeniedAfter(std::string_view text, Part part, size_t end) {
  const size_t to = std::min(part.end, end + kReach);
  const std::string_view after = text.substr(0, to);
  const std::string said = Lower(after.substr(std::min(SkipClosings(after, end), to)));
  for (const std::string_view verdict :
       {"is wrong", "is incorrect", "is not correct", "is not right", "is not the answer", "isn't correct",
        "isn't right", "isn't the answer", "is not the correct", "is false"}) {
    if (said.starts_with(verdict)) return true;
  }
  return false;
}

bool OthersAfter(std::string_view text, Part part, size_t end, size_t& other) {
  other = end;
  const std::string_view in = text.substr(0, std::min(part.end, end + kReach));
  size_t at = SkipClosings(in, std::min(end, in.size()));
  if (at < in.size() && in[at] == ',') at = SkipClosings(in, at + 1);
  if (Lower(WordAfter(in, at)) != "or") return false;
  at = SkipClosings(in, at + 2);
  const std::string word = Lower(WordAfter(in, at));
  if (word.empty() || word.size() == 1) {  // a number or a formula
    other = at;
    return true;
  }
  return !Has(kAgain, word);
}

}  // namespace hone
