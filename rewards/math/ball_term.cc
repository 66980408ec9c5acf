// The value of terms at a point, in balls. Covered by tests/rewards/math_compare_test.cc.
#include "rewards/math/ball_term.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace hone {
namespace {

uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

// A rational of one of four scales: below one, around one, up to nine, up to forty.
void SetCoordinate(arb_t out, uint64_t seed, int64_t bits) {
  constexpr int64_t kBegin[] = {0, 505, 1010, 3030}, kWidth[] = {1009, 2020, 8080, 37000};
  const int scale = static_cast<int>(seed % 4);
  const int64_t n = kBegin[scale] + 1 + static_cast<int64_t>((seed / 4) % kWidth[scale]);
  arb_set_si(out, n);
  arb_div_si(out, out, 1009, bits);
}

// A number of either sign; the index picks the magnitude.
void SetWide(Ball& out, uint64_t seed, int index, bool whole, int64_t bits) {
  constexpr int kPowers[] = {3, 6, 0, 9, -3, 4, 2, 12, -12, 18, 1, 5, 30},
                kWholePowers[] = {3, 1, 5, 2, 9, 4, 7};
  const int power =
      whole ? kWholePowers[index % std::size(kWholePowers)] : kPowers[index % std::size(kPowers)];
  Rational value(10), scale(1 + static_cast<int64_t>(seed % 9999));
  fmpq_pow_si(value.get(), value.get(), power - 3);
  fmpq_mul(value.get(), value.get(), scale.get());
  if (whole) {
    ExactFloor(value, value);
    fmpz_add_ui(value.num(), value.num(), 1);
  }
  acb_set_fmpq(out.get(), value.get(), bits);
  if ((Mix(seed + 4) & 1) != 0) acb_neg(out.get(), out.get());
}

void SetPoint(Ball& out, const std::string& name, uint64_t salt, Domain domain, int index, int64_t bits) {
  uint64_t seed = Mix(0x68E31DA4 + salt);
  for (const char c : name) seed = Mix(seed ^ static_cast<unsigned char>(c));
  if (domain == Domain::kWhole) {
    acb_set_si(out.get(), 1 + static_cast<int64_t>((seed + index * 7) % 12));
    return;
  }
  seed = Mix(seed + 1000003ull * (static_cast<uint64_t>(index) + 1));
  if (domain == Domain::kWide || domain == Domain::kWideWhole) {
    return SetWide(out, seed, index, domain == Domain::kWideWhole, bits);
  }
  acb_zero(out.get());
  SetCoordinate(out.real(), seed, bits);
  const bool flip = (Mix(seed + 1) & 1) != 0;
  // In the negative domain the first symbol of every other point stays positive, so that mixed signs occur.
  if (domain == Domain::kNegative && (index % 2 == 0 || flip)) acb_neg(out.get(), out.get());
  if (domain == Domain::kComplex) {
    SetCoordinate(out.imag(), Mix(seed + 2), bits);
    if (flip) arb_neg(out.imag(), out.imag());
    if ((Mix(seed + 3) & 1) != 0) arb_neg(out.real(), out.real());
  }
}

int64_t Cost(TermOp op, int64_t operands, int64_t bits) {
  if (op <= TermOp::kMultiply) return 100 + operands * (60 + bits);
  if (op == TermOp::kPower) return 300 + 4 * bits;
  if (op == TermOp::kFactorial || op == TermOp::kBinomial) return 8000 + 120 * bits;
  return 700 + 100 * operands + 12 * bits;
}

using Unary = void (*)(acb_t, const acb_t, slong);

Unary UnaryOf(TermOp op) {
  switch (op) {
    case TermOp::kSin:
      return acb_sin;
    case TermOp::kCos:
      return acb_cos;
    case TermOp::kTan:
      return acb_tan;
    case TermOp::kAsin:
      return acb_asin;
    case TermOp::kAcos:
      return acb_acos;
    case TermOp::kAtan:
      return acb_atan;
    case TermOp::kSinh:
      return acb_sinh;
    case TermOp::kCosh:
      return acb_cosh;
    case TermOp::kTanh:
      return acb_tanh;
    case TermOp::kAsinh:
      return acb_asinh;
    case TermOp::kAcosh:
      return acb_acosh;
    case TermOp::kAtanh:
      return acb_atanh;
    case TermOp::kLog:
      return acb_log;
    default:
      return nullptr;
  }
}

bool Negated(Ball& x) { return acb_neg(x.get(), x.get()), true; }

// Functions that look at parts of a number.
bool PartOf(TermOp op, const Ball& x, int64_t bits, Ball& out) {
  Ball flipped = x;
  switch (op) {
    case TermOp::kAbs:
      acb_abs(out.real(), x.get(), bits);
      return true;
    case TermOp::kRe:
      arb_set(out.real(), x.real());
      return true;
    case TermOp::kIm:
      arb_set(out.real(), x.imag());
      return true;
    case TermOp::kConjugate:
      acb_conj(out.get(), x.get());
      return true;
    case TermOp::kArg:
      acb_arg(out.real(), x.get(), bits);
      return !x.HoldsZero();
    case TermOp::kSign:
      arb_sgn(out.real(), x.real());
      return x.IsReal() && arb_is_exact(out.real());
    case TermOp::kFloor:
      return BallFloor(out, x, bits);
    case TermOp::kCeil:
      return Negated(flipped) && BallFloor(out, flipped, bits) && Negated(out);
    default:
      return false;
  }
}

// Exponential and hyperbolic functions of such an argument have exponents that are worth no work.
bool IsHuge(const Ball& x) {
  return arf_cmpabs_2exp_si(arb_midref(x.real()), 1000) > 0 ||
         arf_cmpabs_2exp_si(arb_midref(x.imag()), 1000) > 0;
}

bool Modulo(const Ball& a, const Ball& m, int64_t bits, Ball& out) {
  Ball quotient;
  if (!a.IsReal() || !m.IsReal() || !BallDivide(quotient, a, m, bits) ||
      !BallFloor(quotient, quotient, bits)) {
    return false;
  }
  acb_mul(quotient.get(), quotient.get(), m.get(), bits);
  acb_sub(out.get(), a.get(), quotient.get(), bits);
  return true;
}

bool Function(TermOp op, const Ball& x, int64_t bits, Ball& out) {
  const Unary unary = UnaryOf(op);
  if (!unary) return PartOf(op, x, bits, out);
  if (IsHuge(x) || (op == TermOp::kLog && x.HoldsZero())) return false;
  unary(out.get(), x.get(), bits);
  return true;
}

}  // namespace

TermEvaluator::TermEvaluator(const TermGraph& graph, TermId a, TermId b, WorkBudget& work)
    : graph_(graph), a_(a), b_(b), work_(work), place_(std::max(a, b) + 1, -1) {
  work_.Spend(100 + std::max(a, b));
  place_[a] = place_[b] = 0;  // wanted
  for (TermId id = std::max(a, b); id >= 0; --id) {
    if (place_[id] < 0) continue;
    order_.push_back(id);
    if (graph.op(id) == TermOp::kOpaque) continue;
    for (const TermId operand : graph.operands(id)) place_[operand] = 0;
  }
  std::reverse(order_.begin(), order_.end());
  for (size_t i = 0; i < order_.size(); ++i) place_[order_[i]] = static_cast<int32_t>(i);
  values_.resize(order_.size());
  defined_.resize(order_.size());
}

bool TermEvaluator::At(Domain domain, int index, int64_t bits) {
  for (size_t i = 0; i < order_.size(); ++i) {
    const TermId id = order_[i];
    if (!work_.Spend(Cost(graph_.op(id), static_cast<int64_t>(graph_.operands(id).size()), bits))) {
      std::fill(defined_.begin(), defined_.end(), false);
      return false;
    }
    defined_[i] = Evaluate(id, domain, index, bits);
  }
  return true;
}

bool TermEvaluator::Evaluate(TermId id, Domain domain, int index, int64_t bits) {
  const TermOp op = graph_.op(id);
  Ball& slot = values_[place_[id]];
  Ball out;
  if (id == fixed_) {
    acb_set_fmpq(slot.get(), fixed_place_.get(), bits);
    return true;
  }
  if (op == TermOp::kSymbol || op == TermOp::kOpaque) {
    SetPoint(slot, graph_.name(id), op == TermOp::kOpaque ? id : 0, domain, index, bits);
    return true;
  }
  for (const TermId operand : graph_.operands(id)) {
    if (!ValueOf(operand)) return false;
  }
  bool done = true;
  if (op == TermOp::kRational) {
    acb_set_fmpq(out.get(), graph_.number(id).get(), bits);
  } else if (op == TermOp::kPi) {
    arb_const_pi(out.real(), bits);
  } else if (op == TermOp::kE) {
    arb_const_e(out.real(), bits);
  } else if (op == TermOp::kI) {
    acb_onei(out.get());
  } else if (op == TermOp::kPower) {
    done = Power(id, bits, out);
  } else if (graph_.operands(id).size() == 1 && op >= TermOp::kLog && op <= TermOp::kSign) {
    done = Function(op, Operand(graph_.operands(id)[0]), bits, out);
  } else {
    done = Many(id, bits, out);
  }
  if (!done || !out.IsFinite()) return false;
  slot = std::move(out);
  return true;
}

bool TermEvaluator::Power(TermId id, int64_t bits, Ball& out) {
  const TermId base = graph_.operands(id)[0], exponent = graph_.operands(id)[1];
  if (graph_.op(base) == TermOp::kE) {
    const Ball& x = Operand(exponent);
    if (IsHuge(x)) return false;
    acb_exp(out.get(), x.get(), bits);
    return true;
  }
  if (graph_.IsNumber(exponent)) return BallRationalPower(out, Operand(base), graph_.number(exponent), bits);
  return BallPower(out, Operand(base), Operand(exponent), bits);
}

bool TermEvaluator::Many(TermId id, int64_t bits, Ball& out) {
  const TermOp op = graph_.op(id);
  const auto operands = graph_.operands(id);
  const auto value = [&](size_t i) -> const Ball& { return Operand(operands[i]); };
  if (op == TermOp::kFactorial) return BallFactorial(out, value(0), bits);
  if (op == TermOp::kBinomial) return operands.size() == 2 && BallBinomial(out, value(0), value(1), bits);
  if (op == TermOp::kMod) return operands.size() == 2 && Modulo(value(0), value(1), bits, out);
  if (op == TermOp::kGcd || op == TermOp::kLcm) return false;
  out = value(0);
  for (size_t i = 1; i < operands.size(); ++i) {
    if (op == TermOp::kAdd) acb_add(out.get(), out.get(), value(i).get(), bits);
    if (op == TermOp::kMultiply) acb_mul(out.get(), out.get(), value(i).get(), bits);
    if (op != TermOp::kMin && op != TermOp::kMax) continue;
    if (!out.IsReal() || !value(i).IsReal()) return false;
    const auto choose = op == TermOp::kMin ? arb_min : arb_max;
    choose(out.real(), out.real(), value(i).real(), bits);
  }
  return true;
}

}  // namespace hone
