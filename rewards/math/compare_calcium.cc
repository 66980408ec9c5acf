// Constants by Calcium: the term is written onto its stack, if it is small. Covered by tests/rewards/math_compare_test.cc.
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "rewards/math/calcium_bridge.h"
#include "rewards/math/compare_exact.h"

namespace hone {
namespace {

// Beyond these, Calcium's algebra can take longer than an answer is worth.
constexpr int kMaxSteps = 40;
constexpr int kMaxHard = 4;  // roots, logarithms, exponentials
constexpr int64_t kMaxBits = 64;
constexpr int64_t kCallUnits = 2000000;  // most calls take a tenth of that

class Writer {
 public:
  explicit Writer(const TermGraph& graph) : graph_(graph), calcium_(HoneCalciumNew()) {}
  ~Writer() { HoneCalciumFree(calcium_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  bool Fits(TermId id) {
    if (++steps_ > kMaxSteps) return false;
    if (graph_.IsNumber(id)) return graph_.number(id).Bits() <= kMaxBits;
    const TermOp op = graph_.op(id);
    if (op >= TermOp::kPower) hard_ += op == TermOp::kPower && IsWholePower(id) ? 0 : 1;
    if (op > TermOp::kAbs || op == TermOp::kSymbol || hard_ > kMaxHard) return false;
    if (op >= TermOp::kSinh && op <= TermOp::kAtanh) return false;
    const bool function = (op >= TermOp::kLog && op <= TermOp::kAtan) ||
                          (op == TermOp::kPower && graph_.op(graph_.operands(id)[0]) == TermOp::kE);
    if (function && in_function_) return false;  // functions of functions grow towers of fields
    const bool outer = std::exchange(in_function_, in_function_ || function);
    const auto operands = graph_.operands(id);
    const bool fits = std::all_of(operands.begin(), operands.end(), [this](TermId o) { return Fits(o); });
    in_function_ = outer;
    return fits && (op != TermOp::kPower || PowerFits(id));
  }

  bool Write(TermId id) {
    switch (graph_.op(id)) {
      case TermOp::kRational:
        return HoneCalciumPush(calcium_, graph_.number(id).get());
      case TermOp::kPi:
        return Apply(HONE_CA_PI);
      case TermOp::kE:
        return Apply(HONE_CA_E);
      case TermOp::kI:
        return Apply(HONE_CA_I);
      case TermOp::kAdd:
      case TermOp::kMultiply:
        return WriteMany(id);
      case TermOp::kPower:
        return WritePower(graph_.operands(id)[0], graph_.operands(id)[1]);
      default:
        return Write(graph_.operands(id)[0]) && Apply(OpOf(graph_.op(id)));
    }
  }
  bool Apply(HoneCalciumOp op) { return HoneCalciumApply(calcium_, op); }
  int IsZero() { return HoneCalciumIsZero(calcium_); }

 private:
  bool IsWholePower(TermId id) const {
    const TermId exponent = graph_.operands(id)[1];
    return graph_.IsNumber(exponent) && graph_.number(exponent).IsInteger();
  }
  // Whole powers up to 6, square and fourth roots (odd ones are real here, principal there), and powers of e.
  bool PowerFits(TermId id) const {
    const TermId base = graph_.operands(id)[0], exponent = graph_.operands(id)[1];
    if (graph_.op(base) == TermOp::kE) return true;
    if (!graph_.IsNumber(exponent)) return false;
    const Rational& q = graph_.number(exponent);
    if (q.IsInteger()) return q.FitsInt64() && std::abs(q.ToInt64()) <= 6;
    return fmpz_is_pm1(q.num()) && (fmpz_cmp_si(q.den(), 2) == 0 || fmpz_cmp_si(q.den(), 4) == 0);
  }
  static HoneCalciumOp OpOf(TermOp op) {
    switch (op) {
      case TermOp::kLog:
        return HONE_CA_LOG;
      case TermOp::kSin:
        return HONE_CA_SIN;
      case TermOp::kCos:
        return HONE_CA_COS;
      case TermOp::kTan:
        return HONE_CA_TAN;
      case TermOp::kAsin:
        return HONE_CA_ASIN;
      case TermOp::kAcos:
        return HONE_CA_ACOS;
      case TermOp::kAtan:
        return HONE_CA_ATAN;
      default:
        return HONE_CA_ABS;
    }
  }
  bool WriteMany(TermId id) {
    const auto operands = graph_.operands(id);
    for (size_t i = 0; i < operands.size(); ++i) {
      if (!Write(operands[i])) return false;
      if (i > 0 && !Apply(graph_.op(id) == TermOp::kAdd ? HONE_CA_ADD : HONE_CA_MULTIPLY)) return false;
    }
    return true;
  }
  bool WritePower(TermId base, TermId exponent) {
    if (graph_.op(base) == TermOp::kE) return Write(exponent) && Apply(HONE_CA_EXP);
    const Rational& q = graph_.number(exponent);
    return Write(base) && HoneCalciumPower(calcium_, q.get());
  }

  const TermGraph& graph_;
  HoneCalcium* calcium_;
  int steps_ = 0;
  int hard_ = 0;
  bool in_function_ = false;
};

}  // namespace

Proof CalciumCompare(const TermGraph& graph, TermId a, TermId b, WorkBudget& work) {
  if (a == kNoTerm || b == kNoTerm || !work.Spend(1000)) return Proof::kUnknown;
  Writer writer(graph);
  if (!writer.Fits(a) || !writer.Fits(b) || !work.Spend(kCallUnits)) return Proof::kUnknown;
  if (!writer.Write(a) || !writer.Write(b) || !writer.Apply(HONE_CA_SUBTRACT)) return Proof::kUnknown;
  const int zero = writer.IsZero();
  return zero == 1 ? Proof::kEqual : zero == 0 ? Proof::kUnequal : Proof::kUnknown;
}

}  // namespace hone
