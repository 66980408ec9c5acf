// Formulas and numbers in running text. Covered by tests/rewards/math_extract_test.cc.
#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <vector>

#include "data/utf8.h"
#include "rewards/math/extract_parts.h"
#include "rewards/math/number_literal.h"
#include "rewards/math/parse.h"
#include "rewards/math/token.h"

namespace hone {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

struct Delimiter {
  std::string_view open, close;
};
constexpr Delimiter kDelimiters[] = {{"$$", "$$"}, {"$", "$"}, {"\\(", "\\)"}, {"\\[", "\\]"}};

// Where the delimiters close next; positions only grow, so that all look-ups in one text are linear together.
class Closes {
 public:
  explicit Closes(std::string_view text) : text_(text) {}
  // The first closing delimiter of that kind at or after `from`, npos if there is none.
  size_t Next(size_t kind, size_t from) {
    if (next_[kind] != text_.npos && next_[kind] < from)
      next_[kind] = text_.find(kDelimiters[kind].close, from);
    return next_[kind];
  }

 private:
  std::string_view text_;
  std::array<size_t, std::size(kDelimiters)> next_{};
};

// The formula that a delimiter opens at `at`, delimiters and all; empty if there is none or it is never closed.
Part DelimitedAt(std::string_view text, size_t at, Closes& closes) {
  for (size_t kind = 0; kind < std::size(kDelimiters); ++kind) {
    const Delimiter& delimiter = kDelimiters[kind];
    if (!text.substr(at).starts_with(delimiter.open)) continue;
    const size_t inner = at + delimiter.open.size(), close = closes.Next(kind, inner);
    if (close == text.npos || close - inner > kMaxFormula) return {};
    if (Trimmed(text, {inner, close}).empty()) return {};
    // "$5 for 3 and $6": the second sign is money too.
    const bool money = delimiter.open == "$" && IsBlank(text[close - 1]) && close + 1 < text.size() &&
                       IsDigit(text[close + 1]);
    if (money) return {};
    return {at, close + delimiter.close.size()};
  }
  return {};
}

// Past ", and ", " and ", ", "; `at` itself if none of them stands there.
size_t SkipJoiner(std::string_view text, size_t at, size_t end) {
  const std::string_view in = text.substr(0, end);
  size_t next = SkipBlanks(in, at);
  const bool comma = next < end && in[next] == ',';
  if (comma) next = SkipBlanks(in, next + 1);
  for (const std::string_view word : {"and ", "or "}) {
    if (in.substr(next).starts_with(word)) return SkipBlanks(in, next + word.size());
  }
  return comma ? next : at;
}

// The part from the end where the last formula may be; far enough back for any answer.
Part Tail(std::string_view text, Part part) {
  constexpr size_t kTail = 4096;
  if (part.end - part.begin <= kTail) return part;
  part.begin = part.end - kTail;
  while (part.begin < part.end && !IsBlank(text[part.begin])) ++part.begin;
  return part;
}

}  // namespace

namespace {

Part FormulaFrom(std::string_view text, size_t at, Closes& closes) {
  Part formula = DelimitedAt(text, at, closes);
  if (formula.empty()) return {};
  while (true) {
    const size_t next = SkipJoiner(text, formula.end, text.size());
    if (next == formula.end || next >= text.size()) break;
    const Part more = DelimitedAt(text, next, closes);
    if (more.empty()) break;
    formula.end = more.end;
  }
  formula.end = PercentAfter(text, formula.end);
  return formula;
}

}  // namespace

Part FormulaAt(std::string_view text, Part part) {
  const std::string_view in = text.substr(0, part.end);
  Closes closes(in);
  return FormulaFrom(in, part.begin, closes);
}

Part FirstExpression(std::string_view text, Part part, const MathPolicy& policy) {
  Part formula;
  const std::string_view in = text.substr(0, part.end);
  Closes closes(in);
  for (size_t i = part.begin; i < part.end && formula.empty(); ++i) {
    if (text[i] == '$' || text[i] == '\\') formula = FormulaFrom(in, i, closes);
    if (!formula.empty() && !Parses(text, formula, policy)) {
      i = formula.end - 1;
      formula = {};
    }
  }
  const Part before{part.begin, formula.empty() ? part.end : formula.begin};
  const Part plain = PlainExpression(text, before, true, policy).found;
  return plain.empty() ? formula : plain;
}

namespace {

// All formulas with delimiters, in order.
std::vector<Part> Formulas(std::string_view text, Part part) {
  std::vector<Part> formulas;
  const std::string_view in = text.substr(0, part.end);
  Closes closes(in);
  for (size_t i = part.begin; i < part.end; ++i) {
    const bool escape = text[i] == '\\' && i + 1 < part.end;
    if (text[i] == '$' || (escape && (text[i + 1] == '(' || text[i + 1] == '['))) {
      const Part found = FormulaFrom(in, i, closes);
      if (!found.empty()) {
        formulas.push_back(found);
        i = found.end - 1;
        continue;
      }
    }
    i += escape;
  }
  return formulas;
}

}  // namespace

namespace {

// The last formula that words do not deny; empty if there is none.
Part LastFormula(std::string_view text, Part part, const std::vector<Part>& formulas,
                 const MathPolicy& policy, bool& denied) {
  constexpr size_t kTries = 20;
  for (size_t i = 0; i < std::min(formulas.size(), kTries); ++i) {
    const Part formula = formulas[formulas.size() - 1 - i];
    if (!Parses(text, formula, policy)) continue;
    const bool others = OthersBefore(text, part, formula.begin);
    if (!others && !IsDenied(text, part, formula)) return formula;
    denied = true;
    if (others) break;
  }
  return {};
}

// 65 of "13 x 5 = 65", and of an equation whose left side begins before `found`: "$70 – 5 = 65".
Part RightSide(std::string_view text, Part part, Part found, const MathPolicy& policy) {
  const std::string_view in = In(text, found);
  const size_t equals = in.rfind('=');
  if (equals == in.npos || equals == 0 || std::string_view("<>!").find(in[equals - 1]) != in.npos)
    return found;
  const size_t times = in.find(" x ");
  const bool by = times != in.npos && times > 0 && times < equals && IsDigit(in[times - 1]);
  size_t before = found.begin;
  while (before > part.begin && text[before - 1] == ' ') --before;
  const char last = before > part.begin ? text[before - 1] : ' ';
  const bool cut = IsDigit(last) || static_cast<unsigned char>(last) >= 0x80 ||
                   std::string_view("+-*/$%)").find(last) != std::string_view::npos;
  if (!by && !(cut && IsDigit(in[0]))) return found;
  const Part right = Trimmed(text, {found.begin + equals + 1, found.end});
  return Parses(text, right, policy) ? right : found;
}

// "or", "and" between two parts, and nothing else.
bool AreJoined(std::string_view text, Part before, Part after) {
  std::string_view between = In(text, Trimmed(text, {before.end, after.begin}));
  if (between.starts_with(','))
    between = between.substr(std::min(between.find_first_not_of(", "), between.size()));
  return between == "or" || between == "and";
}

}  // namespace

Look FindExpression(std::string_view text, Part part, const MathPolicy& policy, Extraction& out) {
  const std::vector<Part> formulas = Formulas(text, part);
  const size_t after = formulas.empty() ? part.begin : formulas.back().end;
  const Plain plain = PlainExpression(text, Tail(text, {after, part.end}), false, policy);
  bool denied = plain.denied;
  Part found = plain.found;
  if (found.empty() && !plain.torn) found = LastFormula(text, part, formulas, policy, denied);
  if (found.empty()) {
    if (!denied && !plain.torn) return Look::kAbsent;
    out.reason =
        denied ? "a value that words say it is not" : "values side by side, and none of them the answer";
    return Look::kBroken;
  }
  const bool joined = !plain.found.empty() && !formulas.empty() && AreJoined(text, formulas.back(), found);
  if (joined) found.begin = formulas.back().begin;
  size_t other = 0;
  if (OthersAfter(text, part, found.end, other)) {
    out.reason = "a value with others offered beside it";
    return Look::kBroken;
  }
  if (!plain.found.empty() && !joined) found = RightSide(text, part, found, policy);
  Fill(text, found, plain.found.empty() ? "last formula" : "last number or expression in the text", out);
  return Look::kFound;
}

}  // namespace hone
