// Exact rationals and polynomials against plain 128-bit arithmetic and evaluation at points; their bounds; Calcium's proofs.
#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <string>

#include "rewards/math/calcium_bridge.h"
#include "rewards/math/exact.h"
#include "rewards/math/exact_polynomial.h"

namespace hone {
namespace {

Rational Ratio(int64_t num, int64_t den) {
  Rational q;
  fmpq_set_si(q.get(), den < 0 ? -num : num, std::abs(den));
  return q;
}

WorkBudget Plenty() { return WorkBudget(int64_t{1} << 40); }

bool Is(const Rational& q, __int128 num, __int128 den) {  // small ones only
  return static_cast<__int128>(fmpz_get_si(q.num())) * den == num * fmpz_get_si(q.den());
}

TEST_CASE("rational arithmetic agrees with 128-bit integers") {
  for (int seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const auto draw = [&] { return static_cast<int64_t>(random() % 2001) - 1000; };
    const int64_t a = draw(), c = draw(), b = 1 + random() % 999, d = 1 + random() % 999;
    WorkBudget work = Plenty();
    Rational out;
    REQUIRE(ExactAdd(out, Ratio(a, b), Ratio(c, d), work));
    CHECK(Is(out, a * d + c * b, b * d));
    REQUIRE(ExactSubtract(out, Ratio(a, b), Ratio(c, d), work));
    CHECK(Is(out, a * d - c * b, b * d));
    REQUIRE(ExactMultiply(out, Ratio(a, b), Ratio(c, d), work));
    CHECK(Is(out, a * c, b * d));
    CHECK(ExactDivide(out, Ratio(a, b), Ratio(c, d), work) == (c != 0));
    if (c != 0) CHECK(Is(out, static_cast<__int128>(a) * d * (c < 0 ? -1 : 1), b * std::abs(c)));
    const int64_t m = 1 + random() % 50;
    REQUIRE(ExactModulo(out, Rational(a), Rational(m), work));
    CHECK(Is(out, ((a % m) + m) % m, 1));
    ExactFloor(out, Ratio(a, b));
    CHECK(Is(out, a >= 0 ? a / b : -((-a + b - 1) / b), 1));
  }
}

TEST_CASE("powers, factorials and binomials of any written size stay within their bounds") {
  WorkBudget work = Plenty();
  Rational out;
  REQUIRE(ExactPower(out, Ratio(-8, 27), Ratio(2, 3), work));
  CHECK(Is(out, 4, 9));
  REQUIRE(ExactPower(out, Ratio(-8, 27), Ratio(-1, 3), work));
  CHECK(Is(out, -3, 2));
  CHECK_FALSE(ExactPower(out, Rational(-4), Ratio(1, 2), work));
  CHECK_FALSE(ExactPower(out, Rational(2), Ratio(1, 2), work));
  CHECK_FALSE(ExactPower(out, Rational(0), Rational(0), work));
  CHECK_FALSE(ExactPower(out, Rational(9), Rational(int64_t{1} << 40), work));
  REQUIRE(ExactPower(out, Rational(-1), Rational((int64_t{1} << 40) + 1), work));
  CHECK(Is(out, -1, 1));
  REQUIRE(ExactFactorial(out, Rational(20), work));
  CHECK(Is(out, 2432902008176640000, 1));
  CHECK(ExactFactorial(out, Rational(2006), work));
  CHECK_FALSE(ExactFactorial(out, Rational(1000000), work));
  CHECK_FALSE(ExactFactorial(out, Rational(-1), work));
  REQUIRE(ExactBinomial(out, Rational(60), Rational(57), work));
  CHECK(Is(out, 34220, 1));
  CHECK_FALSE(ExactBinomial(out, Rational(100000000), Rational(10000000), work));
  CHECK_FALSE(ExactDivide(out, Rational(1), Rational(0), work));
  WorkBudget little(100);
  CHECK_FALSE(ExactFactorial(out, Rational(2006), little));
  CHECK(little.spent());
}

// The polynomial at small integers, term by term.
__int128 At(const Polynomial& p, const std::vector<int64_t>& point) {
  __int128 sum = 0;
  std::vector<uint64_t> exponents(point.size());
  Rational coefficient;
  for (int64_t i = 0; i < p.terms(); ++i) {
    fmpz_mpoly_get_term_coeff_fmpz(coefficient.num(), p.get(), i, p.ring().ctx());
    fmpz_mpoly_get_term_exp_ui(exponents.data(), p.get(), i, p.ring().ctx());
    __int128 term = coefficient.ToInt64();
    for (size_t v = 0; v < point.size(); ++v) {
      for (uint64_t e = 0; e < exponents[v]; ++e) term *= point[v];
    }
    sum += term;
  }
  return sum;
}

TEST_CASE("polynomial arithmetic agrees with evaluation at points") {
  for (int seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    PolynomialRing ring(3);
    WorkBudget work = Plenty();
    const auto draw = [&] {
      Polynomial p(ring), term(ring);
      for (int i = 0; i < 4; ++i) {
        Rational c(static_cast<int64_t>(random() % 21) - 10);
        term.SetInteger(c.num());
        Polynomial variable(ring);
        variable.SetVariable(random() % 3);
        REQUIRE(PolynomialPower(variable, variable, random() % 3, work));
        REQUIRE(PolynomialMultiply(term, term, variable, work));
        REQUIRE(PolynomialAdd(p, p, term, random() % 2, work));
      }
      return p;
    };
    const Polynomial a = draw(), b = draw();
    const std::vector<int64_t> point = {static_cast<int64_t>(random() % 9) - 4, 3, -2};
    Polynomial out(ring);
    REQUIRE(PolynomialMultiply(out, a, b, work));
    CHECK(At(out, point) == At(a, point) * At(b, point));
    REQUIRE(PolynomialAdd(out, a, b, true, work));
    CHECK(At(out, point) == At(a, point) - At(b, point));
    REQUIRE(PolynomialPower(out, a, 3, work));
    CHECK(At(out, point) == At(a, point) * At(a, point) * At(a, point));
    int sign = 0;
    Polynomial scaled(ring);
    const Rational factor(-6);
    scaled.SetInteger(factor.num());
    REQUIRE(PolynomialMultiply(scaled, scaled, a, work));
    CHECK(Proportional(a, scaled, &sign, work));
    CHECK((a.IsZero() || sign == -1));
  }
}

TEST_CASE("polynomials too large are refused, roots are put to work") {
  WorkBudget work = Plenty();
  PolynomialRing ring(5);
  ring.AddRoot({.variable = 4, .index = 3, .of = -1, .integer = Rational(2)});
  Polynomial sum(ring), variable(ring), out(ring);
  for (int i = 0; i < 4; ++i) {
    variable.SetVariable(i);
    REQUIRE(PolynomialAdd(sum, sum, variable, false, work));
  }
  CHECK(PolynomialPower(out, sum, 12, work));
  CHECK_FALSE(PolynomialPower(out, sum, 60, work));
  CHECK_FALSE(PolynomialPower(out, sum, int64_t{1} << 40, work));
  variable.SetVariable(4);
  REQUIRE(PolynomialPower(out, variable, 7, work));  // cbrt(2)^7 = 4 cbrt(2)
  REQUIRE(PolynomialReduce(out, work));
  const Rational four(4);
  Polynomial expected(ring);
  expected.SetInteger(four.num());
  REQUIRE(PolynomialMultiply(expected, expected, variable, work));
  REQUIRE(PolynomialAdd(out, out, expected, true, work));
  CHECK(out.IsZero());
}

TEST_CASE("Calcium proves what no polynomial shows") {
  HoneCalcium* ca = HoneCalciumNew();
  const auto push = [&](int64_t n) { REQUIRE(HoneCalciumPush(ca, Rational(n).get())); };
  const auto apply = [&](HoneCalciumOp op) { REQUIRE(HoneCalciumApply(ca, op)); };
  // sqrt(5 + 2 sqrt 6) - sqrt 2 - sqrt 3
  push(5), push(2), push(6), apply(HONE_CA_SQRT), apply(HONE_CA_MULTIPLY), apply(HONE_CA_ADD),
      apply(HONE_CA_SQRT);
  push(2), apply(HONE_CA_SQRT), apply(HONE_CA_SUBTRACT), push(3), apply(HONE_CA_SQRT),
      apply(HONE_CA_SUBTRACT);
  CHECK(HoneCalciumIsZero(ca) == 1);
  // e^(i pi) + 1
  apply(HONE_CA_I), apply(HONE_CA_PI), apply(HONE_CA_MULTIPLY), apply(HONE_CA_EXP), push(1),
      apply(HONE_CA_ADD);
  CHECK(HoneCalciumIsZero(ca) == 1);
  apply(HONE_CA_PI), apply(HONE_CA_E), apply(HONE_CA_SUBTRACT);
  CHECK(HoneCalciumIsZero(ca) == 0);
  push(0);
  CHECK_FALSE(HoneCalciumApply(ca, HONE_CA_DIVIDE));
  HoneCalciumFree(ca);
  HoneCalcium* full = HoneCalciumNew();
  int pushed = 0;
  while (pushed < 1000 && HoneCalciumPush(full, Rational(1).get())) ++pushed;
  CHECK(pushed < 1000);
  HoneCalciumFree(full);
  HoneCalcium* empty = HoneCalciumNew();
  CHECK_FALSE(HoneCalciumApply(empty, HONE_CA_ADD));
  CHECK(HoneCalciumIsZero(empty) == -1);
  HoneCalciumFree(empty);
}

}  // namespace
}  // namespace hone
