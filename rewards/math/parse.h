// Answers in LaTeX or plain text, by one grammar. Covered by tests/rewards/math_parse_test.cc.
//
// Where the notation is ambiguous, it is read so:
// - Letters: e, i, pi are constants. i is a symbol where a letter j occurs too, as \mathbf{i} or \hat{i}, or where
//   it is bound by a sum or is an index. Adjacent letters multiply (2ab); in plain text outside $...$ words of four
//   letters or more are one symbol or text. Case matters. Names keep their accents off: \vec{v} is v.
// - f, g, h, F, G, H before a bracket are functions, any other letter multiplies: f(x), but x(x+1). P, Q, p, q are
//   functions only of a lone other letter: p(x), but p(1-p).
// - \sin x y, \ln x^2, \sin 2x: a function without brackets takes the product after it, up to + - = , or another
//   function; \sin x / y is (sin x)/y; \sin^2 x is (sin x)^2, \sin^{-1} x is arcsin x.
// - a/bc is (a/b)c in LaTeX and plain text alike, 1/2x is x/2. 2^3^4 is 2^(3^4); -x^2 is -(x^2).
// - 3 1/2 and 3\frac12 with whole numbers and a proper fraction are mixed numbers; 3\frac{x}{2} is a product.
// - 1,000 with groups of three digits is one number, as are 1 000, 1{,}000, 1,\!000; 1, 000 and 1,00 are lists. 1,22:
//   kCommaNumber, under decimal_comma=auto.
// - 12_5 is a number in base 5, x_5 a symbol. 2e5 is scientific, 2e a product with the constant.
// - 12:30 is a time of day (kTime), 1:2 and 1:2:3 are ratios. 3!2 is 3! times 2.
// - (1,2) is a tuple, [1,2] a closed interval, [1,2,3] a tuple; see ExprKind::kInterval. |x| is an absolute value.
// - {1,2} is a set in plain text; inside $...$ unescaped braces print nothing, so ${1,2}$ is a list.
// - A single letter after a number is a variable: 3s, 5t, 2m. In \text{} or \mathrm{} it is a unit, as are words and
//   symbols of two letters and more that are no product of variables with lone letters: 3 cm, 5\text{ m}, 60 km/h.
//   Other words after a number are its label: 9 apples, 19 points in all. 1st is 1 with a label, 1.5 x 10^3 a product.
// - 2 \bmod 5, 2 (mod 5) and 2 \pmod 5 say what they are modulo (kResidue); 17 \bmod 5 is worked out.
// - 2023-05-01 is text. \frac{dy}{dx} and dy/dx are one variable. (A|B) is a statement, as (A \mid B).
// - I is the imaginary unit where it is the only letter among numbers: 4-3*I.
#ifndef HONE_REWARDS_MATH_PARSE_H_
#define HONE_REWARDS_MATH_PARSE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "rewards/math/expr.h"
#include "rewards/math/policy.h"

namespace hone {

struct ParseResult {
  bool ok = false;
  Expr expr;                       // ok only
  bool every_word_counts = false;  // ok, and each word is part of the value: "3 squared", but not "3 apples"
  bool formula = false;  // not ok: it is well-formed LaTeX of a kind that is not read, such as limits
  std::string reason;    // not ok: "a bracket is not closed", "more than 4096 nodes"
  size_t offset = 0;     // not ok: the byte of the text where that was seen
};

// Reads the whole text, or fails: nothing is skipped but spacing, styles, markdown emphasis, a final full stop, and words
// before a value such as "about" and "the answer is". Words alone are a kText. Never throws and never evaluates;
// near-linear time whatever the bytes, at once when a bound of expr.h is passed. Thread-safe.
ParseResult ParseMath(std::string_view text, const MathPolicy& policy);

// What in `text`, which gave `result`, could not be read, and where: "a brace is not closed, at byte 8: '{2'".
std::string WhyNotRead(const ParseResult& result, std::string_view text);

// The text as a person reads it, to compare words: lower case, without spacing (but that between two numbers), math
// delimiters, styles (\text{x} is x), markdown emphasis, and a final full stop. Linear time.
std::string PlainText(std::string_view text);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_PARSE_H_
