// Integer polynomials of bounded size. Terms, coefficients and exponents are bounded before each call into FLINT.
// Covered by tests/rewards/math_exact_test.cc.
#include "rewards/math/exact_polynomial.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace hone {
namespace {

constexpr int64_t kMaxCoefficientBits = 1 << 17;
constexpr int64_t kMaxDegree = 1 << 20;
constexpr int64_t kMaxTotalBits = 1 << 22;

int64_t Degree(const Polynomial& p) {
  if (p.terms() == 0) return 0;
  if (!fmpz_mpoly_total_degree_fits_si(p.get(), p.ring().ctx())) return kMaxDegree + 1;
  return fmpz_mpoly_total_degree_si(p.get(), p.ring().ctx());
}

bool Admit(int64_t terms, int64_t bits, int64_t degree, int64_t cost, WorkBudget& work) {
  return terms <= 4 * kMaxTerms && bits <= kMaxCoefficientBits && terms * bits <= kMaxTotalBits &&
         degree <= kMaxDegree && work.Spend(cost);
}

// C(t + n - 1, n), or something above 4 * kMaxTerms.
int64_t MostTerms(int64_t t, int64_t n) {
  double count = 1;
  for (int64_t i = 1; i < t && count <= 1e9; ++i) count = count * static_cast<double>(n + i) / i;
  return static_cast<int64_t>(std::min(count + 0.5, 1e9));
}

// One term's coefficient and exponents after the roots were put to work.
bool ReduceTerm(fmpz_t coefficient, std::vector<uint64_t>& exponents, const PolynomialRing& ring) {
  for (const PolynomialRing::Root& root : ring.roots()) {
    const uint64_t times = exponents[root.variable] / root.index;
    if (times == 0) continue;
    exponents[root.variable] %= root.index;
    if (root.of >= 0) {
      exponents[root.of] += times;
      continue;
    }
    const int64_t bits = static_cast<int64_t>(fmpz_bits(root.integer.num()));
    if (bits * static_cast<int64_t>(times) > kMaxCoefficientBits) return false;
    fmpz_t factor;
    fmpz_init(factor);
    fmpz_pow_ui(factor, root.integer.num(), times);
    fmpz_mul(coefficient, coefficient, factor);
    fmpz_clear(factor);
  }
  return true;
}

}  // namespace

int64_t Polynomial::CoefficientBits() const { return std::abs(fmpz_mpoly_max_bits(value_)); }

bool PolynomialAdd(Polynomial& out, const Polynomial& a, const Polynomial& b, bool subtract,
                   WorkBudget& work) {
  const int64_t terms = a.terms() + b.terms(), bits = std::max(a.CoefficientBits(), b.CoefficientBits()) + 1;
  if (!Admit(terms, bits, 0, 60 + terms * (30 + bits / 32), work)) return false;
  if (subtract) {
    fmpz_mpoly_sub(out.get(), a.get(), b.get(), a.ring().ctx());
  } else {
    fmpz_mpoly_add(out.get(), a.get(), b.get(), a.ring().ctx());
  }
  return true;
}

bool PolynomialMultiply(Polynomial& out, const Polynomial& a, const Polynomial& b, WorkBudget& work) {
  if (a.IsOne()) return out = b, true;
  if (b.IsOne()) return out = a, true;
  const int64_t pairs = a.terms() * b.terms();
  const int64_t looks =
      (a.terms() + b.terms()) * (20 + 40 * int64_t{a.ring().variables()});  // for the degrees
  const int64_t bits = a.CoefficientBits() + b.CoefficientBits() + 14;
  const int64_t degree = Degree(a) + Degree(b);
  if (pairs > 4000000 || !Admit(0, bits, degree, 150 + looks + pairs * (60 + bits / 8), work)) return false;
  if (pairs * bits > 64 * kMaxTotalBits) return false;
  fmpz_mpoly_mul_johnson(out.get(), a.get(), b.get(), a.ring().ctx());
  return Admit(out.terms(), bits, degree, 0, work);
}

bool PolynomialPower(Polynomial& out, const Polynomial& a, int64_t exponent, WorkBudget& work) {
  if (exponent > kMaxDegree) return false;
  const int64_t t = a.terms();
  const int64_t terms = t <= 1 ? 1 : MostTerms(t, exponent);
  const int64_t growth = t <= 1 ? 0 : static_cast<int64_t>(std::ceil(std::log2(static_cast<double>(t))));
  const int64_t bits = exponent * (a.CoefficientBits() + growth) + 1;
  if (Degree(a) > kMaxDegree || bits < 0) return false;
  const int64_t degree = Degree(a) * exponent;
  if (terms > 4 * kMaxTerms || bits > kMaxCoefficientBits) return false;
  if (!Admit(terms, bits, degree, 200 + terms * t * (60 + bits / 8), work)) return false;
  return fmpz_mpoly_pow_ui(out.get(), a.get(), exponent, a.ring().ctx()) != 0;
}

bool PolynomialReduce(Polynomial& p, WorkBudget& work) {
  if (p.ring().roots().empty() || p.IsZero()) return true;
  const fmpz_mpoly_ctx_struct* ctx = p.ring().ctx();
  if (Degree(p) > kMaxDegree || !work.Spend(p.terms() * (200 + p.CoefficientBits()))) return false;
  Polynomial reduced(p.ring());
  std::vector<uint64_t> exponents(std::max(1, p.ring().variables()));
  fmpz_t coefficient;
  fmpz_init(coefficient);
  bool done = true;
  for (int64_t i = 0; done && i < p.terms(); ++i) {
    fmpz_mpoly_get_term_coeff_fmpz(coefficient, p.get(), i, ctx);
    fmpz_mpoly_get_term_exp_ui(exponents.data(), p.get(), i, ctx);
    done = ReduceTerm(coefficient, exponents, p.ring());
    fmpz_mpoly_push_term_fmpz_ui(reduced.get(), coefficient, exponents.data(), ctx);
  }
  fmpz_clear(coefficient);
  if (!done) return false;
  fmpz_mpoly_sort_terms(reduced.get(), ctx);
  fmpz_mpoly_combine_like_terms(reduced.get(), ctx);
  p = std::move(reduced);
  return true;
}

bool Proportional(const Polynomial& a, const Polynomial& b, int* sign, WorkBudget& work) {
  *sign = 1;
  if (a.IsZero() || b.IsZero()) return a.IsZero() && b.IsZero();
  if (a.terms() != b.terms()) return false;
  const int64_t bits = a.CoefficientBits() + b.CoefficientBits();
  if (!work.Spend(200 + a.terms() * (100 + bits))) return false;
  const fmpz_mpoly_ctx_struct* ctx = a.ring().ctx();
  Rational left, right;
  fmpz_mpoly_get_term_coeff_fmpz(left.num(), a.get(), 0, ctx);
  fmpz_mpoly_get_term_coeff_fmpz(right.num(), b.get(), 0, ctx);
  *sign = left.Sign() * right.Sign();
  Polynomial p(a.ring()), q(a.ring());
  fmpz_mpoly_scalar_mul_fmpz(p.get(), a.get(), right.num(), ctx);
  fmpz_mpoly_scalar_mul_fmpz(q.get(), b.get(), left.num(), ctx);
  return fmpz_mpoly_equal(p.get(), q.get(), ctx);
}

}  // namespace hone
