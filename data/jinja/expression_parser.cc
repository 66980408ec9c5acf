// The operators, filters and tests. See expression_parser.h. Covered by tests/data/chat_template_test.cc.
#include "data/jinja/expression_parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "data/jinja/filters.h"
#include "data/jinja/tests.h"

namespace hone::jinja {
namespace {

using Type = Token::Type;
constexpr int kMostHeight = 200;  // of an expression's tree

}  // namespace

bool ExpressionParser::IsReserved(const std::string& name) {
  static constexpr std::array kWords = {"and",  "or",    "not",  "in",   "is",    "if",  "else",
                                        "true", "false", "none", "True", "False", "None"};
  return std::find(kWords.begin(), kWords.end(), name) != kWords.end();
}

ExprPtr ExpressionParser::New(Kind kind) const {
  auto expr = std::make_unique<Expr>();
  expr->kind = kind;
  expr->line = in_.Current().line;
  return expr;
}

ExprPtr ExpressionParser::Add(ExprPtr parent, ExprPtr child) const {
  if (child != nullptr) parent->height = std::max(parent->height, child->height + 1);
  if (parent->height > kMostHeight) in_.Fail("the expression is too long or nested too deeply");
  parent->children.push_back(std::move(child));
  return parent;
}

ExprPtr ExpressionParser::Pair(Kind kind, ExprPtr left, ExprPtr right) const {
  return Add(Add(New(kind), std::move(left)), std::move(right));
}

ExprPtr ExpressionParser::Binary(Op op, ExprPtr left, ExprPtr right) const {
  ExprPtr expr = Pair(Kind::kBinary, std::move(left), std::move(right));
  expr->ops = {op};
  return expr;
}

ExprPtr ExpressionParser::Expression() {
  const TokenStream::Level level(in_);
  ExprPtr value = Or();
  while (in_.SkipName("if")) {
    ExprPtr condition = Or();
    ExprPtr otherwise = in_.SkipName("else") ? Expression() : nullptr;
    value = Add(Pair(Kind::kConditional, std::move(condition), std::move(value)), std::move(otherwise));
  }
  return value;
}

bool ExpressionParser::EndsTuple() const {
  return in_.Is(Type::kOutputEnd) || in_.Is(Type::kBlockEnd) || in_.IsOp(")") || in_.IsName("recursive");
}

ExprPtr ExpressionParser::TupleOr(bool conditional) {
  const auto part = [&] { return conditional ? Expression() : Or(); };
  ExprPtr first = part();
  if (!in_.IsOp(",")) return first;
  ExprPtr tuple = Add(New(Kind::kTuple), std::move(first));
  while (in_.SkipOp(",") && !EndsTuple()) tuple = Add(std::move(tuple), part());
  return tuple;
}

ExprPtr ExpressionParser::Or() {
  ExprPtr left = And();
  while (in_.SkipName("or")) left = Pair(Kind::kOr, std::move(left), And());
  return left;
}

ExprPtr ExpressionParser::And() {
  ExprPtr left = Not();
  while (in_.SkipName("and")) left = Pair(Kind::kAnd, std::move(left), Not());
  return left;
}

ExprPtr ExpressionParser::Not() {
  const TokenStream::Level level(in_);
  if (!in_.SkipName("not")) return Compare();
  ExprPtr expr = New(Kind::kNot);
  return Add(std::move(expr), Not());
}

bool ExpressionParser::TakeComparison(Op& op) {
  static constexpr std::pair<const char*, Op> kOps[] = {{"==", Op::kEqual},  {"!=", Op::kNotEqual},
                                                        {"<", Op::kLess},    {"<=", Op::kLessEqual},
                                                        {">", Op::kGreater}, {">=", Op::kGreaterEqual}};
  for (const auto& [text, value] : kOps) {
    op = value;
    if (in_.SkipOp(text)) return true;
  }
  op = Op::kIn;
  if (in_.SkipName("in")) return true;
  op = Op::kNotIn;
  if (!in_.IsName("not") || in_.Look().type != Type::kName || in_.Look().text != "in") return false;
  return in_.SkipName("not") && in_.SkipName("in");
}

ExprPtr ExpressionParser::Compare() {
  ExprPtr left = Sum();
  Op op;
  if (!TakeComparison(op)) return left;
  ExprPtr compare = Add(New(Kind::kCompare), std::move(left));
  do {
    compare->ops.push_back(op);
    compare = Add(std::move(compare), Sum());
  } while (TakeComparison(op));
  return compare;
}

ExprPtr ExpressionParser::Sum() {
  ExprPtr left = Concat();
  while (in_.IsOp("+") || in_.IsOp("-")) {
    const Op op = in_.Next().text == "+" ? Op::kAdd : Op::kSubtract;
    left = Binary(op, std::move(left), Concat());
  }
  return left;
}

ExprPtr ExpressionParser::Concat() {
  ExprPtr first = Product();
  if (!in_.IsOp("~")) return first;
  ExprPtr concat = Add(New(Kind::kConcat), std::move(first));
  while (in_.SkipOp("~")) concat = Add(std::move(concat), Product());
  return concat;
}

ExprPtr ExpressionParser::Product() {
  static constexpr std::pair<const char*, Op> kOps[] = {
      {"*", Op::kMultiply}, {"/", Op::kDivide}, {"//", Op::kFloorDivide}, {"%", Op::kModulo}};
  ExprPtr left = Power();
  while (true) {
    const auto* op =
        std::find_if(std::begin(kOps), std::end(kOps), [&](const auto& o) { return in_.SkipOp(o.first); });
    if (op == std::end(kOps)) return left;
    left = Binary(op->second, std::move(left), Power());
  }
}

ExprPtr ExpressionParser::Power() {
  ExprPtr left = Unary(true);
  while (in_.SkipOp("**")) left = Binary(Op::kPower, std::move(left), Unary(true));
  return left;
}

ExprPtr ExpressionParser::Unary(bool with_filters) {
  const TokenStream::Level level(in_);
  ExprPtr value;
  if (in_.IsOp("-") || in_.IsOp("+")) {
    value = New(in_.Next().text == "-" ? Kind::kNegative : Kind::kPositive);
    value = Add(std::move(value), Unary(false));
  } else {
    value = Primary();
  }
  value = Postfix(std::move(value));
  return with_filters ? PostfixFilters(std::move(value)) : std::move(value);
}

ExprPtr ExpressionParser::Postfix(ExprPtr value) {
  while (true) {
    if (in_.IsOp(".") || in_.IsOp("[")) {
      value = Subscript(std::move(value));
    } else if (in_.IsOp("(")) {
      value = Arguments(Add(New(Kind::kCall), std::move(value)));
    } else {
      return value;
    }
  }
}

ExprPtr ExpressionParser::PostfixFilters(ExprPtr value) {
  while (true) {
    if (in_.IsOp("|")) {
      value = Filters(std::move(value), false);
    } else if (in_.IsName("is")) {
      value = Test(std::move(value));
    } else if (in_.IsOp("(")) {
      value = Arguments(Add(New(Kind::kCall), std::move(value)));
    } else {
      return value;
    }
  }
}

ExprPtr ExpressionParser::Subscript(ExprPtr value) {
  if (in_.SkipOp(".")) {
    ExprPtr key = New(Kind::kConstant);
    if (in_.Is(Type::kInteger)) {
      key->constant = in_.Next().integer;
      return Pair(Kind::kSubscript, std::move(value), std::move(key));
    }
    ExprPtr expr = Add(New(Kind::kAttribute), std::move(value));
    expr->name = in_.TakeName("a name or a number");
    return expr;
  }
  in_.ExpectOp("[");
  if (in_.IsOp(":")) return Slice(std::move(value), nullptr);
  ExprPtr key = Expression();
  if (in_.IsOp(":")) return Slice(std::move(value), std::move(key));
  if (in_.IsOp(",")) in_.Fail("several subscripts at once are not supported");
  in_.ExpectOp("]");
  return Pair(Kind::kSubscript, std::move(value), std::move(key));
}

ExprPtr ExpressionParser::Slice(ExprPtr value, ExprPtr start) {
  ExprPtr slice = Pair(Kind::kSlice, std::move(value), std::move(start));
  for (int i = 0; i < 2; ++i) {
    const bool given = in_.SkipOp(":") && !in_.IsOp(":") && !in_.IsOp("]");
    slice = Add(std::move(slice), given ? Expression() : nullptr);
  }
  in_.ExpectOp("]");
  return slice;
}

ExprPtr ExpressionParser::Filters(ExprPtr value, bool inside) {
  if (inside) value = Filter(std::move(value));
  while (in_.SkipOp("|")) value = Filter(std::move(value));
  return value;
}

ExprPtr ExpressionParser::Filter(ExprPtr value) {
  ExprPtr expr = Add(New(Kind::kFilter), std::move(value));
  expr->name = in_.TakeName("a filter's name");
  expr->filter = FindFilter(expr->name);
  if (expr->filter == nullptr)
    FailAt(in_.where(), expr->line, "the filter '" + expr->name + "' is not supported");
  return in_.IsOp("(") ? Arguments(std::move(expr)) : std::move(expr);
}

ExprPtr ExpressionParser::Test(ExprPtr value) {
  in_.ExpectName("is");
  const bool negated = in_.SkipName("not");
  ExprPtr expr = Add(New(Kind::kTest), std::move(value));
  expr->name = in_.TakeName("a test's name");
  expr->test = FindTest(expr->name);
  if (expr->test == nullptr)
    FailAt(in_.where(), expr->line, "the test '" + expr->name + "' is not supported");
  const auto is_word = [&](const char* word) { return in_.IsName(word); };
  static constexpr std::array kGoesOn = {"and", "or", "else", "is"};
  const bool is_argument = in_.Is(Type::kName) && std::none_of(kGoesOn.begin(), kGoesOn.end(), is_word);
  if (in_.IsOp("(")) {
    expr = Arguments(std::move(expr));
  } else if (is_argument || in_.Is(Type::kString) || in_.Is(Type::kInteger) || in_.Is(Type::kFloat) ||
             in_.IsOp("[") || in_.IsOp("{")) {
    expr = Add(std::move(expr), Postfix(Primary()));
  } else if (in_.IsName("is")) {
    in_.Fail("tests cannot be chained with 'is'");
  }
  return negated ? Add(New(Kind::kNot), std::move(expr)) : std::move(expr);
}

}  // namespace hone::jinja
