// Sets of real numbers. Covered by tests/rewards/math_verify_test.cc.
#include "rewards/math/compare_set.h"

#include <algorithm>
#include <utility>

#include "rewards/math/compare_exact.h"

namespace hone {
RelationOp Flipped(RelationOp op) {
  switch (op) {
    case RelationOp::kLess:
      return RelationOp::kGreater;
    case RelationOp::kLessEqual:
      return RelationOp::kGreaterEqual;
    case RelationOp::kGreater:
      return RelationOp::kLess;
    case RelationOp::kGreaterEqual:
      return RelationOp::kLessEqual;
    default:
      return op;
  }
}

namespace {

Endpoint EndOf(const Value& value) { return {value.term, value.infinity}; }

bool IsEnd(const Value& value) {
  return value.kind == Value::Kind::kScalar && !value.percent &&
         (value.infinity != 0 || value.term != kNoTerm);
}

// Orders endpoints; once an order cannot be told it says "not less" for ever, so that sorting stays harmless.
class EndOrder {
 public:
  EndOrder(TermGraph& graph, WorkBudget& work) : graph_(graph), work_(work) {}
  bool failed() const { return failed_; }

  int Compare(const Endpoint& a, const Endpoint& b) {
    if (failed_) return 0;
    if (a.infinity != b.infinity) return a.infinity < b.infinity ? -1 : 1;
    if (a.infinity != 0 || a.term == b.term) return 0;
    int order = 0;
    failed_ = !OrderScalars(graph_, a.term, b.term, &order, work_);
    return failed_ ? 0 : order;
  }

 private:
  TermGraph& graph_;
  WorkBudget& work_;
  bool failed_ = false;
};

// Sorted, without empty pieces, with pieces that touch made one. False if an order cannot be told.
bool Normalise(TermGraph& graph, Pieces& pieces, WorkBudget& work) {
  EndOrder order(graph, work);
  std::erase_if(pieces, [&](const Piece& p) {
    const int sign = order.Compare(p.low, p.high);
    return sign > 0 || (sign == 0 && (p.open_low || p.open_high) && !order.failed());
  });
  std::stable_sort(pieces.begin(), pieces.end(), [&](const Piece& a, const Piece& b) {
    const int sign = order.Compare(a.low, b.low);
    return sign != 0 ? sign < 0 : !a.open_low && b.open_low;
  });
  Pieces merged;
  for (Piece& piece : pieces) {
    if (!merged.empty()) {
      Piece& last = merged.back();
      const int gap = order.Compare(piece.low, last.high);
      if (gap < 0 || (gap == 0 && !(piece.open_low && last.open_high))) {
        const int end = order.Compare(piece.high, last.high);
        if (end == 0) last.open_high = last.open_high && piece.open_high;
        if (end > 0) {
          last.high = piece.high;
          last.open_high = piece.open_high;
        }
        continue;
      }
    }
    merged.push_back(piece);
  }
  if (order.failed()) return false;
  pieces = std::move(merged);
  return true;
}

ScalarVerdict CompareEnds(TermGraph& graph, const Endpoint& a, const Endpoint& b, WorkBudget& work) {
  if (a.infinity != 0 || b.infinity != 0) return {a.infinity == b.infinity, Method::kIdentical};
  return CompareScalars(graph, a.term, b.term, work);
}

ScalarVerdict ComparePieces(TermGraph& graph, const Piece& a, const Piece& b, WorkBudget& work) {
  if (a.open_low != b.open_low || a.open_high != b.open_high) return {false, Method::kIdentical};
  const ScalarVerdict low = CompareEnds(graph, a.low, b.low, work);
  if (!low.equal) return low;
  const ScalarVerdict high = CompareEnds(graph, a.high, b.high, work);
  return {high.equal, high.equal ? std::max(low.method, high.method) : high.method};
}

// `x op bound` for the unknown on its left.
Piece Half(RelationOp op, const Endpoint& bound) {
  const bool below = op == RelationOp::kLess || op == RelationOp::kLessEqual;
  const bool open = op == RelationOp::kLess || op == RelationOp::kGreater;
  Piece piece;
  piece.low = below ? Endpoint{kNoTerm, -1} : bound;
  piece.high = below ? bound : Endpoint{kNoTerm, 1};
  piece.open_low = below || open;
  piece.open_high = !below || open;
  return piece;
}

bool IsOrder(RelationOp op) { return op >= RelationOp::kLess && op <= RelationOp::kGreaterEqual; }

bool IsConstant(const TermGraph& graph, const Value& value) {
  return IsEnd(value) && (value.infinity != 0 || !graph.HasVariables(value.term));
}

// The piece between -high and -low too: of what |x| may be, what x may be.
void Mirror(TermGraph& graph, Pieces& pieces) {
  const auto negative = [&](const Endpoint& e) {
    return e.infinity != 0 ? Endpoint{kNoTerm, -e.infinity} : Endpoint{graph.Negate(e.term), 0};
  };
  const size_t size = pieces.size();
  for (size_t i = 0; i < size; ++i) {
    Piece& piece = pieces[i];
    int order = 0;
    WorkBudget work(200000);
    const bool below = piece.low.infinity < 0 ||
                       (piece.low.infinity == 0 &&
                        OrderScalars(graph, piece.low.term, graph.Number(0), &order, work) && order < 0);
    if (below) {
      piece.low = {graph.Number(0), 0};
      piece.open_low = false;
    }
    pieces.push_back(
        {negative(pieces[i].high), negative(pieces[i].low), pieces[i].open_high, pieces[i].open_low});
  }
}

// The unknown of a linear term c0 + c1 x becomes x itself: ends move and, for c1 < 0, change places.
bool SolveLinear(TermGraph& graph, TermId& middle, Pieces& pieces, WorkBudget& work) {
  LinearTerm linear;
  if (graph.op(middle) == TermOp::kSymbol || !ExactLinear(graph, middle, linear, work)) return true;
  const TermId c0 = graph.Number(linear.c0), c1 = graph.Number(linear.c1);
  const bool flip = linear.c1.Sign() < 0;
  middle = linear.symbol;
  const auto solve = [&](Endpoint& e) {
    if (e.infinity == 0) e.term = graph.Divide(graph.Subtract(e.term, c0), c1);
    if (flip) e.infinity = -e.infinity;
    return e.infinity != 0 || e.term != kNoTerm;
  };
  for (Piece& piece : pieces) {
    if (!solve(piece.low) || !solve(piece.high)) return false;
    if (!flip) continue;
    std::swap(piece.low, piece.high);
    std::swap(piece.open_low, piece.open_high);
  }
  return true;
}

bool ChainPieces(TermGraph& graph, const Value& value, Pieces& out, TermId& middle) {
  const auto& items = value.items;
  const auto& ops = value.relations;
  for (const Value& item : items) {
    if (!IsEnd(item)) return false;
  }
  if (items.size() == 3) {  // a < x < b, or a > x > b
    if (!IsConstant(graph, items[0]) || IsConstant(graph, items[1]) || !IsConstant(graph, items[2]))
      return false;
    if (!IsOrder(ops[0]) || !IsOrder(ops[1])) return false;
    const Piece low = Half(Flipped(ops[0]), EndOf(items[0])), high = Half(ops[1], EndOf(items[2]));
    const bool rising = low.high.infinity == 1;
    if (rising != (high.low.infinity == -1)) return false;
    const Piece &a = rising ? low : high, &b = rising ? high : low;
    middle = items[1].term;
    out.push_back({a.low, b.high, a.open_low, b.open_high});
    return true;
  }
  if (items.size() != 2 || IsConstant(graph, items[0]) == IsConstant(graph, items[1])) return false;
  const bool flip = IsConstant(graph, items[0]);
  const Endpoint bound = EndOf(items[flip ? 0 : 1]);
  middle = items[flip ? 1 : 0].term;
  if (ops[0] == RelationOp::kNotEqual && bound.infinity == 0) {
    out.push_back({{kNoTerm, -1}, bound, true, true});
    out.push_back({bound, {kNoTerm, 1}, true, true});
    return true;
  }
  if (!IsOrder(ops[0])) return false;
  out.push_back(Half(flip ? Flipped(ops[0]) : ops[0], bound));
  return true;
}

const Piece kEverything = {{kNoTerm, -1}, {kNoTerm, 1}, true, true};

bool Complement(TermGraph& graph, Pieces& pieces, WorkBudget& work) {
  if (!Normalise(graph, pieces, work)) return false;
  Pieces out;
  Piece gap = kEverything;
  for (const Piece& piece : pieces) {
    gap.high = piece.low;
    gap.open_high = !piece.open_low;
    if (piece.low.infinity == 0) out.push_back(gap);
    gap = kEverything;
    gap.low = piece.high;
    gap.open_low = !piece.open_high;
  }
  if (gap.low.infinity <= 0) out.push_back(gap);
  pieces = std::move(out);
  return true;
}

// "or" joins what each relation allows; "and" and commas keep what all of them allow, unless that is nothing.
bool ListPieces(TermGraph& graph, const Value& list, Pieces& out, TermId& unknown, WorkBudget& work) {
  Pieces any, outside;
  for (const Value& item : list.items) {
    Pieces one;
    if (item.kind != Value::Kind::kRelation || !RelationPieces(graph, item, one, unknown, work)) return false;
    any.insert(any.end(), one.begin(), one.end());
    if (!Complement(graph, one, work)) return false;
    outside.insert(outside.end(), one.begin(), one.end());
  }
  if (!Complement(graph, outside, work)) return false;
  const Pieces& kept = list.disjunction || outside.empty() ? any : outside;
  out.insert(out.end(), kept.begin(), kept.end());
  return !list.items.empty();
}

// A and B is what is outside neither; A without B is what is in A and outside B.
bool MeetPieces(TermGraph& graph, const Value& value, Pieces& out, WorkBudget& work) {
  Pieces outside;
  for (size_t i = 0; i < value.items.size(); ++i) {
    Pieces one;
    if (!SetPieces(graph, value.items[i], one, work)) return false;
    const bool taken_away = value.kind == Value::Kind::kDifference && i > 0;
    if (!taken_away && !Complement(graph, one, work)) return false;
    outside.insert(outside.end(), one.begin(), one.end());
  }
  if (!Complement(graph, outside, work)) return false;
  out.insert(out.end(), outside.begin(), outside.end());
  return true;
}

}  // namespace

bool SetPieces(TermGraph& graph, const Value& value, Pieces& out, WorkBudget& work) {
  switch (value.kind) {
    case Value::Kind::kInterval:
    case Value::Kind::kTuple:
      if (value.items.size() != 2 || !IsEnd(value.items[0]) || !IsEnd(value.items[1])) return false;
      out.push_back({EndOf(value.items[0]), EndOf(value.items[1]),
                     value.kind == Value::Kind::kTuple || value.open_low,
                     value.kind == Value::Kind::kTuple || value.open_high});
      return true;
    case Value::Kind::kSet:
      for (const Value& item : value.items) {
        if (!IsEnd(item) || item.infinity != 0) return false;
        out.push_back({EndOf(item), EndOf(item), false, false});
      }
      return true;
    case Value::Kind::kReals:
      out.push_back(kEverything);
      return true;
    case Value::Kind::kSetBuilder: {
      TermId unknown = kNoTerm;
      return RelationPieces(graph, value.items[1], out, unknown, work);
    }
    case Value::Kind::kUnion:
      return std::all_of(value.items.begin(), value.items.end(),
                         [&](const Value& item) { return SetPieces(graph, item, out, work); });
    case Value::Kind::kIntersection:
    case Value::Kind::kDifference:
      return MeetPieces(graph, value, out, work);
    default:
      return false;
  }
}

bool RelationPieces(TermGraph& graph, const Value& value, Pieces& out, TermId& unknown, WorkBudget& work) {
  if (value.kind == Value::Kind::kList) return ListPieces(graph, value, out, unknown, work);
  if (value.kind != Value::Kind::kRelation) return false;
  Pieces own;
  TermId middle = kNoTerm;
  if (!ChainPieces(graph, value, own, middle) || middle == kNoTerm) return false;
  if (graph.op(middle) == TermOp::kAbs && graph.op(graph.operands(middle)[0]) == TermOp::kSymbol) {
    Mirror(graph, own);
    middle = graph.operands(middle)[0];
  } else if (!SolveLinear(graph, middle, own, work)) {
    return false;
  }
  if (unknown != kNoTerm && unknown != middle) return false;
  unknown = middle;
  out.insert(out.end(), own.begin(), own.end());
  return true;
}

ScalarVerdict CompareSets(TermGraph& graph, Pieces a, Pieces b, WorkBudget& work) {
  const bool ordered = Normalise(graph, a, work) && Normalise(graph, b, work);
  if (a.size() != b.size()) return {false, ordered ? Method::kIdentical : Method::kUnevaluated};
  ScalarVerdict all = {true, Method::kIdentical};
  for (const Piece& piece : a) {
    bool found = false;
    for (size_t i = 0; i < (ordered ? 1 : b.size()) && !found; ++i) {
      const ScalarVerdict one = ComparePieces(graph, piece, b[i], work);
      if (!one.equal && ordered) return one;
      found = one.equal;
      if (!found) continue;
      all.method = std::max(all.method, one.method);
      b.erase(b.begin() + static_cast<int64_t>(i));
    }
    if (!found) return {false, Method::kIdentical};
  }
  return all;
}

}  // namespace hone
