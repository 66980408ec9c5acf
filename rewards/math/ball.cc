// Operations on balls that Arb does not have in the form needed, and their comparison.
// Covered by tests/rewards/math_ball_test.cc.
#include "rewards/math/ball.h"

#include <utility>

namespace hone {
namespace {

// Exponents of magnitudes stay below this many bits, so that no tower of powers costs more than a product.
constexpr int64_t kMaxExponentBits = 4096;

bool Tame(const Ball& x) {
  if (!x.IsFinite()) return false;
  for (arb_srcptr part : {x.real(), x.imag()}) {
    if (fmpz_bits(ARF_EXPREF(arb_midref(part))) > kMaxExponentBits) return false;
    if (fmpz_bits(MAG_EXPREF(arb_radref(part))) > kMaxExponentBits) return false;
  }
  return true;
}

bool Give(Ball& out, Ball result) {
  if (!Tame(result)) return false;
  out = std::move(result);
  return true;
}

// Any value of |x|^e for e > 0, with any phase: what remains to be said of a root near zero.
void DiscOfPower(Ball& out, const Ball& x, const Rational& e) {
  mag_t m;
  mag_init(m);
  acb_get_mag(m, x.get());
  mag_root(m, m, fmpz_get_ui(e.den()));
  mag_pow_fmpz(m, m, e.num());
  acb_zero(out.get());
  mag_set(arb_radref(out.real()), m);
  if (!x.IsReal() || fmpz_is_even(e.den())) mag_set(arb_radref(out.imag()), m);
  mag_clear(m);
}

// The magnitude of exp(x): the bits of the exponent of the result.
bool ExponentFits(const Ball& x) {
  return x.IsFinite() && arf_cmpabs_2exp_si(arb_midref(x.real()), kMaxExponentBits) < 0;
}

}  // namespace

bool BallDivide(Ball& out, const Ball& a, const Ball& b, int64_t bits) {
  if (b.HoldsZero()) return false;
  Ball result;
  acb_div(result.get(), a.get(), b.get(), bits);
  return Give(out, std::move(result));
}

bool BallRationalPower(Ball& out, const Ball& base, const Rational& exponent, int64_t bits) {
  Ball result;
  if (exponent.IsInteger()) {
    if (exponent.Sign() <= 0 && base.HoldsZero()) return false;
    if (fmpz_bits(exponent.num()) > 512) return false;
    if (fmpz_bits(exponent.num()) > 20) {
      acb_set_fmpz(result.get(), exponent.num());
      return BallPower(out, base, result, bits);
    }
    acb_pow_fmpz(result.get(), base.get(), exponent.num(), bits);
    return Give(out, std::move(result));
  }
  if (fmpz_bits(exponent.den()) > 20 || fmpz_bits(exponent.num()) > 40) return false;
  if (base.HoldsZero()) {
    if (exponent.Sign() < 0) return false;
    DiscOfPower(result, base, exponent);
    return Give(out, std::move(result));
  }
  const bool negative = base.IsReal() && arb_is_negative(base.real());
  const bool flip = negative && fmpz_is_odd(exponent.den());  // a real root exists
  Ball positive = base;
  if (flip) acb_neg(positive.get(), positive.get());
  const uint64_t q = fmpz_get_ui(exponent.den());
  if (positive.IsReal() && arb_is_positive(positive.real())) {
    arb_root_ui(result.real(), positive.real(), q, bits);
  } else if (q == 2) {
    acb_sqrt(result.get(), positive.get(), bits);
  } else {
    acb_root_ui(result.get(), positive.get(), q, bits);
  }
  Rational whole;
  fmpz_set(whole.num(), exponent.num());
  if (!BallRationalPower(result, result, whole, bits)) return false;
  if (flip && fmpz_is_odd(exponent.num())) acb_neg(result.get(), result.get());
  return Give(out, std::move(result));
}

bool BallPower(Ball& out, const Ball& base, const Ball& exponent, int64_t bits) {
  if (!Tame(base) || !Tame(exponent) || base.HoldsZero()) return false;
  Ball log, result;
  acb_log(log.get(), base.get(), bits);
  acb_mul(log.get(), log.get(), exponent.get(), bits);
  if (!ExponentFits(log)) return false;
  acb_exp(result.get(), log.get(), bits);
  return Give(out, std::move(result));
}

bool BallFactorial(Ball& out, const Ball& n, int64_t bits) {
  if (!n.IsFinite() || arf_cmpabs_2exp_si(arb_midref(n.real()), 200) > 0 ||
      arf_cmpabs_2exp_si(arb_midref(n.imag()), 200) > 0) {
    return false;
  }
  Ball result;
  acb_add_ui(result.get(), n.get(), 1, bits);
  acb_gamma(result.get(), result.get(), bits);
  return Give(out, std::move(result));
}

bool BallBinomial(Ball& out, const Ball& n, const Ball& k, int64_t bits) {
  Ball above, below, rest;
  acb_sub(rest.get(), n.get(), k.get(), bits);
  if (!BallFactorial(above, n, bits) || !BallFactorial(below, k, bits) || !BallFactorial(rest, rest, bits)) {
    return false;
  }
  return BallDivide(above, above, below, bits) && BallDivide(out, above, rest, bits);
}

bool BallFloor(Ball& out, const Ball& x, int64_t bits) {
  if (!x.IsReal() || !x.IsFinite() || arf_cmpabs_2exp_si(arb_midref(x.real()), bits / 2) > 0) return false;
  Ball result;
  if (arb_contains_int(x.real()) && !arb_is_exact(x.real())) {
    fmpz_t whole;
    fmpz_init(whole);
    const bool known = bits >= kLastBallBits && arb_get_unique_fmpz(whole, x.real());
    if (known) acb_set_fmpz(result.get(), whole);
    fmpz_clear(whole);
    return known && Give(out, std::move(result));
  }
  arb_floor(result.real(), x.real(), bits);
  return Give(out, std::move(result));
}

BallVerdict CompareBalls(const Ball& a, const Ball& b, int64_t bits) {
  if (!Tame(a) || !Tame(b)) return BallVerdict::kUnclear;
  if (!acb_overlaps(a.get(), b.get())) return BallVerdict::kDisjoint;
  Ball difference;
  acb_sub(difference.get(), a.get(), b.get(), bits);
  // |a - b| against max(1, |a|, |b|): most of the digits must be known.
  mag_t gap, size, other;
  mag_init(gap);
  mag_init(size);
  mag_init(other);
  acb_get_mag(gap, difference.get());
  acb_get_mag_lower(size, a.get());
  acb_get_mag_lower(other, b.get());
  mag_max(size, size, other);
  mag_one(other);
  mag_max(size, size, other);
  mag_mul_2exp_si(gap, gap, bits / 4);
  const bool sharp = mag_cmp(gap, size) <= 0;
  mag_clear(gap);
  mag_clear(size);
  mag_clear(other);
  return sharp ? BallVerdict::kOverlap : BallVerdict::kUnclear;
}

}  // namespace hone
