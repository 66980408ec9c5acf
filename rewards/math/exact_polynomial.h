// Integer polynomials of bounded size over FLINT, in variables of which some are known roots of others or of integers.
// Covered by tests/rewards/math_exact_test.cc.
#ifndef HONE_REWARDS_MATH_EXACT_POLYNOMIAL_H_
#define HONE_REWARDS_MATH_EXACT_POLYNOMIAL_H_

#include <flint/fmpz_mpoly.h>

#include <cstdint>
#include <vector>

#include "rewards/math/exact.h"

namespace hone {

inline constexpr int kMaxVariables = 24;
inline constexpr int64_t kMaxTerms = 4000;

class PolynomialRing {
 public:
  // variable^index = integer, or = -1 with index 2 for the imaginary unit, or = the variable `of`.
  struct Root {
    int variable = 0;
    int64_t index = 2;
    int of = -1;  // a variable; -1: `integer` counts
    Rational integer;
  };

  explicit PolynomialRing(int variables) : variables_(variables) {
    fmpz_mpoly_ctx_init(ctx_, variables > 0 ? variables : 1, ORD_LEX);
  }
  ~PolynomialRing() { fmpz_mpoly_ctx_clear(ctx_); }
  PolynomialRing(const PolynomialRing&) = delete;
  PolynomialRing& operator=(const PolynomialRing&) = delete;

  const fmpz_mpoly_ctx_struct* ctx() const { return ctx_; }
  int variables() const { return variables_; }
  void AddRoot(Root root) { roots_.push_back(std::move(root)); }
  const std::vector<Root>& roots() const { return roots_; }

 private:
  int variables_;
  fmpz_mpoly_ctx_t ctx_;
  std::vector<Root> roots_;
};

class Polynomial {
 public:
  explicit Polynomial(const PolynomialRing& ring) : ring_(&ring) { fmpz_mpoly_init(value_, ring.ctx()); }
  Polynomial(const Polynomial& other) : Polynomial(*other.ring_) {
    fmpz_mpoly_set(value_, other.value_, ring_->ctx());
  }
  Polynomial(Polynomial&& other) noexcept : Polynomial(*other.ring_) {
    fmpz_mpoly_swap(value_, other.value_, ring_->ctx());
  }
  Polynomial& operator=(Polynomial other) noexcept {
    fmpz_mpoly_swap(value_, other.value_, ring_->ctx());
    return *this;
  }
  ~Polynomial() { fmpz_mpoly_clear(value_, ring_->ctx()); }

  void SetInteger(const fmpz_t value) { fmpz_mpoly_set_fmpz(value_, value, ring_->ctx()); }
  void SetVariable(int variable) { fmpz_mpoly_gen(value_, variable, ring_->ctx()); }
  bool IsZero() const { return fmpz_mpoly_is_zero(value_, ring_->ctx()); }
  bool IsOne() const { return fmpz_mpoly_is_one(value_, ring_->ctx()); }
  bool IsConstant() const { return fmpz_mpoly_is_fmpz(value_, ring_->ctx()); }
  int64_t terms() const { return fmpz_mpoly_length(value_, ring_->ctx()); }
  int64_t CoefficientBits() const;  // of the largest

  const PolynomialRing& ring() const { return *ring_; }
  fmpz_mpoly_struct* get() { return value_; }
  const fmpz_mpoly_struct* get() const { return value_; }

 private:
  const PolynomialRing* ring_;
  fmpz_mpoly_t value_;
};

// Each sets `out`, which may be an operand, and returns true; or returns false when the result could be larger than the
// bounds or the budget is spent.
bool PolynomialAdd(Polynomial& out, const Polynomial& a, const Polynomial& b, bool subtract,
                   WorkBudget& work);
bool PolynomialMultiply(Polynomial& out, const Polynomial& a, const Polynomial& b, WorkBudget& work);
bool PolynomialPower(Polynomial& out, const Polynomial& a, int64_t exponent,
                     WorkBudget& work);  // exponent >= 0
// Puts the ring's roots to work until no exponent of a root reaches its index.
bool PolynomialReduce(Polynomial& p, WorkBudget& work);
// Whether a = c b for a rational c other than zero; 0 = 0 counts. `sign` is that of c.
bool Proportional(const Polynomial& a, const Polynomial& b, int* sign, WorkBudget& work);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_EXACT_POLYNOMIAL_H_
