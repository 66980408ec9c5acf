// What operators work on: names, literals, parentheses, and the arguments of calls. See expression_parser.h. Covered by
// tests/data/chat_template_test.cc.
#include <algorithm>
#include <utility>

#include "data/jinja/expression_parser.h"

namespace hone::jinja {

using Type = Token::Type;

ExprPtr ExpressionParser::PrimaryName() {
  ExprPtr expr = New(Kind::kConstant);
  const std::string name = in_.Next().text;
  if (name == "true" || name == "True" || name == "false" || name == "False") {
    expr->constant = name == "true" || name == "True";
  } else if (name != "none" && name != "None") {
    if (IsReserved(name)) FailAt(in_.where(), expr->line, "unexpected '" + name + "'");
    expr->kind = Kind::kName;
    expr->name = name;
  }
  return expr;
}

ExprPtr ExpressionParser::Primary() {
  if (in_.Is(Type::kName)) return PrimaryName();
  if (in_.SkipOp("(")) return Parenthesized();
  if (in_.SkipOp("[")) return List();
  if (in_.SkipOp("{")) return Dict();
  ExprPtr expr = New(Kind::kConstant);
  if (in_.Is(Type::kString)) {
    std::string text;
    while (in_.Is(Type::kString)) text += in_.Next().text;
    expr->constant = Value::String(std::move(text));
  } else if (in_.Is(Type::kInteger)) {
    expr->constant = in_.Next().integer;
  } else if (in_.Is(Type::kFloat)) {
    expr->constant = in_.Next().number;
  } else {
    in_.Fail("expected an expression" + in_.Found());
  }
  return expr;
}

ExprPtr ExpressionParser::Parenthesized() {
  ExprPtr inner = in_.IsOp(")") ? New(Kind::kTuple) : TupleOr();
  in_.ExpectOp(")");
  return inner;
}

ExprPtr ExpressionParser::List() {
  ExprPtr list = New(Kind::kList);
  while (!in_.SkipOp("]")) {
    if (!list->children.empty()) in_.ExpectOp(",");
    if (in_.SkipOp("]")) break;
    list = Add(std::move(list), Expression());
  }
  return list;
}

ExprPtr ExpressionParser::Dict() {
  ExprPtr dict = New(Kind::kDict);
  while (!in_.SkipOp("}")) {
    if (!dict->children.empty()) in_.ExpectOp(",");
    if (in_.SkipOp("}")) break;
    dict = Add(std::move(dict), Expression());
    in_.ExpectOp(":");
    dict = Add(std::move(dict), Expression());
  }
  return dict;
}

ExprPtr ExpressionParser::Arguments(ExprPtr call) {
  in_.ExpectOp("(");
  for (bool first = true; !in_.SkipOp(")"); first = false) {
    if (!first) in_.ExpectOp(",");
    if (in_.SkipOp(")")) break;
    if (in_.IsOp("*") || in_.IsOp("**")) in_.Fail("arguments with '*' are not supported");
    const bool is_named = in_.Is(Type::kName) && in_.Look().type == Type::kOperator && in_.Look().text == "=";
    if (!is_named) {
      if (!call->named.empty()) in_.Fail("an argument without a name follows one with a name");
      call = Add(std::move(call), Expression());
      continue;
    }
    std::string name = in_.Next().text;
    in_.ExpectOp("=");
    const bool twice =
        std::any_of(call->named.begin(), call->named.end(), [&](const auto& n) { return n.first == name; });
    if (twice) in_.Fail("the argument '" + name + "' is given twice");
    ExprPtr value = Expression();
    call->height = std::max(call->height, value->height + 1);
    call->named.emplace_back(std::move(name), std::move(value));
  }
  return call;
}

}  // namespace hone::jinja
