#include "rewards/math/parse.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "rewards/math/parser.h"

namespace hone {
namespace {

ParseResult Refused(const char* reason, size_t offset) {
  ParseResult result;
  result.reason = reason;
  result.offset = offset;
  return result;
}

bool IsCapital(char c) { return c >= 'A' && c <= 'Z'; }

std::string_view Trim(std::string_view text, std::string_view what) {
  const size_t begin = text.find_first_not_of(what);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(what) + 1 - begin);
}

// The inside of \text{...} and the like when that is all there is.
std::string_view Unstyled(std::string_view text) {
  while (true) {
    text = Trim(text, " \t\n\r$*");
    const size_t open = text.find('{');
    if (text.size() < 3 || text[0] != '\\' || open == text.npos || text.back() != '}') return text;
    const NamedToken* command = FindLatexCommand(text.substr(1, open - 1));
    if (command == nullptr || command->type != Tok::kStyle) return text;
    const std::string_view inside = text.substr(open + 1, text.size() - open - 2);
    if (inside.find_first_of("{}") != inside.npos) return text;
    text = inside;
  }
}

struct Choice {
  char letter;
  std::string_view option;
};

// (C), C., C), C:, (C) Cecile, C. Cecile, C Cecile; not C alone, nor words that begin with a capital.
std::optional<Choice> ReadChoice(std::string_view text) {
  std::string_view rest = Unstyled(text);
  // \textbf{(C)} 5, \text{(C)}\ 5
  if (const size_t close = rest.find('}'); rest.starts_with("\\text") && close != rest.npos && close < 20) {
    const std::string_view inner = Unstyled(rest.substr(0, close + 1));
    if (inner.size() >= 2 && inner.size() <= 4 && inner[0] == '(') {
      const std::optional<Choice> letter = ReadChoice(inner);
      if (letter) return Choice{letter->letter, Trim(rest.substr(close + 1), " \t\n\\~:.")};
    }
  }
  const bool bracket = rest.starts_with('(');
  if (bracket) rest.remove_prefix(1);
  if (rest.empty() || !IsCapital(rest[0])) return std::nullopt;
  const char letter = rest[0];
  rest.remove_prefix(1);
  if (bracket) {
    if (!rest.starts_with(')')) return std::nullopt;
    rest.remove_prefix(1);
    const std::string_view option = Trim(rest, " \t\n:.");
    // (A) alone or before words; (A)(B) and (A)+1 are formulas.
    if (option.empty() || ((rest[0] == ' ' || rest[0] == ':') && (IsLetter(option[0]) || IsDigit(option[0]) ||
                                                                  option[0] == '$' || option[0] == '\\'))) {
      return Choice{letter, option};
    }
    return std::nullopt;
  }
  if (rest.empty()) return std::nullopt;
  if (rest[0] == '.' || rest[0] == ')' || (rest[0] == ':' && letter <= 'J')) {
    const std::string_view option = Trim(rest.substr(1), " \t\n");
    const bool apart = rest.size() == 1 || rest[1] == ' ' || rest[1] == '\n';
    if (rest[0] == '.' && option.empty()) return std::nullopt;  // a symbol and a full stop
    return apart ? std::optional(Choice{letter, option}) : std::nullopt;
  }
  const std::string_view word = Trim(rest, " ");
  const bool words =
      rest[0] == ' ' && word.size() >= 3 && letter != 'A' && letter != 'I' && letter <= 'H' &&
      std::all_of(word.begin(), word.end(), [](char c) { return IsLetter(c) || c == ' ' || c == '\''; });
  return words ? std::optional(Choice{letter, word}) : std::nullopt;
}

// Words, with the punctuation and numbers that prose has, and no operator of mathematics.
bool IsProse(const std::vector<Token>& tokens) {
  bool word = false;
  for (const Token& token : tokens) {
    switch (token.type) {
      case Tok::kWord:
      case Tok::kText:
        word = true;
        break;
      case Tok::kLetter:
      case Tok::kNumber:
      case Tok::kFunction:
      case Tok::kConstant:
      case Tok::kAnd:
      case Tok::kOr:
      case Tok::kComma:
      case Tok::kSemicolon:
      case Tok::kColon:
      case Tok::kOpen:
      case Tok::kClose:
      case Tok::kOpenGroup:
      case Tok::kCloseGroup:
      case Tok::kPrime:
      case Tok::kMinus:
      case Tok::kBang:
      case Tok::kPercent:
      case Tok::kDegree:
      case Tok::kCurrency:
      case Tok::kUnion:
      case Tok::kIntersection:
      case Tok::kTimes:
      case Tok::kEnd:
        break;
      default:
        return false;
    }
  }
  return word;
}

bool IsProse(std::string_view text) {
  return !text.empty() && text.find_first_of("\\=+^_{}<>|0123456789") == text.npos &&
         std::any_of(text.begin(), text.end(), [](char c) { return IsLetter(c); }) &&
         std::none_of(text.begin(), text.end(), [](char c) {
           return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f;
         });
}

ParseResult Leaf(ExprKind kind, std::string_view text, std::optional<std::string> option = std::nullopt) {
  ParseResult result;
  ExprBuilder builder;
  const ExprId leaf = option ? builder.AddText(ExprKind::kText, *option) : kNoExpr;
  const ExprId root = option ? builder.AddText(kind, text, {leaf}) : builder.AddText(kind, text);
  result.expr = builder.Finish(root);
  result.ok = true;
  return result;
}

// Tom, Red: a capital and small letters are a word, not a product.
bool IsName(std::string_view text) {
  return text.size() >= 2 && text.size() <= 3 && IsCapital(text[0]) &&
         std::all_of(text.begin() + 1, text.end(), [](char c) { return c >= 'a' && c <= 'z'; }) &&
         FindPlainWord(text) == nullptr;
}

// "all real numbers" and "no solution", which are sets.
std::optional<ParseResult> SetInWords(std::string_view text) {
  constexpr size_t kLongest = 64;
  struct Words {
    std::string_view plain, set;
  };
  static constexpr auto kWords = std::to_array<Words>({
      {"allreals", "R"},
      {"allrealnumbers", "R"},
      {"thesetofallrealnumbers", "R"},
      {"allrealnumbersx", "R"},
      {"anyrealnumber", "R"},
      {"allrealx", "R"},
      {"allintegers", "Z"},
      {"nosolution", ""},
      {"nosolutions", ""},
      {"norealsolution", ""},
      {"norealsolutions", ""},
      {"therearenosolutions", ""},
      {"thereisnosolution", ""},
      {"thereisnorealsolution", ""},
      {"therearenorealsolutions", ""},
      {"emptyset", ""},
      {"theemptyset", ""},
      {"nullset", ""},
  });
  if (text.size() > kLongest || text.size() < 7) return std::nullopt;
  const std::string plain = PlainText(text);
  for (const Words& words : kWords) {
    if (words.plain != plain) continue;
    if (!words.set.empty()) return Leaf(ExprKind::kNamedSet, words.set);
    ParseResult result;
    ExprBuilder builder;
    result.expr = builder.Finish(builder.Add(ExprKind::kSet, {}));
    result.ok = true;
    return result;
  }
  return std::nullopt;
}

// sympy's I: the only letter among numbers.
void ReadSympyUnit(TokenList& list) {
  bool number = false, unit = false;
  for (const Token& token : list.tokens) {
    const bool other = token.type == Tok::kLetter && (token.text != "I" || token.value != 0);
    if (other || token.type == Tok::kWord || token.type == Tok::kText) return;
    number |= token.type == Tok::kNumber;
    unit |= token.type == Tok::kLetter;
  }
  if (!number || !unit) return;
  for (Token& token : list.tokens) {
    if (token.type != Tok::kLetter) continue;
    token.type = Tok::kConstant;
    token.value = static_cast<uint8_t>(Constant::kI);
  }
}

bool BracesMatch(std::string_view text) {
  int depth = 0;
  for (size_t i = 0; i < text.size() && depth >= 0; ++i) {
    if (text[i] == '\\') {
      ++i;
    } else {
      depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
    }
  }
  return depth == 0;
}

// Words that stand for themselves.
bool HasWords(const Expr& expr) {
  for (ExprId id = 0; id < expr.size(); ++id) {
    const ExprKind kind = expr.kind(id);
    if (kind == ExprKind::kText || (kind == ExprKind::kSymbol && expr.text(id).size() > 1)) return true;
  }
  return false;
}

ParseResult ParseTokens(TokenList list, std::string_view text, const MathPolicy& policy) {
  ReadSympyUnit(list);
  const bool prose = IsProse(list.tokens);
  const bool both = list.decimal_commas == 1 && list.commas == 1 && !list.has_strong_joiner;
  const bool decimal = list.decimal_commas != 0 && list.has_strong_joiner;
  const auto unread = std::find_if(list.tokens.begin(), list.tokens.end(),
                                   [](const Token& token) { return token.type == Tok::kUnsupported; });
  const bool has_unread = unread != list.tokens.end();
  const size_t unread_at = has_unread ? unread->begin : 0;
  MathParser parser(std::move(list), text, policy, decimal);
  const ExprId root = both ? parser.ParseBothReadings() : parser.ParseAnswer();
  ParseResult result;
  if (root != kNoExpr) {
    result.expr = parser.Finish(root);
    result.ok = true;
    result.every_word_counts = parser.every_word_counts() && !HasWords(result.expr);
  } else if (prose) {
    result = Leaf(ExprKind::kText, PlainText(text));
  } else {
    result = has_unread ? Refused(kNotRead, unread_at) : Refused(parser.reason(), parser.offset());
    result.formula = (has_unread || result.reason == kDerivative) && BracesMatch(text);
  }
  return result;
}

}  // namespace

ParseResult ParseMath(std::string_view text, const MathPolicy& policy) {
  if (text.size() > kMaxAnswerBytes) return Refused("longer than 16384 bytes", kMaxAnswerBytes);
  if (const std::string_view inside = Unstyled(text);
      inside.size() < text.size() && !inside.empty() && IsDigit(inside[0])) {  // \text{12 cm}
    ParseResult measure = ParseMath(inside, policy);
    if (measure.ok && measure.expr.kind(measure.expr.root()) == ExprKind::kQuantity) return measure;
  }
  if (const std::optional<Choice> choice = ReadChoice(text)) {
    const std::string letter(1, choice->letter);
    if (choice->option.empty()) return Leaf(ExprKind::kChoice, letter);
    return Leaf(ExprKind::kChoice, letter, PlainText(choice->option));
  }
  if (IsDate(text)) return Leaf(ExprKind::kText, PlainText(text));
  if (const std::optional<ParseResult> set = SetInWords(text)) return *set;
  if (IsName(Trim(text, " \n.*"))) return Leaf(ExprKind::kText, PlainText(text));
  TokenList list = Tokenize(text, policy, /*prose=*/false);
  if (list.reason != nullptr) {
    if (IsProse(text)) return Leaf(ExprKind::kText, PlainText(text));
    return Refused(list.reason, list.offset);
  }
  if (list.tokens.size() == 1) return Refused("empty", 0);
  return ParseTokens(std::move(list), text, policy);
}

std::string WhyNotRead(const ParseResult& result, std::string_view text) {
  constexpr size_t kShown = 24;
  if (result.offset >= text.size()) return result.reason + ", at its end";
  size_t begin = result.offset, end = std::min(text.size(), begin + kShown);
  while (end < text.size() && end > begin && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  std::string shown(text.substr(begin, end - begin));
  for (char& c : shown) c = static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  return result.reason + ", at byte " + std::to_string(begin) + ": '" + shown + "'";
}

std::string PlainText(std::string_view text) {
  std::string out;
  bool dropped = false;  // something, since the last character of `out`
  const auto add = [&](char c) {
    // What stood between two numbers goes on keeping them apart: 20 24 is not 2024, nor \frac{1}{23} \frac{12}{3}.
    const bool joins = !out.empty() && (IsDigit(out.back()) || out.back() == '.') && (IsDigit(c) || c == '.');
    if (dropped && joins) out += ' ';
    out += c;
    dropped = false;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      size_t end = i + 1;
      while (end < text.size() && IsLetter(text[end])) ++end;
      if (end == i + 1 && end < text.size()) ++end;
      const std::string_view name = text.substr(i + 1, end - i - 1);
      const NamedToken* command = FindLatexCommand(name);
      const bool prints = command != nullptr && command->type != Tok::kStyle &&
                          command->type != Tok::kSpace && command->type != Tok::kDelimiter &&
                          command->type != Tok::kTransparent;
      if (prints) (out += '\\') += name;
      dropped = dropped || !prints;
      i = end - 1;
    } else if (c >= 'A' && c <= 'Z') {
      add(static_cast<char>(c - 'A' + 'a'));
    } else if (std::string_view(" \t\n\r$*{}~`\"").find(c) == std::string_view::npos) {
      add(c);
    } else {
      dropped = true;
    }
  }
  while (out.ends_with('.')) out.pop_back();
  return out;
}

}  // namespace hone
