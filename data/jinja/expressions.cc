// The expressions. See interpreter.h. Covered by tests/data/chat_template_test.cc.
#include <algorithm>
#include <utility>

#include "data/jinja/filters.h"
#include "data/jinja/interpreter.h"
#include "data/jinja/methods.h"
#include "data/jinja/operators.h"
#include "data/jinja/tests.h"

namespace hone::jinja {

Value Interpreter::Eval(const Expr& expr, const Scope& scope) {
  const Level level(*this, expr.line);
  return EvalInner(expr, scope);
}

Value Interpreter::EvalInner(const Expr& expr, const Scope& scope) {
  using Kind = Expr::Kind;
  const auto child = [&](size_t i) { return Eval(*expr.children[i], scope); };
  switch (expr.kind) {
    case Kind::kConstant:
      return expr.constant;
    case Kind::kName:
      return EvalName(expr, scope);
    case Kind::kList:
      return MakeList(EvalAll(expr, 0, scope), budget_);
    case Kind::kTuple:
      return MakeSequence(Sequence::Kind::kTuple, EvalAll(expr, 0, scope), budget_);
    case Kind::kDict:
      return EvalDict(expr, scope);
    case Kind::kNot:
      return !Truth(child(0));
    case Kind::kNegative:
      return Negative(child(0));
    case Kind::kPositive:
      return Positive(child(0));
    case Kind::kAnd: {
      Value left = child(0);
      return Truth(left) ? child(1) : left;
    }
    case Kind::kOr: {
      Value left = child(0);
      return Truth(left) ? left : child(1);
    }
    case Kind::kBinary: {
      const Value left = child(0);
      return Arithmetic(expr.ops[0], left, child(1), budget_);
    }
    case Kind::kCompare:
      return EvalCompare(expr, scope);
    case Kind::kConcat:
      return Concat(EvalAll(expr, 0, scope), budget_);
    case Kind::kConditional:
      if (Truth(child(0))) return child(1);
      return expr.children[2] != nullptr ? child(2)
                                         : Value::Missing("the inline 'if' is false and has no 'else'");
    case Kind::kAttribute:
      return Attribute(child(0), expr.name, budget_);
    case Kind::kSubscript: {
      const Value value = child(0);
      return Subscript(value, child(1), budget_);
    }
    case Kind::kSlice:
      return EvalSlice(expr, scope);
    case Kind::kCall:
      return EvalCall(expr, scope);
    case Kind::kFilter: {
      const Value value = child(0);
      Arguments arguments = EvalArguments(expr, scope);
      return expr.filter->apply(value, arguments, budget_);
    }
    case Kind::kTest: {
      const Value value = child(0);
      Arguments arguments = EvalArguments(expr, scope);
      return expr.test->holds(value, arguments, budget_);
    }
    case Kind::kCaptured:
      return captured_;
  }
  std::abort();
}

Value Interpreter::EvalName(const Expr& expr, const Scope& scope) {
  budget_.Spend(scope.num_values());
  if (const Value* found = scope.Find(expr.name)) return *found;
  if (const auto function = FindFunction(expr.name, functions_)) return *function;
  return Value::Missing("'" + expr.name + "' is undefined");
}

Value Interpreter::EvalCompare(const Expr& expr, const Scope& scope) {
  Value left = Eval(*expr.children[0], scope);
  for (size_t i = 0; i < expr.ops.size(); ++i) {
    Value right = Eval(*expr.children[i + 1], scope);
    if (!Compare(expr.ops[i], left, right, budget_)) return false;
    left = std::move(right);
  }
  return true;
}

Value Interpreter::EvalSlice(const Expr& expr, const Scope& scope) {
  const Value value = Eval(*expr.children[0], scope);
  const auto bound = [&](size_t i) {
    return expr.children[i] != nullptr ? Eval(*expr.children[i], scope) : None{};
  };
  SliceBounds bounds;
  bounds.start = bound(1);
  bounds.stop = bound(2);
  bounds.step = bound(3);
  return Slice(value, bounds, budget_);
}

Value Interpreter::EvalDict(const Expr& expr, const Scope& scope) {
  std::vector<std::pair<Value, Value>> entries;
  for (size_t i = 0; i < expr.children.size(); i += 2) {
    Value key = Eval(*expr.children[i], scope);
    entries.emplace_back(std::move(key), Eval(*expr.children[i + 1], scope));
  }
  return MakeDict(std::move(entries), budget_);
}

std::vector<Value> Interpreter::EvalAll(const Expr& expr, size_t first, const Scope& scope) {
  std::vector<Value> values;
  for (size_t i = first; i < expr.children.size(); ++i) values.push_back(Eval(*expr.children[i], scope));
  return values;
}

Arguments Interpreter::EvalArguments(const Expr& expr, const Scope& scope) {
  std::vector<Value> positional = EvalAll(expr, 1, scope);
  std::vector<std::pair<std::string, Value>> named;
  for (const auto& [name, value] : expr.named) named.emplace_back(name, Eval(*value, scope));
  return Arguments(std::move(positional), std::move(named));
}

Value Interpreter::EvalCall(const Expr& expr, const Scope& scope) {
  const Value callee = Eval(*expr.children[0], scope);
  Arguments arguments = EvalArguments(expr, scope);
  line_ = expr.line;
  return Call(callee, arguments);
}

Value Interpreter::Call(const Value& callee, Arguments& arguments) {
  if (const Undefined* undefined = callee.As<Undefined>()) throw Fault(*undefined->fault);
  if (const FunctionRef* function = callee.As<FunctionRef>())
    return CallFunction(*function, arguments, functions_, budget_);
  if (const Method* method = callee.As<Method>()) return CallMethod(*method, arguments, budget_);
  if (const MacroRef* macro = callee.As<MacroRef>()) return CallMacro(*macro->node, *root_, arguments, true);
  const CallerRef* ref = callee.As<CallerRef>();
  if (ref == nullptr) throw Fault(std::string("a ") + callee.TypeName() + " cannot be called");
  const auto it =
      std::find_if(callers_.begin(), callers_.end(), [&](const Caller& c) { return c.id == ref->id; });
  if (it == callers_.end()) throw Fault("caller() after its call block");
  const Caller caller = *it;
  return CallMacro(*caller.node, *caller.scope, arguments, false);
}

}  // namespace hone::jinja
