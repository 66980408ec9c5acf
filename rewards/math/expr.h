// What an answer says, as one small typed tree that never changes after parsing: what the parser (parse.h) makes and the
// comparison reads. Covered by tests/rewards/math_parse_test.cc.
#ifndef HONE_REWARDS_MATH_EXPR_H_
#define HONE_REWARDS_MATH_EXPR_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rewards/math/units.h"

namespace hone {

// Bounds on one answer. Over any of them it is not parsed, and the reason says which.
inline constexpr size_t kMaxAnswerBytes = 16384;
inline constexpr int kMaxExprDepth = 128;  // of brackets, fractions, powers, ... within one another
inline constexpr int kMaxExprNodes = 4096;
inline constexpr int kMaxNumberDigits = 4000;            // of one number as written
inline constexpr int64_t kMaxDecimalExponent = 1000000;  // |exponent| of one number

// Children are listed in order; "n" means any number of them, at least two unless it says otherwise.
enum class ExprKind : uint8_t {
  // ---- scalars
  kNumber,      // payload digits(): an exact decimal, see Expr::digits
  kBaseNumber,  // payload digits() in base Node::base (2 to 36): 1011_2. Letters are upper case
  kConstant,    // payload Node::constant
  kSymbol,      // payload text(): "x", "x_1", "y'", "alpha", "speed". Case matters
  kIndexed,   // base (kSymbol), index: F_{n-1}. An index of digits alone is part of the symbol's name instead
  kAdd,       // n terms; a difference has kNegate terms
  kMultiply,  // n factors
  kDivide,    // numerator, denominator; \frac, / and \div alike
  kNegate,    // operand
  kPlusMinus,  // [left,] right: both values of left +- right; one child: +-right. Flag kMinusPlus: \mp
  kPower,      // base, exponent
  kRoot,       // radicand[, degree]; without a degree a square root
  kFactorial,  // operand. Flag kDouble: n!!
  kApply,      // payload Node::function; its arguments, as the enum says
  kCall,       // payload text(): an unknown function; n >= 1 arguments: f(x)
  kSum,        // body, index (kSymbol), lower, upper
  kProduct,    // as kSum
  kMixed,      // whole (kNumber), fraction (kDivide): the value is their sum
  kPercent,    // operand: 28\%, 28 percent
  kDegrees,    // operand: 90^\circ, 90 degrees; the operand's value is in degrees, 7^\circ30' is 7.5
  kQuantity,   // operand; payload units(): 10 cm^2, \$18.90
  kLabeled,  // operand; payload text(): the words after it that are no unit, as parse_label.cc leaves them: 72 apples
  kResidue,      // value, modulus: 3 \pmod 4
  kDeterminant,  // matrix
  // ---- statements
  kRelation,    // n operands, and n - 1 operators in ops(): a = b, a <= x < b, 1 = z = x = 0
  kCongruence,  // left, right, modulus
  kMember,      // element, set: x \in [-2,7]. Flag kNot: \notin
  // ---- several values
  kInterval,  // low, high; flags kOpenLow, kOpenHigh. [1,2] is one; (1,2) is a kTuple until something says otherwise:
  // an infinite end, a bracket of the other sort, or a union, intersection or membership around it
  kUnion,         // n sets
  kIntersection,  // n sets
  kDifference,    // set, set
  kSet,           // n >= 0 elements: \{1, 2\}; none: the empty set
  kSetBuilder,    // element, condition: \{x \mid x > 3\}
  kNamedSet,      // payload text(): "R", "Z", "N", "Q", "C"
  kTuple,         // n >= 2 ordered: (1,2), (0;0;1), [1,2,3], <1,2>. Flag kSquare when in square brackets
  kList,  // n >= 2 without brackets: "1, 2", "x=1 or x=2"; unordered. Node::joiner says what stood between. Flag
          // kBraced: LaTeX braces that print nothing, as in ${1,3}$
  kCommaNumber,  // list, number: the two readings of a text whose one comma may be a decimal point under
                 // decimal_comma=auto: "1,22", "-2,1", "x = 1,5". Only ever the root. A comparison takes the
                 // list if the other side is one, else the number
  kMatrix,       // rows * columns elements, row by row; Node::rows, Node::columns
  kRatio,        // n terms: 1:2:3
  kTime,  // hours, minutes[, seconds] (kNumber): "12:30", minutes of two digits below 60; flags kAm, kPm. With
          // neither flag it may have been meant as a ratio
  kCases,  // value, condition, value, condition, ...: piecewise. A system of equations in braces is a kList (and)
  kEllipsis,  // "..." as an element of a list, tuple, set, ratio or sum
  // ---- not mathematics
  kChoice,  // payload text(): one letter "A" to "Z", [option text]: (C), "C. Cecile". A lone letter without
            // brackets, point or text style is a kSymbol; a comparison has to accept it as a choice
  kText,    // payload text(): words, as PlainText() leaves them
};

enum class Constant : uint8_t { kPi, kE, kI, kInfinity };

// The number of arguments stands behind each.
enum class Function : uint8_t {
  kSin,
  kCos,
  kTan,
  kCot,
  kSec,
  kCsc,  // 1
  kArcsin,
  kArccos,
  kArctan,
  kArccot,
  kArcsec,
  kArccsc,  // 1
  kSinh,
  kCosh,
  kTanh,
  kCoth,
  kSech,
  kCsch,  // 1
  kArsinh,
  kArcosh,
  kArtanh,  // 1
  kExp,
  kLn,   // 1
  kLog,  // 1 or 2: argument[, base]; without a base as written, "log"
  kAbs,  // 1: of a number, vector (norm) or set (size)
  kFloor,
  kCeil,
  kSign,
  kRe,
  kIm,
  kArg,
  kConjugate,  // 1
  kBinomial,   // 2: n, k
  kMod,        // 2: a, m as in 17 \bmod 5
  kGcd,
  kLcm,
  kMin,
  kMax,  // 1 or more; a set counts as its elements
};

enum class Relation : uint8_t {
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kApproximate,  // \approx
  kSimilar,  // \sim, \cong, \parallel, \perp, \to, \Rightarrow, \mid, ...: known to be a statement, not evaluated
};

enum class Joiner : uint8_t { kComma, kAnd, kOr };  // "1, 2 and 3" is kAnd; "or" anywhere makes it kOr

using ExprId = int32_t;

class Expr {
 public:
  enum Flag : uint8_t {
    kOpenLow = 1,
    kOpenHigh = 2,
    kSquare = 1,
    kBraced = 1,
    kNot = 1,
    kMinusPlus = 1,
    kDouble = 1,
    kAm = 1,
    kPm = 2,
  };

  struct Node {
    ExprKind kind = ExprKind::kText;
    uint8_t flags = 0;
    union {
      uint8_t small = 0;
      Constant constant;
      Function function;
      Joiner joiner;
      uint8_t base;
    };
    uint8_t repeating = 0;  // kNumber: how many of the last digits repeat for ever: 0.1\overline{6} has 1
    int32_t first = 0, count = 0;  // children
    int32_t begin = 0, size = 0;   // payload: bytes of text, or entries of units
    union {
      int32_t exponent = 0;  // kNumber: the value is digits * 10^exponent (before repetition, see below)
      int32_t rows;          // kMatrix
    };
    union {
      int32_t fraction_digits =
          0;            // kNumber: digits shown after the point, of the mantissa if there is an exponent
      int32_t columns;  // kMatrix
    };
  };

  bool empty() const { return nodes_.empty(); }
  ExprId root() const { return root_; }
  int size() const { return static_cast<int>(nodes_.size()); }
  const Node& operator[](ExprId id) const { return nodes_[id]; }
  ExprKind kind(ExprId id) const { return nodes_[id].kind; }
  std::span<const ExprId> children(ExprId id) const {
    return {links_.data() + nodes_[id].first, static_cast<size_t>(nodes_[id].count)};
  }
  ExprId child(ExprId id, int index) const { return links_[nodes_[id].first + index]; }
  std::string_view text(ExprId id) const {
    return std::string_view(text_).substr(nodes_[id].begin, nodes_[id].size);
  }
  // kNumber: an unsigned integer D without leading zeros ("0" for zero). With r = repeating > 0 the value is
  // (D - floor(D / 10^r)) / (10^r - 1) * 10^(exponent + r), else D * 10^exponent.
  std::string_view digits(ExprId id) const { return text(id); }
  std::span<const Relation> ops(ExprId id) const {  // kRelation
    return {relations_.data() + nodes_[id].begin, static_cast<size_t>(nodes_[id].size)};
  }
  std::span<const UnitPower> units(ExprId id) const {  // kQuantity
    return {units_.data() + nodes_[id].begin, static_cast<size_t>(nodes_[id].size)};
  }

 private:
  friend class ExprBuilder;

  ExprId root_ = -1;
  std::vector<Node> nodes_;
  std::vector<ExprId> links_;
  std::string text_;
  std::vector<Relation> relations_;
  std::vector<UnitPower> units_;
};

// The tree as an s-expression on one line, for explanations and tests: (add (mul 2 x) (neg 1/2))...; the same trees
// and only they give the same string. The names are those of the table in expr.cc.
std::string ToString(const Expr& expr, ExprId id);
inline std::string ToString(const Expr& expr) { return expr.empty() ? "" : ToString(expr, expr.root()); }

const char* FunctionName(Function function);  // "sin"
const char* RelationName(Relation relation);  // "<="

}  // namespace hone

#endif  // HONE_REWARDS_MATH_EXPR_H_
