// Terms as fractions of polynomials. Covered by tests/rewards/math_compare_test.cc.
#include "rewards/math/compare_exact.h"

#include <array>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "rewards/math/exact_polynomial.h"

namespace hone {
namespace {

constexpr std::array<int, 30> kPrimes = {2,  3,  5,  7,  11, 13, 17, 19, 23, 29, 31,  37,  41,  43,  47,
                                         53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113};

// What stands for a variable of the ring.
struct Variable {
  enum class Kind { kTerm, kImaginary, kIntegerRoot, kTermRoot } kind = Kind::kTerm;
  TermId term = kNoTerm;  // kTerm, kTermRoot
  Rational integer;       // kIntegerRoot: prime, or what trial division leaves
  int64_t index = 1;      // of a root
};

struct Fraction {
  Polynomial num, den;
};

// base^(1/index) as root of prime factors: integer = product of factor^power, smallest first.
using Factors = std::vector<std::pair<Rational, int64_t>>;

Factors Factor(const fmpz* positive) {
  Factors factors;
  Rational rest;
  fmpz_set(rest.num(), positive);
  for (const int p : kPrimes) {
    if (fmpz_is_one(rest.num())) break;
    int64_t power = 0;
    while (fmpz_divisible_si(rest.num(), p)) {
      fmpz_divexact_si(rest.num(), rest.num(), p);
      ++power;
    }
    if (power > 0) factors.emplace_back(Rational(p), power);
  }
  if (!fmpz_is_one(rest.num())) {
    Rational root;
    if (fmpz_is_square(rest.num())) {
      fmpz_sqrt(root.num(), rest.num());
      factors.emplace_back(std::move(root), 2);
    } else {
      factors.emplace_back(std::move(rest), 1);
    }
  }
  return factors;
}

class Converter {
 public:
  Converter(TermGraph& graph, WorkBudget& work) : graph_(graph), work_(work) {}

  // First over all terms, then one Start(), then Convert().
  bool Collect(TermId id) { return Walk(id, nullptr); }
  bool Start() {
    if (!work_.Spend(3000)) return false;
    ring_.emplace(static_cast<int>(variables_.size()));
    for (size_t i = 0; i < variables_.size(); ++i) {
      const Variable& v = variables_[i];
      const int variable = static_cast<int>(i);
      if (v.kind == Variable::Kind::kImaginary) ring_->AddRoot({variable, 2, -1, Rational(-1)});
      if (v.kind == Variable::Kind::kIntegerRoot) ring_->AddRoot({variable, v.index, -1, v.integer});
      if (v.kind == Variable::Kind::kTermRoot) {
        const int of = Find({Variable::Kind::kTerm, v.term, {}, 1});
        if (of >= 0) ring_->AddRoot({variable, v.index, of, {}});
      }
    }
    return true;
  }
  bool Convert(TermId id, Fraction& out) { return Walk(id, &out); }
  Fraction Empty() const { return {Polynomial(*ring_), Polynomial(*ring_)}; }
  const PolynomialRing& ring() const { return *ring_; }
  const std::vector<Variable>& variables() const { return variables_; }

  bool OnlySymbols() const {
    for (const Variable& v : variables_) {
      if (v.kind != Variable::Kind::kTerm || graph_.op(v.term) != TermOp::kSymbol) return false;
    }
    return true;
  }

 private:
  // The variable's index; while collecting it is added, unless there are too many.
  int Find(const Variable& wanted) const {
    for (size_t i = 0; i < variables_.size(); ++i) {
      const Variable& v = variables_[i];
      if (v.kind == wanted.kind && v.term == wanted.term && v.index == wanted.index &&
          v.integer == wanted.integer) {
        return static_cast<int>(i);
      }
    }
    return -1;
  }
  bool UseVariable(Variable v, int64_t power, Fraction* out) {
    int at = Find(v);
    if (!out) {
      if (at < 0 && variables_.size() == kMaxVariables) return false;
      if (at < 0) variables_.push_back(std::move(v));
      return true;
    }
    if (at < 0) return false;
    Fraction result = Empty();
    result.num.SetVariable(at);
    SetOne(result.den);
    if (!PolynomialPower(result.num, result.num, std::abs(power), work_)) return false;
    if (power < 0) std::swap(result.num, result.den);
    *out = std::move(result);
    return true;
  }

  static void SetOne(Polynomial& p) {
    const Rational one(1);
    p.SetInteger(one.num());
  }
  bool SetNumber(const Rational& q, Fraction* out) {
    if (q.Bits() > kMaxExactBits) return false;
    if (out) {
      out->num.SetInteger(q.num());
      out->den.SetInteger(q.den());
    }
    return true;
  }

  bool Walk(TermId id, Fraction* out) {
    if (++steps_ > 100000 || !work_.Spend(50)) return false;
    switch (graph_.op(id)) {
      case TermOp::kRational:
        return SetNumber(graph_.number(id), out);
      case TermOp::kI:
        return UseVariable({Variable::Kind::kImaginary, kNoTerm, {}, 2}, 1, out);
      case TermOp::kAdd:
      case TermOp::kMultiply:
        return WalkMany(id, out);
      case TermOp::kPower:
        return WalkPower(id, out);
      default:
        return UseVariable({Variable::Kind::kTerm, id, {}, 1}, 1, out);
    }
  }

  bool WalkMany(TermId id, Fraction* out) {
    const bool add = graph_.op(id) == TermOp::kAdd;
    std::optional<Fraction> operand;
    if (out) {
      operand.emplace(Empty());
      SetNumber(Rational(add ? 0 : 1), out);
    }
    const auto operands = graph_.operands(id);
    for (size_t i = 0; i < operands.size(); ++i) {
      if (!Walk(operands[i], out ? &*operand : nullptr)) return false;
      if (out && !(add ? AddTo(*out, *operand) : MultiplyBy(*out, *operand))) return false;
    }
    return true;
  }

  bool AddTo(Fraction& sum, const Fraction& term) {
    if (fmpz_mpoly_equal(sum.den.get(), term.den.get(), ring_->ctx())) {
      return PolynomialAdd(sum.num, sum.num, term.num, false, work_);
    }
    Polynomial cross(*ring_);
    return PolynomialMultiply(cross, term.num, sum.den, work_) &&
           PolynomialMultiply(sum.num, sum.num, term.den, work_) &&
           PolynomialAdd(sum.num, sum.num, cross, false, work_) &&
           PolynomialMultiply(sum.den, sum.den, term.den, work_);
  }
  bool MultiplyBy(Fraction& product, const Fraction& factor) {
    return PolynomialMultiply(product.num, product.num, factor.num, work_) &&
           PolynomialMultiply(product.den, product.den, factor.den, work_);
  }

  bool WalkPower(TermId id, Fraction* out) {
    const TermId base = graph_.operands(id)[0], exponent = graph_.operands(id)[1];
    const bool plain = graph_.IsNumber(exponent) && fmpz_bits(graph_.number(exponent).num()) <= 24 &&
                       fmpz_bits(graph_.number(exponent).den()) <= 8;
    if (!plain || graph_.op(base) == TermOp::kE)
      return UseVariable({Variable::Kind::kTerm, id, {}, 1}, 1, out);
    const Rational q = graph_.number(exponent);
    if (q.IsInteger()) return WalkWholePower(base, q.ToInt64(), out);
    const int64_t power = fmpz_get_si(q.num()), index = fmpz_get_si(q.den());
    if (graph_.IsNumber(base)) return WalkIntegerRoot(Rational(graph_.number(base)), power, index, id, out);
    if (graph_.op(base) == TermOp::kSymbol && !out &&
        !UseVariable({Variable::Kind::kTerm, base, {}, 1}, 1, out)) {
      return false;
    }
    return UseVariable({Variable::Kind::kTermRoot, base, {}, index}, power, out);
  }

  bool WalkWholePower(TermId base, int64_t power, Fraction* out) {
    if (!Walk(base, out)) return false;
    if (!out) return true;
    if (power < 0) {
      std::swap(out->num, out->den);
      if (out->den.IsZero()) return false;
    }
    return PolynomialPower(out->num, out->num, std::abs(power), work_) &&
           PolynomialPower(out->den, out->den, std::abs(power), work_);
  }

  // base^(power / index): of the factors of numerator and denominator.
  bool WalkIntegerRoot(const Rational& base, int64_t power, int64_t index, TermId id, Fraction* out) {
    const bool negative = base.Sign() < 0;
    if (base.IsZero() || base.Bits() > 2000 || !work_.Spend(5000) ||
        (negative && index % 2 == 0 && index != 2)) {
      return UseVariable({Variable::Kind::kTerm, id, {}, 1}, 1, out);
    }
    if (out) SetNumber(Rational(negative && index % 2 == 1 && power % 2 != 0 ? -1 : 1), out);
    if (negative && index == 2 && !Times({Variable::Kind::kImaginary, kNoTerm, {}, 2}, power, out))
      return false;
    Rational positive = base;
    fmpz_abs(positive.num(), positive.num());
    for (const bool below : {false, true}) {
      for (auto& [factor, times] : Factor(below ? positive.den() : positive.num())) {
        const int64_t total = times * power * (below ? -1 : 1);
        if (!Times({Variable::Kind::kIntegerRoot, kNoTerm, factor, index}, total, out)) return false;
      }
    }
    return true;
  }
  bool Times(Variable v, int64_t power, Fraction* out) {
    if (!out) return UseVariable(std::move(v), power, nullptr);
    Fraction factor = Empty();
    return UseVariable(std::move(v), power, &factor) && MultiplyBy(*out, factor);
  }

  TermGraph& graph_;
  WorkBudget& work_;
  std::vector<Variable> variables_;
  std::optional<PolynomialRing> ring_;
  int steps_ = 0;
};

// Numerator and denominator of the difference a - b, or of the quotient a / b, with roots put to work.
bool Cross(Converter& converter, TermId a, TermId b, Polynomial& left, Polynomial& right, WorkBudget& work) {
  Fraction x = converter.Empty(), y = converter.Empty();
  if (!converter.Convert(a, x) || !converter.Convert(b, y)) return false;
  if (!PolynomialReduce(x.den, work) || !PolynomialReduce(y.den, work)) return false;
  if (x.den.IsZero() || y.den.IsZero()) return false;
  return PolynomialMultiply(left, x.num, y.den, work) && PolynomialMultiply(right, y.num, x.den, work) &&
         PolynomialReduce(left, work) && PolynomialReduce(right, work);
}

}  // namespace

Proof ExactCompare(TermGraph& graph, TermId a, TermId b, WorkBudget& work) {
  if (a == kNoTerm || b == kNoTerm) return Proof::kUnknown;
  Converter converter(graph, work);
  if (!converter.Collect(a) || !converter.Collect(b) || !converter.Start()) return Proof::kUnknown;
  Polynomial left(converter.ring()), right(converter.ring());
  if (!Cross(converter, a, b, left, right, work)) return Proof::kUnknown;
  if (fmpz_mpoly_equal(left.get(), right.get(), converter.ring().ctx())) return Proof::kEqual;
  if (converter.OnlySymbols()) return Proof::kUnequal;
  // Whatever the variables stand for, x and x + 1 differ.
  if (!PolynomialAdd(left, left, right, true, work)) return Proof::kUnknown;
  return left.IsConstant() ? Proof::kUnequal : Proof::kUnknown;
}

Proof ExactRatio(TermGraph& graph, TermId a, TermId b, Rational& ratio, WorkBudget& work) {
  if (a == kNoTerm || b == kNoTerm) return Proof::kUnknown;
  Converter converter(graph, work);
  if (!converter.Collect(a) || !converter.Collect(b) || !converter.Start()) return Proof::kUnknown;
  Polynomial left(converter.ring()), right(converter.ring());
  if (!Cross(converter, a, b, left, right, work)) return Proof::kUnknown;
  int sign = 1;
  if (Proportional(left, right, &sign, work)) {
    ratio = Rational(1);
    if (left.IsZero()) return Proof::kEqual;
    const fmpz_mpoly_ctx_struct* ctx = converter.ring().ctx();
    fmpz_mpoly_get_term_coeff_fmpz(ratio.num(), left.get(), 0, ctx);
    fmpz_mpoly_get_term_coeff_fmpz(ratio.den(), right.get(), 0, ctx);
    if (fmpz_sgn(ratio.den()) < 0) {
      fmpz_neg(ratio.num(), ratio.num());
      fmpz_neg(ratio.den(), ratio.den());
    }
    fmpq_canonicalise(ratio.get());
    return Proof::kEqual;
  }
  return converter.OnlySymbols() && !work.spent() ? Proof::kUnequal : Proof::kUnknown;
}

Proof ExactProportional(TermGraph& graph, TermId a, TermId b, int* sign, WorkBudget& work) {
  Rational ratio(1);
  const Proof proof = ExactRatio(graph, a, b, ratio, work);
  *sign = ratio.Sign() < 0 ? -1 : 1;
  return proof;
}

namespace {

constexpr int64_t kMostSquareTerms = 200;
constexpr int64_t kMostSquareBits = 2000;

// The polynomial as a term again.
TermId TermOf(TermGraph& graph, const Converter& converter, const Polynomial& p) {
  const fmpz_mpoly_ctx_struct* ctx = converter.ring().ctx();
  const std::vector<Variable>& variables = converter.variables();
  std::vector<uint64_t> exponents(std::max<size_t>(1, variables.size()));
  std::vector<TermId> terms;
  for (int64_t i = 0; i < p.terms(); ++i) {
    Rational coefficient;
    fmpz_mpoly_get_term_coeff_fmpz(coefficient.num(), p.get(), i, ctx);
    fmpz_mpoly_get_term_exp_ui(exponents.data(), p.get(), i, ctx);
    std::vector<TermId> factors = {graph.Number(coefficient)};
    for (size_t v = 0; v < variables.size(); ++v) {
      if (exponents[v] == 0) continue;
      factors.push_back(graph.Power(variables[v].term, graph.Number(static_cast<int64_t>(exponents[v]))));
    }
    terms.push_back(graph.Multiply(std::move(factors)));
  }
  return graph.Add(std::move(terms));
}

}  // namespace

bool ExactSquare(TermGraph& graph, TermId a, Rational& factor, TermId& root, WorkBudget& work) {
  if (a == kNoTerm) return false;
  Converter converter(graph, work);
  if (!converter.Collect(a) || converter.variables().empty() || !converter.Start()) return false;
  for (const Variable& v : converter.variables()) {
    if (v.kind != Variable::Kind::kTerm) return false;
  }
  Fraction f = converter.Empty();
  if (!converter.Convert(a, f) || f.num.IsZero() || !f.den.IsConstant() || f.den.IsZero()) return false;
  const fmpz_mpoly_ctx_struct* ctx = converter.ring().ctx();
  if (f.num.terms() > kMostSquareTerms || f.num.CoefficientBits() > kMostSquareBits ||
      !work.Spend(5000 + 40 * f.num.terms() * f.num.terms())) {
    return false;
  }
  Rational content, den;
  fmpz_mpoly_get_fmpz(den.num(), f.den.get(), ctx);
  for (int64_t i = 0; i < f.num.terms(); ++i) {
    Rational coefficient;
    fmpz_mpoly_get_term_coeff_fmpz(coefficient.num(), f.num.get(), i, ctx);
    fmpz_gcd(content.num(), content.num(), coefficient.num());
  }
  if (den.Sign() < 0) {
    fmpz_mpoly_neg(f.num.get(), f.num.get(), ctx);
    fmpz_neg(den.num(), den.num());
  }
  fmpz_mpoly_scalar_divexact_fmpz(f.num.get(), f.num.get(), content.num(), ctx);
  Polynomial square_root(converter.ring());
  if (!fmpz_mpoly_sqrt(square_root.get(), f.num.get(), ctx)) return false;
  root = TermOf(graph, converter, square_root);
  return root != kNoTerm && ExactDivide(factor, content, den, work);
}

bool ExactLinear(TermGraph& graph, TermId a, LinearTerm& out, WorkBudget& work) {
  if (a == kNoTerm) return false;
  Converter converter(graph, work);
  if (!converter.Collect(a) || converter.variables().size() != 1 || !converter.Start()) return false;
  Fraction f = converter.Empty();
  if (!converter.OnlySymbols() || !converter.Convert(a, f) || !f.den.IsConstant() || f.den.IsZero())
    return false;
  const fmpz_mpoly_ctx_struct* ctx = converter.ring().ctx();
  uint64_t one = 1, zero = 0;
  fmpz_mpoly_get_coeff_fmpz_ui(out.c1.num(), f.num.get(), &one, ctx);
  fmpz_mpoly_get_coeff_fmpz_ui(out.c0.num(), f.num.get(), &zero, ctx);
  if (out.c1.IsZero() || f.num.terms() != (out.c0.IsZero() ? 1 : 2)) return false;
  Rational den;
  fmpz_mpoly_get_fmpz(den.num(), f.den.get(), ctx);
  out.symbol = converter.variables()[0].term;
  return ExactDivide(out.c0, out.c0, den, work) && ExactDivide(out.c1, out.c1, den, work);
}

}  // namespace hone
