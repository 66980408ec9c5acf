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

constexpr size_t kMaxFormula =
    2000;  // bytes of one formula in running text; none that is longer is looked at

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

// ---- plain text

// One blank-free piece, and whether it can be part of a formula.
struct Piece {
  Part part;
  bool formula = false;
  bool value = false;  // has a digit or a command
  bool ends = false;   // a comma or a stop after it ends the formula
};

bool IsOrdinal(std::string_view word) {
  if (word.size() < 3 || !IsDigit(word[word.size() - 3])) return false;
  const std::string_view tail = word.substr(word.size() - 2);
  return tail == "st" || tail == "nd" || tail == "rd" || tail == "th";
}

// Sets what `piece` is by its letters, digits and signs; prose characters of other scripts are never inside a piece.
void Classify(std::string_view text, Piece& piece) {
  const std::string_view word = In(text, piece.part);
  bool known = true, operators = false;
  size_t letters = 0;
  for (size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    if (c == '\\') {
      piece.value = true;
      while (i + 1 < word.size() && IsLetter(word[i + 1])) ++i;
    } else if (IsLetter(c)) {
      size_t end = i;
      while (end < word.size() && IsLetter(word[end])) ++end;
      const std::string_view run = word.substr(i, end - i);
      const NamedToken* name = FindPlainWord(run);
      if (name != nullptr && (name->type == Tok::kAnd || name->type == Tok::kOr)) known = false;
      if (run == "pi" || run == "infinity") piece.value = true;
      known &= run.size() <= 2 || name != nullptr || FindUnit(run) != nullptr;
      letters += run.size();
      i = end - 1;
    } else if (IsDigit(c)) {
      piece.value = true;
    } else {
      operators |= std::string_view("+-*/=^<>()[]|%!_{}").find(c) != std::string_view::npos;
    }
  }
  const bool lone_letter = word.size() == 1 && letters == 1 && word != "a" && word != "A" && word != "I";
  piece.formula = known && !IsOrdinal(word) && (piece.value || (operators && letters <= 2) || lone_letter);
}

// Pieces of the text between blanks and prose of other scripts; a bracket or brace keeps blanks inside.
std::vector<Piece> Pieces(std::string_view text, Part part) {
  constexpr size_t kMaxPiece = 400;
  std::vector<Piece> pieces;
  size_t at = part.begin;
  while (at < part.end) {
    if (IsBlank(text[at]) || text[at] == '`' || text[at] == '"') {
      ++at;
      continue;
    }
    Piece piece;
    piece.part.begin = at;
    int depth = 0;
    bool prose = false;
    for (; at < part.end && !prose;) {
      const char c = text[at];
      const size_t size = at - piece.part.begin;
      if (IsBlank(c) && (depth <= 0 || size > kMaxPiece || c == '\n')) break;
      depth += c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0;
      if (static_cast<unsigned char>(c) < 0x80) {
        ++at;
        continue;
      }
      const Utf8Char wide = NextUtf8(text.substr(0, part.end), at);
      const NamedToken* name = FindUnicode(wide.code_point);
      prose = name == nullptr || name->type == Tok::kSpace || name->type == Tok::kAnd ||
              name->type == Tok::kOr || name->type == Tok::kComma;
      if (!prose) at += wide.size;
      if (prose && at == piece.part.begin) at += wide.size;
      if (prose) piece.ends = true;
    }
    piece.part.end = std::max(at, piece.part.begin);
    if (prose && piece.part.end > piece.part.begin &&
        static_cast<unsigned char>(text[piece.part.begin]) >= 0x80) {
      pieces.push_back(piece);  // prose by itself: no formula
      continue;
    }
    const char last = text[piece.part.end - 1];
    piece.ends |= last == ',' || last == ';' || last == '.' || last == ':' || last == '?';
    Classify(text, piece);
    pieces.push_back(piece);
  }
  return pieces;
}

// Without stops, emphasis, half brackets and signs that lead nowhere at both ends.
Part Cut(std::string_view text, Part part) {
  constexpr std::string_view kTail = ".,;:?!*=+-/<>\"'`~&", kHead = ",;:.?*/>\"'`~&";
  while (true) {
    part = Trimmed(text, part);
    if (part.empty()) return part;
    const size_t before = part.end - part.begin;
    const std::string_view in = In(text, part);
    const auto count = [&](char c) { return std::count(in.begin(), in.end(), c); };
    const char head = in.front(), tail = in.back();
    if (kTail.find(tail) != kTail.npos &&
        !(tail == '!' && in.size() > 1 && IsDigit(in[in.size() - 2]) && part.end < text.size()))
      --part.end;
    if (part.empty()) return part;
    if ((kHead.find(head) != kHead.npos && !(head == '.' && in.size() > 1 && IsDigit(in[1])))) ++part.begin;
    if ((head == '(' && count('(') > count(')')) || (head == '[' && count('[') > count(']') + count(')')))
      ++part.begin;
    if ((tail == ')' && count(')') > count('(') + count('[')) ||
        (tail == ']' && count(']') > count('[') + count('(')))
      --part.end;
    if (part.empty() || part.end - part.begin == before) return part;
  }
}

bool Parses(std::string_view text, Part part, const MathPolicy& policy) {
  if (part.empty() || part.end - part.begin > kMaxFormula) return false;
  const ParseResult parsed = ParseMath(In(text, part), policy);
  return parsed.ok && parsed.expr.kind(parsed.expr.root()) != ExprKind::kText;
}

bool IsUnitWord(std::string_view word) {
  while (!word.empty() && (word.back() == '.' || word.back() == ',' || word.back() == '*'))
    word.remove_suffix(1);
  return word.size() >= 2 && word != "in" && word != "min" &&
         (FindUnit(word) != nullptr || word == "percent" || word == "pct" || word == "degrees");
}

// The formula made of pieces [first, last], or as much of its end as can be read; of its beginning for `from_front`.
Part Readable(std::string_view text, const std::vector<Piece>& pieces, size_t first, size_t last,
              bool from_front, const MathPolicy& policy) {
  constexpr int kTries = 6;
  for (int tries = 0; first <= last && tries < kTries; ++tries) {
    const Part all{pieces[first].part.begin, pieces[last].part.end};
    const Part run = all.end - all.begin > kMaxFormula ? Part() : Cut(text, all);
    if (Parses(text, run, policy)) return run;
    if (from_front) {
      if (last-- == first) break;
    } else {
      ++first;
    }
  }
  return {};
}

// The runs of pieces that belong together, from the front or from the back, until one can be read.
Part PlainExpression(std::string_view text, Part part, bool from_front, const MathPolicy& policy) {
  const std::vector<Piece> pieces = Pieces(text, part);
  const auto starts_run = [&](size_t i) {
    return pieces[i].formula && (i == 0 || !pieces[i - 1].formula || pieces[i - 1].ends);
  };
  constexpr int kRuns = 20;
  int tried = 0;
  const size_t n = pieces.size();
  for (size_t step = 0; step < n && tried < kRuns; ++step) {
    const size_t first = from_front ? step : n - 1 - step;
    if (!starts_run(first)) continue;
    size_t last = first;
    bool value = pieces[first].value;
    while (!pieces[last].ends && last + 1 < n && pieces[last + 1].formula) value |= pieces[++last].value;
    if (!value) continue;
    ++tried;
    if (!pieces[last].ends && last + 1 < n && IsUnitWord(In(text, pieces[last + 1].part))) ++last;
    const Part found = Readable(text, pieces, first, last, from_front, policy);
    if (!found.empty()) return found;
  }
  return {};
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
  const Part plain =
      PlainExpression(text, {part.begin, formula.empty() ? part.end : formula.begin}, true, policy);
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

Look FindExpression(std::string_view text, Part part, const MathPolicy& policy, Extraction& out) {
  constexpr size_t kTries = 20;
  const std::vector<Part> formulas = Formulas(text, part);
  const size_t after = formulas.empty() ? part.begin : formulas.back().end;
  const Part plain = PlainExpression(text, Tail(text, {after, part.end}), false, policy);
  if (!plain.empty()) {
    Fill(text, plain, "last number or expression in the text", out);
    return Look::kFound;
  }
  for (size_t i = 0; i < std::min(formulas.size(), kTries); ++i) {
    const Part formula = formulas[formulas.size() - 1 - i];
    if (!Parses(text, formula, policy)) continue;
    Fill(text, formula, "last formula", out);
    return Look::kFound;
  }
  return Look::kAbsent;
}

}  // namespace hone
