// Anchors in words: "the final answer is ...", "answer: ...", and GSM8K's "####". Covered by
// tests/rewards/math_extract_test.cc.
#include <algorithm>
#include <array>
#include <string>

#include "rewards/math/extract_parts.h"
#include "rewards/math/number_literal.h"
#include "rewards/math/parse.h"
#include "rewards/math/word_classes.h"

namespace hone {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool StartsWith(std::string_view text, size_t at, std::string_view what) {
  return at <= text.size() && text.substr(at).starts_with(what);
}

// Skips blanks and emphasis.
size_t SkipMarks(std::string_view text, size_t at) {
  while (at < text.size() && (IsBlank(text[at]) || text[at] == '*' || text[at] == ':' || text[at] == '"'))
    ++at;
  return at;
}

// The byte after "answer is", "answers are:", "answer**:", ... whose "answer" ends at `at`; npos if it is none.
size_t AfterAnswer(std::string_view text, size_t at) {
  constexpr size_t kMaxGap = 40;
  if (StartsWith(text, at, "s")) ++at;
  size_t next = at;
  while (next < text.size() && (text[next] == ' ' || text[next] == '*')) ++next;
  if (StartsWith(text, next, ":") || StartsWith(text, next, "=") || StartsWith(text, next, "\uFF1A")) {
    return next + (text[next] < 0 ? 3 : 1);
  }
  for (size_t i = at; i < std::min(text.size(), at + kMaxGap); ++i) {  // "answer to the question is"
    if (text[i] == '.' || text[i] == ',' || text[i] == '$' || text[i] == '\\' || IsDigit(text[i])) break;
    if (!IsBlank(text[i])) continue;
    for (const std::string_view verb : {"is", "are", "IS", "would be", "must be", "will be"}) {
      const size_t end = i + 1 + verb.size();
      if (StartsWith(text, i + 1, verb) && (end == text.size() || !IsLetter(text[end]))) return end;
    }
    if (text[i] == '\n') break;
  }
  return text.npos;
}

constexpr auto kForeign = std::to_array<std::string_view>(
    {"r\u00E9ponse est", "r\u00E9ponse :", "r\u00E9ponse:", "Antwort ist", "Antwort:", "respuesta es",
     "Respuesta:", "\u7B54\u6848\u662F", "\u7B54\u6848\u4E3A", "\u7B54\u6848\uFF1A",
     "\u7B54\u6848:", "\u043E\u0442\u0432\u0435\u0442:", "\u041E\u0442\u0432\u0435\u0442:"});

// The byte after the last announcing phrase; npos if there is none. Those of other languages count near the end only.
size_t LastPhrase(std::string_view text) {
  size_t best = text.npos;
  for (const std::string_view tail : {"nswer", "NSWER"}) {
    for (size_t at = FindLast(text, tail); at != text.npos && at != 0; at = FindLast(text, tail, at - 1)) {
      if (best != text.npos && at < best) break;
      if (text[at - 1] != 'a' && text[at - 1] != 'A') continue;
      const size_t after = AfterAnswer(text, at + tail.size());
      if (after == text.npos) continue;
      if (best == text.npos || after > best) best = after;
      break;
    }
  }
  constexpr size_t kForeignTail = 2048;
  const size_t skipped = text.size() - std::min(text.size(), kForeignTail);
  for (const std::string_view phrase : kForeign) {
    const size_t at = FindLast(text.substr(skipped), phrase);
    if (at == text.npos) continue;
    const size_t after = skipped + at + phrase.size();
    if (best == text.npos || after > best) best = after;
  }
  return best;
}

// Whether "not" and the like follow a phrase: what the answer is, if it is said, is said elsewhere.
bool Denies(std::string_view said) {
  const size_t begin = said.find_first_not_of('*');
  if (begin == said.npos) return false;
  size_t end = begin;
  while (end < said.size() && IsWordByte(said[end])) ++end;
  const std::string word = LowerWord(said.substr(begin, end - begin));
  return IsNot(word) && (word == "not" || !word.starts_with("no"));  // "no", "no solution" are answers
}

// The end of the sentence that begins at part.begin: a full stop before a blank, a newline, or the part's end.
size_t SentenceEnd(std::string_view text, Part part) {
  for (size_t i = part.begin; i < part.end; ++i) {
    if (text[i] == '\n') return i;
    if (StartsWith(text, i, "\u3002")) return i;
    const bool stop = text[i] == '.' || text[i] == '!' || text[i] == '?';
    if (!stop || (i + 1 < part.end && !IsBlank(text[i + 1]))) continue;
    // "A. Because", "vs. 5": one letter before the stop ends no sentence at its beginning.
    if (i - part.begin > 1 || text[i] != '.' || !IsLetter(text[part.begin])) return i;
  }
  return part.end;
}

// Where the outcome of a calculation begins: 180 of "the mean is 540 / 3 = 180"; npos if there is none, or it may be a
// reason or condition of what was said.
size_t Outcome(std::string_view said) {
  const size_t equals = said.rfind('=');
  if (equals == said.npos || equals == 0 || std::string_view("<>!:").find(said[equals - 1]) != said.npos)
    return said.npos;
  size_t from = 0;
  for (const std::string_view verb : {" is ", " are "}) {
    const size_t at = said.rfind(verb);
    if (at != said.npos) from = std::max(from, at);
  }
  const std::string_view between = said.substr(from, equals - std::min(from, equals));
  for (const std::string_view reason :
       {" because ", " since ", " where ", " when ", " if ", " for ", " as "}) {
    if (between.find(reason) != between.npos) return said.npos;
  }
  return from > equals ? said.npos : equals + 1;
}

// What the sentence says: all of it if that is an answer, else the outcome of its calculation, else its first formula
// after the last "is" or "=", else the words.
Part AnswerOf(std::string_view text, Part sentence, const MathPolicy& policy) {
  const std::string_view said = In(text, sentence);
  const ParseResult whole = ParseMath(said, policy);
  if (whole.ok && whole.expr.kind(whole.expr.root()) != ExprKind::kText) return sentence;
  const Part head = FirstExpression(text, sentence, policy);
  const bool option = said.size() > 2 && said[1] == '.' && said[0] >= 'A' && said[0] <= 'Z';
  if (option) return {sentence.begin, sentence.begin + 1};  // "B. A is wrong"
  if (head.empty()) return sentence;
  if (head.begin == sentence.begin && !DeniedAfter(text, sentence, head.end)) return head;
  if (const size_t outcome = Outcome(said); outcome != said.npos) {
    const Part after = FirstExpression(text, {sentence.begin + outcome, sentence.end}, policy);
    if (!after.empty()) return after;
  }
  for (const std::string_view verb : {" is ", " are ", " equals ", " = ", ": "}) {
    const size_t at = said.rfind(verb);
    if (at == said.npos) continue;
    const Part after = FirstExpression(text, {sentence.begin + at + verb.size(), sentence.end}, policy);
    if (!after.empty()) return after;
  }
  return head;
}

// The answer that a phrase announces, unless the words around it take it back.
Look TakeSaid(std::string_view text, Part said, Part answer, const MathPolicy& policy, Extraction& out) {
  if (IsDenied(text, said, answer)) {
    out.reason = "a phrase that says what the answer is not";
    return Look::kBroken;
  }
  Fill(text, answer, "after the last answer phrase", out);
  return AddOthers(text, said, answer.end, policy, out);
}

}  // namespace

Look AddOthers(std::string_view text, Part part, size_t end, const MathPolicy& policy, Extraction& out) {
  size_t other = end;
  if (!OthersAfter(text, part, end, other)) return Look::kFound;
  const Part rest{other, std::min(part.end, other + kMaxAnswerBytes)};
  const Part more = other == end ? Part() : FirstExpression(text, rest, policy);
  if (more.empty() || more.begin > other + 4) {
    out = Extraction();
    out.reason = "an answer with others offered beside it";
    return Look::kBroken;
  }
  out.text += " or " + std::string(In(text, more));
  out.end = more.end;
  out.alternative.clear();
  return Look::kFound;
}

Look FindPhrase(std::string_view text, Part part, const MathPolicy& policy, Extraction& out) {
  Part search = part;
  while (!search.empty()) {
    const size_t after = LastPhrase(In(text, search));
    if (after == text.npos) break;
    const Part said = Trimmed(text, {SkipMarks(text.substr(0, part.end), search.begin + after), part.end});
    if (Denies(In(text, said))) {
      out.reason = "a phrase that says what the answer is not";
      return Look::kAbsent;
    }
    if (said.empty()) {  // nothing follows: the phrase before it, if any
      search.end = search.begin + after - 1;
      continue;
    }
    Extraction boxed;
    if (FindBox(text, {said.begin, SentenceEnd(text, said)}, policy, boxed) == Look::kFound) {
      out = boxed;
      out.reason = "a box after the last answer phrase";
      return Look::kFound;
    }
    Part answer = FormulaAt(text, said);
    if (answer.empty()) {
      const Part sentence = Trimmed(text, {said.begin, SentenceEnd(text, said)});
      if (sentence.end - sentence.begin > kMaxAnswerBytes) return Look::kAbsent;
      answer = AnswerOf(text, BeforeContrast(text, sentence), policy);
    }
    return TakeSaid(text, {said.begin, part.end}, answer, policy, out);
  }
  return Look::kAbsent;
}

Look FindHash(std::string_view text, Part part, const MathPolicy& policy, Extraction& out) {
  const std::string_view in = In(text, part);
  const size_t at = FindLast(in, "####");
  if (at == in.npos || (at != 0 && in[at - 1] != '\n')) return Look::kAbsent;
  const size_t end = std::min(in.find('\n', at), in.size());
  const Part line = Trimmed(text, {part.begin + at + 4, part.begin + end});
  if (line.empty() || IsLetter(text[line.begin]) || line.end - line.begin > kMaxAnswerBytes)
    return Look::kAbsent;
  const ParseResult parsed = ParseMath(In(text, line), policy);  // a heading is no answer
  if (!parsed.ok || parsed.expr.kind(parsed.expr.root()) == ExprKind::kText) return Look::kAbsent;
  Fill(text, line, "last ####", out);
  return Look::kFound;
}

}  // namespace hone
