// The statements. See interpreter.h. Covered by tests/data/chat_template_test.cc.
#include <nlohmann/json.hpp>
#include <utility>

#include "data/jinja/interpreter.h"

namespace hone::jinja {

const Value* Scope::Find(std::string_view name) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->around_)
    for (const auto& [key, value] : scope->values_)
      if (key == name) return &value;
  return nullptr;
}

int64_t Scope::num_values() const {
  int64_t count = 0;
  for (const Scope* scope = this; scope != nullptr; scope = scope->around_)
    count += static_cast<int64_t>(scope->values_.size());
  return count;
}

void Scope::Set(const std::string& name, Value value) {
  for (auto& [key, old] : values_) {
    if (key != name) continue;
    old = std::move(value);
    return;
  }
  values_.emplace_back(name, std::move(value));
}

std::string Interpreter::Run(const Body& body, const nlohmann::ordered_json& variables) {
  Scope given(nullptr);
  for (const auto& [name, value] : variables.items()) given.Set(name, FromJson(value, budget_));
  Scope root(&given);
  root_ = &root;
  std::string out;
  out_ = &out;
  RunBody(body, root);
  return out;
}

Interpreter::Flow Interpreter::RunBody(const Body& body, Scope& scope) {
  for (const auto& statement : body) {
    const Flow flow = RunOne(*statement, scope);
    if (flow != Flow::kOn) return flow;
  }
  return Flow::kOn;
}

Interpreter::Flow Interpreter::RunOne(const Statement& statement, Scope& scope) {
  const Level level(*this, statement.line);
  switch (statement.kind) {
    case Statement::Kind::kText:
      Write(statement.text);
      return Flow::kOn;
    case Statement::Kind::kOutput:
      Print(Eval(*statement.expression, scope));
      return Flow::kOn;
    case Statement::Kind::kIf:
      return RunIf(statement, scope);
    case Statement::Kind::kFor:
      return RunFor(statement, scope);
    case Statement::Kind::kSet:
      Assign(statement.targets[0], Eval(*statement.expression, scope), scope);
      return Flow::kOn;
    case Statement::Kind::kSetBlock:
      RunSetBlock(statement, scope);
      return Flow::kOn;
    case Statement::Kind::kMacro:
      scope.Set(statement.macro->name, MacroRef{statement.macro.get()});
      return Flow::kOn;
    case Statement::Kind::kCall:
      RunCall(statement, scope);
      return Flow::kOn;
    case Statement::Kind::kFilter: {
      Scope inner(&scope);
      captured_ = Value::String(Capture(statement.body, inner));
      Print(Eval(*statement.expression, scope));
      return Flow::kOn;
    }
    case Statement::Kind::kWith:
      return RunWith(statement, scope);
    case Statement::Kind::kBlock: {
      Scope inner(&scope);
      return RunBody(statement.body, inner);
    }
    case Statement::Kind::kBreak:
      return Flow::kBreak;
    case Statement::Kind::kContinue:
      return Flow::kContinue;
  }
  std::abort();
}

Interpreter::Flow Interpreter::RunIf(const Statement& statement, Scope& scope) {
  for (const Statement::Branch& branch : statement.branches)
    if (Truth(Eval(*branch.condition, scope))) return RunBody(branch.body, scope);
  return RunBody(statement.otherwise, scope);
}

Interpreter::Flow Interpreter::RunFor(const Statement& statement, Scope& scope) {
  std::vector<Value> items = Items(Eval(*statement.expression, scope), budget_);
  if (statement.condition != nullptr) {
    std::vector<Value> kept;
    for (Value& item : items) {
      Scope inner(&scope);
      Assign(statement.targets[0], item, inner);
      if (Truth(Eval(*statement.condition, inner))) kept.push_back(std::move(item));
    }
    items = std::move(kept);
  }
  if (items.empty()) {
    Scope inner(&scope);
    return RunBody(statement.otherwise, inner);
  }
  const Value list = MakeList(std::move(items), budget_);
  const auto loop = std::make_shared<Loop>(Loop{*list.As<std::shared_ptr<const Sequence>>(), 0, nullptr});
  for (; loop->index < loop->items->items.size(); ++loop->index) {
    budget_.Spend(Budget::kItem);
    Scope inner(&scope);
    inner.Set("loop", loop);
    Assign(statement.targets[0], loop->items->items[loop->index], inner);
    if (RunBody(statement.body, inner) == Flow::kBreak) break;
  }
  return Flow::kOn;
}

Interpreter::Flow Interpreter::RunWith(const Statement& statement, Scope& scope) {
  Scope inner(&scope);
  for (size_t i = 0; i < statement.targets.size(); ++i)
    Assign(statement.targets[i], Eval(*statement.values[i], scope), inner);
  return RunBody(statement.body, inner);
}

void Interpreter::RunSetBlock(const Statement& statement, Scope& scope) {
  Scope inner(&scope);
  Value value = Value::String(Capture(statement.body, inner));
  if (statement.expression != nullptr) {
    captured_ = std::move(value);
    value = Eval(*statement.expression, scope);
  }
  Assign(statement.targets[0], std::move(value), scope);
}

void Interpreter::RunCall(const Statement& statement, Scope& scope) {
  const Expr& call = *statement.expression;
  const Value callee = Eval(*call.children[0], scope);
  Arguments arguments = EvalArguments(call, scope);
  arguments.AddNamed("caller", CallerRef{next_caller_});
  callers_.push_back({next_caller_++, statement.macro.get(), &scope});
  const Value value = Call(callee, arguments);
  callers_.pop_back();
  Print(value);
}

void Interpreter::Assign(const Target& target, Value value, Scope& scope) {
  if (!target.parts.empty()) {
    std::vector<Value> values = Items(value, budget_);
    if (values.size() != target.parts.size())
      throw Fault(std::to_string(values.size()) + " values for " + std::to_string(target.parts.size()) +
                  " names");
    for (size_t i = 0; i < values.size(); ++i) Assign(target.parts[i], std::move(values[i]), scope);
  } else if (target.attribute.empty()) {
    budget_.Spend(scope.num_values());
    scope.Set(target.name, std::move(value));
  } else {
    const Value* found = scope.Find(target.name);
    const auto* ns = found == nullptr ? nullptr : found->As<Namespace*>();
    if (ns == nullptr) throw Fault("'" + target.name + "' is no namespace: its attributes cannot be set");
    SetAttribute(**ns, target.attribute, std::move(value), budget_);
  }
}

void Interpreter::Write(std::string_view text) {
  budget_.Spend(2 * static_cast<int64_t>(text.size()));
  *out_ += text;
}

void Interpreter::Print(const Value& value) {
  if (const std::string* text = value.AsString()) return Write(*text);
  Write(ToText(value, budget_));
}

std::string Interpreter::Capture(const Body& body, Scope& scope) {
  std::string text;
  std::string* outer = std::exchange(out_, &text);
  RunBody(body, scope);
  out_ = outer;
  return text;
}

Value Interpreter::CallMacro(const MacroNode& macro, const Scope& around, Arguments& arguments,
                             bool takes_caller) {
  Scope scope(&around);
  std::vector<bool> missing;
  for (const auto& [name, unused] : macro.parameters) {
    const std::optional<Value> given = arguments.Take(name);
    missing.push_back(!given);
    scope.Set(name, given.value_or(Value::Missing("the parameter '" + name + "' was not given")));
  }
  if (takes_caller) {
    if (const auto caller = arguments.TakeNamed("caller")) scope.Set("caller", *caller);
  }
  arguments.Finish();
  for (size_t i = 0; i < macro.parameters.size(); ++i) {
    const auto& [name, otherwise] = macro.parameters[i];
    if (missing[i] && otherwise != nullptr) scope.Set(name, Eval(*otherwise, scope));
  }
  return Value::String(Capture(macro.body, scope));
}

}  // namespace hone::jinja
