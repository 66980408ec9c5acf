// Runs a template's tree. Covered by tests/data/chat_template_test.cc.
#ifndef HONE_DATA_JINJA_INTERPRETER_H_
#define HONE_DATA_JINJA_INTERPRETER_H_

#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/jinja/arguments.h"
#include "data/jinja/ast.h"
#include "data/jinja/functions.h"
#include "data/jinja/value.h"

namespace hone::jinja {

// The variables that a part of a template sets, over those around it.
class Scope {
 public:
  explicit Scope(const Scope* around) : around_(around) {}
  const Value* Find(std::string_view name) const;
  int64_t num_values() const;  // that Find may have to look at
  void Set(const std::string& name, Value value);

 private:
  const Scope* around_;
  std::vector<std::pair<std::string, Value>> values_;
};

// One rendering.
class Interpreter {
 public:
  explicit Interpreter(std::optional<std::tm> now) { functions_.now = now; }

  // Fault for what the template does wrong, at line(). `variables` are what the template is given.
  std::string Run(const Body& body, const nlohmann::ordered_json& variables);
  int line() const { return line_; }

 private:
  enum class Flow { kOn, kBreak, kContinue };
  // A call block being run, whose body its caller() is.
  struct Caller {
    uint64_t id;
    const MacroNode* node;
    const Scope* scope;
  };
  class Level;

  // statements.cc
  Flow RunBody(const Body& body, Scope& scope);
  Flow RunOne(const Statement& statement, Scope& scope);
  Flow RunIf(const Statement& statement, Scope& scope);
  Flow RunFor(const Statement& statement, Scope& scope);
  Flow RunWith(const Statement& statement, Scope& scope);
  void RunSetBlock(const Statement& statement, Scope& scope);
  void RunCall(const Statement& statement, Scope& scope);
  void Assign(const Target& target, Value value, Scope& scope);
  void Print(const Value& value);
  void Write(std::string_view text);
  std::string Capture(const Body& body, Scope& scope);
  Value CallMacro(const MacroNode& macro, const Scope& around, Arguments& arguments, bool takes_caller);

  // expressions.cc
  Value Eval(const Expr& expr, const Scope& scope);
  Value EvalInner(const Expr& expr, const Scope& scope);
  Value EvalName(const Expr& expr, const Scope& scope);
  Value EvalCompare(const Expr& expr, const Scope& scope);
  Value EvalSlice(const Expr& expr, const Scope& scope);
  Value EvalDict(const Expr& expr, const Scope& scope);
  Value EvalCall(const Expr& expr, const Scope& scope);
  std::vector<Value> EvalAll(const Expr& expr, size_t first, const Scope& scope);
  Arguments EvalArguments(const Expr& expr, const Scope& scope);
  Value Call(const Value& callee, Arguments& arguments);

  Budget budget_;
  FunctionContext functions_;
  const Scope* root_ = nullptr;
  std::vector<Caller> callers_;
  uint64_t next_caller_ = 0;
  Value captured_;  // what a filter over a block works on
  std::string* out_ = nullptr;
  int line_ = 1;
  int depth_ = 0;
};

// One level of evaluation while it lives; too many are refused, so that no template exhausts the stack.
class Interpreter::Level {
 public:
  Level(Interpreter& in, int line) : in_(in) {
    in_.line_ = line;
    in_.budget_.Spend(Budget::kStep);
    if (in_.depth_ >= kMost) throw Fault("the template's calls are nested too deeply");
    ++in_.depth_;
  }
  ~Level() { --in_.depth_; }
  Level(const Level&) = delete;

 private:
  static constexpr int kMost = 1000;
  Interpreter& in_;
};

}  // namespace hone::jinja

#endif  // HONE_DATA_JINJA_INTERPRETER_H_
