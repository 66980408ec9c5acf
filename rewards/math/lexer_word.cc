// The lexer's way with letters, words and Unicode. Covered by tests/rewards/math_parse_test.cc.
#include <algorithm>
#include <array>
#include <utility>

#include "data/utf8.h"
#include "rewards/math/expr.h"
#include "rewards/math/lexer.h"

namespace hone {
namespace {

// Words of two and three letters that are never products of variables.
constexpr auto kShortWords = std::to_array<std::string_view>(
    {"AM",  "If", "In",  "It", "No", "Not", "PM", "So",  "The", "We", "Yes", "all", "am",  "are",
     "but", "cu", "for", "is", "no", "not", "of", "per", "pm",  "so", "sq",  "the", "was", "we"});

bool IsShortWord(std::string_view word) {
  return std::binary_search(kShortWords.begin(), kShortWords.end(), word);
}

// A character that prose is made of: no ASCII, and not in the table of mathematics.
size_t ProseCharacter(std::string_view text, size_t at) {
  if (at >= text.size() || static_cast<unsigned char>(text[at]) < 0x80) return 0;
  const Utf8Char c = NextUtf8(text, at);
  return c.valid && FindUnicode(c.code_point) == nullptr ? c.size : 0;
}

// The length of isn't, can't, whose letters before the apostrophe are `run`; 0 if it is none.
size_t Contraction(std::string_view run, std::string_view rest) {
  if (run.size() < 2 || run.back() != 'n') return 0;
  for (const std::string_view tail : {"'t", "\u2019t"}) {
    const bool more = rest.size() > tail.size() && IsLetter(rest[tail.size()]);
    if (rest.starts_with(tail) && !more) return run.size() + tail.size();
  }
  return 0;
}

// "st" after 1 and 21, "th" after 11; empty where an ordinal does not end so.
std::string_view OrdinalTail(const NumberLiteral& number) {
  if (!number.whole || number.digits.empty()) return {};
  const size_t n = number.digits.size();
  const bool teen = n >= 2 && number.digits[n - 2] == '1';
  switch (teen ? '0' : number.digits[n - 1]) {
    case '1':
      return "st";
    case '2':
      return "nd";
    case '3':
      return "rd";
    default:
      return "th";
  }
}

}  // namespace

// After a value, letters that name a unit are the unit; km/h, with the slash before.
bool Lexer::IsUnitHere(std::string_view run) const {
  const Tok last = Last();
  if (FindUnit(run) == nullptr) return false;
  if (last == Tok::kNumber || last == Tok::kClose || last == Tok::kWord) return true;
  const size_t n = list_.tokens.size();
  if (last == Tok::kCloseGroup || last == Tok::kConstant || last == Tok::kSuperscript) return space_;
  return last == Tok::kSlash && n >= 2 &&
         (list_.tokens[n - 2].type == Tok::kWord || list_.tokens[n - 2].type == Tok::kText);
}

// The m of 2 m 3 cm.
bool Lexer::IsUnitBeforePart(char letter, std::string_view rest) const {
  if (Last() != Tok::kNumber || FindUnit(std::string_view(&letter, 1)) == nullptr) return false;
  size_t at = SkipBlanks(rest, 0);
  const size_t number = at;
  while (at < rest.size() && IsDigit(rest[at])) ++at;
  if (at == number) return false;
  const size_t word = at = SkipBlanks(rest, at);
  while (at < rest.size() && IsLetter(rest[at])) ++at;
  return at - word >= 2 && FindUnit(rest.substr(word, at - word)) != nullptr;
}

// In plain text, whether a word stands before the letters at hand, or after them, where `rest` begins.
bool Lexer::IsAmongWords(std::string_view rest) const {
  if (latex_) return false;
  if (Last() == Tok::kWord && space_) return true;
  size_t end = 1;
  while (end < rest.size() && IsLetter(rest[end])) ++end;
  return end > 2 && rest[0] == ' ' && FindPlainWord(rest.substr(1, end - 1)) == nullptr;
}

// isn't, 3rd, the x of 1.5 x 10^3, dy/dx: letters that what stands beside them makes into something else.
bool Lexer::TakeMarkedLetters(std::string_view run, std::string_view rest) {
  if (const size_t size = Contraction(run, rest); size != 0) {
    Push(Tok::kWord, size);
    return true;
  }
  if (Last() != Tok::kNumber) {
    const bool derivative = run.size() == 2 && run[0] == 'd' && rest.size() >= 3 && rest.starts_with("/d") &&
                            IsLetter(rest[2]) && (rest.size() == 3 || !IsLetter(rest[3]));
    if (derivative) Push(Tok::kLetter, 5, kAccented);
    return derivative;
  }
  if (run == "x" || run == "X") {
    const std::string_view next = rest.substr(SkipBlanks(rest, 0));
    const bool power = next.starts_with("10^") || next.starts_with("10**") || next.starts_with("10\u207B") ||
                       next.starts_with("10\u00B2") || next.starts_with("10\u00B3");
    if (power) Push(Tok::kTimes, 1);
    return power;
  }
  const bool ordinal = !space_ && run == OrdinalTail(list_.numbers.back()) &&
                       list_.tokens.back().number + 1 == list_.numbers.size();
  if (ordinal) Push(Tok::kWord, 2, 0, "th");
  return ordinal;
}

void Lexer::Letters() {
  size_t end = at_;
  bool ascii = true;
  while (end < text_.size()) {
    const size_t other = IsLetter(text_[end]) ? 1 : ProseCharacter(text_, end);
    if (other == 0) break;
    ascii &= other == 1;
    end += other;
  }
  const std::string_view run = text_.substr(at_, end - at_);
  const std::string_view rest = text_.substr(end);
  if (TakeMarkedLetters(run, rest)) return;
  if (run.size() >= 2 && IsAmongWords(rest) && FindPlainWord(run) == nullptr) {
    Push(Tok::kWord, run.size());
  } else if ((run == "a" || run == "p") && Last() == Tok::kNumber && rest.starts_with(".m")) {  // 3 p.m.
    Push(Tok::kWord, rest.starts_with(".m.") ? 4 : 3, 0, run == "a" ? "am" : "pm");
  } else if (run == "in" && space_ && Last() == Tok::kLetter && rest.size() >= 2 && rest[0] == ' ' &&
             std::string_view("[({").find(rest[1]) != rest.npos) {
    Push(Tok::kIn, 2);
  } else if (run.size() >= 2 ? IsUnitHere(run) : IsUnitBeforePart(run[0], rest)) {
    Push(Tok::kWord, run.size());
  } else if (const NamedToken* name = ascii && run.size() >= 2 ? FindPlainWord(run) : nullptr) {
    PushNamed(*name, run.size());
    if (name->type == Tok::kFunction || name->type == Tok::kPercent) list_.tokens.back().text = run;
  } else if (!ascii || (prose_ && run.size() >= 2) || (!math_ && (run.size() >= 4 || IsShortWord(run)))) {
    Push(Tok::kWord, run.size());
  } else if (run.size() == 1 && (run == "U" || run == "u") &&
             (Last() == Tok::kClose || Last() == Tok::kCloseSquare || Last() == Tok::kCloseBrace) && space_) {
    Push(Tok::kUnion, 1);
  } else {
    SplitLetters(run);
  }
}

void Lexer::SplitLetters(std::string_view run) {
  // FF_16: digits of a base above ten, not variables.
  const bool capitals =
      run.size() >= 2 && std::all_of(run.begin(), run.end(), [](char c) { return c >= 'A' && c <= 'F'; });
  if (capitals && (text_.substr(at_ + run.size()).starts_with("_{16}") ||
                   text_.substr(at_ + run.size()).starts_with("_16"))) {
    NumberLiteral literal;
    literal.digits = run;
    return PushNumber(std::move(literal), run.size());
  }
  size_t i = 0;
  if (run.size() == 3 && run.starts_with("pi")) {  // 2pir
    Push(Tok::kConstant, 2, static_cast<uint8_t>(Constant::kPi));
    i = 2;
  }
  for (; i < run.size(); ++i) {
    list_.has_letter_j |= run[i] == 'j';
    Push(Tok::kLetter, 1);
  }
}

void Lexer::Unicode() {
  const Utf8Char c = NextUtf8(text_, at_);
  if (!c.valid) return Fail("a byte that is no UTF-8");
  const NamedToken* name = FindUnicode(c.code_point);
  if (name == nullptr) return Letters();
  if (name->type == Tok::kNumber) return WideNumber();
  if (name->type == Tok::kFraction) return VulgarFraction(name->text, c.size);
  depth_ = std::max(depth_ + (name->type == Tok::kOpen ? 1 : name->type == Tok::kClose ? -1 : 0), 0);
  if (name->type == Tok::kOpen) return OpenBracket(c.size);
  if (name->type == Tok::kClose) return CloseBracket(c.size);
  PushNamed(*name, c.size);
}

// Digits of full width, with their own point or an ASCII one.
void Lexer::WideNumber() {
  NumberLiteral literal;
  size_t end = at_;
  bool point = false;
  while (end < text_.size()) {
    const Utf8Char c = NextUtf8(text_, end);
    const bool wide = c.valid && c.code_point >= U'\uFF10' && c.code_point <= U'\uFF19';
    if (wide) {
      literal.digits += static_cast<char>('0' + (c.code_point - U'\uFF10'));
      literal.fraction_digits += point;
    } else if ((c.code_point == U'\uFF0E' || c.code_point == U'.') && !point) {
      const std::string_view after = text_.substr(end + c.size);
      if (!after.starts_with("\xEF\xBC") || after.size() < 3 || after[2] < '\x90' || after[2] > '\x99') break;
      point = true;
    } else {
      break;
    }
    end += c.size;
  }
  literal.whole = !point;
  if (literal.digits.size() > kMaxNumberDigits) return Fail("a number has more than 4000 digits");
  PushNumber(std::move(literal), end - at_);
}

// One character that is a fraction; after a whole number it makes a mixed one.
void Lexer::VulgarFraction(std::string_view written, size_t size) {
  Push(Tok::kFraction, size);
  const size_t slash = written.find('/');
  for (const std::string_view part : {written.substr(0, slash), written.substr(slash + 1)}) {
    NumberLiteral literal;
    literal.digits = part;
    Push(Tok::kOpenGroup, 0);
    PushNumber(std::move(literal), 0);
    Push(Tok::kCloseGroup, 0);
  }
}

}  // namespace hone
