// The parser: the tree of each notation, what it refuses, and LaTeX against plain text over random expressions.
#include <doctest/doctest.h>

#include <random>
#include <string>

#include "rewards/math/parse.h"
#include "tests/rewards/math_trees.h"

namespace hone {
namespace {

// clang-format off
TEST_CASE("the tree of each notation: numbers") {
  CheckTrees({
      {R"~(42)~", R"~(42)~"},
      {R"~(.185)~", R"~(185e-3)~"},
      {R"~(185\)~", R"~(185)~"},
      {R"~(1,000.99$)~", R"~(100099e-2)~"},
      {R"~(1 000)~", R"~(1000)~"},
      {R"~(1{,}000)~", R"~(1000)~"},
      {R"~(32,\! 349)~", R"~(32349)~"},
      {R"~(12,\!000,\!023)~", R"~(12000023)~"},
      {R"~(11,\! 111,\! 111,\! 100)~", R"~(11111111100)~"},
      {R"~(10,\!080)~", R"~(10080)~"},
      {R"~(1,234,567.89)~", R"~(123456789e-2)~"},
      {R"~(1.5e-3)~", R"~(15e-4)~"},
      {R"~(1.5 \times 10^{-3})~", R"~((mul 15e-1 (pow 10 (neg 3))))~"},
      {R"~(004)~", R"~(4)~"},
      {R"~(0.1\overline{6})~", R"~(16r1e-2)~"},
      {R"~(0.\bar3)~", R"~(3r1e-1)~"},
      {R"~(0.(3))~", R"~(3r1e-1)~"},
      {R"~(506_7)~", R"~(506_7)~"},
      {R"~(4210_{5})~", R"~(4210_5)~"},
      {R"~(1A_{16})~", R"~(1A_16)~"},
      {R"~(FF_{16})~", R"~(FF_16)~"},
      {R"~(12_{\text{five}})~", R"~(12_5)~"},
      {R"~(3\frac12)~", R"~((mixed 3 (div 1 2)))~"},
      {R"~(137 \frac{1}{2})~", R"~((mixed 137 (div 1 2)))~"},
      {R"~(3 1/2)~", R"~((mixed 3 (div 1 2)))~"},
      {R"~(-1 1/2)~", R"~((neg (mixed 1 (div 1 2))))~"},
      {R"~(3\frac{x}{2})~", R"~((mul 3 (div 'x 2)))~"},
      {R"~(3 3/2)~", R"~(!! two numbers stand side by side @2)~"},
      {R"~(\text{13})~", R"~(13)~"},
      {R"~(**73**)~", R"~(73)~"},
      {R"~([90].)~", R"~(90)~"},
      {R"~(1,22)~", R"~((comma (list , 1 22) 122e-2))~"},
      {R"~(-2,1)~", R"~((comma (list , (neg 2) 1) (neg 21e-1)))~"},
      {R"~(-10,-8,4)~", R"~((list , (neg 10) (neg 8) 4))~"},
      {R"~(1.5,2.5)~", R"~((list , 15e-1 25e-1))~"},
      {R"~(0,5)~", R"~((comma (list , 0 5) 5e-1))~"},
      {R"~(12:30)~", R"~((time 12 30))~"},
      {R"~(1:00)~", R"~((time 1 0))~"},
      {R"~(3 p.m.)~", R"~((time pm 3 0))~"},
      {R"~(1:2:3:\ldots)~", R"~((ratio 1 2 3 ...))~"},
      {R"~(28\%)~", R"~((percent 28))~"},
      {R"~(28 percent)~", R"~((percent 28))~"},
      {R"~(12\frac{1}{2}\%)~", R"~((percent (mixed 12 (div 1 2))))~"},
      {R"~(90^\circ)~", R"~((degrees 90))~"},
      {R"~(7^\circ30')~", R"~((degrees (add 7 (div 30 60))))~"},
      {R"~(\frac{270}7\text{ degrees})~", R"~((degrees (div 270 7)))~"},
  });
}

TEST_CASE("the tree of each notation: expressions") {
  CheckTrees({
      {R"~(pi/2)~", R"~((div pi 2))~"},
      {R"~(-2*pi)~", R"~((neg (mul 2 pi)))~"},
      {R"~(exp(16)-1)~", R"~((add (exp 16) (neg 1)))~"},
      {R"~(2e)~", R"~((mul 2 e))~"},
      {R"~(2e3)~", R"~(2e3)~"},
      {R"~(\frac \pi4 + 2 - \sqrt2)~", R"~((add (div pi 4) 2 (neg (root 2))))~"},
      {R"~(\frac12)~", R"~((div 1 2))~"},
      {R"~(\tfrac83)~", R"~((div 8 3))~"},
      {R"~(\frac 34)~", R"~((div 3 4))~"},
      {R"~(\frac{1}\pi)~", R"~((div 1 pi))~"},
      {R"~(\dfrac{17}{50})~", R"~((div 17 50))~"},
      {R"~(\sqrt 2+\sqrt 5)~", R"~((add (root 2) (root 5)))~"},
      {R"~(\sqrt[3]{x^2-2}^2)~", R"~((pow (root (add (pow 'x 2) (neg 2)) 3) 2))~"},
      {R"~(√2π)~", R"~((mul (root 2) pi))~"},
      {R"~(3²·x⁻¹)~", R"~((mul (pow 3 2) (pow 'x (neg 1))))~"},
      {R"~(−5 ÷ 2 × 3)~", R"~((neg (mul (div 5 2) 3)))~"},
      {R"~(-x^2)~", R"~((neg (pow 'x 2)))~"},
      {R"~(2^3^4)~", R"~((pow 2 (pow 3 4)))~"},
      {R"~(2^-3)~", R"~((pow 2 (neg 3)))~"},
      {R"~(x**2+2*x)~", R"~((add (pow 'x 2) (mul 2 'x)))~"},
      {R"~(1/2x)~", R"~((mul (div 1 2) 'x))~"},
      {R"~(2ab)~", R"~((mul 2 'a 'b))~"},
      {R"~((x-2)(x+2))~", R"~((mul (add 'x (neg 2)) (add 'x 2)))~"},
      {R"~(\left(x-2\right)\left(x+2\right))~", R"~((mul (add 'x (neg 2)) (add 'x 2)))~"},
      {R"~(|x-2|)~", R"~((abs (add 'x (neg 2))))~"},
      {R"~(||x|-1|)~", R"~((abs (add (abs 'x) (neg 1))))~"},
      {R"~(2|x|y)~", R"~((mul 2 (abs 'x) 'y))~"},
      {R"~(\lfloor x \rfloor + \lceil y \rceil)~", R"~((add (floor 'x) (ceil 'y)))~"},
      {R"~(5!)~", R"~((factorial 5))~"},
      {R"~(3!!)~", R"~((double-factorial 3))~"},
      {R"~(1/2004!)~", R"~((div 1 (factorial 2004)))~"},
      {R"~(\binom52)~", R"~((binom 5 2))~"},
      {R"~(\binom{n}{k})~", R"~((binom 'n 'k))~"},
      {R"~({5 \choose 2})~", R"~((binom 5 2))~"},
      {R"~(\gcd(12, 18))~", R"~((gcd 12 18))~"},
      {R"~(lcm(4,6))~", R"~((lcm 4 6))~"},
      {R"~(\max\{1,2\})~", R"~((max 1 2))~"},
      {R"~(17 \bmod 5 = 2)~", R"~((rel = (mod 17 5) 2))~"},
      {R"~(\sin 30^\circ)~", R"~((sin (degrees 30)))~"},
      {R"~(\sin 2x \cos y)~", R"~((mul (sin (mul 2 'x)) (cos 'y)))~"},
      {R"~(\sin^{-1} x)~", R"~((arcsin 'x))~"},
      {R"~(\tan^2(y)+1)~", R"~((add (pow (tan 'y) 2) 1))~"},
      {R"~(sin(x)^2)~", R"~((pow (sin 'x) 2))~"},
      {R"~(\ln x^2)~", R"~((ln (pow 'x 2)))~"},
      {R"~(\ln|x|)~", R"~((ln (abs 'x)))~"},
      {R"~(\log_2 8)~", R"~((log 8 2))~"},
      {R"~(log_2(8))~", R"~((log 8 2))~"},
      {R"~(log(8, 2))~", R"~((log 8 2))~"},
      {R"~(\log x)~", R"~((log 'x))~"},
      {R"~(arctan(1))~", R"~((arctan 1))~"},
      {R"~(\sum_{k=1}^{n} k^2)~", R"~((sum (pow 'k 2) 'k 1 'n))~"},
      {R"~(\prod_{i=1}^{3} (i+1))~", R"~((product (add 'i 1) 'i 1 3))~"},
      {R"~(1 \pm \sqrt{19})~", R"~((pm 1 (root 19)))~"},
      {R"~(\pm 2021)~", R"~((pm 2021))~"},
      {R"~(a - b \pm c + d)~", R"~((add (pm (add 'a (neg 'b)) 'c) 'd))~"},
      {R"~(2+3i)~", R"~((add 2 (mul 3 i)))~"},
      {R"~(3i+4j)~", R"~((add (mul 3 'i) (mul 4 'j)))~"},
      {R"~(\overline{z})~", R"~((conj 'z))~"},
      {R"~(\vec{v})~", R"~('v)~"},
      {R"~(x_1 + x_{12})~", R"~((add 'x_1 'x_12))~"},
      {R"~(F_{n-k-1})~", R"~((index 'F (add 'n (neg 'k) (neg 1))))~"},
      {R"~(f(x))~", R"~((call f 'x))~"},
      {R"~(f'(x))~", R"~((call f' 'x))~"},
      {R"~(p(1-p))~", R"~((mul 'p (add 1 (neg 'p))))~"},
      {R"~(x(x+1))~", R"~((mul 'x (add 'x 1)))~"},
      {R"~(\alpha\beta)~", R"~((mul 'alpha 'beta))~"},
      {R"~(\hat{i} + 2\hat{j})~", R"~((add 'i (mul 2 'j)))~"},
      {R"~(3\frac{dy}{dx})~", R"~((mul 3 'dy/dx))~"},
      {R"~(\frac{d^2 y}{d x^2} + dy/dx)~", R"~((add 'd^2y/dx^2 'dy/dx))~"},
      {R"~(3½)~", R"~((mixed 3 (div 1 2)))~"},
      {R"~(\lg x)~", R"~((log 'x 10))~"},
      {R"~(4-3*I)~", R"~((add 4 (neg (mul 3 i))))~"},
      {R"~(|{-3}|)~", R"~((abs (neg 3)))~"},
      {R"~(+/-3)~", R"~((pm 3))~"},
      {R"~(1.5 x 10^3)~", R"~((mul 15e-1 (pow 10 3)))~"},
      {R"~(17 mod 5 + 3 mod 5)~", R"~((add (mod 17 5) (residue 3 5)))~"},
      {R"~(1+2+\dots+n)~", R"~((add 1 2 ... 'n))~"},
      {R"~(5^(5^(5^(5^5))))~", R"~((pow 5 (pow 5 (pow 5 (pow 5 5)))))~"},
  });
}

TEST_CASE("the tree of each notation: statements") {
  CheckTrees({
      {R"~(x=5)~", R"~((rel = 'x 5))~"},
      {R"~(y=-\frac{1}{2}x+\frac{3}{4})~", R"~((rel = 'y (add (neg (mul (div 1 2) 'x)) (div 3 4))))~"},
      {R"~(1 = \zzz = x = 0)~", R"~((rel = = = 1 'zzz 'x 0))~"},
      {R"~($x != 3$)~", R"~((rel != 'x 3))~"},
      {R"~($0<f(x)<1$)~", R"~((rel < < 0 (call f 'x) 1))~"},
      {R"~(1\leq|z|\leq \frac{3}{2})~", R"~((rel <= <= 1 (abs 'z) (div 3 2)))~"},
      {R"~(5 ≤ x)~", R"~((rel <= 5 'x))~"},
      {R"~(x\approx11)~", R"~((rel ~= 'x 11))~"},
      {R"~(x \equiv 3 \pmod 7)~", R"~((congruent 'x 3 7))~"},
      {R"~(3 \pmod 4)~", R"~((residue 3 4))~"},
      {R"~(3 mod 4)~", R"~((residue 3 4))~"},
      {R"~(x ≡ 3 (mod 4))~", R"~((congruent 'x 3 4))~"},
      {R"~(P(A|B) = 1)~", R"~((rel = (mul 'P (rel ~ 'A 'B)) 1))~"},
      {R"~(2023-05-01)~", R"~("2023-05-01")~"},
      {R"~(no solution)~", R"~((set))~"},
      {R"~(\text{All real numbers.})~", R"~("R")~"},
      {R"~([[1,2],[3,4]])~", R"~((matrix 2x2 1 2 3 4))~"},
      {R"~([[1,2,3],[4,5,6]])~", R"~((matrix 2x3 1 2 3 4 5 6))~"},
      {R"~([(1,2),(3,4)])~", R"~((interval[] (tuple 1 2) (tuple 3 4)))~"},
      {R"~(x \in [-2,7])~", R"~((in 'x (interval[] (neg 2) 7)))~"},
      {R"~(x \notin \mathbb{Q})~", R"~((not-in 'x "Q"))~"},
      {R"~(x in (1, 2])~", R"~((in 'x (interval(] 1 2)))~"},
      {R"~(x<1 or x>3)~", R"~((list or (rel < 'x 1) (rel > 'x 3)))~"},
      {R"~(x=-5,\ p = \frac{14}{3})~", R"~((list , (rel = 'x (neg 5)) (rel = 'p (div 14 3))))~"},
      {R"~(a=4,\,-8,\,-10)~", R"~((list , (rel = 'a 4) (neg 8) (neg 10)))~"},
      {R"~(19, 46, \text{ and } 82)~", R"~((list and 19 46 82))~"},
      {R"~(6 \text{ and } 8)~", R"~((list and 6 8))~"},
      {R"~((x, y) = (5, 8) \quad \text{and} \quad (8, 5))~", R"~((list and (rel = (tuple 'x 'y) (tuple 5 8)) (tuple 8 5)))~"},
      {R"~(x_{1}=1,\quadx_{2}=2)~", R"~((list , (rel = 'x_1 1) (rel = 'x_2 2)))~"},
      {R"~(total cost = 5)~", R"~((rel = 'total cost 5))~"},
      {R"~(\begin{cases} x=1 \\ y=2 \end{cases})~", R"~((list and (rel = 'x 1) (rel = 'y 2)))~"},
      {R"~(\begin{cases} x^2 & \text{if } x > 0 \\ -x & \text{otherwise} \end{cases})~", R"~((cases (pow 'x 2) (rel > 'x 0) (neg 'x) "otherwise"))~"},
  });
}

TEST_CASE("the tree of each notation: brackets") {
  CheckTrees({
      {R"~((1,2))~", R"~((tuple 1 2))~"},
      {R"~((0;0;1))~", R"~((tuple 0 0 1))~"},
      {R"~((1/2,100))~", R"~((tuple (div 1 2) 100))~"},
      {R"~([1,2])~", R"~((interval[] 1 2))~"},
      {R"~((3,4])~", R"~((interval(] 3 4))~"},
      {R"~(]1,2[)~", R"~((interval() 1 2))~"},
      {R"~((2,\infty))~", R"~((interval() 2 oo))~"},
      {R"~((-\infty, 2) \cup (3, \infty))~", R"~((union (interval() (neg oo) 2) (interval() 3 oo)))~"},
      {R"~((1,2) U (3,4))~", R"~((union (interval() 1 2) (interval() 3 4)))~"},
      {R"~(\{-1\} \cup [0,7))~", R"~((union (set (neg 1)) (interval[) 0 7)))~"},
      {R"~(\mathbb{R} \setminus \{0\})~", R"~((difference "R" (set 0)))~"},
      {R"~([1,2,3])~", R"~((tuple[] 1 2 3))~"},
      {R"~(\langle 1, 2, 3 \rangle)~", R"~((tuple 1 2 3))~"},
      {R"~(<1,2>)~", R"~((tuple 1 2))~"},
      {R"~(\{1\pm\sqrt{5},-2\})~", R"~((set (pm 1 (root 5)) (neg 2)))~"},
      {R"~({1,2})~", R"~((set 1 2))~"},
      {R"~(${1,3}$)~", R"~((list{} , 1 3))~"},
      {R"~(\emptyset)~", R"~((set))~"},
      {R"~(\{\})~", R"~((set))~"},
      {R"~(\{x \mid x > 3\})~", R"~((builder 'x (rel > 'x 3)))~"},
      {R"~(\begin{pmatrix} -1/3 \\ 2/3 \end{pmatrix})~", R"~((matrix 2x1 (neg (div 1 3)) (div 2 3)))~"},
      {R"~(\begin{pmatrix}1&2\\3&4\end{pmatrix}^T)~", R"~((matrix 2x2 1 3 2 4))~"},
      {R"~(\begin{vmatrix} 2 & 1 \\ 1 & 2 \end{vmatrix} = 3)~", R"~((rel = (det (matrix 2x2 2 1 1 2)) 3))~"},
      {R"~(\left[\begin{array}{cc} 1 & 2 \\ 3 & 4 \end{array}\right])~", R"~((matrix 2x2 1 2 3 4))~"},
  });
}

// clang-format on

TEST_CASE("what the parser refuses, and where") {
  CheckTrees({
      {"x+", "!! the text ends where a value should be @2"},
      {"(1,2", "!! a bracket is not closed @0"},
      {"\\frac{1}{2", "!! a brace is not closed @8"},
      {"1..2", "!! a full stop, and more after it @1"},
      {"12 13", "!! two numbers stand side by side @3"},
      {"89_7", "!! a digit is too large for the base @3"},
      {"\\int_0^1 x dx", "!! integrals, limits and quantifiers are not read @0"},
      {"\\begin{pmatrix}1&2\\\\3\\end{pmatrix}", "!! rows of a matrix differ in length @34"},
      {"", "!! empty @0"},
      {std::string("1\0", 2), "!! a control character @1"},
      {"5\xff", "!! a byte that is no UTF-8 @1"},
      {"1e99999999999", "!! the exponent of a number is beyond 1000000 @0"},
  });
  MathPolicy policy;
  policy.decimal_comma = DecimalCommaRule::kOff;
  CHECK(Tree("1,22", policy) == "(list , 1 22)");
}

// A random expression, written in LaTeX and in plain text.
struct Written {
  std::string latex, plain;
};

Written Random(std::mt19937_64& random, int depth) {
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<uint64_t>(n)); };
  if (depth == 0 || pick(5) == 0) {
    switch (pick(4)) {
      case 0:
        return {"\\pi", "pi"};
      case 1:
        return {"\\theta", "theta"};
      case 2: {
        const std::string number =
            std::to_string(pick(10000)) + (pick(2) == 0 ? "" : "." + std::to_string(pick(100)));
        return {number, number};
      }
      default: {
        const std::string letter(1, "xyzabc"[pick(6)]);
        return {letter, letter};
      }
    }
  }
  const Written a = Random(random, depth - 1), b = Random(random, depth - 1);
  const auto both = [](const std::string& latex, const std::string& plain) {
    return Written{"\\left(" + latex + "\\right)", "(" + plain + ")"};
  };
  switch (pick(11)) {
    case 0:
      return both(a.latex + "+" + b.latex, a.plain + " + " + b.plain);
    case 1:
      return both(a.latex + "-" + b.latex, a.plain + "\u2212" + b.plain);
    case 2:
      return both(a.latex + " \\cdot " + b.latex, a.plain + "*" + b.plain);
    case 3:
      return {"\\dfrac{" + a.latex + "}{" + b.latex + "}", "((" + a.plain + ")/(" + b.plain + "))"};
    case 4:
      return both("{" + a.latex + "}^{" + b.latex + "}", "(" + a.plain + ")^(" + b.plain + ")");
    case 5:
      return {"\\sqrt{" + a.latex + "}", "sqrt(" + a.plain + ")"};
    case 6:
      return {"\\sin{\\left(" + a.latex + "\\right)}", "sin(" + a.plain + ")"};
    case 7:
      return both("-" + a.latex, "-" + a.plain);
    case 8:
      return {"\\left|" + a.latex + "\\right|", "abs(" + a.plain + ")"};
    case 9:
      return both(a.latex + " \\pm " + b.latex, a.plain + " \u00B1 " + b.plain);
    default:
      return {"\\log_{" + a.latex + "}(" + b.latex + ")", "log(" + b.plain + ", " + a.plain + ")"};
  }
}

TEST_CASE("random expressions have one tree, in LaTeX and in plain text") {
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const Written written = Random(random, static_cast<int>(1 + seed % 4));
    CAPTURE(written.latex);
    CAPTURE(written.plain);
    const std::string tree = Tree(written.latex);
    REQUIRE(!tree.starts_with("!!"));
    REQUIRE(tree == Tree(written.plain));
    REQUIRE(tree == Tree("$" + written.latex + "$"));
  }
}

}  // namespace
}  // namespace hone
