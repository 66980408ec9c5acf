// Exact rationals of bounded size over FLINT, and the work counter that every rung of the ladder draws on.
// Covered by tests/rewards/math_exact_test.cc.
#ifndef HONE_REWARDS_MATH_EXACT_H_
#define HONE_REWARDS_MATH_EXACT_H_

#include <flint/fmpq.h>

#include <cstdint>
#include <string>

namespace hone {

// Work in units of about a nanosecond of a 2020s core, counted in operations and never by a clock, so that the same
// input always ends the same way.
class WorkBudget {
 public:
  explicit WorkBudget(int64_t units) : left_(units) {}
  // False, for good, once the units are spent.
  bool Spend(int64_t units) { return units <= left_ ? (left_ -= units, true) : (left_ = -1, false); }
  bool spent() const { return left_ < 0; }
  int64_t left() const { return left_; }

 private:
  int64_t left_;
};

// No exact integer grows beyond this: what would is left to balls, which carry towers as exponents.
inline constexpr int64_t kMaxExactBits = 1 << 16;

class Rational {
 public:
  Rational() { fmpq_init(value_); }
  explicit Rational(int64_t integer) : Rational() { fmpq_set_si(value_, integer, 1); }
  Rational(const Rational& other) : Rational() { fmpq_set(value_, other.value_); }
  Rational(Rational&& other) noexcept : Rational() { fmpq_swap(value_, other.value_); }
  Rational& operator=(Rational other) noexcept {
    fmpq_swap(value_, other.value_);
    return *this;
  }
  ~Rational() { fmpq_clear(value_); }

  fmpq* get() { return value_; }
  const fmpq* get() const { return value_; }
  fmpz* num() { return fmpq_numref(value_); }
  const fmpz* num() const { return fmpq_numref(value_); }
  fmpz* den() { return fmpq_denref(value_); }
  const fmpz* den() const { return fmpq_denref(value_); }

  bool IsZero() const { return fmpq_is_zero(value_); }
  bool IsInteger() const { return fmpz_is_one(den()); }
  bool FitsInt64() const { return IsInteger() && fmpz_fits_si(num()); }
  int64_t ToInt64() const { return fmpz_get_si(num()); }  // FitsInt64() only
  int Sign() const { return fmpq_sgn(value_); }
  int64_t Bits() const { return static_cast<int64_t>(fmpz_bits(num()) + fmpz_bits(den())); }
  bool operator==(const Rational& other) const { return fmpq_equal(value_, other.value_); }
  bool operator<(const Rational& other) const { return fmpq_cmp(value_, other.value_) < 0; }

 private:
  fmpq_t value_;
};

// Each sets `out`, which may be an operand, and returns true; or returns false, leaving `out` alone, when the
// operation is undefined, its result is not rational, would pass kMaxExactBits, or the budget is spent.
bool ExactAdd(Rational& out, const Rational& a, const Rational& b, WorkBudget& work);
bool ExactSubtract(Rational& out, const Rational& a, const Rational& b, WorkBudget& work);
bool ExactMultiply(Rational& out, const Rational& a, const Rational& b, WorkBudget& work);
bool ExactDivide(Rational& out, const Rational& a, const Rational& b, WorkBudget& work);
// Rational powers too, where the result is rational; an odd root of a negative number is the real one.
bool ExactPower(Rational& out, const Rational& base, const Rational& exponent, WorkBudget& work);
bool ExactFactorial(Rational& out, const Rational& n, WorkBudget& work);
bool ExactBinomial(Rational& out, const Rational& n, const Rational& k,
                   WorkBudget& work);                                                     // k a whole number
bool ExactModulo(Rational& out, const Rational& a, const Rational& m, WorkBudget& work);  // in [0, |m|)
void ExactFloor(Rational& out, const Rational& a);

// A decimal integer of digits only, or a base from 2 to 36. False when it has another character or too many digits.
bool SetDigits(fmpz_t out, const std::string& digits, int base);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_EXACT_H_
