// Punctuation and numbers; words are in lexer_word.cc, LaTeX in lexer_latex.cc. Covered by tests/rewards/math_parse_test.cc.
#include "rewards/math/lexer.h"

#include <algorithm>
#include <array>

#include "rewards/math/expr.h"

namespace hone {

namespace {

// Signs that mean one thing wherever they stand; kEnd for all others.
Tok SignOf(char c) {
  switch (c) {
    case '/':
      return Tok::kSlash;
    case '\'':
      return Tok::kPrime;
    case '%':
      return Tok::kPercent;
    case ';':
      return Tok::kSemicolon;
    case '&':
      return Tok::kAmpersand;
    case '|':
      return Tok::kBar;
    default:
      return Tok::kEnd;
  }
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
  if (type == Tok::kBar && !brackets_.empty()) {
    brackets_.back().bars += 1;
    brackets_.back().last_bar = list_.tokens.size();
  }
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
  if (name.type == Tok::kMod && Last() == Tok::kOpen) {  // (mod 5): the bracket belongs to it
    Token& open = list_.tokens.back();
    open.type = Tok::kCongruent;
    open.value = 1;
    at_ += size;
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
      At("+/-") ? Push(Tok::kPlusMinus, 3) : Push(Tok::kPlus, 1);
      return;
    case '-':
      At("->") ? Push(Tok::kRelation, 2, static_cast<uint8_t>(Relation::kSimilar)) : Push(Tok::kMinus, 1);
      return;
    case '*':
      Star();
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
    case '$':
      Dollar();
      return;
    case ',':
      Comma();
      return;
    case '.':
      Dot();
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
      if (const Tok sign = SignOf(c); sign != Tok::kEnd) {
        Push(sign, 1);
        return;
      }
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

void Lexer::OpenBracket(size_t size) {
  Push(Tok::kOpen, size);
  brackets_.push_back({});
}

// One bar alone between ( and ) parts an event from its condition: P(A|B).
void Lexer::CloseBracket(size_t size) {
  Push(Tok::kClose, size);
  if (brackets_.empty()) return;
  const Bracket bracket = brackets_.back();
  brackets_.pop_back();
  if (bracket.bars == 1) list_.tokens[bracket.last_bar].type = Tok::kMid;
}

bool Lexer::BarsHoldGroup() const {
  if (Last() != Tok::kBar || Peek() != '{') return false;
  const size_t end = text_.find_first_of("{},|", at_ + 1);
  return end != text_.npos && text_[end] == '}' && end + 1 < text_.size() && text_[end + 1] == '|';
}

void Lexer::Brackets() {
  const char c = text_[at_];
  if (at_ == hidden_close_) {
    ++at_;
    hidden_close_ = text_.npos;
    return;
  }
  // In plain text braces are a set's, save after ^ and _, and around all that stands between bars: |{-3}|.
  const bool group = latex_ || Last() == Tok::kCaret || Last() == Tok::kUnderscore || BarsHoldGroup();
  depth_ += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
  depth_ = std::max(depth_, 0);
  groups_ += c == '{' ? 1 : c == '}' ? -1 : 0;
  switch (c) {
    case '(':
      OpenBracket(1);
      return;
    case ')':
      CloseBracket(1);
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
  if (last == Tok::kCaret) {  // z^*
    Push(Tok::kTimes, 1);
  } else if (twice && (bold_ || !after_value || next >= text_.size())) {
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
  for (const std::string_view tail : {"st", "nd", "rd", "th"}) {  // 5^{\text{th}}
    std::string_view rest = text_.substr(inner);
    const bool styled = rest.starts_with("\\text{") || rest.starts_with("\\mathrm{");
    if (styled) rest.remove_prefix(rest.find('{') + 1);
    if (Last() != Tok::kNumber || !rest.starts_with(tail) || !(styled || braced)) continue;
    rest.remove_prefix(2);
    const std::string_view close = styled && braced ? "}}" : "}";
    if (!rest.starts_with(close)) continue;
    Push(Tok::kWord, static_cast<size_t>(rest.data() - text_.data()) + close.size() - at_, 0, "th");
    return;
  }
  Push(Tok::kCaret, 1);
}

void Lexer::Number() {
  NumberLiteral literal = ScanNumber(text_, at_, depth_ > 0);
  if (literal.digits.size() > kMaxNumberDigits) return Fail("a number has more than 4000 digits");
  if (std::abs(literal.exponent) > kMaxDecimalExponent)
    return Fail("the exponent of a number is beyond 1000000");
  const size_t size = literal.end - at_;
  PushNumber(std::move(literal), size);
}

void Lexer::PushNumber(NumberLiteral literal, size_t size) {
  Push(Tok::kNumber, size).number = static_cast<uint32_t>(list_.numbers.size());
  list_.numbers.push_back(std::move(literal));
}

TokenList Tokenize(std::string_view text, const MathPolicy& policy, bool prose) {
  return Lexer(text, policy, prose).Run();
}

}  // namespace hone
