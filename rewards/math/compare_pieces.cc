// Normal forms of piecewise functions, and their comparison sign by sign. Covered by tests/rewards/math_pieces_test.cc.
#include "rewards/math/compare_pieces.h"

#include <algorithm>
#include <bit>
#include <unordered_map>
#include <utility>

#include "rewards/math/ball_term.h"
#include "rewards/math/compare_ball.h"

namespace hone {
namespace {

constexpr size_t kMostArguments = 6;  // of absolute values, whose signs are tried in all combinations
constexpr int kMostFactors = 3;       // whose product may be a square
constexpr size_t kMostFloors = 12;
constexpr size_t kMostMaximum = 4;  // operands of max and min
constexpr int kPointsOfSign = 4;    // at which a choice of signs is enough
constexpr int kPointsOfDomain = 40;
constexpr size_t kMostTurns = 12;

// Real and never below zero, for all real values of its variables.
bool NeverNegative(const TermGraph& graph, TermId id) {
  const auto operands = graph.operands(id);
  const auto all = [&] {
    return std::all_of(operands.begin(), operands.end(), [&](TermId o) { return NeverNegative(graph, o); });
  };
  switch (graph.op(id)) {
    case TermOp::kRational:
      return graph.number(id).Sign() >= 0;
    case TermOp::kPi:
    case TermOp::kE:
    case TermOp::kAbs:
      return true;
    case TermOp::kAdd:
      return all();
    case TermOp::kMultiply:  // equal factors stand next to each other
      for (size_t i = 0; i < operands.size(); ++i) {
        const bool twice = i + 1 < operands.size() && operands[i] == operands[i + 1] &&
                           !graph.HasPieces(operands[i]) && !graph.HasComplex(operands[i]);
        i += twice;
        if (!twice && !NeverNegative(graph, operands[i])) return false;
      }
      return true;
    case TermOp::kPower:
      if (graph.op(operands[0]) == TermOp::kE) return !graph.HasComplex(id);
      if (!graph.IsNumber(operands[1]) || graph.HasComplex(id)) return false;
      if (NeverNegative(graph, operands[0])) return true;
      return fmpz_is_even(graph.number(operands[1]).den()) ||
             (graph.number(operands[1]).IsInteger() && fmpz_is_even(graph.number(operands[1]).num()));
    default:
      return false;
  }
}

// Rewrites a term from the leaves up. What `visit` gives for a node and its new operands takes its place.
template <class Visit>
class Rewriter {
 public:
  Rewriter(TermGraph& graph, Visit visit) : graph_(graph), visit_(std::move(visit)) {}

  TermId Walk(TermId id) {
    if (id == kNoTerm || !graph_.HasPieces(id)) return id;
    if (const auto known = known_.find(id); known != known_.end()) return known->second;
    if (!graph_.work().Spend(200)) return kNoTerm;
    std::vector<TermId> operands(graph_.operands(id).begin(), graph_.operands(id).end());
    for (TermId& operand : operands) operand = Walk(operand);
    const bool lost = std::find(operands.begin(), operands.end(), kNoTerm) != operands.end();
    const TermId made = lost ? kNoTerm : visit_(id, std::move(operands));
    known_.emplace(id, made);
    return made;
  }

 private:
  TermGraph& graph_;
  Visit visit_;
  std::unordered_map<TermId, TermId> known_;
};

class NormalForm {
 public:
  NormalForm(TermGraph& graph, WorkBudget& work) : graph_(graph), work_(work) {}

  TermId Of(TermId id) {
    Rewriter rewriter(graph_, [this](TermId like, std::vector<TermId> operands) {
      return Make(like, std::move(operands));
    });
    return rewriter.Walk(id);
  }
  const std::vector<TermId>& arguments() const { return arguments_; }
  const std::vector<TermId>& floors() const { return floors_; }
  bool unresolved() const { return unresolved_; }  // some function in pieces stayed as it was

 private:
  TermId Make(TermId like, std::vector<TermId> in) {
    switch (graph_.op(like)) {
      case TermOp::kMultiply:
        return Product(std::move(in));
      case TermOp::kPower:
        return graph_.IsNumber(in[1]) ? RootOf(in[0], graph_.number(in[1])) : graph_.Power(in[0], in[1]);
      case TermOp::kAbs:
        return Absolute(in[0]);
      case TermOp::kSign:
        return graph_.Divide(in[0], Absolute(in[0]));
      case TermOp::kFloor:
        return Floor(in[0]);
      case TermOp::kCeil:
        return graph_.Negate(Floor(graph_.Negate(in[0])));
      case TermOp::kMod:
        if (in.size() != 2) break;
        return graph_.Subtract(in[0], graph_.Multiply({in[1], Floor(graph_.Divide(in[0], in[1]))}));
      case TermOp::kMin:
      case TermOp::kMax:
        return Extreme(graph_.op(like) == TermOp::kMax, like, std::move(in));
      default:
        break;
    }
    return graph_.Remake(like, std::move(in));
  }

  // |a| |b| is |a b|, so that products of absolute values have one argument.
  TermId Product(std::vector<TermId> in) {
    std::vector<TermId> inside, outside;
    for (const TermId id : in) {
      const bool inverse = graph_.op(id) == TermOp::kPower && graph_.operands(id)[1] == graph_.Number(-1);
      const TermId base = inverse ? graph_.operands(id)[0] : id;
      if (base != kNoTerm && graph_.op(base) == TermOp::kAbs && graph_.HasVariables(base)) {
        const TermId argument = graph_.operands(base)[0];
        inside.push_back(inverse ? graph_.Power(argument, graph_.Number(-1)) : argument);
      } else {
        outside.push_back(id);
      }
    }
    if (inside.size() < 2) return graph_.Multiply(std::move(in));
    outside.push_back(Represented(graph_.Multiply(std::move(inside))));
    return graph_.Multiply(std::move(outside));
  }

  // base^q; even roots of squares are roots of absolute values, as long as nothing complex is spoken of.
  TermId RootOf(TermId base, const Rational& q) {
    const TermId plain = graph_.Power(base, graph_.Number(q));
    if (plain == kNoTerm || !fmpz_is_even(q.den()) || !graph_.HasVariables(base) || graph_.HasComplex(base))
      return plain;
    Rational factor, twice;
    TermId root = kNoTerm;
    if (!ExactSquare(graph_, base, factor, root, work_)) return plain;
    if (!ExactAdd(twice, q, q, work_)) return kNoTerm;
    return graph_.Multiply(
        {graph_.Power(graph_.Number(factor), graph_.Number(q)), RootOf(Absolute(root), twice)});
  }

  TermId Absolute(TermId of) {
    if (of == kNoTerm || !graph_.HasVariables(of) || graph_.HasComplex(of)) {
      unresolved_ |= of != kNoTerm && graph_.HasVariables(of);
      return of == kNoTerm ? kNoTerm : graph_.Function(TermOp::kAbs, {of});
    }
    if (NeverNegative(graph_, of)) return of;
    if (graph_.op(of) == TermOp::kPower && graph_.IsNumber(graph_.operands(of)[1]) &&
        graph_.number(graph_.operands(of)[1]).IsInteger() &&
        graph_.number(graph_.operands(of)[1]).Sign() < 0) {
      const TermId inverse = graph_.Number(-1);
      return graph_.Power(Absolute(graph_.Power(of, inverse)), inverse);
    }
    return Represented(of);
  }

  // The absolute value by the first argument met that this one is a multiple of.
  TermId Represented(TermId of) {
    if (of == kNoTerm) return kNoTerm;
    Rational factor;
    TermId root = kNoTerm;
    if (NeverNegative(graph_, of) || ExactSquare(graph_, of, factor, root, work_)) return of;
    for (const TermId known : arguments_) {
      Rational ratio;
      if (ExactRatio(graph_, of, known, ratio, work_) != Proof::kEqual) continue;
      fmpq_abs(ratio.get(), ratio.get());
      return graph_.Multiply({graph_.Number(ratio), graph_.Function(TermOp::kAbs, {known})});
    }
    unresolved_ |= arguments_.size() >= 4 * kMostArguments;
    if (!unresolved_) arguments_.push_back(of);
    return graph_.Function(TermOp::kAbs, {of});
  }

  // Whole numbers leave the floor; floors of equal arguments are one.
  TermId Floor(TermId of) {
    if (of == kNoTerm) return kNoTerm;
    TermId whole = graph_.Number(0), rest = of;
    if (graph_.op(of) == TermOp::kAdd) {
      for (const TermId term : graph_.operands(of)) {
        if (!graph_.IsNumber(term)) continue;
        Rational floor;
        ExactFloor(floor, graph_.number(term));
        whole = graph_.Number(floor);
        rest = graph_.Subtract(of, whole);
        break;
      }
    }
    if (rest == kNoTerm) return kNoTerm;
    for (const TermId known : floors_) {
      if (ExactCompare(graph_, rest, known, work_) != Proof::kEqual) continue;
      return graph_.Add({whole, graph_.Function(TermOp::kFloor, {known})});
    }
    unresolved_ |= floors_.size() >= kMostFloors;
    if (!unresolved_) floors_.push_back(rest);
    return graph_.Add({whole, graph_.Function(TermOp::kFloor, {rest})});
  }

  // max(a, b) = (a + b + |a - b|) / 2; of more operands two by two.
  TermId Extreme(bool maximum, TermId like, std::vector<TermId> in) {
    if (in.size() > kMostMaximum) {
      unresolved_ = true;
      return graph_.Remake(like, std::move(in));
    }
    TermId out = in[0];
    for (size_t i = 1; i < in.size(); ++i) {
      const TermId gap = Absolute(graph_.Subtract(out, in[i]));
      const TermId sum = graph_.Add({out, in[i], maximum ? gap : graph_.Negate(gap)});
      out = graph_.Divide(sum, graph_.Number(2));
      if (out == kNoTerm) return kNoTerm;
    }
    return out;
  }

  TermGraph& graph_;
  WorkBudget& work_;
  std::vector<TermId> arguments_, floors_;
  bool unresolved_ = false;
};

// One choice of the signs of all arguments, bit by bit: 1 is negative.
using Signs = uint32_t;

TermId WithSigns(TermGraph& graph, const std::vector<TermId>& arguments, Signs signs, TermId id) {
  Rewriter rewriter(graph, [&](TermId like, std::vector<TermId> operands) {
    const auto at = std::find(arguments.begin(), arguments.end(), graph.operands(like)[0]);
    if (graph.op(like) != TermOp::kAbs || at == arguments.end())
      return graph.Remake(like, std::move(operands));
    const bool negative = (signs >> (at - arguments.begin()) & 1) != 0;
    return negative ? graph.Negate(operands[0]) : operands[0];
  });
  return rewriter.Walk(id);
}

// Sets of arguments whose product is a square: an even number of them is negative, or one of them zero.
std::vector<Signs> EvenSets(TermGraph& graph, const std::vector<TermId>& arguments, WorkBudget& work) {
  std::vector<Signs> sets;
  for (Signs set = 1; set < 1u << arguments.size(); ++set) {
    if (std::popcount(set) > kMostFactors) continue;
    std::vector<TermId> factors;
    for (size_t i = 0; i < arguments.size(); ++i) {
      if ((set >> i & 1) != 0) factors.push_back(arguments[i]);
    }
    Rational factor;
    TermId root = kNoTerm;
    if (ExactSquare(graph, graph.Multiply(std::move(factors)), factor, root, work)) sets.push_back(set);
  }
  return sets;
}

// How many points have the signs wanted and both terms equal there; -1 once they differ at one.
class SignPoints {
 public:
  SignPoints(const TermGraph& graph, TermId a, TermId b, const std::vector<TermId>& arguments,
             WorkBudget& work)
      : both_(graph, a, b, work) {
    for (const TermId id : arguments) arguments_.emplace_back(graph, id, id, work);
  }

  bool Enough(Signs wanted) {
    int found = 0;
    for (const Domain domain : {Domain::kPositive, Domain::kNegative, Domain::kWide}) {
      for (int i = 0; i < kPointsOfDomain && found < kPointsOfSign; ++i) {
        if (!Has(wanted, domain, i)) continue;
        if (!both_.At(domain, i, kLastBallBits)) return false;
        if (!both_.a() || !both_.b()) continue;
        if (!arb_contains_zero(both_.a()->imag()) || !arb_contains_zero(both_.b()->imag())) continue;
        const BallVerdict verdict = CompareBalls(*both_.a(), *both_.b(), kLastBallBits);
        if (verdict == BallVerdict::kDisjoint) return false;
        found += verdict == BallVerdict::kOverlap;
      }
    }
    return found >= kPointsOfSign;
  }

 private:
  bool Has(Signs wanted, Domain domain, int index) {
    for (size_t i = 0; i < arguments_.size(); ++i) {
      if (!arguments_[i].At(domain, index, kFirstBallBits) || !arguments_[i].a()) return false;
      const Ball& value = *arguments_[i].a();
      const bool negative = (wanted >> i & 1) != 0;
      if (!value.IsReal() || !(negative ? arb_is_negative(value.real()) : arb_is_positive(value.real())))
        return false;
    }
    return true;
  }

  TermEvaluator both_;
  std::vector<TermEvaluator> arguments_;
};

}  // namespace

ScalarVerdict ComparePieces(TermGraph& graph, TermId a, TermId b, WorkBudget& work) {
  NormalForm normal(graph, work);
  const TermId x = normal.Of(a), y = normal.Of(b);
  if (x == kNoTerm || y == kNoTerm || work.spent()) return {};
  if (normal.arguments().empty() && normal.floors().empty() && !normal.unresolved()) {
    return {true, Method::kOverlap};  // one piece after all: the points were enough
  }
  if (x == y || ExactCompare(graph, x, y, work) == Proof::kEqual) return {true, Method::kPolynomial};
  const std::vector<TermId>& arguments = normal.arguments();
  if (!normal.floors().empty() || normal.unresolved() || arguments.size() > kMostArguments) return {};
  const std::vector<Signs> even = EvenSets(graph, arguments, work);
  SignPoints points(graph, a, b, arguments, work);
  Method method = Method::kPolynomial;
  for (Signs signs = 0; signs < 1u << arguments.size(); ++signs) {
    const auto contradicts = [&](Signs set) { return std::popcount(signs & set) % 2 != 0; };
    if (std::any_of(even.begin(), even.end(), contradicts)) continue;  // never occurs
    const TermId p = WithSigns(graph, arguments, signs, x), q = WithSigns(graph, arguments, signs, y);
    if (p == kNoTerm || q == kNoTerm || work.spent()) return {};
    const Proof exact = p == q ? Proof::kEqual : ExactCompare(graph, p, q, work);
    if (exact == Proof::kEqual) continue;
    method = Method::kOverlap;
    if (exact == Proof::kUnknown && BallCompare(graph, p, q, work) == Proof::kEqual) continue;
    if (!points.Enough(signs)) return {};
  }
  return {true, method};
}

std::vector<Turn> TurnsOf(TermGraph& graph, TermId a, TermId b, WorkBudget& work) {
  std::vector<Turn> turns;
  const auto add = [&](TermId argument) {
    LinearTerm linear;
    if (turns.size() >= kMostTurns || !ExactLinear(graph, argument, linear, work)) return;
    Rational place;
    if (!ExactDivide(place, linear.c0, linear.c1, work)) return;
    fmpq_neg(place.get(), place.get());
    const auto same = [&](const Turn& t) { return t.symbol == linear.symbol && t.place == place; };
    if (std::none_of(turns.begin(), turns.end(), same)) turns.push_back({linear.symbol, std::move(place)});
  };
  std::vector<TermId> open = {a, b};
  std::unordered_map<TermId, bool> seen;
  while (!open.empty() && work.Spend(100) && turns.size() < kMostTurns) {
    const TermId id = open.back();
    open.pop_back();
    if (!graph.HasPieces(id) || std::exchange(seen[id], true)) continue;
    const std::vector<TermId> in(graph.operands(id).begin(), graph.operands(id).end());
    const TermOp op = graph.op(id);
    if (op == TermOp::kAbs || op == TermOp::kSign || op == TermOp::kFloor || op == TermOp::kCeil) add(in[0]);
    if (op == TermOp::kPower) {  // a root of powers
      const auto inside = graph.operands(in[0]);
      const bool product = graph.op(in[0]) == TermOp::kMultiply;
      const std::vector<TermId> factors =
          product ? std::vector<TermId>(inside.begin(), inside.end()) : std::vector<TermId>{in[0]};
      for (const TermId factor : factors) {
        if (graph.op(factor) == TermOp::kPower) add(graph.operands(factor)[0]);
      }
    }
    if (op == TermOp::kMod) add(graph.Subtract(in[0], in.back()));
    for (size_t i = 1; i < in.size() && (op == TermOp::kMin || op == TermOp::kMax); ++i) {
      add(graph.Subtract(in[0], in[i]));
    }
    open.insert(open.end(), in.begin(), in.end());
  }
  return turns;
}

}  // namespace hone
