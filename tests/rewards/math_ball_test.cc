// Operations on balls against doubles at random points, branches, and what balls may not decide.
#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <random>

#include "rewards/math/ball.h"

namespace hone {
namespace {

Ball Of(double re, double im = 0) {
  Ball b;
  acb_set_d_d(b.get(), re, im);
  return b;
}

Rational Ratio(int64_t num, uint64_t den) {
  Rational q;
  fmpq_set_si(q.get(), num, den);
  return q;
}

std::complex<double> Mid(const Ball& b) {
  return {arf_get_d(arb_midref(b.real()), ARF_RND_NEAR), arf_get_d(arb_midref(b.imag()), ARF_RND_NEAR)};
}

bool Near(const Ball& ball, std::complex<double> value) {
  return std::abs(Mid(ball) - value) <= 1e-9 * (1 + std::abs(value));
}

TEST_CASE("powers, roots, factorials and binomials agree with doubles") {
  for (int seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> uniform(0.1, 6);
    const double x = uniform(random), y = uniform(random) - 3, u = uniform(random), v = uniform(random);
    Ball out;
    REQUIRE(BallPower(out, Of(x), Of(y), 64));
    CHECK(Near(out, std::pow(x, y)));
    REQUIRE(BallPower(out, Of(u, v), Of(y, x), 64));
    CHECK(Near(out, std::pow(std::complex(u, v), std::complex(y, x))));
    REQUIRE(BallRationalPower(out, Of(-x), Ratio(2, 3), 64));
    CHECK(Near(out, std::pow(x, 2.0 / 3)));
    REQUIRE(BallRationalPower(out, Of(-x), Ratio(-5, 3), 64));
    CHECK(Near(out, -std::pow(x, -5.0 / 3)));
    REQUIRE(BallRationalPower(out, Of(-x), Ratio(1, 2), 64));
    CHECK(Near(out, std::complex(0.0, std::sqrt(x))));
    REQUIRE(BallRationalPower(out, Of(u, v), Ratio(3, 4), 64));
    CHECK(Near(out, std::pow(std::complex(u, v), 0.75)));
    REQUIRE(BallFactorial(out, Of(x), 64));
    CHECK(Near(out, std::tgamma(x + 1)));
    REQUIRE(BallBinomial(out, Of(x + 3), Of(2), 64));
    CHECK(Near(out, (x + 3) * (x + 2) / 2));
    REQUIRE(BallFloor(out, Of(-x), 64));
    CHECK(Near(out, std::floor(-x)));
  }
}

TEST_CASE("what has no value or no size is refused") {
  Ball out, zero;
  CHECK_FALSE(BallDivide(out, Of(1), zero, 64));
  CHECK_FALSE(BallPower(out, zero, Of(-1), 64));
  CHECK_FALSE(BallRationalPower(out, zero, Ratio(-1, 2), 64));
  CHECK(BallRationalPower(out, zero, Ratio(1, 2), 64));
  CHECK(BallFactorial(out, Of(1e8), 64));
  CHECK_FALSE(BallFactorial(out, Of(-3), 64));
  CHECK_FALSE(BallFactorial(out, Of(1e200), 64));
  CHECK_FALSE(BallFloor(out, Of(1, 1), 64));
  Ball tower = Of(5);
  int steps = 0;
  while (steps < 10 && BallPower(tower, Of(5), tower, 1024)) ++steps;
  CHECK(steps >= 2);
  CHECK(steps < 10);
}

TEST_CASE("only balls that show many digits overlap") {
  Ball third, sum;
  const Rational q = Ratio(1, 3);
  acb_set_fmpq(third.get(), q.get(), 64);
  acb_mul_ui(sum.get(), third.get(), 3, 64);
  CHECK(CompareBalls(sum, Of(1), 64) == BallVerdict::kOverlap);
  CHECK(CompareBalls(sum, Of(1 + 1e-15), 64) == BallVerdict::kDisjoint);
  Ball wide = Of(1);
  mag_set_d(arb_radref(wide.real()), 0.5);
  CHECK(CompareBalls(wide, Of(1), 64) == BallVerdict::kUnclear);
  // A whole number that is known only as a ball: its floor waits for the last precision.
  Ball whole = Of(1), out;
  mag_set_d(arb_radref(whole.real()), 1e-30);
  CHECK_FALSE(BallFloor(out, whole, 64));
  CHECK(BallFloor(out, whole, kLastBallBits));
  CHECK(CompareBalls(out, Of(1), 64) == BallVerdict::kOverlap);
}

}  // namespace
}  // namespace hone
