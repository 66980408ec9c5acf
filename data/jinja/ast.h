// What a template's source means, as a tree. Covered by tests/data/chat_template_test.cc.
#ifndef HONE_DATA_JINJA_AST_H_
#define HONE_DATA_JINJA_AST_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/jinja/value.h"

namespace hone::jinja {

struct Filter;
struct Test;

enum class Op {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kFloorDivide,
  kModulo,
  kPower,  // of two
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIn,
  kNotIn
};

struct Expr {
  enum class Kind {
    kConstant,     // constant
    kName,         // name
    kList,         // children
    kTuple,        // children
    kDict,         // children: key, value, key, value, ..
    kNot,          // children[0]
    kNegative,     // likewise
    kPositive,     // likewise
    kAnd,          // of two children
    kOr,           // likewise
    kBinary,       // ops[0] of two children
    kCompare,      // children[0] ops[0] children[1] ops[1] ..
    kConcat,       // children as texts
    kConditional,  // children[1] if children[0] else children[2], which may be null
    kAttribute,    // children[0].name
    kSubscript,    // children[0][children[1]]
    kSlice,        // children[0][children[1]:children[2]:children[3]], of which the last three may be null
    kCall,         // children[0](children[1], .., named)
    kFilter,       // children[0] | name(children[1], .., named)
    kTest,         // children[0] is name(children[1], ..)
    kCaptured      // the text of the block around a filter
  };
  Kind kind;
  int line = 0;
  int height = 1;  // of the tree
  Value constant;
  std::string name;
  std::vector<Op> ops;
  std::vector<std::unique_ptr<Expr>> children;
  std::vector<std::pair<std::string, std::unique_ptr<Expr>>> named;
  const Filter* filter = nullptr;
  const Test* test = nullptr;
};
using ExprPtr = std::unique_ptr<Expr>;

// What is assigned to: a name, an attribute of a namespace, or several targets.
struct Target {
  std::string name;
  std::string attribute;      // empty: the name itself
  std::vector<Target> parts;  // not empty: a tuple
};

struct Statement;
using Body = std::vector<std::unique_ptr<Statement>>;

struct MacroNode {
  std::string name;
  std::vector<std::pair<std::string, ExprPtr>> parameters;  // with a default or null
  Body body;
};

struct Statement {
  enum class Kind {
    kText,      // text
    kOutput,    // expression
    kIf,        // branches, otherwise
    kFor,       // targets[0] in expression if condition: body; otherwise
    kSet,       // targets[0] = expression
    kSetBlock,  // targets[0] = expression of the captured body, or the body
    kMacro,     // macro
    kCall,      // expression is the call, macro the caller
    kFilter,    // expression of the captured body
    kWith,      // targets[i] = values[i] in body
    kBlock,     // body, in a scope of its own (generation)
    kBreak,
    kContinue
  };
  struct Branch {
    ExprPtr condition;
    Body body;
  };
  Kind kind;
  int line = 0;
  std::string text;
  ExprPtr expression;
  ExprPtr condition;
  std::vector<Branch> branches;
  std::vector<Target> targets;
  std::vector<ExprPtr> values;
  Body body;
  Body otherwise;
  std::unique_ptr<MacroNode> macro;
};

}  // namespace hone::jinja

#endif  // HONE_DATA_JINJA_AST_H_
