// Values with names. Covered by tests/rewards/math_written_test.cc.
#include "rewards/math/compare_named.h"

#include <algorithm>
#include <utility>

namespace hone {
namespace {

using Kind = Value::Kind;

constexpr size_t kMostNames = 64;

bool IsSymbol(const TermGraph& graph, const Value& v) {
  return v.kind == Kind::kScalar && v.infinity == 0 && v.term != kNoTerm &&
         graph.op(v.term) == TermOp::kSymbol;
}

bool IsEquation(const Value& v) {
  return v.kind == Kind::kRelation && v.items.size() >= 2 &&
         std::all_of(v.relations.begin(), v.relations.end(),
                     [](RelationOp op) { return op == RelationOp::kEqual; });
}

Value Equation(const Value& name, const Value& value) {
  Value out;
  out.kind = Kind::kRelation;
  out.items = {name, value};
  out.relations = {RelationOp::kEqual};
  return out;
}

}  // namespace

std::optional<std::vector<NamedValue>> NamedValues(const TermGraph& graph, const Value& value) {
  std::vector<NamedValue> out;
  const auto add = [&](const Value& name, const Value& item) {
    if (!IsSymbol(graph, name)) return false;
    const std::string& symbol = graph.name(name.term);
    const bool again =
        std::any_of(out.begin(), out.end(), [&](const NamedValue& n) { return n.name == symbol; });
    if (again || out.size() >= kMostNames) return false;
    out.push_back({symbol, Equation(name, item), item});
    return true;
  };
  if (IsEquation(value) && value.items.size() == 2 && value.items[0].kind == Kind::kTuple &&
      value.items[1].kind == Kind::kTuple && value.items[0].items.size() == value.items[1].items.size()) {
    for (size_t i = 0; i < value.items[0].items.size(); ++i) {
      if (!add(value.items[0].items[i], value.items[1].items[i])) return std::nullopt;
    }
  } else if (value.kind == Kind::kList) {
    for (const Value& item : value.items) {
      if (!IsEquation(item) || !add(item.items.front(), item.items.back())) return std::nullopt;
    }
  }
  if (out.size() < 2) return std::nullopt;
  return out;
}

std::vector<NamedValue> InCoordinateOrder(std::vector<NamedValue> values) {
  std::vector<NamedValue> sorted = values;
  std::sort(sorted.begin(), sorted.end(), [](const NamedValue& a, const NamedValue& b) {
    return a.name.size() != b.name.size() ? a.name.size() < b.name.size() : a.name < b.name;
  });
  for (size_t i = 1; i < sorted.size(); ++i) {
    const std::string &before = sorted[i - 1].name, &now = sorted[i].name;
    const bool next = before.size() == now.size() && now.back() == before.back() + 1 &&
                      before.compare(0, before.size() - 1, now, 0, now.size() - 1) == 0;
    if (!next) return values;
  }
  return sorted;
}

}  // namespace hone
