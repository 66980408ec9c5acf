// Exact rationals of bounded size. Every operation bounds the size of its result before it calls FLINT.
// Covered by tests/rewards/math_exact_test.cc.
#include "rewards/math/exact.h"

#include <algorithm>
#include <cmath>

namespace hone {
namespace {

// Units of one operation on operands of `bits` bits together; the gcd of a normalisation is quadratic there.
int64_t Cost(int64_t bits) { return 40 + bits / 2 + bits * bits / 1024; }

bool Admit(int64_t bits, WorkBudget& work) { return bits <= kMaxExactBits && work.Spend(Cost(bits)); }

int64_t Bits(const fmpz* x) { return static_cast<int64_t>(fmpz_bits(x)); }

// out = base^n for a whole n >= 0 of either sign of base.
bool WholePower(Rational& out, const Rational& base, const Rational& exponent, WorkBudget& work) {
  const bool trivial = base.IsInteger() && fmpz_is_pm1(base.num());
  if (trivial) {
    const bool odd = fmpz_is_odd(exponent.num());
    out = Rational(base.Sign() < 0 && odd ? -1 : 1);
    return true;
  }
  if (base.IsZero()) {
    if (exponent.Sign() <= 0) return false;  // 0^0 has no value
    out = Rational(0);
    return true;
  }
  if (exponent.IsZero()) {
    out = Rational(1);
    return true;
  }
  if (fmpz_bits(exponent.num()) > 31) return false;
  const int64_t n = exponent.ToInt64();
  if (!Admit(base.Bits() * std::abs(n), work)) return false;
  Rational result;
  fmpq_pow_si(result.get(), base.get(), n);
  out = std::move(result);
  return true;
}

// The real q-th root of x, if it is whole; x may be negative when q is odd.
bool WholeRoot(fmpz_t out, const fmpz_t x, int64_t q, WorkBudget& work) {
  if (fmpz_is_zero(x) || fmpz_is_one(x)) {
    fmpz_set(out, x);
    return true;
  }
  if (fmpz_sgn(x) < 0 && q % 2 == 0) return false;
  if (q > Bits(x) || !work.Spend(20 * Cost(Bits(x)))) return fmpz_equal_si(x, -1) && q % 2 == 1;
  return fmpz_root(out, x, q);
}

}  // namespace

bool ExactAdd(Rational& out, const Rational& a, const Rational& b, WorkBudget& work) {
  if (!Admit(a.Bits() + b.Bits() + 1, work)) return false;
  fmpq_add(out.get(), a.get(), b.get());
  return true;
}

bool ExactSubtract(Rational& out, const Rational& a, const Rational& b, WorkBudget& work) {
  if (!Admit(a.Bits() + b.Bits() + 1, work)) return false;
  fmpq_sub(out.get(), a.get(), b.get());
  return true;
}

bool ExactMultiply(Rational& out, const Rational& a, const Rational& b, WorkBudget& work) {
  if (!Admit(a.Bits() + b.Bits(), work)) return false;
  fmpq_mul(out.get(), a.get(), b.get());
  return true;
}

bool ExactDivide(Rational& out, const Rational& a, const Rational& b, WorkBudget& work) {
  if (b.IsZero() || !Admit(a.Bits() + b.Bits(), work)) return false;
  fmpq_div(out.get(), a.get(), b.get());
  return true;
}

bool ExactPower(Rational& out, const Rational& base, const Rational& exponent, WorkBudget& work) {
  if (exponent.IsInteger()) return WholePower(out, base, exponent, work);
  if (fmpz_bits(exponent.den()) > 20) return false;
  const int64_t q = fmpz_get_si(exponent.den());
  Rational root, whole;
  if (base.IsZero() && exponent.Sign() < 0) return false;
  if (!WholeRoot(root.num(), base.num(), q, work) || !WholeRoot(root.den(), base.den(), q, work))
    return false;
  fmpz_set(whole.num(), exponent.num());
  return WholePower(out, root, whole, work);
}

bool ExactFactorial(Rational& out, const Rational& n, WorkBudget& work) {
  if (!n.IsInteger() || n.Sign() < 0 || fmpz_bits(n.num()) > 20) return false;
  const int64_t k = n.ToInt64();
  const double bits = k < 2 ? 1 : k * std::log2(static_cast<double>(k));  // n! <= n^n
  if (bits > kMaxExactBits || !work.Spend(Cost(static_cast<int64_t>(bits)))) return false;
  Rational result;
  fmpz_fac_ui(result.num(), k);
  out = std::move(result);
  return true;
}

bool ExactBinomial(Rational& out, const Rational& n, const Rational& k, WorkBudget& work) {
  if (!n.IsInteger() || !k.IsInteger() || fmpz_bits(n.num()) > 40 || fmpz_bits(k.num()) > 40) return false;
  int64_t above = n.ToInt64(), below = k.ToInt64();
  if (below < 0 || (above >= 0 && below > above)) {
    out = Rational(0);
    return true;
  }
  if (above < 0) return false;
  below = std::min(below, above - below);
  // C(n, k) <= (e n / k)^k
  const double bits = below == 0 ? 1 : below * (1.4427 + std::log2(static_cast<double>(above) / below));
  if (bits > kMaxExactBits || !work.Spend(2 * Cost(static_cast<int64_t>(bits)))) return false;
  Rational result;
  fmpz_bin_uiui(result.num(), above, below);
  out = std::move(result);
  return true;
}

bool ExactModulo(Rational& out, const Rational& a, const Rational& m, WorkBudget& work) {
  if (!a.IsInteger() || !m.IsInteger() || m.IsZero() || !work.Spend(Cost(a.Bits() + m.Bits()))) return false;
  Rational result;
  fmpz_mod(result.num(), a.num(), m.num());
  out = std::move(result);
  return true;
}

void ExactFloor(Rational& out, const Rational& a) {
  Rational result;
  fmpz_fdiv_q(result.num(), a.num(), a.den());
  out = std::move(result);
}

bool SetDigits(fmpz_t out, const std::string& digits, int base) {
  if (digits.empty() || static_cast<int64_t>(digits.size()) > kMaxExactBits / 6) return false;
  if (digits.size() <= 18 && base == 10) {
    int64_t value = 0;
    for (const char c : digits) {
      if (c < '0' || c > '9') return false;
      value = value * 10 + (c - '0');
    }
    fmpz_set_si(out, value);
    return true;
  }
  return fmpz_set_str(out, digits.c_str(), base) == 0;
}

}  // namespace hone
