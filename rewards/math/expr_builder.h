// How the parser makes an Expr: nodes from the leaves up, within the bounds of expr.h. Covered by
// tests/rewards/math_parse_test.cc.
#ifndef HONE_REWARDS_MATH_EXPR_BUILDER_H_
#define HONE_REWARDS_MATH_EXPR_BUILDER_H_

#include <algorithm>
#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "rewards/math/expr.h"

namespace hone {

inline constexpr ExprId kNoExpr = -1;

class ExprBuilder {
 public:
  // A node with those children, none of them kNoExpr.
  ExprId Add(ExprKind kind, std::span<const ExprId> children) {
    Expr::Node node;
    node.kind = kind;
    node.first = static_cast<int32_t>(expr_.links_.size());
    node.count = static_cast<int32_t>(children.size());
    expr_.links_.insert(expr_.links_.end(), children.begin(), children.end());
    expr_.nodes_.push_back(node);
    int depth = 1;
    for (const ExprId child : children) depth = std::max(depth, depths_[child] + 1);
    depths_.push_back(depth);
    deepest_ = std::max(deepest_, depth);
    return static_cast<ExprId>(expr_.nodes_.size() - 1);
  }
  ExprId Add(ExprKind kind, std::initializer_list<ExprId> children) {
    return Add(kind, std::span<const ExprId>(children.begin(), children.size()));
  }
  ExprId AddText(ExprKind kind, std::string_view text, std::initializer_list<ExprId> children = {}) {
    const ExprId id = Add(kind, children);
    SetText(id, text);
    return id;
  }
  ExprId AddText(ExprKind kind, std::string_view text, std::span<const ExprId> children) {
    const ExprId id = Add(kind, children);
    SetText(id, text);
    return id;
  }
  ExprId AddApply(Function function, std::span<const ExprId> children) {
    const ExprId id = Add(ExprKind::kApply, children);
    node(id).function = function;
    return id;
  }
  ExprId AddApply(Function function, std::initializer_list<ExprId> children) {
    return AddApply(function, std::span<const ExprId>(children.begin(), children.size()));
  }
  ExprId AddConstant(Constant constant) {
    const ExprId id = Add(ExprKind::kConstant, {});
    node(id).constant = constant;
    return id;
  }
  ExprId AddRelation(std::span<const ExprId> operands, std::span<const Relation> ops) {
    const ExprId id = Add(ExprKind::kRelation, operands);
    node(id).begin = static_cast<int32_t>(expr_.relations_.size());
    node(id).size = static_cast<int32_t>(ops.size());
    expr_.relations_.insert(expr_.relations_.end(), ops.begin(), ops.end());
    return id;
  }
  ExprId AddQuantity(ExprId operand, std::span<const UnitPower> units) {
    const ExprId id = Add(ExprKind::kQuantity, {operand});
    node(id).begin = static_cast<int32_t>(expr_.units_.size());
    node(id).size = static_cast<int32_t>(units.size());
    expr_.units_.insert(expr_.units_.end(), units.begin(), units.end());
    return id;
  }

  int deepest() const { return deepest_; }  // nodes on the longest way down
  Expr::Node& node(ExprId id) { return expr_.nodes_[id]; }
  const Expr& expr() const { return expr_; }
  Expr Finish(ExprId root) {
    expr_.root_ = root;
    return std::move(expr_);
  }

 private:
  void SetText(ExprId id, std::string_view text) {
    node(id).begin = static_cast<int32_t>(expr_.text_.size());
    node(id).size = static_cast<int32_t>(text.size());
    expr_.text_ += text;
  }

  Expr expr_;
  std::vector<int> depths_;
  int deepest_ = 0;
};

}  // namespace hone

#endif  // HONE_REWARDS_MATH_EXPR_BUILDER_H_
