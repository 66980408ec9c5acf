// The whole verifier on rows of our own: what every notation means, and near misses.
#include "tests/rewards/math_verify_rows.h"

namespace hone {
namespace {

TEST_CASE("the same number in other clothes") {
  CheckAll({{"7", "7"},
            {"7", "\\boxed{007}"},
            {"3/4", "0.75"},
            {"3/4", "\\frac34"},
            {"3/4", "\\dfrac{6}{8}"},
            {"3/4", "$\\tfrac{3}{4}$"},
            {"0.125", "2^{-3}"},
            {"-5/2", "-2.5"},
            {"-\\frac{5}{2}", "\\frac{-5}{2}"},
            {"5 1/4", "\\frac{21}{4}"},
            {"5\\frac14", "5.25"},
            {"2,500", "2500"},
            {"2{,}500", "2500"},
            {"2\\,500", "2500"},
            {"2 500", "2500"},
            {"12,\\!345,\\!678", "12345678"},
            {"2.5e-3", "0.0025"},
            {"4 \\times 10^{5}", "400000"},
            {"4 \\cdot 10^{-2}", "0.04"},
            {"1101_2", "13"},
            {"1101_2", "15_{8}"},
            {"0.\\overline{6}", "2/3"},
            {"1.2\\overline{36}", "68/55"},
            {"\\$45", "45"},
            {"45", "\\$45.00"},
            {"60", "60^\\circ"},
            {"60^\\circ", "60 degrees"},
            {"35\\%", "35%"},
            {"35%", "0.35"},
            {"35%", "\\boxed{35 \\text{ percent}}"},
            {"0.04", "4%"},
            {"24", "4!"},
            {"10", "\\binom{5}{2}"},
            {"3", "\\lfloor \\pi \\rfloor"},
            {"4", "\\lceil \\pi \\rceil"},
            {"6", "\\gcd(12, 18)"},
            {"36", "\\operatorname{lcm}(12, 18)"},
            {"55", "\\sum_{k=1}^{10} k"},
            {"120", "\\prod_{k=1}^{5} k"},
            {"5", "|-5|"},
            {"16 \\text{ cm}", "16"},
            {"16", "16 \\text{ cm}"},
            {"16 \\text{ cm}", "16 cm"},
            {"12 \\text{ square inches}", "12 \\text{ square inches}"}},
           true);
}

TEST_CASE("numbers that differ, however little") {
  CheckAll({{"7", "8"},
            {"7", "-7"},
            {"7", "7.0001"},
            {"3/4", "4/3"},
            {"3/4", "-3/4"},
            {"0.3333", "1/3"},
            {"1/3", "0.333"},
            {"10^{-20}", "2\\cdot 10^{-20}"},
            {"2^{-77}", "2^{-78}"},
            {"\\frac{1}{1500!}", "\\frac{1}{1502!}"},
            {"405_7", "405_8"},
            {"405_7", "405"},
            {"5 1/4", "51/4"},
            {"35%", "35"},
            {"16 \\text{ cm}", "16 \\text{ m}"},
            {"4", "4t"},
            {"4", "4m + 1"},
            {"9:30", "0.3"},
            {"9:30", "9.5"},
            {"1 - \\frac{1}{e}", "1 + \\frac{1}{e}"},
            {"1,000", "1"},
            {"0.\\overline{3}", "0.3"},
            {"9^{9^9}", "9^{9^9} + 1"},
            {"9^{9^9}", "9^{9^8}"}},
           false);
}

TEST_CASE("expressions, in LaTeX and in plain text") {
  CheckAll({{"x^2+2x+1", "(x+1)^2"},
            {"x^2+2x+1", "(x+1)**2"},
            {"2\\pi", "2*pi"},
            {"\\frac{\\pi}{3}", "pi/3"},
            {"3\\sqrt{2}", "3*sqrt(2)"},
            {"3\\sqrt2", "sqrt(18)"},
            {"e^2", "exp(2)"},
            {"e^{16}-1", "exp(16)-1"},
            {"\\ln(x^2)", "2\\ln x"},
            {"i", "\\sqrt{-1}"},
            {"3+4i", "4i+3"},
            {"\\frac{1}{1+i}", "\\frac{1-i}{2}"},
            {"\\sin 30^\\circ", "\\frac12"},
            {"\\cos^2 x", "1-\\sin^2 x"},
            {"\\sec^2 t", "1 + \\tan^2 t"},
            {"\\log_{3} 81", "4"},
            {"\\sqrt[3]{x^2}", "x^{2/3}"},
            {"a b c", "c*b*a"},
            {"\\frac{x^2-1}{x-1}", "x+1"},
            {"x_1 + x_2", "x_2+x_1"},
            {"\\frac{x}{2}", "0.5x"},
            {"2^{n+1}", "2\\cdot 2^n"},
            {"\\sqrt{11+4\\sqrt{7}}", "2 + \\sqrt 7"},
            {"\\sqrt{3+2\\sqrt{2}}", "1+\\sqrt{2}"},
            {"\\frac{n(n+1)}{2}", "\\binom{n+1}{2}"},
            {"4.898979485566356", "4.898979485566356"},
            {"2\\sqrt{6}", "4.898979485566356"},
            {"\\frac{2}{7}", "0.2857142857142857"},
            {"\\frac{\\sqrt{2}}{2}", "0.7071067811865476"},
            {"\\frac{1}{3}", "\\boxed{\\int_0^1 x^2\\,dx = \\frac13}"},
            {"-\\frac\\pi 4", "-\\pi/4"},
            {"\\frac \\pi6 + 1 - \\sqrt3", "1 - \\sqrt{3} + \\pi/6"}},
           true);
  CheckAll({{"x^2+2x+1", "x^2+2x-1"},
            {"x^2", "x^2+10^{-20}"},
            {"x+y", "x-y"},
            {"x+1", "y+1"},
            {"\\sqrt{x^2}", "x"},
            {"\\sin x", "\\cos x"},
            {"C + 1", "D + 1"},
            {"2\\sqrt{6}", "4.8989"},
            {"2\\sqrt{6}", "4.898979485566456"},
            {"3+4i", "3-4i"},
            {"\\ln 2", "\\log_{10} 2"},
            {"\\frac \\pi6 + 1 - \\sqrt3", "1"}},
           false);
}

TEST_CASE("lists, sets, tuples and matrices") {
  CheckAll({{"2, 5, 9", "9, 2, 5"},
            {"2 and 5", "5, 2"},
            {"x=2 \\text{ or } x=5", "\\{2, 5\\}"},
            {"\\{2,5\\}", "\\{5,2\\}"},
            {"(2,5)", "(2, 5)"},
            {"(2,5)", "(x, y) = (2, 5)"},
            {"(2, \\frac12)", "(2.0, 0.5)"},
            {"\\left( 2, \\frac12 \\right)", "(2, 1/2)"},
            {"(1,2),(3,4)", "(3,4), (1,2)"},
            {"3 \\pm \\sqrt{5}", "3+\\sqrt5, 3-\\sqrt5"},
            {"\\pm 6", "6, -6"},
            {"\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "\\begin{bmatrix} 1 \\\\ 2 \\end{bmatrix}"},
            {"\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}",
             "\\begin{pmatrix} 1 & 2 \\\\ 3 & 8/2 \\end{pmatrix}"},
            {"3:4", "3 : 4"}},
           true);
  CheckAll({{"2, 5, 9", "2, 5"},
            {"2, 5", "2, 5, 9"},
            {"2, 5, 9", "2, 5, 8"},
            {"729 \\text{ and } 512", "512"},
            {"512", "729 and 512"},
            {"(2,5)", "(5,2)"},
            {"(2,5)", "\\{2,5\\}"},
            {"\\{2,5\\}", "(2,5)"},
            {"\\pm 6", "6"},
            {"6", "\\pm 6"},
            {"\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "\\begin{pmatrix} 2 \\\\ 1 \\end{pmatrix}"},
            {"\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}",
             "\\begin{pmatrix} 1 & 3 \\\\ 2 & 4 \\end{pmatrix}"},
            {"\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "\\begin{pmatrix} 1 \\\\ 2 \\\\ 3 \\end{pmatrix}"},
            {"3:4", "4:3"},
            {"1,2,\\ldots,n", "1,3,\\ldots,2n-1"}},
           false);
}

TEST_CASE("intervals and unions") {
  CheckAll({{"[2,5)", "[2, 5)"},
            {"(-\\infty, 3]", "(-\\infty,3]"},
            {"(1,\\infty)", "(1,+\\infty)"},
            {"(1,2) \\cup (3,4)", "(3,4)\\cup(1,2)"},
            {"(1,5)", "(1,3] \\cup [2,5)"},
            {"[0,1) \\cup \\{1\\}", "[0,1]"},
            {"1 < x \\le 4", "(1,4]"},
            {"1 < x \\le 4", "x \\in (1,4]"},
            {"x \\in (1,4]", "(1,4]"},
            {"x > 7", "7 < x"},
            {"x > 7", "(7, \\infty)"},
            {"2x < 8", "x < 4"},
            {"x \\neq 3", "x \\ne 3"},
            {"[\\frac12, \\sqrt{8}]", "[0.5, 2\\sqrt2]"}},
           true);
  CheckAll({{"[2,5)", "(2,5)"},
            {"[2,5)", "[2,5]"},
            {"[2,5)", "[2,6)"},
            {"(1,2) \\cup (3,4)", "(1,2)"},
            {"(1,2) \\cup (2,3)", "(1,3)"},
            {"x > 7", "x \\ge 7"},
            {"x > 7", "x < 7"},
            {"1 < x \\le 4", "1 \\le x \\le 4"}},
           false);
}

TEST_CASE("equations") {
  CheckAll({{"x = 4", "4"},
            {"4", "x = 4"},
            {"4", "x = 2 + 2 = 4"},
            {"y = 2x + 1", "y = 1 + 2x"},
            {"y = 2x + 1", "2x - y + 1 = 0"},
            {"x + 2y = 3", "2x + 4y = 6"},
            {"x^2+y^2=4", "\\frac{x^2}{4} + \\frac{y^2}{4} = 1"},
            {"f(x) = x^2", "x^2"},
            {"a=1, b=2", "1, 2"},
            {"3*x-2*y+7=0", "2*y - 3*x = 7"}},
           true);
  CheckAll({{"x = 4", "x = 5"},
            {"x = 4", "y = 4"},
            {"4", "3 = 4"},
            {"4", "2x = 4"},
            {"3*x-1*y+13=0", "3x+4y+14=0"},
            {"y = 2x + 1", "y = 2x - 1"}},
           false);
}

TEST_CASE("text and choices") {
  CheckAll({{"\\text{Tuesday}", "tuesday"},
            {"\\text{Tuesday}", "The answer is \\boxed{\\textbf{Tuesday}}."},
            {"B", "(B)"},
            {"\\text{(B)}", "B"},
            {"B", "\\boxed{\\mathrm{B}}"},
            {"(B) Paris", "B"},
            {"even", "\\text{Even}"},
            {"Yes", "yes"}},
           true);
  CheckAll({{"\\text{Tuesday}", "Thursday"}, {"B", "C"}, {"(B) Paris", "D"}, {"even", "odd"}}, false);
}

TEST_CASE("which answer counts") {
  CheckAll({{"12", "First 3 + 4 = 7, then \\boxed{12}."},
            {"12", "\\boxed{5} was wrong. So after all: it is clear that we get \\boxed{12}"},
            {"12", "<answer>12</answer>"},
            {"12", "<think>\\boxed{5}</think><answer>12</answer>"},
            {"12", "Some steps.\n#### 12"},
            {"12", "The final answer is 12. I hope it is correct."},
            {"12", "Answer: 12"},
            {"12", "**12**"},
            {"pi/3", "The angle is pi/3."}},
           true);
  CheckAll({{"12", ""},
            {"12", "\\boxed{}"},
            {"12", "12 \\boxed{"},
            {"12", "\\boxed{12} and then \\boxed{5"},
            {"12", "I do not know."},
            {"12", "the answer is not $12$"},
            {"12", "<answer></answer> 12"},
            {"12", "\\boxed{12} is wrong; \\boxed{13}, as one sees from the many steps above"}},
           false);
}

TEST_CASE("a gold that says nothing is a fault") {
  for (const char* gold : {"", "   ", "\\boxed{}", "$$"}) {
    CAPTURE(gold);
    const MathVerdict verdict = VerifyMath(gold, "\\boxed{1}", {});
    CHECK(verdict.status == MathVerdict::Status::kFault);
    CHECK_FALSE(verdict.reason.empty());
  }
}

}  // namespace
}  // namespace hone
