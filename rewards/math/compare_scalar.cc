// The ladder over two scalars. Covered by tests/rewards/math_compare_test.cc.
#include "rewards/math/compare_scalar.h"

#include <algorithm>

#include "rewards/math/compare_ball.h"
#include "rewards/math/compare_exact.h"
#include "rewards/math/compare_pieces.h"

namespace hone {
namespace {

// What one rung may take of the work for one pair, so that a hard pair leaves some for the rungs above it.
constexpr int64_t kPolynomialUnits = 4000000;
constexpr int64_t kBallUnits = 8000000;
constexpr int64_t kPieceUnits = 3000000;

// A share of `work` that is given back when unspent.
class Share {
 public:
  Share(WorkBudget& work, int64_t units)
      : work_(work), given_(std::clamp<int64_t>(work.left(), 0, units)), own_(given_) {}
  ~Share() { work_.Spend(given_ - std::max<int64_t>(0, own_.left())); }
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;
  WorkBudget& get() { return own_; }

 private:
  WorkBudget& work_;
  int64_t given_;
  WorkBudget own_;
};

bool InPieces(const TermGraph& graph, TermId a, TermId b) { return graph.HasPieces(a) || graph.HasPieces(b); }

}  // namespace

const char* MethodName(Method method) {
  constexpr const char* kNames[] = {"none",  "text",    "identical", "rational", "polynomial",
                                    "balls", "calcium", "digits",    "overlap",  "unevaluated"};
  return kNames[static_cast<int>(method)];
}

ScalarVerdict CompareScalars(TermGraph& graph, TermId a, TermId b, WorkBudget& work) {
  if (a == kNoTerm || b == kNoTerm) return {};
  if (a == b) return {true, graph.IsNumber(a) ? Method::kRational : Method::kIdentical};
  if (graph.IsNumber(a) && graph.IsNumber(b)) return {false, Method::kRational};
  {
    Share share(work, kPolynomialUnits);
    const Proof exact = ExactCompare(graph, a, b, share.get());
    if (exact != Proof::kUnknown) return {exact == Proof::kEqual, Method::kPolynomial};
  }
  Share share(work, kBallUnits);
  const bool constant = !graph.HasVariables(a) && !graph.HasVariables(b);
  if (constant) {
    if (BallCompareConstants(graph, a, b, kFirstBallBits, share.get()) == Proof::kUnequal) {
      return {false, Method::kBalls};
    }
    const Proof algebra = CalciumCompare(graph, a, b, share.get());
    if (algebra != Proof::kUnknown) return {algebra == Proof::kEqual, Method::kCalcium};
  }
  const Proof balls = BallCompare(graph, a, b, share.get());
  if (balls == Proof::kUnknown) return {};
  if (balls == Proof::kEqual && InPieces(graph, a, b)) {
    Share pieces(work, kPieceUnits);
    return ComparePieces(graph, a, b, pieces.get());
  }
  return {balls == Proof::kEqual, balls == Proof::kEqual ? Method::kOverlap : Method::kBalls};
}

ScalarVerdict CompareUpToFactor(TermGraph& graph, TermId a, TermId b, int* sign, WorkBudget& work) {
  *sign = 1;
  if (a == kNoTerm || b == kNoTerm) return {};
  if (a == b) return {true, Method::kIdentical};
  {
    Share share(work, kPolynomialUnits);
    const Proof exact = ExactProportional(graph, a, b, sign, share.get());
    if (exact != Proof::kUnknown) return {exact == Proof::kEqual, Method::kPolynomial};
  }
  Share share(work, kBallUnits);
  const Proof balls = BallProportional(graph, a, b, sign, share.get());
  if (balls == Proof::kUnknown) return {};
  if (balls == Proof::kEqual && InPieces(graph, a, b)) {  // only the factors 1 and -1
    return CompareScalars(graph, a, *sign > 0 ? b : graph.Negate(b), work);
  }
  return {balls == Proof::kEqual, balls == Proof::kEqual ? Method::kOverlap : Method::kBalls};
}

bool OrderScalars(TermGraph& graph, TermId a, TermId b, int* order, WorkBudget& work) {
  if (a == kNoTerm || b == kNoTerm) return false;
  if (graph.IsNumber(a) && graph.IsNumber(b)) {
    *order = fmpq_cmp(graph.number(a).get(), graph.number(b).get());
    *order = *order < 0 ? -1 : *order > 0 ? 1 : 0;
    return true;
  }
  return BallOrder(graph, a, b, order, work);
}

bool ShowsDigits(const TermGraph& graph, TermId value, const Rational& decimal, int64_t places,
                 int64_t significant, WorkBudget& work) {
  constexpr int64_t kBits = 8 * kLastBallBits;
  Ball ball, gap, unit;
  if (std::abs(places) > 2000 || !BallValue(graph, value, kLastBallBits, ball, work)) return false;
  if (!arb_contains_zero(ball.imag())) return false;
  arb_set_fmpq(gap.real(), decimal.get(), kBits);
  arb_sub(gap.real(), ball.real(), gap.real(), kBits);
  if (decimal.Sign() < 0) arb_neg(gap.real(), gap.real());
  arb_set_ui(unit.real(), 10);
  arb_pow_ui(unit.real(), unit.real(), std::abs(places), kBits);
  if (places > 0) arb_inv(unit.real(), unit.real(), kBits);
  if (arb_is_nonnegative(gap.real()) && arb_lt(gap.real(), unit.real())) return true;  // cut off
  arb_abs(gap.real(), gap.real());
  arb_mul_2exp_si(unit.real(), unit.real(), -1);
  if (arb_le(gap.real(), unit.real())) return true;  // rounded
  // As a program prints a double, 1.4142135623730951: its last digit may be off by what a double cannot hold.
  if (significant < 16) return false;
  arb_set_fmpq(gap.real(), decimal.get(), kBits);
  return arf_get_d(arb_midref(gap.real()), ARF_RND_NEAR) == arf_get_d(arb_midref(ball.real()), ARF_RND_NEAR);
}

bool WithinBound(TermGraph& graph, TermId value, TermId other, TermId bound, WorkBudget& work) {
  const TermId gap = graph.Function(TermOp::kAbs, {graph.Subtract(value, other)});
  int order = 0;
  return OrderScalars(graph, gap, bound, &order, work) && order <= 0;
}

}  // namespace hone
