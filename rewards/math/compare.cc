// Typed comparison: dispatch on kinds, lists, tuples, text. Covered by tests/rewards/math_verify_test.cc.
#include "rewards/math/compare.h"

#include <algorithm>
#include <utility>

#include "rewards/math/compare_named.h"
#include "rewards/math/compare_set.h"

namespace hone {
namespace {

using Kind = Value::Kind;

const char* KindName(Kind kind) {
  constexpr const char* kNames[] = {"a number or expression",
                                    "text",
                                    "a list",
                                    "a set",
                                    "a tuple",
                                    "a ratio",
                                    "a matrix",
                                    "a list of cases",
                                    "an interval",
                                    "a union",
                                    "an intersection",
                                    "a difference of sets",
                                    "a set",
                                    "a set",
                                    "a relation"};
  return kNames[static_cast<int>(kind)];
}

Outcome No(std::string reason, Method method = Method::kIdentical) {
  return {false, method, std::move(reason)};
}

Outcome Of(const ScalarVerdict& verdict, const char* what) {
  if (verdict.equal) return {true, verdict.method, {}};
  return {false, verdict.method,
          verdict.method == Method::kUnevaluated
              ? std::string(what) + " could not be evaluated within the bounds"
              : std::string(what) + " differ"};
}

bool IsSetLike(const Value& v) { return v.kind >= Kind::kInterval && v.kind <= Kind::kReals; }

bool IsVector(const Value& v) {
  return v.kind == Kind::kMatrix && (v.columns == 1 || v.items.size() == static_cast<size_t>(v.columns));
}

// A scalar that its term says all about.
bool IsPlain(const Value& v) {
  return v.kind == Kind::kScalar && v.term != kNoTerm && v.infinity == 0 && !v.percent && !v.has_unit &&
         v.label.empty();
}

// Pairs off what has the same canonical form, which costs nothing; returns the items of `gold` that are left.
std::vector<size_t> TakeIdentical(const std::vector<Value>& gold, const std::vector<Value>& pred,
                                  std::vector<char>& taken) {
  std::vector<std::pair<TermId, size_t>> terms;
  for (size_t j = 0; j < pred.size(); ++j) {
    if (IsPlain(pred[j])) terms.emplace_back(pred[j].term, j);
  }
  std::sort(terms.begin(), terms.end());
  std::vector<size_t> open, used(terms.size());  // used: of the run of one term, at its beginning
  for (size_t i = 0; i < gold.size(); ++i) {
    const std::pair<TermId, size_t> key(gold[i].term, 0);
    const size_t run = std::lower_bound(terms.begin(), terms.end(), key) - terms.begin();
    const size_t at = run < terms.size() ? run + used[run] : run;
    if (IsPlain(gold[i]) && at < terms.size() && terms[at].first == gold[i].term) {
      taken[terms[at].second] = 1;
      ++used[run];
    } else {
      open.push_back(i);
    }
  }
  return open;
}

}  // namespace

Outcome Comparer::Compare(const Value& gold, const Value& pred) {
  if (!work_.Spend(400)) return No("too much work to compare", Method::kUnevaluated);
  if (++depth_ > 16) {
    --depth_;
    return No("nested too deeply", Method::kUnevaluated);
  }
  const auto compare = [&]() -> Outcome {
    const bool relation = gold.kind == Kind::kRelation, other = pred.kind == Kind::kRelation;
    if (relation && other) return Relations(gold, pred);
    if (IsSetLike(gold) || IsSetLike(pred)) return Sets(gold, pred);
    if (relation) return RelationAgainst(gold, pred, true);
    if (other) return RelationAgainst(pred, gold, false);
    if (gold.kind == Kind::kText || pred.kind == Kind::kText || (gold.choice != 0 && pred.choice != 0)) {
      return Texts(gold, pred);
    }
    if (gold.kind == Kind::kScalar && pred.kind == Kind::kScalar) return Scalars(gold, pred);
    const bool listed = gold.kind == Kind::kList || pred.kind == Kind::kList;
    if (listed || gold.kind == Kind::kSet || pred.kind == Kind::kSet) return Lists(gold, pred);
    if (gold.kind == pred.kind || (gold.kind == Kind::kTuple && IsVector(pred)) ||
        (pred.kind == Kind::kTuple && IsVector(gold))) {
      return InOrder(gold, pred);
    }
    return No(std::string(KindName(pred.kind)) + " is not " + KindName(gold.kind));
  };
  Outcome outcome = compare();
  --depth_;
  return outcome;
}

Outcome Comparer::Texts(const Value& gold, const Value& pred) {
  if (gold.choice != 0 && pred.choice != 0) {
    return {gold.choice == pred.choice, Method::kText, gold.choice == pred.choice ? "" : "another choice"};
  }
  const bool same = !gold.text.empty() && gold.text == pred.text;
  return {same, Method::kText, same ? "" : "other words"};
}

Outcome Comparer::InOrder(const Value& gold, const Value& pred) {
  if (gold.items.size() != pred.items.size()) {
    return No(std::to_string(pred.items.size()) + " items against " + std::to_string(gold.items.size()));
  }
  if (gold.kind == Kind::kMatrix && pred.kind == Kind::kMatrix && gold.columns != pred.columns) {
    return No("matrices of other shapes");
  }
  if (gold.kind == Kind::kRatio && gold.columns * pred.columns != 0 && gold.columns != pred.columns) {
    return No("the other half of the day");
  }
  Outcome all = {true, Method::kIdentical, {}};
  for (size_t i = 0; i < gold.items.size(); ++i) {
    const Outcome one = Compare(gold.items[i], pred.items[i]);
    if (!one.equal) return {false, one.method, "item " + std::to_string(i + 1) + ": " + one.reason};
    all.method = std::max(all.method, one.method);
  }
  return all;
}

// Each item of one has its own partner in the other. Equality is taken to be transitive, so the first partner will do.
Outcome Comparer::AnyOrder(const std::vector<Value>& gold, const std::vector<Value>& pred) {
  if (gold.size() != pred.size()) {
    return No(std::to_string(pred.size()) + " items against " + std::to_string(gold.size()));
  }
  Outcome all = {true, Method::kIdentical, {}};
  std::vector<char> taken(pred.size());
  const std::vector<size_t> open = TakeIdentical(gold, pred, taken);
  for (const size_t i : open) {
    bool found = false;
    Outcome last;
    for (size_t j = 0; j < pred.size() && !found; ++j) {
      if (taken[j]) continue;
      last = Compare(gold[i], pred[j]);
      if (!(found = last.equal)) continue;
      taken[j] = 1;
      all.method = std::max(all.method, last.method);
    }
    if (!found) return {false, last.method, "nothing in the answer equals item " + std::to_string(i + 1)};
    if (work_.spent()) return No("too much work to compare", Method::kUnevaluated);
  }
  return all;
}

bool Comparer::Distinct(const std::vector<Value>& values, std::vector<Value>& out) {
  std::vector<TermId> terms;  // of the plain ones in `out`, sorted
  for (const Value& v : values) {
    const auto place = std::lower_bound(terms.begin(), terms.end(), v.term);
    bool seen = IsPlain(v) && place != terms.end() && *place == v.term;
    const bool number = IsPlain(v) && graph_.IsNumber(v.term);
    for (size_t i = 0; i < out.size() && !seen; ++i) {
      // Two rationals that are not one node are two numbers.
      if (!number || !IsPlain(out[i]) || !graph_.IsNumber(out[i].term)) seen = Compare(out[i], v).equal;
    }
    if (work_.spent()) return false;
    if (seen) continue;
    if (IsPlain(v)) terms.insert(place, v.term);
    out.push_back(v);
  }
  return true;
}

// x=1, y=2 as a tuple has the order of its names; as a list, that or the one it is written in, if the gold gives the names.
std::optional<Outcome> Comparer::Named(const Value& gold, const Value& pred) {
  const auto of_gold = NamedValues(graph_, gold), of_pred = NamedValues(graph_, pred);
  if (of_gold.has_value() == of_pred.has_value()) return std::nullopt;
  const Value& other = of_gold ? pred : gold;
  if (other.items.size() != (of_gold ? of_gold : of_pred)->size()) return std::nullopt;
  const bool tuple = other.kind == Kind::kTuple || IsVector(other);
  if (!tuple && of_pred) return std::nullopt;
  if (!tuple && other.kind == Kind::kSet) return No("a set has no order, and the gold's values have names");
  if (!tuple && other.kind != Kind::kList) return std::nullopt;
  const auto compare = [&](const std::vector<NamedValue>& values) {
    Value plain;
    plain.kind = Kind::kTuple;
    for (const NamedValue& v : values) plain.items.push_back(v.value);
    return of_gold ? InOrder(plain, pred) : InOrder(gold, plain);
  };
  const Outcome sorted = compare(InCoordinateOrder(of_gold ? *of_gold : *of_pred));
  return sorted.equal || tuple ? sorted : compare(*of_gold);
}

// Lists and sets, and what else may stand for one: a single value for a list of one, a tuple for a list in order.
Outcome Comparer::Lists(const Value& gold, const Value& pred) {
  if (const std::optional<Outcome> named = Named(gold, pred)) return *named;
  const bool set = gold.kind == Kind::kSet || pred.kind == Kind::kSet;
  const auto ordered = [](const Value& v) { return v.kind == Kind::kTuple || IsVector(v); };
  if (ordered(gold) || ordered(pred)) {
    if (set) return No("a set is not a tuple");
    if (ordered(gold) && gold.items.size() == pred.items.size()) return InOrder(gold, pred);
    return ordered(pred) && pred.items.size() == gold.items.size()
               ? InOrder(gold, pred)
               : No("a list and a tuple of other lengths");
  }
  const auto items = [](const Value& v) {
    return v.kind == Kind::kList || v.kind == Kind::kSet ? v.items : std::vector<Value>{v};
  };
  const std::vector<Value> a = items(gold), b = items(pred);
  if (set) {
    std::vector<Value> x, y;
    if (!Distinct(a, x) || !Distinct(b, y)) return No("too much work to compare", Method::kUnevaluated);
    return AnyOrder(x, y);
  }
  if (policy_.list_order == ListOrderRule::kAsGiven && a.size() == b.size() && a.size() > 1) {
    return InOrder(gold, pred);
  }
  if (a.size() != b.size() && (a.size() == 1 || b.size() == 1)) {  // one value, written in several ways
    std::vector<Value> x, y;
    if (Distinct(a, x) && Distinct(b, y)) return AnyOrder(x, y);
  }
  return AnyOrder(a, b);
}

Outcome Comparer::Sets(const Value& gold, const Value& pred) {
  Pieces a, b;
  const auto is_relation = [](const Value& v) {
    return v.kind == Kind::kRelation ||
           (v.kind == Kind::kList && !v.items.empty() && v.items[0].kind == Kind::kRelation);
  };
  if (is_relation(gold)) return RelationAgainst(gold, pred, true);
  if (is_relation(pred)) return RelationAgainst(pred, gold, false);
  if (!SetPieces(graph_, gold, a, work_) || !SetPieces(graph_, pred, b, work_)) {
    if (gold.kind == pred.kind && !gold.items.empty()) return InOrder(gold, pred);
    return No(std::string(KindName(pred.kind)) + " is not " + KindName(gold.kind));
  }
  return Of(CompareSets(graph_, std::move(a), std::move(b), work_), "the sets of numbers");
}

}  // namespace hone
