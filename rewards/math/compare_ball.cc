// Comparison of terms at seeded points. Covered by tests/rewards/math_compare_test.cc.
#include "rewards/math/compare_ball.h"

#include <initializer_list>
#include <utility>
#include <vector>

#include "rewards/math/ball_term.h"
#include "rewards/math/compare_pieces.h"

namespace hone {
namespace {

constexpr int kPointsWanted = 8;   // in each domain
constexpr int kPointsTried = 40;   // of which many may lie where a term has no value
constexpr int kPointsCarried = 4;  // of each domain, on to the higher precisions
constexpr int kPointsEnough = 2;   // to call what overlaps equal
constexpr int kWidePoints = 13;    // one of each magnitude

bool MayBeReal(const Ball& x) { return arb_contains_zero(x.imag()); }

struct Point {
  Domain domain;
  int index;
};

// Where both terms have values that count; `unequal` once they are disjoint at one of them.
struct Survey {
  std::vector<Point> points;
  int found = 0;
  bool unequal = false;
};

void Visit(TermEvaluator& at, Domain domain, bool complex_values, Survey& survey) {
  int found = 0;
  const int wanted = domain == Domain::kWide || domain == Domain::kWideWhole ? kWidePoints : kPointsWanted;
  for (int i = 0; i < kPointsTried && found < wanted && !survey.unequal; ++i) {
    if (!at.At(domain, i, kFirstBallBits)) return;
    const Ball *a = at.a(), *b = at.b();
    if (!a || !b || !a->IsFinite() || !b->IsFinite()) continue;
    if (!complex_values && !(MayBeReal(*a) && MayBeReal(*b))) continue;
    survey.unequal = CompareBalls(*a, *b, kFirstBallBits) == BallVerdict::kDisjoint;
    if (++found <= kPointsCarried) survey.points.push_back({domain, i});
  }
  survey.found += found;
}

Survey VisitAll(TermEvaluator& at, bool complex_terms, bool pieces) {
  Survey survey;
  Visit(at, Domain::kPositive, complex_terms, survey);
  if (!survey.unequal) Visit(at, Domain::kNegative, complex_terms, survey);
  if (!survey.unequal) Visit(at, Domain::kWide, complex_terms, survey);
  if (pieces && !survey.unequal) Visit(at, Domain::kWideWhole, complex_terms, survey);
  if (complex_terms && !survey.unequal) Visit(at, Domain::kComplex, true, survey);
  // Sequences in whole numbers, such as (-1)^n; and what is nowhere real.
  if (!survey.unequal && survey.found < kPointsEnough) Visit(at, Domain::kWhole, complex_terms, survey);
  if (!survey.unequal && survey.found < kPointsEnough) {
    for (const Domain domain : {Domain::kPositive, Domain::kNegative, Domain::kComplex}) {
      if (!survey.unequal) Visit(at, domain, true, survey);
    }
  }
  return survey;
}

// Whether they differ at or near one of the places where their form may change. All their digits are needed there.
bool DifferAtTurns(TermEvaluator& at, const std::vector<Turn>& turns) {
  constexpr std::pair<int64_t, int64_t> kSteps[] = {{0, 1},  {1, 1000}, {-1, 1000}, {1, 1},
                                                    {-1, 1}, {1000, 1}, {-1000, 1}};
  for (const Turn& turn : turns) {
    for (const auto& [numerator, denominator] : kSteps) {
      Rational place, step;
      fmpq_set_si(step.get(), numerator, static_cast<uint64_t>(denominator));
      fmpq_add(place.get(), turn.place.get(), step.get());
      at.Fix(turn.symbol, place);
      const bool done = at.At(Domain::kPositive, 0, kLastBallBits);
      at.Fix(kNoTerm, Rational());
      if (!done) return false;
      if (!at.a() || !at.b() || !MayBeReal(*at.a()) || !MayBeReal(*at.b())) continue;
      if (CompareBalls(*at.a(), *at.b(), kLastBallBits) == BallVerdict::kDisjoint) return true;
    }
  }
  return false;
}

}  // namespace

Proof BallCompare(TermGraph& graph, TermId a, TermId b, WorkBudget& work) {
  if (a == kNoTerm || b == kNoTerm) return Proof::kUnknown;
  if (!graph.HasVariables(a) && !graph.HasVariables(b)) {
    return BallCompareConstants(graph, a, b, kLastBallBits, work);
  }
  const bool pieces = graph.HasPieces(a) || graph.HasPieces(b);
  TermEvaluator at(graph, a, b, work);
  const Survey survey = VisitAll(at, graph.HasComplex(a) || graph.HasComplex(b), pieces);
  if (survey.unequal) return Proof::kUnequal;
  if (pieces && DifferAtTurns(at, TurnsOf(graph, a, b, work))) return Proof::kUnequal;
  int overlapping = 0;
  for (const int64_t bits : {int64_t{256}, kLastBallBits}) {
    overlapping = 0;
    for (const Point& point : survey.points) {
      if (!at.At(point.domain, point.index, bits)) break;
      if (!at.a() || !at.b()) continue;
      const BallVerdict verdict = CompareBalls(*at.a(), *at.b(), bits);
      if (verdict == BallVerdict::kDisjoint) return Proof::kUnequal;
      if (verdict == BallVerdict::kOverlap) ++overlapping;
    }
  }
  return overlapping >= kPointsEnough ? Proof::kEqual : Proof::kUnknown;
}

Proof BallCompareConstants(const TermGraph& graph, TermId a, TermId b, int64_t bits, WorkBudget& work) {
  if (a == kNoTerm || b == kNoTerm) return Proof::kUnknown;
  TermEvaluator at(graph, a, b, work);
  for (int64_t now = kFirstBallBits; now <= bits; now *= 4) {
    if (!at.At(Domain::kPositive, 0, now)) return Proof::kUnknown;
    if (!at.a() || !at.b()) continue;
    const BallVerdict verdict = CompareBalls(*at.a(), *at.b(), now);
    if (verdict == BallVerdict::kDisjoint) return Proof::kUnequal;
    if (now == kLastBallBits && verdict == BallVerdict::kOverlap) return Proof::kEqual;
  }
  return Proof::kUnknown;
}

bool BallValue(const TermGraph& graph, TermId a, int64_t bits, Ball& out, WorkBudget& work) {
  if (a == kNoTerm || graph.HasVariables(a)) return false;
  TermEvaluator at(graph, a, a, work);
  if (!at.At(Domain::kPositive, 0, bits) || !at.a()) return false;
  out = *at.a();
  return true;
}

bool BallOrder(const TermGraph& graph, TermId a, TermId b, int* order, WorkBudget& work) {
  if (a == kNoTerm || b == kNoTerm || graph.HasVariables(a) || graph.HasVariables(b)) return false;
  *order = 0;
  if (a == b) return true;
  TermEvaluator at(graph, a, b, work);
  for (int64_t bits = kFirstBallBits; bits <= kLastBallBits; bits *= 4) {
    if (!at.At(Domain::kPositive, 0, bits)) return false;
    if (!at.a() || !at.b()) continue;
    if (!MayBeReal(*at.a()) || !MayBeReal(*at.b())) return false;
    *order = arb_lt(at.a()->real(), at.b()->real()) ? -1 : arb_gt(at.a()->real(), at.b()->real()) ? 1 : 0;
    if (*order != 0) return true;
    if (bits == kLastBallBits) return CompareBalls(*at.a(), *at.b(), bits) == BallVerdict::kOverlap;
  }
  return false;
}

Proof BallProportional(const TermGraph& graph, TermId a, TermId b, int* sign, WorkBudget& work) {
  if (a == kNoTerm || b == kNoTerm) return Proof::kUnknown;
  TermEvaluator at(graph, a, b, work);
  Ball first_a, first_b;
  int seen = 0;
  for (const Domain domain : {Domain::kPositive, Domain::kNegative, Domain::kWide}) {
    const int wanted = domain == Domain::kWide ? kWidePoints : kPointsCarried;
    for (int i = 0, found = 0; i < kPointsTried && found < wanted; ++i) {
      if (!at.At(domain, i, kLastBallBits / 4)) return Proof::kUnknown;
      if (!at.a() || !at.b() || !MayBeReal(*at.a()) || !MayBeReal(*at.b())) continue;
      if (at.a()->HoldsZero() && at.b()->HoldsZero()) continue;
      ++found;
      if (at.a()->HoldsZero() || at.b()->HoldsZero()) return Proof::kUnequal;
      if (++seen == 1) {
        first_a = *at.a();
        first_b = *at.b();
        *sign = arb_is_positive(first_a.real()) == arb_is_positive(first_b.real()) ? 1 : -1;
        continue;
      }
      Ball left, right;
      acb_mul(left.get(), first_a.get(), at.b()->get(), kLastBallBits / 4);
      acb_mul(right.get(), first_b.get(), at.a()->get(), kLastBallBits / 4);
      if (CompareBalls(left, right, kLastBallBits / 4) == BallVerdict::kDisjoint) return Proof::kUnequal;
    }
  }
  return seen > kPointsEnough ? Proof::kEqual : Proof::kUnknown;
}

}  // namespace hone
