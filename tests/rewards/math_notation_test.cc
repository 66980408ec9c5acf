// Notations beside plain LaTeX: Unicode, sympy, words for sets, dates, derivatives; and golds that are not evaluated, or
// cannot be read.
#include "tests/rewards/math_rows.h"

namespace hone {
namespace {

// clang-format off
TEST_CASE("numbers side by side do not run together") {
  CheckAll({
      {R"~(2024)~", R"~(\boxed{20 24})~"},
      {R"~(123)~", R"~(1 2 3)~"},
      {R"~(56)~", R"~(\boxed{5\,6})~"},
      {R"~(51)~", R"~(<answer>5 1</answer>)~"},
      {R"~(-12)~", R"~(-1 2)~"},
      {R"~(1.25)~", R"~(1. 25)~"},
      {R"~(\frac{1}{23})~", R"~(\boxed{\frac{1}{2 3}})~"},
      {R"~(\lim_{x\to 0}\frac{1}{23})~", R"~(\boxed{\lim_{x\to 0}\frac{12}{3}})~"},
      {R"~(x^{12})~", R"~(\boxed{x^{1 2}})~"},
      {R"~(12\%)~", R"~(1 2\%)~"},
      {R"~(12 cm)~", R"~(1 2 cm)~"},
      {R"~(June 20)~", R"~(\boxed{June 2})~"},
      {R"~(\text{June 20})~", R"~(\boxed{\text{June 2}})~"},
  }, false);
  CheckAll({
      {R"~(10000)~", R"~(\boxed{10\,000})~"},
      {R"~(10\,000)~", R"~(\boxed{10000})~"},
  }, true);
}

TEST_CASE("golds of words and numbers are answers as they stand") {
  CheckAll({
      {R"~(\text{June 20})~", R"~(\boxed{June 20})~"},
      {R"~(June 20)~", R"~(\boxed{June 20})~"},
      {R"~(June 20)~", R"~(\boxed{\text{June 20}})~"},
      {R"~(\text{7 pm})~", R"~(7 pm)~"},
      {R"~(\text{Option 2})~", R"~(\boxed{Option 2})~"},
      {R"~(\text{Thursday, May 5})~", R"~(\boxed{\text{Thursday, May 5}})~"},
      {R"~(2\text{ hours and }30\text{ minutes})~", R"~(\boxed{2\text{ hours and }30\text{ minutes}})~"},
  }, true);
}
// clang-format on

// clang-format off
TEST_CASE("other notations for the same") {
  CheckAll({
      {R"~(1500)~", R"~(1.5 x 10^3)~"},
      {R"~(1500)~", R"~(1.5 × 10^3)~"},
      {R"~(1500)~", R"~(1.5 \times 10^3)~"},
      {R"~(1500)~", R"~(1.5x10^3)~"},
      {R"~(1500)~", R"~(1.5 X 10^{3})~"},
      {R"~(1500)~", R"~(1.5 * 10**3)~"},
      {R"~(7/2)~", R"~(3½)~"},
      {R"~(1/2)~", R"~(½)~"},
      {R"~(3/4)~", R"~(¾)~"},
      {R"~(1/3)~", R"~(⅓)~"},
      {R"~(3)~", R"~(|{-3}|)~"},
      {R"~(±3)~", R"~(+/-3)~"},
      {R"~(2)~", R"~(\lg 100)~"},
      {R"~([[1,2],[3,4]])~", R"~(\begin{pmatrix}1&2\\3&4\end{pmatrix})~"},
      {R"~(\begin{pmatrix}1&2\\3&4\end{pmatrix})~", R"~([[1,2],[3,4]])~"},
      {R"~(\begin{pmatrix}1&2\\3&4\end{pmatrix})~", R"~([[1, 2], [3, 4]])~"},
      {R"~(\mathbb{R})~", R"~(all real numbers)~"},
      {R"~((-\infty,\infty))~", R"~(all real numbers)~"},
      {R"~(\mathbb{R})~", R"~(\text{all real numbers})~"},
      {R"~(\mathbb{R})~", R"~(all reals)~"},
      {R"~(\emptyset)~", R"~(no solution)~"},
      {R"~(\emptyset)~", R"~(empty set)~"},
      {R"~(\emptyset)~", R"~(\text{no real solutions})~"},
      {R"~(no solution)~", R"~(\emptyset)~"},
      {R"~(3)~", R"~(\boxed{\text{the answer is }3})~"},
      {R"~(1)~", R"~(1st)~"},
      {R"~(1st)~", R"~(1)~"},
      {R"~(3)~", R"~(３)~"},
      {R"~(12)~", R"~(１２)~"},
      {R"~(i)~", R"~(√−1)~"},
      {R"~(4-3i)~", R"~(4-3*I)~"},
      {R"~(4-3i)~", R"~(\boxed{4 - 3I})~"},
      {R"~(x^2)~", R"~(x²)~"},
      {R"~(-5)~", R"~(−5)~"},
      {R"~(6)~", R"~(2·3)~"},
      {R"~(2)~", R"~(6÷3)~"},
      {R"~(1000)~", R"~(1 000)~"},
      {R"~(1000)~", R"~(1 000)~"},
      {R"~(1000)~", R"~(1\,000)~"},
      {R"~(1000)~", R"~(1\!000)~"},
      {R"~(1000)~", R"~(1,\!000)~"},
      {R"~(2023-05-01)~", R"~(2023-05-01)~"},
      {R"~(\frac{dy}{dx})~", R"~(\frac{dy}{dx})~"},
      {R"~(\frac{3}{4})~", R"~(¾ cm)~"},
      {R"~(x^{1/2})~", R"~(x^½)~"},
      {R"~(2.5)~", R"~(２．５)~"},
      {R"~(\frac{dy}{dx} = 2x)~", R"~(dy/dx = 2x)~"},
      {R"~(\frac{d^2y}{dx^2})~", R"~(\frac{d^2 y}{dx^2})~"},
      {R"~(x \equiv 3 \pmod 7)~", R"~(x ≡ 3 (mod 7))~"},
      {R"~(x \equiv 3 \pmod 7)~", R"~(x \equiv 3 \mod 7)~"},
      {R"~(2)~", R"~(17 \bmod 5)~"},
      {R"~(5^{\text{th}})~", R"~(5th)~"},
      {R"~(5)~", R"~(5^{th})~"},
      {R"~(21)~", R"~(21st)~"},
      {R"~(P(A|B) = \frac13)~", R"~(P(A \mid B) = 1/3)~"},
      {R"~(|x|+|y|)~", R"~((|x|+|y|))~"},
      {R"~(3)~", R"~(|(-3)|)~"},
      {R"~(\lim_{x \to 0} f(x))~", R"~(\boxed{\lim_{x\to 0}f(x)})~"},
      {R"~(\int_0^1 x\,dx)~", R"~(\int_0^1 x dx)~"},
      {R"~(\frac{d}{dx} f)~", R"~(\frac{d}{dx} f)~"},
      {R"~(z^*)~", R"~(z^{*})~"},
      {R"~(1)~", R"~(\boxed{\int_0^1 2x\,dx = 1})~"},
      {R"~(log_{10}(x))~", R"~(lg(x))~"},
      {R"~(2-5i)~", R"~(2 - 5*I)~"},
      {R"~(I)~", R"~(I)~"},
      {R"~(I)~", R"~((I))~"},
      {R"~(3)~", R"~(maybe 3)~"},
      {R"~(72 apples)~", R"~(72)~"},
      {R"~(72)~", R"~(72 apples)~"},
      {R"~(72 apples)~", R"~(72 red apples in total)~"},
      {R"~(10:30 AM)~", R"~(10:30 a.m.)~"},
      {R"~(3 \pmod 4)~", R"~(3 (mod 4))~"},
      {R"~(x \equiv 3 \pmod 4)~", R"~(3 \pmod 4)~"},
  }, true);
}

TEST_CASE("notations that look alike and differ") {
  CheckAll({
      {R"~(2023-05-01)~", R"~(2017)~"},
      {R"~(2017)~", R"~(2023-05-01)~"},
      {R"~(2023-05-01)~", R"~(2023-05-02)~"},
      {R"~(\frac{dy}{dx})~", R"~(y/x)~"},
      {R"~(\frac{dy}{dx})~", R"~(\frac{y}{x})~"},
      {R"~(\frac{d}{dx} f)~", R"~(f/x)~"},
      {R"~(\frac{dy}{dx})~", R"~(\frac{dz}{dx})~"},
      {R"~(z^*)~", R"~(z)~"},
      {R"~(P(A|B))~", R"~(P(B|A))~"},
      {R"~(P(A|B))~", R"~(P(A))~"},
      {R"~(\lim_{x\to 0} \frac{\sin x}{x})~", R"~(\frac{\sin x}{x})~"},
      {R"~(\lim_{x\to 0} f(x))~", R"~(\lim_{x\to 1} f(x))~"},
      {R"~(x \equiv 3 \pmod 7)~", R"~(x ≡ 3 (mod 5))~"},
      {R"~(2)~", R"~(12st)~"},
      {R"~(\frac12)~", R"~(2½)~"},
      {R"~(3.5)~", R"~(3 ½ 2)~"},
      {R"~(\mathbb{R})~", R"~(no solution)~"},
      {R"~(\emptyset)~", R"~(0)~"},
      {R"~(2I + x)~", R"~(2i + x)~"},
      {R"~(12)~", R"~(1２)~"},
      {R"~(9)~", R"~(3³)~"},
      {R"~(72 apples)~", R"~(72 oranges)~"},
      {R"~(5 \text{ red balls})~", R"~(5 blue balls)~"},
      {R"~(10:30 AM)~", R"~(10:30 PM)~"},
      {R"~(3 \pmod 4)~", R"~(3 \pmod 5)~"},
      {R"~(3 \pmod 4)~", R"~(3 (mod 5))~"},
      {R"~(3 \text{ hours})~", R"~(3 minutes)~"},
  }, false);
}

TEST_CASE("a gold that cannot be read is a fault, which says what and where") {
  const std::vector<MathRow> rows = {
      {"1e99999999", "the exponent of a number is beyond 1000000, at byte 0: '1e99999999'"},
      {std::string(5000, '7'), "the whole text"},
      {"\\boxed{" + std::string(5000, '7') + "}", "a number has more than 4000 digits, at byte 0: '77"},
      {"\\frac{1}{2", "a brace is not closed, at byte 8: '{2'"},
      {"(1,2", "a bracket is not closed, at byte 0: '(1,2'"},
      {"x + ", "the text ends where a value should be, at its end"},
      {"\\boxed{3 + \\lim_{x}", "the last box is not terminated"},
      {"\\lim_{x", "integrals, limits and quantifiers are not read, at byte 0: '\\lim_{x'"},
      {"12 13", "two numbers stand side by side, at byte 3: '13'"},
      {"89_7", "a digit is too large for the base, at byte 3: '7'"},
      {"5 \\text{ or more}", ""},
  };
  for (const MathRow& row : rows) {
    CAPTURE(row.gold.substr(0, 40));
    const MathVerdict verdict = VerifyMath(row.gold, "3", {});
    CAPTURE(verdict.reason);
    CHECK((verdict.status == MathVerdict::Status::kFault) == !row.pred.empty());
    CHECK((row.pred == "the whole text" || verdict.reason.find(row.pred) != std::string::npos));
  }
}
// clang-format on

}  // namespace
}  // namespace hone
