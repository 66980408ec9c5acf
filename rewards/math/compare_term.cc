// The canonical graph of scalars. Covered by tests/rewards/math_compare_test.cc.
#include "rewards/math/compare_term.h"

#include <algorithm>
#include <utility>

namespace hone {
namespace {

constexpr size_t kMaxNodes = 20000;
constexpr size_t kMaxOperands = 60000;

uint64_t Mix(uint64_t h, uint64_t x) {
  h = (h ^ x) * 0x9E3779B97F4A7C15ull;
  return h ^ (h >> 29);
}

uint64_t HashOf(const Rational& q) {
  const uint64_t num = fmpz_fdiv_ui(q.num(), 0x7FFFFFFFFFFFFFE7ull);
  return Mix(Mix(0x2545F491, num), fmpz_fdiv_ui(q.den(), 0x7FFFFFFFFFFFFFE7ull));
}

bool HasNone(std::span<const TermId> operands) {
  return std::find(operands.begin(), operands.end(), kNoTerm) != operands.end();
}

bool IsComplexOp(TermOp op) {
  return op == TermOp::kI || op == TermOp::kRe || op == TermOp::kIm || op == TermOp::kArg ||
         op == TermOp::kConjugate;
}

}  // namespace

bool TermGraph::Same(const Node& node, TermOp op, std::span<const TermId> operands, const Rational* number,
                     std::string_view name) const {
  if (node.op != op || static_cast<size_t>(node.count) != operands.size()) return false;
  if (op == TermOp::kRational) return numbers_[node.payload] == *number;
  if ((op == TermOp::kSymbol || op == TermOp::kOpaque) && names_[node.payload] != name) return false;
  return std::equal(operands.begin(), operands.end(), operands_.begin() + node.first);
}

void TermGraph::Rehash() {
  table_.assign(std::max<size_t>(64, table_.size() * 2), kNoTerm);
  for (TermId id = 0; id < size(); ++id) {
    size_t slot = nodes_[id].hash & (table_.size() - 1);
    while (table_[slot] != kNoTerm) slot = (slot + 1) & (table_.size() - 1);
    table_[slot] = id;
  }
}

bool TermGraph::StartsPieces(TermOp op, std::span<const TermId> operands) const {
  if (op == TermOp::kPower) {
    return IsNumber(operands[1]) && fmpz_is_even(number(operands[1]).den()) && nodes_[operands[0]].variables;
  }
  const bool piecewise = op == TermOp::kAbs || op == TermOp::kFloor || op == TermOp::kCeil ||
                         op == TermOp::kSign || (op >= TermOp::kMin && op <= TermOp::kMod);
  return piecewise &&
         std::any_of(operands.begin(), operands.end(), [this](TermId id) { return nodes_[id].variables; });
}

TermId TermGraph::Intern(TermOp op, std::span<const TermId> operands, const Rational* number,
                         std::string_view name) {
  if (HasNone(operands) || !work_.Spend(60 + 10 * static_cast<int64_t>(operands.size()))) return kNoTerm;
  uint64_t hash = Mix(0x51ED270B, static_cast<uint64_t>(op));
  if (number) hash = Mix(hash, HashOf(*number));
  for (const char c : name) hash = Mix(hash, static_cast<unsigned char>(c));
  for (const TermId id : operands) hash = Mix(hash, id + 1);
  if (table_.size() < 2 * (nodes_.size() + 1)) Rehash();
  size_t slot = hash & (table_.size() - 1);
  for (; table_[slot] != kNoTerm; slot = (slot + 1) & (table_.size() - 1)) {
    if (!work_.Spend(6)) return kNoTerm;  // whatever the hash is worth
    const Node& node = nodes_[table_[slot]];
    if (node.hash == hash && Same(node, op, operands, number, name)) return table_[slot];
  }
  if (nodes_.size() >= kMaxNodes || operands_.size() + operands.size() > kMaxOperands) return kNoTerm;
  Node node{.op = op, .hash = hash};
  node.first = static_cast<int32_t>(operands_.size());
  node.count = static_cast<int32_t>(operands.size());
  node.variables = op == TermOp::kSymbol || op == TermOp::kOpaque;
  node.complex = IsComplexOp(op);
  node.inexact = op >= TermOp::kPi && op != TermOp::kAdd && op != TermOp::kMultiply &&
                 !(op == TermOp::kPower && IsNumber(operands[1]) && this->number(operands[1]).IsInteger());
  node.pieces = StartsPieces(op, operands);
  for (const TermId id : operands) {
    node.pieces |= nodes_[id].pieces && op != TermOp::kOpaque;
    node.variables |= nodes_[id].variables;
    node.complex |= nodes_[id].complex;
    node.inexact |= nodes_[id].inexact;
  }
  if (number) {
    node.payload = static_cast<int32_t>(numbers_.size());
    numbers_.push_back(*number);
  } else if (!name.empty()) {
    node.payload = static_cast<int32_t>(names_.size());
    names_.emplace_back(name);
  }
  const std::vector<TermId> copy(operands.begin(), operands.end());  // may lie in operands_ itself
  operands_.insert(operands_.end(), copy.begin(), copy.end());
  nodes_.push_back(node);
  return table_[slot] = static_cast<TermId>(nodes_.size() - 1);
}

TermId TermGraph::Number(const Rational& value) { return Intern(TermOp::kRational, {}, &value, {}); }

TermId TermGraph::Symbol(std::string_view name) { return Intern(TermOp::kSymbol, {}, nullptr, name); }

TermId TermGraph::Constant(TermOp op) { return Intern(op, {}, nullptr, {}); }

// Operands of operands of the same kind become operands; numbers are folded into `constant` where they fit.
void TermGraph::Flatten(TermOp op, const std::vector<TermId>& in, std::vector<TermId>& out,
                        Rational& constant) {
  for (const TermId id : in) {
    if (IsNumber(id)) {
      const bool folded = op == TermOp::kAdd ? ExactAdd(constant, constant, number(id), work_)
                                             : ExactMultiply(constant, constant, number(id), work_);
      if (!folded) out.push_back(id);
    } else if (this->op(id) == op) {
      for (const TermId inner : std::vector<TermId>(operands(id).begin(), operands(id).end())) {
        Flatten(op, {inner}, out, constant);
      }
    } else {
      out.push_back(id);
    }
  }
}

TermId TermGraph::Add(std::vector<TermId> in) {
  if (HasNone(in)) return kNoTerm;
  std::vector<TermId> out;
  Rational constant(0);
  Flatten(TermOp::kAdd, in, out, constant);
  if (out.empty()) return Number(constant);
  if (!constant.IsZero()) out.push_back(Number(constant));
  if (out.size() == 1) return out[0];
  std::sort(out.begin(), out.end());
  return Intern(TermOp::kAdd, out, nullptr, {});
}

TermId TermGraph::Multiply(std::vector<TermId> in) {
  if (HasNone(in)) return kNoTerm;
  std::vector<TermId> out;
  Rational constant(1);
  Flatten(TermOp::kMultiply, in, out, constant);
  if (out.empty()) return Number(constant);
  if (!(constant == Rational(1))) out.push_back(Number(constant));  // zero too: the rest may be undefined
  if (out.size() == 1) return out[0];
  if (out.size() == 2 && out[1] != kNoTerm && IsNumber(out[1]) && op(out[0]) == TermOp::kAdd &&
      number(out[1]) == Rational(-1)) {  // -(a + b) = -a - b, so that a - (b + c) = a - b - c
    std::vector<TermId> terms;
    for (const TermId id : std::vector<TermId>(operands(out[0]).begin(), operands(out[0]).end())) {
      terms.push_back(Negate(id));
    }
    return Add(std::move(terms));
  }
  std::sort(out.begin(), out.end());
  return Intern(TermOp::kMultiply, out, nullptr, {});
}

TermId TermGraph::Power(TermId base, TermId exponent) {
  if (base == kNoTerm || exponent == kNoTerm) return kNoTerm;
  if (IsNumber(exponent)) {
    if (number(exponent) == Rational(1)) return base;
    Rational value;
    if (IsNumber(base) && ExactPower(value, number(base), number(exponent), work_)) return Number(value);
    // (x^m)^n = x^(m n) for whole n.
    if (op(base) == TermOp::kPower && number(exponent).IsInteger() && IsNumber(operands(base)[1]) &&
        ExactMultiply(value, number(operands(base)[1]), number(exponent), work_) && !value.IsZero()) {
      return Power(operands(base)[0], Number(value));
    }
  }
  const TermId pair[] = {base, exponent};
  return Intern(TermOp::kPower, pair, nullptr, {});
}

namespace {

// gcd, lcm, min and max of numbers, all of them known.
bool FoldMany(TermOp op, const std::vector<Rational>& values, Rational& out, WorkBudget& work) {
  out = values[0];
  const bool whole = op == TermOp::kGcd || op == TermOp::kLcm;
  for (const Rational& v : values) {
    if (whole && !v.IsInteger()) return false;
    if (!work.Spend(40 + v.Bits() * 2 + v.Bits() * v.Bits() / 1024)) return false;
    if (op == TermOp::kMin && v < out) out = v;
    if (op == TermOp::kMax && out < v) out = v;
    Rational next;
    if (op == TermOp::kGcd) fmpz_gcd(next.num(), out.num(), v.num());
    if (op == TermOp::kLcm) fmpz_lcm(next.num(), out.num(), v.num());
    if (whole) out = std::move(next);
    if (out.Bits() > kMaxExactBits) return false;
  }
  return true;
}

bool Fold(TermOp op, const std::vector<Rational>& v, Rational& out, WorkBudget& work) {
  switch (op) {
    case TermOp::kAbs:
      fmpq_abs(out.get(), v[0].get());
      return true;
    case TermOp::kFloor:
      ExactFloor(out, v[0]);
      return true;
    case TermOp::kCeil:
      fmpz_cdiv_q(out.num(), v[0].num(), v[0].den());
      return true;
    case TermOp::kRe:
    case TermOp::kConjugate:
      out = v[0];
      return true;
    case TermOp::kIm:
      return true;  // zero
    case TermOp::kSign:
      out = Rational(v[0].Sign());
      return true;
    case TermOp::kFactorial:
      return ExactFactorial(out, v[0], work);
    case TermOp::kBinomial:
      return v.size() == 2 && ExactBinomial(out, v[0], v[1], work);
    case TermOp::kMod:
      return v.size() == 2 && ExactModulo(out, v[0], v[1], work);
    case TermOp::kGcd:
    case TermOp::kLcm:
    case TermOp::kMin:
    case TermOp::kMax:
      return FoldMany(op, v, out, work);
    default:
      return false;
  }
}

bool IsZeroOrOne(TermOp op, const Rational& v, Rational& out) {
  const bool zero = v.IsZero();
  switch (op) {
    case TermOp::kSin:
    case TermOp::kTan:
    case TermOp::kAsin:
    case TermOp::kAtan:
    case TermOp::kSinh:
    case TermOp::kTanh:
    case TermOp::kAsinh:
    case TermOp::kAtanh:
      return zero;
    case TermOp::kCos:
    case TermOp::kCosh:
      out = Rational(1);
      return zero;
    case TermOp::kLog:
      return v == Rational(1);
    default:
      return false;
  }
}

}  // namespace

TermId TermGraph::Function(TermOp op, std::vector<TermId> in) {
  if (in.empty() || HasNone(in)) return kNoTerm;
  std::vector<Rational> values;
  for (const TermId id : in) {
    if (IsNumber(id)) values.push_back(number(id));
  }
  Rational out;
  if (values.size() == in.size() && (Fold(op, values, out, work_) || IsZeroOrOne(op, values[0], out))) {
    return Number(out);
  }
  if (op == TermOp::kLog && this->op(in[0]) == TermOp::kE) return Number(1);
  if (op >= TermOp::kGcd && op <= TermOp::kMax) std::sort(in.begin(), in.end());
  if (op == TermOp::kBinomial && values.size() == 2) {  // C(n, k) = C(n, n - k)
    Rational rest;
    if (ExactSubtract(rest, values[0], values[1], work_) && rest < values[1]) in[1] = Number(rest);
  }
  return Intern(op, in, nullptr, {});
}

TermId TermGraph::Opaque(std::string_view name, std::vector<TermId> in) {
  return HasNone(in) ? kNoTerm : Intern(TermOp::kOpaque, in, nullptr, name);
}

TermId TermGraph::Remake(TermId like, std::vector<TermId> in) {
  switch (op(like)) {
    case TermOp::kAdd:
      return Add(std::move(in));
    case TermOp::kMultiply:
      return Multiply(std::move(in));
    case TermOp::kPower:
      return Power(in[0], in[1]);
    default:
      return in.empty() || op(like) == TermOp::kOpaque ? like : Function(op(like), std::move(in));
  }
}

}  // namespace hone
