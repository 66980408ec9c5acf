// Formulas and numbers in running text without delimiters. Covered by tests/rewards/math_extract_test.cc.
#include <algorithm>
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
      piece.value |= name != nullptr && (name->type == Tok::kNumber || name->type == Tok::kFraction);
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

bool IsUnitWord(std::string_view word) {
  while (!word.empty() && (word.back() == '.' || word.back() == ',' || word.back() == '*'))
    word.remove_suffix(1);
  return word.size() >= 2 && word != "in" && word != "min" &&
         (FindUnit(word) != nullptr || word == "percent" || word == "pct" || word == "degrees");
}

// The search for one expression among the pieces of a text.
class PlainSearch {
 public:
  PlainSearch(std::string_view text, Part part, bool from_front, const MathPolicy& policy)
      : text_(text), part_(part), from_front_(from_front), policy_(policy), pieces_(Pieces(text, part)) {}

  // The runs of pieces that belong together, from the front or from the back, until one can be read.
  Plain Run() {
    constexpr int kRuns = 20;
    int tried = 0;
    Plain plain;
    const size_t n = pieces_.size();
    for (size_t step = 0; step < n && tried < kRuns && !plain.torn; ++step) {
      const size_t first = from_front_ ? step : n - 1 - step;
      if (!StartsRun(first)) continue;
      size_t last = first;
      bool value = pieces_[first].value;
      while (!pieces_[last].ends && last + 1 < n && pieces_[last + 1].formula) value |= pieces_[++last].value;
      if (!value) continue;
      ++tried;
      if (!pieces_[last].ends && last + 1 < n && IsUnitWord(Word(last + 1))) ++last;
      Part found = Readable(first, last, plain.torn);
      if (found.empty()) continue;
      if (!from_front_) found = WithList(first, found, plain.torn);
      const bool denied = !from_front_ && IsDenied(text_, part_, found);
      plain.torn |= !from_front_ && !denied && OthersBefore(text_, part_, found.begin);
      plain.denied |= denied;
      if (denied || plain.torn) continue;
      plain.found = found;
      return plain;
    }
    return plain;
  }

 private:
  std::string_view Word(size_t i) const { return In(text_, pieces_[i].part); }
  bool StartsRun(size_t i) const {
    return pieces_[i].formula && (i == 0 || !pieces_[i - 1].formula || pieces_[i - 1].ends);
  }

  // The formula made of pieces [first, last], or as much of its end as can be read; of its beginning from the front.
  Part Readable(size_t first, size_t last, bool& torn) const {
    constexpr int kTries = 6;
    size_t dropped = pieces_.size();
    for (int tries = 0; first <= last && tries < kTries; ++tries) {
      const Part all{pieces_[first].part.begin, pieces_[last].part.end};
      const Part run = all.end - all.begin > kMaxFormula ? Part() : Cut(text_, all);
      if (Parses(text_, run, policy_)) {
        torn = dropped < pieces_.size() && IsTorn(run, dropped);
        return torn ? Part() : run;
      }
      if (from_front_) {
        dropped = last;
        if (last-- == first) break;
      } else {
        dropped = first++;
      }
    }
    return {};
  }

  // 3 of "1 2 3": values side by side, neither of them the outcome of the other.
  bool IsTorn(Part kept, size_t dropped) const {
    const std::string_view in = In(text_, kept), other = Word(dropped);
    const auto is_value = [](char c) { return IsDigit(c) || c == ')' || c == '(' || c == '}' || c == '\\'; };
    if (in.find('=') != in.npos || !pieces_[dropped].value) return false;
    return from_front_ ? is_value(other.front()) && is_value(in.back())
                       : is_value(other.back()) && is_value(in.front());
  }

  bool IsAssignment(std::string_view run) const {
    return !run.empty() && IsLetter(run[0]) && run.find('=') != run.npos &&
           (run.size() < 2 || !IsLetter(run[1]));
  }

  // Where the run begins that "and", "or" or a comma joins to the one that begins at `first`; `first` if none does.
  size_t JoinedTo(size_t first, bool& word) const {
    if (first == 0) return first;
    size_t i = first - 1;
    const std::string_view joiner = Word(i);
    word = joiner == "and" || joiner == "or";
    if (word ? i-- == 0 : !joiner.ends_with(',')) return first;
    if (!pieces_[i].formula && i > 0 && IsUnitWord(Word(i))) --i;
    bool value = pieces_[i].value;
    if (!pieces_[i].formula) return first;
    while (!StartsRun(i)) value |= pieces_[--i].value;
    return value ? i : first;
  }

  // "2 and 3", "1, 2, 3", "x = 1 or x = 2" whole, of which `found` is the last.
  Part WithList(size_t first, Part found, bool& torn) const {
    if (found.begin - pieces_[first].part.begin > 2) return found;
    const std::string_view last = In(text_, found);
    size_t begin = first;
    int values = 1;
    bool any_word = false;
    while (values < 64) {
      bool word = false;
      const size_t next = JoinedTo(begin, word);
      if (next == begin) break;
      const std::string_view run = In(text_, {pieces_[next].part.begin, pieces_[begin - 1].part.begin});
      const bool offers = word && Word(begin - 1) == "or";  // "3 + 4 = 7 and 7 + 1 = 8" is no list
      if (!offers && IsAssignment(run) != IsAssignment(last)) break;
      if (!offers && !IsAssignment(last) && (last.find('=') != last.npos || run.find('=') != run.npos)) break;
      begin = next;
      any_word |= word;
      ++values;
    }
    if (begin == first || (!any_word && values < 3)) return found;
    const Part whole = Cut(text_, {pieces_[begin].part.begin, found.end});
    torn = !Parses(text_, whole, policy_);
    return whole;
  }

  std::string_view text_;
  Part part_;
  bool from_front_;
  const MathPolicy& policy_;
  std::vector<Piece> pieces_;
};

}  // namespace

bool Parses(std::string_view text, Part part, const MathPolicy& policy) {
  if (part.empty() || part.end - part.begin > kMaxFormula) return false;
  const ParseResult parsed = ParseMath(In(text, part), policy);
  return parsed.ok && (parsed.expr.kind(parsed.expr.root()) != ExprKind::kText || IsDate(In(text, part)));
}

Plain PlainExpression(std::string_view text, Part part, bool from_front, const MathPolicy& policy) {
  return PlainSearch(text, part, from_front, policy).Run();
}

}  // namespace hone
