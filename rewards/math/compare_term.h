// Scalars of both answers as one graph in canonical form: what is written alike, up to the order and nesting of sums and
// products and exact arithmetic on rationals, is the same node. Covered by tests/rewards/math_compare_test.cc.
#ifndef HONE_REWARDS_MATH_COMPARE_TERM_H_
#define HONE_REWARDS_MATH_COMPARE_TERM_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rewards/math/exact.h"

namespace hone {

enum class TermOp : uint8_t {
  kRational,
  kSymbol,
  kPi,
  kE,
  kI,
  kAdd,       // any number of operands
  kMultiply,  // any number of operands
  kPower,     // base, exponent; quotients, roots and exp too
  kLog,       // natural
  kSin,
  kCos,
  kTan,
  kAsin,
  kAcos,
  kAtan,
  kSinh,
  kCosh,
  kTanh,
  kAsinh,
  kAcosh,
  kAtanh,
  kAbs,
  kFloor,
  kCeil,
  kRe,
  kIm,
  kArg,
  kConjugate,
  kSign,
  kFactorial,
  kBinomial,  // n, k
  kGcd,       // any number of operands, as the next three
  kLcm,
  kMin,
  kMax,
  kMod,     // a, m
  kOpaque,  // a name and operands: nothing is known but that equal operands give equal values
};

using TermId = int32_t;
inline constexpr TermId kNoTerm =
    -1;  // too large, or the budget is spent; every operation on it gives it again

class TermGraph {
 public:
  explicit TermGraph(WorkBudget& work) : work_(work) {}

  TermId Number(const Rational& value);
  TermId Number(int64_t value) { return Number(Rational(value)); }
  TermId Symbol(std::string_view name);
  TermId Constant(TermOp op);  // kPi, kE, kI
  TermId Add(std::vector<TermId> operands);
  TermId Multiply(std::vector<TermId> operands);
  TermId Power(TermId base, TermId exponent);
  TermId Function(TermOp op, std::vector<TermId> operands);  // kLog to kMod
  TermId Opaque(std::string_view name, std::vector<TermId> operands);
  // The term `like` with other operands, as many as it has.
  TermId Remake(TermId like, std::vector<TermId> operands);

  TermId Negate(TermId a) { return Multiply({Number(-1), a}); }
  TermId Subtract(TermId a, TermId b) { return Add({a, Negate(b)}); }
  TermId Divide(TermId a, TermId b) { return Multiply({a, Power(b, Number(-1))}); }

  TermOp op(TermId id) const { return nodes_[id].op; }
  std::span<const TermId> operands(TermId id) const {
    return {operands_.data() + nodes_[id].first, static_cast<size_t>(nodes_[id].count)};
  }
  const Rational& number(TermId id) const { return numbers_[nodes_[id].payload]; }  // of kRational
  const std::string& name(TermId id) const { return names_[nodes_[id].payload]; }   // of kSymbol, kOpaque
  bool IsNumber(TermId id) const { return id != kNoTerm && op(id) == TermOp::kRational; }
  // Symbols and opaque terms, as far as what a value depends on goes.
  bool HasVariables(TermId id) const { return nodes_[id].variables; }
  bool HasComplex(TermId id) const { return nodes_[id].complex; }  // names i, or parts of complex numbers
  bool HasInexact(TermId id) const {
    return nodes_[id].inexact;
  }  // more than rational operations on rationals
  // May change its form from one range of its variables to another: |x|, floor x, sqrt(x^2). Seeded points can miss a range.
  bool HasPieces(TermId id) const { return nodes_[id].pieces; }
  int size() const { return static_cast<int>(nodes_.size()); }
  WorkBudget& work() const { return work_; }

 private:
  struct Node {
    TermOp op = TermOp::kRational;
    bool variables = false;
    bool complex = false;
    bool inexact = false;
    bool pieces = false;
    int32_t payload = 0;
    int32_t first = 0;
    int32_t count = 0;
    uint64_t hash = 0;
  };

  bool StartsPieces(TermOp op, std::span<const TermId> operands) const;
  TermId Intern(TermOp op, std::span<const TermId> operands, const Rational* number, std::string_view name);
  bool Same(const Node& node, TermOp op, std::span<const TermId> operands, const Rational* number,
            std::string_view name) const;
  void Rehash();
  void Flatten(TermOp op, const std::vector<TermId>& operands, std::vector<TermId>& out, Rational& constant);

  WorkBudget& work_;
  std::vector<Node> nodes_;
  std::vector<TermId> operands_;
  std::vector<Rational> numbers_;
  std::vector<std::string> names_;
  std::vector<TermId> table_;  // open addressing, a power of two
};

}  // namespace hone

#endif  // HONE_REWARDS_MATH_COMPARE_TERM_H_
