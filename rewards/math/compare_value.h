// What an answer says, ready to be compared: scalars as terms of one graph, in lists, sets, tuples, intervals, relations.
// Covered by tests/rewards/math_verify_test.cc.
#ifndef HONE_REWARDS_MATH_COMPARE_VALUE_H_
#define HONE_REWARDS_MATH_COMPARE_VALUE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rewards/math/compare_term.h"
#include "rewards/math/expr.h"
#include "rewards/math/policy.h"

namespace hone {

// Of relations; kCongruent stands before the right side of a congruence, kModulo before its modulus.
enum class RelationOp : uint8_t {
  kEqual,
  kApproximate,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kSimilar,
  kCongruent,
  kModulo,
};

// A literal with a point in it, as written.
struct Decimal {
  Rational value;
  int64_t significant = 0;  // digits, from the first that is not zero
  int64_t places = 0;       // after the point, less a power of ten
};

struct Value {
  enum class Kind : uint8_t {
    kScalar,
    kText,
    kList,      // commas, "and", "or", plus-minus
    kSet,       // braces
    kTuple,     // parentheses, angle brackets
    kRatio,     // a : b; times of day too
    kMatrix,    // row by row
    kCases,     // value, condition, value, condition, ...
    kInterval,  // two items
    kUnion,     // of sets of numbers, as the next two
    kIntersection,
    kDifference,
    kSetBuilder,  // element, condition
    kReals,
    kRelation,  // items joined by relations
  };

  Kind kind = Kind::kScalar;
  // kScalar
  TermId term = kNoTerm;
  int infinity = 0;  // -1 or 1: the term does not count
  std::optional<Decimal> decimal;
  bool percent = false;
  bool loose_percent = false;  // the sign stands outside the box: it may have been left out on purpose
  bool degrees = false;
  bool has_unit = false;
  bool currency = false;
  DimensionPowers dimension{};  // of the unit
  Rational unit_size;           // in base units
  std::string label;            // the words after the value: what is counted
  TermId modulus = kNoTerm;     // of a residue, whose term is the representative as written
  // Of the whole answer and of kText: PlainText of what was written. A letter for what may name a choice.
  std::string text;
  char choice = 0;
  // all the others
  std::vector<Value> items;
  std::vector<RelationOp> relations;  // one less than items
  int columns = 0;
  bool open_low = false, open_high = false;
  bool square = false;       // kTuple in square brackets
  bool one_way = false;      // kRelation: its sides may not change places
  bool disjunction = false;  // kList with "or" in it

  bool IsContainer() const { return kind >= Kind::kList; }
};

// The answer in `expr` as a value of `graph`. A kCommaNumber is a list, or a number, as asked for. Symbols named in
// `renames` get the name beside it.
struct ValueOptions {
  bool comma_is_list = false;
  std::vector<std::pair<std::string, std::string>> renames;
  bool words = false;    // letters side by side are words, not products
  bool one_way = false;  // statements such as a => b may not be turned
};
Value BuildValue(const Expr& expr, TermGraph& graph, const ValueOptions& options);

// Whether nothing that could be carried out was left undone in the answer, for a gold that is (not) a plain number.
bool IsEvaluated(const Expr& expr, TermGraph& graph, bool gold_is_number);
// The answer's shape: equal for answers written alike up to the order of terms and factors and the form of numbers.
std::string ShapeOf(const Expr& expr, TermGraph& graph);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_COMPARE_VALUE_H_
