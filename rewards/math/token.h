// What the lexer makes of LaTeX and plain text, and the tables of names behind it. Covered by
// tests/rewards/math_parse_test.cc.
#ifndef HONE_REWARDS_MATH_TOKEN_H_
#define HONE_REWARDS_MATH_TOKEN_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "rewards/math/number_literal.h"
#include "rewards/math/policy.h"

namespace hone {

enum class Tok : uint8_t {
  kEnd,
  kNumber,    // digits with separators, a point, an exponent, as written
  kLetter,    // a one-letter or Greek variable; text is its name. Value: kUpright or kAccented
  kWord,      // letters that are no known name: prose, a unit, or a long variable
  kText,      // the inside of \text{...} and its like, letters and prose
  kConstant,  // value: Constant
  kFunction,  // value: Function; text as written
  kNamedSet,  // text: "R"
  kEmptySet,
  kEllipsis,
  kPlus,
  kMinus,
  kPlusMinus,
  kMinusPlus,
  kTimes,
  kSlash,
  kMod,        // \bmod
  kCongruent,  // \pmod
  kCaret,
  kUnderscore,
  kSuperscript,  // unicode; text is the same in ASCII
  kBang,
  kPrime,
  kPercent,
  kDegree,
  kCurrency,  // text: name of the unit
  kComma,     // value 1: may be a decimal comma
  kSemicolon,
  kColon,
  kAnd,
  kOr,
  kRelation,    // value: Relation
  kEquivalent,  // \equiv
  kIn,          // value 1: not in
  kUnion,
  kIntersection,
  kSetMinus,
  kOpen,  // ( and its close
  kClose,
  kOpenSquare,  // [
  kCloseSquare,
  kOpenBrace,  // \{ or, in plain text, {
  kCloseBrace,
  kOpenGroup,  // { of LaTeX
  kCloseGroup,
  kOpenFloor,
  kCloseFloor,
  kOpenCeil,
  kCloseCeil,
  kOpenAngle,
  kCloseAngle,
  kBar,
  kDoubleBar,
  kMid,
  kFraction,
  kOver,  // {a \over b}
  kBinomial,
  kChoose,  // {n \choose k}
  kRoot,    // \sqrt; value: degree, 2 or 3
  kSum,
  kProduct,
  kRepeat,  // \overline and its like: digits that repeat, or an accent
  kBegin,   // text: environment
  kEndEnvironment,
  kAmpersand,
  kRow,          // \\ of LaTeX
  kUnsupported,  // a construct that is known and not read: \int
  // ---- of the table of commands only; the lexer acts on them
  kSpace,
  kVector,        // \vec, \hat, \mathbf: what follows is no imaginary unit
  kStyle,         // \mathrm{...}: prose, a name, or plain mathematics
  kDelimiter,     // \left, \big
  kSkipArgument,  // \label{...}, \hspace{...}
  kTransparent,   // \boxed{...}: prints its argument
};

struct Token {
  Tok type = Tok::kEnd;
  uint8_t value = 0;
  bool space = false;           // spacing stands before it
  uint32_t begin = 0, end = 0;  // bytes of the source
  std::string_view text;
  uint32_t number = 0;  // kNumber: index into TokenList::numbers
};

// A name and what it stands for.
struct NamedToken {
  std::string_view name;
  Tok type;
  uint8_t value = 0;
  std::string_view text = {};
};

const NamedToken* FindLatexCommand(std::string_view name);  // without the backslash; null: unknown
const NamedToken* FindPlainWord(std::string_view word);     // sin, pi, sqrt, and, ...
const NamedToken* FindUnicode(char32_t code_point);

inline constexpr uint8_t kUpright = 1;   // \mathrm{m}: a unit after a number
inline constexpr uint8_t kAccented = 2;  // \vec{i}: never a constant

struct TokenList {
  std::vector<Token> tokens;  // ends with kEnd
  std::vector<NumberLiteral> numbers;
  const char* reason = nullptr;  // why the text is no sequence of tokens; null: it is
  size_t offset = 0;
  bool has_letter_j = false;       // so i is not the imaginary unit
  int decimal_commas = 0;          // commas with value 1
  int commas = 0;                  // outside brackets
  bool has_strong_joiner = false;  // a semicolon, "and" or "or"
};

// `text` must outlive the list. `prose`: the inside of \text{...}; letters stay together as words.
TokenList Tokenize(std::string_view text, const MathPolicy& policy, bool prose);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_TOKEN_H_
