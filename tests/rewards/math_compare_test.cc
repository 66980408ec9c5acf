// The ladder over scalars: which rung decides, against identities that hold and near misses that do not, and random
// expressions against doubles.
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <random>
#include <string>
#include <vector>

#include "rewards/math/ball_term.h"
#include "rewards/math/compare_scalar.h"

namespace hone {
namespace {

// Terms of one graph, written as formulas.
struct Terms {
  WorkBudget work{int64_t{1} << 40};
  TermGraph graph{work};
};

struct T {
  Terms* in;
  TermId id;
};
T operator+(T a, T b) { return {a.in, a.in->graph.Add({a.id, b.id})}; }
T operator-(T a, T b) { return {a.in, a.in->graph.Subtract(a.id, b.id)}; }
T operator*(T a, T b) { return {a.in, a.in->graph.Multiply({a.id, b.id})}; }
T operator/(T a, T b) { return {a.in, a.in->graph.Divide(a.id, b.id)}; }
T operator^(T a, T b) { return {a.in, a.in->graph.Power(a.id, b.id)}; }
T F(TermOp op, T a) { return {a.in, a.in->graph.Function(op, {a.id})}; }
T N(Terms& in, int64_t n) { return {&in, in.graph.Number(n)}; }
T V(Terms& in, const char* name) { return {&in, in.graph.Symbol(name)}; }
T C(Terms& in, TermOp op) { return {&in, in.graph.Constant(op)}; }
T Root(T a, int64_t n) { return a ^ (N(*a.in, 1) / N(*a.in, n)); }
T Sqrt(T a) { return Root(a, 2); }

ScalarVerdict Compare(T a, T b) { return CompareScalars(a.in->graph, a.id, b.id, a.in->work); }

void CheckEqual(T a, T b, Method method) {
  const ScalarVerdict verdict = Compare(a, b);
  CHECK(verdict.equal);
  CHECK(std::string(MethodName(verdict.method)) == MethodName(method));
}
void CheckUnequal(T a, T b, Method method) {
  const ScalarVerdict verdict = Compare(a, b);
  CHECK_FALSE(verdict.equal);
  CHECK(std::string(MethodName(verdict.method)) == MethodName(method));
}

TEST_CASE("each rung decides what lies on it") {
  Terms in;
  const T x = V(in, "x"), y = V(in, "y"), pi = C(in, TermOp::kPi), e = C(in, TermOp::kE),
          i = C(in, TermOp::kI);
  const auto n = [&](int64_t v) { return N(in, v); };
  CheckEqual(n(6) / n(4), n(3) / n(2), Method::kRational);
  CheckEqual(Sqrt(n(49)) * n(2), n(14), Method::kRational);
  CheckEqual(x * y + n(1), n(1) + y * x, Method::kIdentical);
  CheckEqual((x + y) ^ n(3), (x ^ n(3)) + n(3) * x * x * y + n(3) * x * y * y + (y ^ n(3)),
             Method::kPolynomial);
  CheckEqual(n(1) / (x - n(1)) - n(1) / (x + n(1)), n(2) / (x * x - n(1)), Method::kPolynomial);
  CheckEqual(Sqrt(n(8)), n(2) * Sqrt(n(2)), Method::kPolynomial);
  CheckEqual(n(1) / (Sqrt(n(3)) - Sqrt(n(2))), Sqrt(n(3)) + Sqrt(n(2)), Method::kPolynomial);
  CheckEqual(Root(n(54), 3), n(3) * Root(n(2), 3), Method::kPolynomial);
  CheckEqual(Root(n(-16), 3), n(-2) * Root(n(2), 3), Method::kPolynomial);
  CheckEqual(Sqrt(n(-4)), n(2) * i, Method::kPolynomial);
  CheckEqual((n(1) + i) ^ n(8), n(16), Method::kPolynomial);
  CheckEqual(Sqrt(n(5) + n(2) * Sqrt(n(6))), Sqrt(n(2)) + Sqrt(n(3)), Method::kCalcium);
  CheckEqual(e ^ (i * pi), n(-1), Method::kCalcium);
  CheckEqual(F(TermOp::kLog, n(8)) / F(TermOp::kLog, n(2)), n(3), Method::kCalcium);
  CheckEqual(F(TermOp::kSin, pi / n(6)), n(1) / n(2), Method::kCalcium);
  CheckEqual(F(TermOp::kTan, x) ^ n(2), (F(TermOp::kCos, x) ^ n(-2)) - n(1), Method::kOverlap);
  CheckEqual(F(TermOp::kLog, x * x), n(2) * F(TermOp::kLog, x), Method::kOverlap);
  CheckEqual(Root(x, 3) ^ n(6), x ^ n(2), Method::kIdentical);
  CheckEqual(n(-1) ^ V(in, "n"), F(TermOp::kCos, pi * V(in, "n")), Method::kOverlap);
  CheckUnequal(x * x, x * x + (n(10) ^ n(-20)), Method::kPolynomial);
  CheckUnequal(Sqrt(x * x), x, Method::kBalls);
  CheckUnequal(F(TermOp::kAbs, x), x, Method::kBalls);
  CheckUnequal(Sqrt(n(2)) + (n(10) ^ n(-200)), Sqrt(n(2)), Method::kPolynomial);
  CheckUnequal(Sqrt(n(2)) * (n(1) + (n(10) ^ n(-200))), Sqrt(n(2)), Method::kBalls);
  CheckUnequal(F(TermOp::kSin, x), F(TermOp::kSin, x) + (n(10) ^ n(-60)) * x, Method::kBalls);
  CheckUnequal(n(1) - n(1) / e, n(1) + n(1) / e, Method::kBalls);
  CheckUnequal(n(1) / F(TermOp::kFactorial, n(2004)), n(1) / F(TermOp::kFactorial, n(2006)),
               Method::kRational);
  CheckUnequal(n(2) ^ n(-99), n(2) ^ n(-98), Method::kRational);
  CheckUnequal(n(1) / (x - x), n(1), Method::kUnevaluated);
  CheckUnequal(F(TermOp::kSin, n(10) ^ n(400)), F(TermOp::kSin, n(7) * (n(10) ^ n(400))),
               Method::kUnevaluated);
}

TEST_CASE("towers, factorials and binomials are never computed") {
  Terms in;
  const auto n = [&](int64_t v) { return N(in, v); };
  const T huge = n(9) ^ (n(9) ^ n(9));
  CheckEqual(huge, n(9) ^ (n(9) ^ n(9)), Method::kIdentical);
  CheckUnequal(huge, huge + n(1), Method::kPolynomial);
  CheckUnequal(huge, n(9) ^ (n(9) ^ n(8)), Method::kBalls);
  const T tower = n(5) ^ (n(5) ^ (n(5) ^ (n(5) ^ n(5))));
  CheckUnequal(tower, n(5), Method::kUnevaluated);
  const T binomial = {&in, in.graph.Function(TermOp::kBinomial, {n(100000000).id, n(10000000).id})};
  const T mirrored = {&in, in.graph.Function(TermOp::kBinomial, {n(100000000).id, n(90000000).id})};
  CheckEqual(binomial, mirrored, Method::kIdentical);
  CheckUnequal(binomial, mirrored + n(1), Method::kPolynomial);
  CheckUnequal(binomial, mirrored * n(2), Method::kBalls);
  CheckEqual(F(TermOp::kFactorial, F(TermOp::kFactorial, n(5))), F(TermOp::kFactorial, n(120)),
             Method::kRational);
}

// A random expression twice: as terms, and as a double at the point the evaluator picks.
struct Both {
  T term;
  std::complex<double> value;
};

Both Draw(Terms& in, std::mt19937_64& random, int depth, double x) {
  const auto pick = random() % (depth == 0 ? 3 : 9);
  if (pick == 0) return {V(in, "x"), x};
  if (pick == 1) return {C(in, TermOp::kPi), M_PI};
  if (pick == 2) {
    const int64_t k = static_cast<int64_t>(random() % 9) - 4;
    return {N(in, k), static_cast<double>(k)};
  }
  const Both a = Draw(in, random, depth - 1, x), b = Draw(in, random, depth - 1, x);
  if (pick == 3) return {a.term + b.term, a.value + b.value};
  if (pick == 4) return {a.term * b.term, a.value * b.value};
  if (pick == 5) return {a.term - b.term, a.value - b.value};
  if (pick == 6) return {F(TermOp::kSin, a.term), std::sin(a.value)};
  if (pick == 7) return {F(TermOp::kAtan, a.term), std::atan(a.value)};
  return {a.term ^ N(in, 2), a.value * a.value};
}

TEST_CASE("terms are worth what doubles say, canonical forms included") {
  int compared = 0;
  for (int seed = 0; seed < 2000; ++seed) {
    CAPTURE(seed);
    Terms in;
    std::mt19937_64 random(seed);
    const T x = V(in, "x");
    TermEvaluator point(in.graph, x.id, x.id, in.work);
    REQUIRE(point.At(Domain::kPositive, seed % 30, 128));
    const Both drawn = Draw(in, random, 4, arf_get_d(arb_midref(point.a()->real()), ARF_RND_NEAR));
    if (!(std::abs(drawn.value) < 1e4)) continue;
    TermEvaluator at(in.graph, drawn.term.id, drawn.term.id, in.work);
    REQUIRE(at.At(Domain::kPositive, seed % 30, 128));
    if (!at.a()) continue;
    const double got = arf_get_d(arb_midref(at.a()->real()), ARF_RND_NEAR);
    CHECK(std::abs(got - drawn.value.real()) <= 1e-6 * (1 + std::abs(drawn.value)));
    ++compared;
  }
  CHECK(compared > 1000);
}

TEST_CASE("order, tolerance and factors") {
  Terms in;
  const auto n = [&](int64_t v) { return N(in, v); };
  const T x = V(in, "x"), y = V(in, "y");
  int order = 9;
  REQUIRE(OrderScalars(in.graph, Sqrt(n(2)).id, (n(3) / n(2)).id, &order, in.work));
  CHECK(order == -1);
  REQUIRE(OrderScalars(in.graph, Sqrt(n(8)).id, (n(2) * Sqrt(n(2))).id, &order, in.work));
  CHECK(order == 0);
  CHECK_FALSE(OrderScalars(in.graph, x.id, n(2).id, &order, in.work));
  CHECK_FALSE(OrderScalars(in.graph, Sqrt(n(-1)).id, n(2).id, &order, in.work));
  const TermId pi = C(in, TermOp::kPi).id;
  const auto shows = [&](int64_t digits, int64_t power, int64_t places) {
    Rational decimal;
    fmpq_set_si(decimal.get(), digits, static_cast<uint64_t>(power));
    return ShowsDigits(in.graph, pi, decimal, places, places + 1, in.work);
  };
  CHECK(shows(314159265359, 100000000000, 11));  // rounded
  CHECK(shows(314159265358, 100000000000, 11));  // cut off
  CHECK_FALSE(shows(314159265357, 100000000000, 11));
  CHECK_FALSE(shows(314159265360, 100000000000, 11));
  CHECK_FALSE(shows(31415926537, 10000000000, 10));
  CHECK(shows(3141592653589793, 1000000000000000, 15));
  CHECK_FALSE(shows(3141592653589794, 1000000000000000, 15));  // one off in the sixteenth digit
  CHECK_FALSE(shows(3141592653589783, 1000000000000000, 15));
  int sign = 0;
  CHECK(CompareUpToFactor(in.graph, (x - y).id, (n(3) * y - n(3) * x).id, &sign, in.work).equal);
  CHECK(sign == -1);
  CHECK(CompareUpToFactor(in.graph, (F(TermOp::kSin, x) * n(2)).id,
                          (n(4) * F(TermOp::kSin, x / n(2)) * F(TermOp::kCos, x / n(2)) * Sqrt(n(2))).id,
                          &sign, in.work)
            .equal);
  CHECK_FALSE(CompareUpToFactor(in.graph, (x - y).id, (x + y).id, &sign, in.work).equal);
  CHECK_FALSE(
      CompareUpToFactor(in.graph, F(TermOp::kSin, x).id, F(TermOp::kCos, x).id, &sign, in.work).equal);
}

}  // namespace
}  // namespace hone
