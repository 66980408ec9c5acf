#include "rewards/math/lexer.h"

#include <algorithm>
#include <array>

#include "data/utf8.h"
#include "rewards/math/expr.h"

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

}  // namespace

Lexer::Lexer(std::string_view text, const MathPolicy& policy, bool prose)
    : text_(text), policy_(policy), prose_(prose) {
  list_.tokens.reserve(text.size() / 2 + 4);
  FindMathShifts();
  has_semicolon_ = text.find(';') != text.npos;
}

// Dollar signs are currency when they do not pair, or when a pair stands around "5 and " as in "$5 and $6".
void Lexer::FindMathShifts() {
  latex_ = text_.find('\\') != text_.npos;
  size_t count = 0, second = 0;
  for (size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\\') {
      ++i;
    } else if (text_[i] == '$' && ++count == 2) {
      second = i;
    }
  }
  dollars_pair_ = count != 0 && count % 2 == 0;
  if (dollars_pair_ && count == 2 && second + 1 < text_.size() && text_[second - 1] == ' ' &&
      IsDigit(text_[second + 1])) {
    dollars_pair_ = false;
  }
  latex_ |= dollars_pair_;
}

Token& Lexer::Push(Tok type, size_t size, uint8_t value, std::string_view name) {
  Token token;
  token.type = type;
  token.value = value;
  token.space = space_;
  token.begin = static_cast<uint32_t>(at_);
  token.end = static_cast<uint32_t>(at_ + size);
  token.text = name.data() == nullptr ? text_.substr(at_, size) : name;
  space_ = false;
  at_ += size;
  if (type == Tok::kSemicolon || type == Tok::kAnd || type == Tok::kOr) list_.has_strong_joiner = true;
  list_.tokens.push_back(token);
  return list_.tokens.back();
}

void Lexer::PushNamed(const NamedToken& name, size_t size) {
  if (name.type == Tok::kSpace) {
    at_ += size;
    space_ = true;
    return;
  }
  Push(name.type, size, name.value, name.text);
}

void Lexer::Fail(const char* reason) {
  list_.reason = reason;
  list_.offset = at_;
}

TokenList Lexer::Run() {
  while (at_ < text_.size() && list_.reason == nullptr) Step();
  Push(Tok::kEnd, 0);
  return std::move(list_);
}

void Lexer::Step() {
  const char c = text_[at_];
  if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '~' || c == '`' || c == '"') {
    ++at_;
    space_ = true;
  } else if (c == '\\') {
    Command();
  } else if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) {
    Number();
  } else if (IsLetter(c)) {
    Letters();
  } else if (static_cast<unsigned char>(c) >= 0x80) {
    Unicode();
  } else {
    Punctuation();
  }
}

void Lexer::Punctuation() {
  switch (const char c = text_[at_]) {
    case '+':
      Push(Tok::kPlus, 1);
      return;
    case '-':
      At("->") ? Push(Tok::kRelation, 2, static_cast<uint8_t>(Relation::kSimilar)) : Push(Tok::kMinus, 1);
      return;
    case '*':
      Star();
      return;
    case '/':
      Push(Tok::kSlash, 1);
      return;
    case '^':
      Caret();
      return;
    case '_':
      if (!list_.tokens.empty())
        Push(Tok::kUnderscore, 1);
      else
        ++at_;  // markdown's __5__
      return;
    case '\'':
      Push(Tok::kPrime, 1);
      return;
    case '%':
      Push(Tok::kPercent, 1);
      return;
    case '$':
      Dollar();
      return;
    case ',':
      Comma();
      return;
    case ';':
      Push(Tok::kSemicolon, 1);
      return;
    case '.':
      Dot();
      return;
    case '&':
      Push(Tok::kAmpersand, 1);
      return;
    case '|':
      Push(Tok::kBar, 1);
      return;
    case '=':
    case '<':
    case '>':
    case '!':
    case ':':
      Relations();
      return;
    case '(':
    case ')':
    case '[':
    case ']':
    case '{':
    case '}':
      Brackets();
      return;
    default:
      Fail(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? "a control character"
                                                             : "a sign that is no mathematics");
  }
}

void Lexer::Relations() {
  struct Written {
    std::string_view text;
    Tok type;
    Relation relation;
  };
  static constexpr auto kWritten = std::to_array<Written>({
      {"<=>", Tok::kRelation, Relation::kSimilar},
      {"==", Tok::kRelation, Relation::kEqual},
      {"=>", Tok::kRelation, Relation::kSimilar},
      {"=<", Tok::kRelation, Relation::kLessEqual},
      {"<=", Tok::kRelation, Relation::kLessEqual},
      {">=", Tok::kRelation, Relation::kGreaterEqual},
      {"<>", Tok::kRelation, Relation::kNotEqual},
      {"!=", Tok::kRelation, Relation::kNotEqual},
      {":=", Tok::kRelation, Relation::kEqual},
      {"=", Tok::kRelation, Relation::kEqual},
      {"<", Tok::kRelation, Relation::kLess},
      {">", Tok::kRelation, Relation::kGreater},
      {"!", Tok::kBang, Relation::kEqual},
      {":", Tok::kColon, Relation::kEqual},
  });
  for (const Written& written : kWritten) {
    if (!At(written.text)) continue;
    Push(written.type, written.text.size(), static_cast<uint8_t>(written.relation));
    return;
  }
}

void Lexer::Brackets() {
  const char c = text_[at_];
  if (at_ == hidden_close_) {
    ++at_;
    hidden_close_ = text_.npos;
    return;
  }
  // In plain text braces are a set's, save after ^ and _.
  const bool group = latex_ || Last() == Tok::kCaret || Last() == Tok::kUnderscore;
  depth_ += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
  depth_ = std::max(depth_, 0);
  groups_ += c == '{' ? 1 : c == '}' ? -1 : 0;
  switch (c) {
    case '(':
      Push(Tok::kOpen, 1);
      return;
    case ')':
      Push(Tok::kClose, 1);
      return;
    case '[':
      Push(Tok::kOpenSquare, 1);
      return;
    case ']':
      Push(Tok::kCloseSquare, 1);
      return;
    case '{':
      Push(group ? Tok::kOpenGroup : Tok::kOpenBrace, 1);
      return;
    default:
      Push(latex_ ? Tok::kCloseGroup : Tok::kCloseBrace, 1);
      return;
  }
}

// A power **, a product *, or markdown's emphasis and bullets, which print nothing.
void Lexer::Star() {
  const Tok last = Last();
  const bool twice = Peek(1) == '*';
  const size_t next = SkipBlanks(text_, at_ + (twice ? 2 : 1));
  const bool after_value = last == Tok::kNumber || last == Tok::kLetter || last == Tok::kClose ||
                           last == Tok::kConstant || last == Tok::kCloseGroup || last == Tok::kCloseSquare;
  if (twice && (bold_ || !after_value || next >= text_.size())) {
    bold_ = !bold_;
    at_ += 2;
  } else if (twice) {
    Push(Tok::kCaret, 2);
  } else if (list_.tokens.empty() || next >= text_.size()) {
    ++at_;
  } else {
    Push(Tok::kTimes, 1);
  }
}

void Lexer::Dollar() {
  const size_t next = SkipBlanks(text_, at_ + 1);
  if (dollars_pair_) {
    math_ = !math_;
    ++at_;
    space_ = true;
  } else if (next < text_.size() && (IsDigit(text_[next]) || text_[next] == '.' || text_[next] == '-')) {
    Push(Tok::kCurrency, 1, 0, "dollar");  // $5
  } else if (Last() == Tok::kNumber && space_) {
    Push(Tok::kCurrency, 1, 0, "dollar");  // 5 $
  } else {
    ++at_;  // half of a pair that the extraction cut
  }
}

void Lexer::Comma() {
  uint8_t decimal = 0;
  const auto& tokens = list_.tokens;
  if (policy_.decimal_comma == DecimalCommaRule::kAuto && Last() == Tok::kNumber && !space_ &&
      ((depth_ == 0 && groups_ == 0) || has_semicolon_)) {
    size_t end = at_ + 1;
    while (end < text_.size() && IsDigit(text_[end])) ++end;
    const size_t digits = end - at_ - 1;
    const bool third = end < text_.size() && text_[end] == ',';
    const bool second = tokens.size() >= 2 && tokens[tokens.size() - 2].type == Tok::kComma;
    decimal = digits != 0 && digits != 3 && !third && !second && list_.numbers[tokens.back().number].whole;
  }
  list_.decimal_commas += decimal;
  list_.commas += depth_ == 0 && groups_ == 0;
  Push(Tok::kComma, 1, decimal);
}

void Lexer::Dot() {
  if (At("...")) {
    Push(Tok::kEllipsis, 3);
    return;
  }
  size_t next = at_ + 1;  // a full stop ends the text, but for closing marks
  while (next < text_.size() &&
         (text_[next] == ' ' || text_[next] == '\n' || text_[next] == '$' || text_[next] == '*' ||
          text_[next] == '.' || text_[next] == '}' || text_[next] == '`' || text_[next] == '"')) {
    ++next;
  }
  if (next < text_.size() && !At(".\\]") && !At(".\\)")) return Fail("a full stop, and more after it");
  ++at_;
}

void Lexer::Caret() {
  size_t inner = SkipBlanks(text_, at_ + 1);
  const bool braced = inner < text_.size() && text_[inner] == '{';
  if (braced) inner = SkipBlanks(text_, inner + 1);
  for (const auto& [name, type] : {std::pair<std::string_view, Tok>{"\\circ", Tok::kDegree},
                                   {"\\degree", Tok::kDegree},
                                   {"\u00B0", Tok::kDegree},
                                   {"\\prime", Tok::kPrime}}) {
    if (!text_.substr(inner).starts_with(name)) continue;
    size_t end = inner + name.size();
    if (braced) end = SkipBlanks(text_, end);
    if (braced && (end >= text_.size() || text_[end] != '}')) continue;
    Push(type, end + braced - at_);
    return;
  }
  Push(Tok::kCaret, 1);
}

void Lexer::Number() {
  NumberLiteral literal = ScanNumber(text_, at_, depth_ > 0);
  if (literal.digits.size() > kMaxNumberDigits) return Fail("a number has too many digits");
  if (std::abs(literal.exponent) > kMaxDecimalExponent) return Fail("the exponent of a number is too large");
  Token& token = Push(Tok::kNumber, literal.end - at_);
  token.number = static_cast<uint32_t>(list_.numbers.size());
  list_.numbers.push_back(std::move(literal));
}

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

// In plain text, whether a word stands before the letters at hand, or after them, where `rest` begins.
bool Lexer::IsAmongWords(std::string_view rest) const {
  if (latex_) return false;
  if (Last() == Tok::kWord && space_) return true;
  size_t end = 1;
  while (end < rest.size() && IsLetter(rest[end])) ++end;
  return end > 2 && rest[0] == ' ' && FindPlainWord(rest.substr(1, end - 1)) == nullptr;
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
  if (const size_t size = Contraction(run, rest); size != 0) {
    Push(Tok::kWord, size);
  } else if (run.size() >= 2 && IsAmongWords(rest) && FindPlainWord(run) == nullptr) {
    Push(Tok::kWord, run.size());
  } else if ((run == "a" || run == "p") && Last() == Tok::kNumber && rest.starts_with(".m")) {  // 3 p.m.
    Push(Tok::kWord, rest.starts_with(".m.") ? 4 : 3, 0, run == "a" ? "am" : "pm");
  } else if (run == "in" && space_ && Last() == Tok::kLetter && rest.size() >= 2 && rest[0] == ' ' &&
             std::string_view("[({").find(rest[1]) != rest.npos) {
    Push(Tok::kIn, 2);
  } else if (run.size() >= 2 && IsUnitHere(run)) {
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
    Push(Tok::kNumber, run.size()).number = static_cast<uint32_t>(list_.numbers.size());
    list_.numbers.push_back(std::move(literal));
    return;
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
  if (name->type == Tok::kOpen) ++depth_;
  if (name->type == Tok::kClose) depth_ = std::max(depth_ - 1, 0);
  PushNamed(*name, c.size);
}

TokenList Tokenize(std::string_view text, const MathPolicy& policy, bool prose) {
  return Lexer(text, policy, prose).Run();
}

}  // namespace hone
