// Complex balls over Arb: a midpoint and a radius that surely hold the value. Disjoint balls prove two values unequal.
// Covered by tests/rewards/math_ball_test.cc.
#ifndef HONE_REWARDS_MATH_BALL_H_
#define HONE_REWARDS_MATH_BALL_H_

#include <acb.h>

#include <cstdint>

#include "rewards/math/exact.h"

namespace hone {

inline constexpr int64_t kFirstBallBits = 64;
inline constexpr int64_t kLastBallBits = 1024;

class Ball {
 public:
  Ball() { acb_init(value_); }
  Ball(const Ball& other) : Ball() { acb_set(value_, other.value_); }
  Ball(Ball&& other) noexcept : Ball() { acb_swap(value_, other.value_); }
  Ball& operator=(Ball other) noexcept {
    acb_swap(value_, other.value_);
    return *this;
  }
  ~Ball() { acb_clear(value_); }

  acb_ptr get() { return value_; }
  acb_srcptr get() const { return value_; }
  arb_ptr real() { return acb_realref(value_); }
  arb_srcptr real() const { return acb_realref(value_); }
  arb_ptr imag() { return acb_imagref(value_); }
  arb_srcptr imag() const { return acb_imagref(value_); }

  bool IsReal() const { return arb_is_zero(imag()); }
  bool IsFinite() const { return acb_is_finite(value_); }
  bool HoldsZero() const { return acb_contains_zero(value_); }

 private:
  acb_t value_;
};

// Each sets `out`, which may be an operand, to a ball that holds the result, and returns true; false when no finite
// ball of this precision does. Principal branches, but odd roots of negative real numbers are real.
bool BallDivide(Ball& out, const Ball& a, const Ball& b, int64_t bits);
bool BallPower(Ball& out, const Ball& base, const Ball& exponent, int64_t bits);
bool BallRationalPower(Ball& out, const Ball& base, const Rational& exponent, int64_t bits);
bool BallFactorial(Ball& out, const Ball& n, int64_t bits);
bool BallBinomial(Ball& out, const Ball& n, const Ball& k, int64_t bits);
// Of a real number. A ball around a whole number gives that number only at kLastBallBits: until then it may lie below.
bool BallFloor(Ball& out, const Ball& x, int64_t bits);

enum class BallVerdict {
  kDisjoint,  // proved unequal
  kOverlap,   // both known to many digits, and no difference seen
  kUnclear,   // overlapping, but too wide to mean anything
};
BallVerdict CompareBalls(const Ball& a, const Ball& b, int64_t bits);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_BALL_H_
