// What the way an answer is written says. Covered by tests/rewards/math_written_test.cc.
#include "rewards/math/compare_written.h"

#include <algorithm>
#include <array>

#include "rewards/math/lexer.h"
#include "rewards/math/token.h"

namespace hone {
namespace {

constexpr int kMostNodesOfNumber = 16;

bool IsAsciiLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

size_t CommandEnd(std::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && IsAsciiLetter(text[end])) ++end;
  return std::min(text.size(), std::max(end, at + 2));
}

// Commands that print words, brackets or spacing, and signs that stand before names of points.
bool IsQuietCommand(std::string_view name) {
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"text",   "textbf",     "textit",   "textrm",        "mathrm", "mathbf", "mathit",
       "mathsf", "boldsymbol", "mbox",     "left",          "right",  "quad",   "qquad",
       "angle",  "triangle",   "overline", "measuredangle", "and",    "or"});
  if (name.size() == 1 && !IsAsciiLetter(name[0]))
    return std::string_view(",;:! {}").find(name[0]) != name.npos;
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r$";
  const size_t begin = text.find_first_not_of(kSpace);
  return begin == text.npos ? std::string_view()
                            : text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

}  // namespace

bool HasOperators(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      const size_t end = CommandEnd(text, i);
      if (!IsQuietCommand(text.substr(i + 1, end - i - 1))) return true;
      i = end - 1;
    } else if (!IsAsciiLetter(c) &&
               std::string_view(" \t\n\r$(){}[],;:=.'`\"~").find(c) == std::string_view::npos) {
      return true;
    }
  }
  return false;
}

bool IsCapitalWord(std::string_view text) {
  text = Trimmed(text);
  bool twice = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] < 'A' || text[i] > 'Z') return false;
    twice |= text.find(text[i], i + 1) != text.npos;
  }
  return twice;
}

std::string WithMarkedUnit(std::string_view whole, bool spaced) {
  const std::string_view text = Trimmed(whole);
  size_t at = 0;
  bool digit = false, space = false;
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    const bool fraction =
        rest.starts_with("\\frac") || rest.starts_with("\\dfrac") || rest.starts_with("\\tfrac");
    if (fraction) {
      at = CommandEnd(text, at);
    } else if (rest.starts_with("\\,") || rest.starts_with("\\ ") || rest.starts_with("\\;") ||
               rest[0] == '~') {
      space = true;
      at += rest[0] == '~' ? 1 : 2;
    } else if (std::string_view("0123456789.,/+-{}$ ").find(rest[0]) != std::string_view::npos) {
      digit |= rest[0] >= '0' && rest[0] <= '9';
      space = rest[0] == ' ';
      ++at;
    } else {
      break;
    }
  }
  if (!digit || at >= text.size() || (spaced && !space)) return {};
  const bool letter = std::string_view("mgshLlNJWK").find(text[at]) != std::string_view::npos;
  if (!letter || (at + 1 < text.size() && IsAsciiLetter(text[at + 1]))) return {};
  return std::string(text.substr(0, at)) + "\\mathrm{" + text[at] + "}" + std::string(text.substr(at + 1));
}

bool HasUnit(const Expr& expr) {
  for (ExprId id = 0; id < expr.size(); ++id) {
    if (expr.kind(id) == ExprKind::kQuantity) return true;
  }
  return false;
}

bool IsQuantityOrNumber(const Expr& expr) {
  if (expr.size() > kMostNodesOfNumber) return false;
  for (ExprId id = 0; id < expr.size(); ++id) {
    const ExprKind kind = expr.kind(id);
    const bool plain = kind == ExprKind::kNumber || kind == ExprKind::kDivide || kind == ExprKind::kNegate ||
                       kind == ExprKind::kMixed || kind == ExprKind::kQuantity || kind == ExprKind::kLabeled;
    if (!plain) return false;
  }
  return true;
}

StatementSigns SignsOf(std::string_view text, const MathPolicy& policy) {
  struct Sign {
    std::string_view written, meant;
    bool one_way;
  };
  static constexpr auto kSigns = std::to_array<Sign>({{"\\implies", "=>", true},
                                                      {"\\Rightarrow", "=>", true},
                                                      {"\u21D2", "=>", true},
                                                      {"\\rightarrow", "->", true},
                                                      {"\\longrightarrow", "->", true},
                                                      {"\\to", "->", true},
                                                      {"\u2192", "->", true},
                                                      {"\\iff", "<=>", false},
                                                      {"\\Leftrightarrow", "<=>", false},
                                                      {"\\sim", "\\sim", false},
                                                      {"\u223C", "\\sim", false},
                                                      {"\\cong", "\\cong", false},
                                                      {"\u2245", "\\cong", false},
                                                      {"\\parallel", "||", false},
                                                      {"\u2225", "||", false},
                                                      {"\\perp", "\\perp", false},
                                                      {"\u22A5", "\\perp", false}});
  StatementSigns out;
  const TokenList list = Tokenize(text, policy, /*prose=*/false);
  for (const Token& token : list.tokens) {
    const bool sign = token.type == Tok::kRelation && token.value == static_cast<uint8_t>(Relation::kSimilar);
    if (!sign && token.type != Tok::kMid) continue;
    const std::string_view written = Trimmed(text.substr(token.begin, token.end - token.begin));
    const auto at =
        std::find_if(kSigns.begin(), kSigns.end(), [&](const Sign& s) { return s.written == written; });
    (out.signs += at == kSigns.end() ? written : at->meant) += ' ';
    out.one_way |= at == kSigns.end() || at->one_way;
  }
  return out;
}

}  // namespace hone
