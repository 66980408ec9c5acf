// Typed comparison of scalars: units, percent, digits and tolerances around the ladder.
// Covered by tests/rewards/math_verify_test.cc.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "rewards/math/compare.h"

namespace hone {
namespace {

constexpr int64_t kEnoughDigits = 10;  // of an irrational or non-terminating gold

// Terminating decimals are exact, so only they themselves stand for them.
bool Terminates(const Rational& q) {
  Rational rest;
  fmpz_set(rest.num(), q.den());
  for (const int p : {2, 5}) {
    Rational prime(p);
    fmpz_remove(rest.num(), rest.num(), prime.num());
  }
  return fmpz_is_one(rest.num());
}

}  // namespace

namespace {

// What a label says: what is counted ("units" says nothing), and in which sense.
struct LabelWords {
  std::vector<std::string> counted, senses;  // sorted

  bool CountsThings() const {
    return std::any_of(counted.begin(), counted.end(),
                       [](const std::string& word) { return word != "square" && word != "cubic"; });
  }
  // Whether the other has an opposite: "~g+" and "~g-".
  bool Opposes(const LabelWords& other) const {
    const auto opposes = [](const std::string& a, const std::string& b) { return a[1] == b[1] && a != b; };
    return std::any_of(senses.begin(), senses.end(), [&](const std::string& a) {
      return std::any_of(other.senses.begin(), other.senses.end(),
                         [&](const std::string& b) { return opposes(a, b); });
    });
  }
};

LabelWords Counted(const std::string& label) {
  LabelWords words;
  for (size_t begin = 0; begin < label.size();) {
    const size_t end = std::min(label.find(' ', begin), label.size());
    std::string word = label.substr(begin, end - begin);
    begin = end + 1;
    if (word == "people") word = "person";
    if (word == "children") word = "child";
    if (word != "unit") (word[0] == '~' ? words.senses : words.counted).push_back(std::move(word));
  }
  std::sort(words.counted.begin(), words.counted.end());
  return words;
}

// Whether both may count the same: words that only one of them has say more, words that differ say something else.
bool SameLabels(const Value& gold, const Value& pred) {
  const LabelWords a = Counted(gold.label), b = Counted(pred.label);
  const auto &x = a.counted, &y = b.counted;
  if (a.Opposes(b)) return false;
  if (!std::includes(x.begin(), x.end(), y.begin(), y.end()) &&
      !std::includes(y.begin(), y.end(), x.begin(), x.end())) {
    return false;
  }
  const auto apples_and_metres = [](const Value& unit, const LabelWords& none, const Value& other,
                                    const LabelWords& words) {
    return unit.has_unit && !unit.currency && !none.CountsThings() && !other.has_unit && words.CountsThings();
  };
  return !apples_and_metres(gold, a, pred, b) && !apples_and_metres(pred, b, gold, a);
}

}  // namespace

// 3 (mod 4) is 7 (mod 4), and 3 where the modulus is not repeated. Puts the least representatives in place if they count.
bool Comparer::SameModulus(Value& gold, Value& pred) {
  const TermId modulus = gold.modulus != kNoTerm ? gold.modulus : pred.modulus;
  if (modulus == kNoTerm) return true;
  const bool both = gold.modulus != kNoTerm && pred.modulus != kNoTerm;
  if (both && !CompareScalars(graph_, gold.modulus, pred.modulus, work_).equal) return false;
  if (!both && CompareScalars(graph_, gold.term, pred.term, work_).equal) return true;
  for (Value* v : {&gold, &pred}) {
    if (v->modulus != kNoTerm) v->term = graph_.Function(TermOp::kMod, {v->term, modulus});
    v->decimal.reset();
  }
  return true;
}

void Comparer::InRadians(Value& v) {
  v.term = graph_.Divide(graph_.Multiply({v.term, graph_.Constant(TermOp::kPi)}), graph_.Number(180));
  v.decimal.reset();
  v.has_unit = true;
  v.dimension[static_cast<int>(Dimension::kAngle)] = 1;
  v.unit_size = Rational(1);
}

// Whether what is measured can be the same; brings both to one unit. A currency or degree sign on one side only says nothing.
bool Comparer::SameUnits(Value& gold, Value& pred, std::string& reason) {
  if (gold.degrees && !pred.degrees && pred.has_unit) InRadians(gold);
  if (pred.degrees && !gold.degrees && gold.has_unit) InRadians(pred);
  if (gold.has_unit && pred.has_unit) {
    if (gold.dimension != pred.dimension) {
      reason = "another unit";
      return false;
    }
    if (gold.unit_size == pred.unit_size) return true;
    for (Value* v : {&gold, &pred}) {
      v->term = graph_.Multiply({v->term, graph_.Number(v->unit_size)});
      v->decimal.reset();
    }
    return true;
  }
  const bool missing = gold.has_unit != pred.has_unit && !gold.currency && !pred.currency;
  if (missing && policy_.missing_unit == MissingUnitRule::kRequire) reason = "a unit on one side only";
  return reason.empty();
}

// Where one side alone has the sign: 72 degrees is 2 pi / 5 as well, and 3 dozen 36. False if there is no other reading.
bool Comparer::ReadOtherwise(Value& gold, Value& pred) {
  if (gold.degrees != pred.degrees && !gold.has_unit && !pred.has_unit) {
    InRadians(gold.degrees ? gold : pred);
    return true;
  }
  Value& counted = gold.has_unit ? gold : pred;
  if (gold.has_unit == pred.has_unit || counted.dimension != DimensionPowers{}) return false;
  counted.term = graph_.Multiply({counted.term, graph_.Number(counted.unit_size)});
  counted.decimal.reset();
  return true;
}

Outcome Comparer::Scalars(const Value& gold, const Value& pred) {
  if (gold.infinity != 0 || pred.infinity != 0) {
    const bool same = gold.infinity == pred.infinity;
    return {same, Method::kIdentical, same ? "" : "infinity on one side"};
  }
  Value a = gold, b = pred;
  std::string reason;
  if (!SameLabels(a, b)) return {false, Method::kText, "something else is counted"};
  if (!SameModulus(a, b)) return {false, Method::kIdentical, "another modulus"};
  if (!SameUnits(a, b, reason)) return {false, Method::kIdentical, reason};
  if (a.percent == b.percent) {
    const Outcome same = Numbers(a, b);
    return same.equal || !ReadOtherwise(a, b) ? same : Numbers(a, b);
  }
  const bool loose = a.loose_percent || b.loose_percent;
  if (loose || policy_.percent != PercentRule::kHundredth) {
    const Outcome same = Numbers(a, b);
    if (same.equal || policy_.percent == PercentRule::kSameNumber) return same;
  }
  Value& percent = a.percent ? a : b;
  percent.term = graph_.Divide(percent.term, graph_.Number(100));
  if (percent.decimal) {
    percent.decimal->places += 2;
    if (!ExactDivide(percent.decimal->value, percent.decimal->value, Rational(100), work_))
      percent.decimal.reset();
  }
  return Numbers(a, b);
}

Outcome Comparer::Numbers(const Value& gold, const Value& pred) {
  const ScalarVerdict verdict = CompareScalars(graph_, gold.term, pred.term, work_);
  if (verdict.equal) return {true, verdict.method, {}};
  if (gold.term == kNoTerm || pred.term == kNoTerm || graph_.HasVariables(gold.term) ||
      graph_.HasVariables(pred.term)) {
    return {
        false, verdict.method,
        verdict.method == Method::kUnevaluated ? "could not be evaluated within the bounds" : "not equal"};
  }
  if (EnoughDigits(gold, pred)) return {true, Method::kDigits, "ten or more correct digits"};
  if (Rounded(gold, pred)) return {true, Method::kDigits, "within the rounding that the policy allows"};
  return {
      false, verdict.method,
      verdict.method == Method::kUnevaluated ? "could not be evaluated within the bounds" : "another value"};
}

bool Comparer::EnoughDigits(const Value& gold, const Value& pred) {
  if (!pred.decimal || pred.decimal->significant < kEnoughDigits || gold.decimal) return false;
  if (graph_.IsNumber(gold.term) && Terminates(graph_.number(gold.term))) return false;
  return ShowsDigits(graph_, gold.term, pred.decimal->value, pred.decimal->places, pred.decimal->significant,
                     work_);
}

bool Comparer::Rounded(const Value& gold, const Value& pred) {
  const auto half_unit = [this](int64_t places) {
    return graph_.Divide(graph_.Power(graph_.Number(10), graph_.Number(-places)), graph_.Number(2));
  };
  using Kind = RoundingRule::Kind;
  switch (rounding_.kind) {
    case Kind::kExact:
      return false;
    case Kind::kGoldDigits:  // of a gold without a point, the digits that the completion shows
      if (gold.decimal)
        return WithinBound(graph_, gold.term, pred.term, half_unit(gold.decimal->places), work_);
      return pred.decimal &&
             WithinBound(graph_, gold.term, pred.term, half_unit(pred.decimal->places), work_);
    case Kind::kRelative: {
      Rational tolerance;
      fmpq_set_si(tolerance.get(), std::llround(rounding_.tolerance * 1e15), 1000000000000000);
      const TermId size = graph_.Function(TermOp::kAbs, {gold.term});
      return WithinBound(graph_, gold.term, pred.term, graph_.Multiply({size, graph_.Number(tolerance)}),
                         work_);
    }
    case Kind::kDecimals:
      return WithinBound(graph_, gold.term, pred.term, half_unit(rounding_.decimals), work_);
  }
  return false;
}

}  // namespace hone
