// Functions by name and their arguments. Covered by tests/rewards/math_parse_test.cc.
#include "rewards/math/parser.h"

namespace hone {
namespace {

// arcsin for sin, and so on; the function itself when there is none.
Function InverseOf(Function function) {
  const int f = static_cast<int>(function);
  if (function <= Function::kCsc) return static_cast<Function>(f + static_cast<int>(Function::kArcsin));
  if (function >= Function::kSinh && function <= Function::kTanh) {
    return static_cast<Function>(f - static_cast<int>(Function::kSinh) + static_cast<int>(Function::kArsinh));
  }
  return function;
}

bool TakesSeveral(Function function) {
  return function == Function::kLog || function == Function::kBinomial || function >= Function::kMod;
}

}  // namespace

ExprId MathParser::ParseFunction() {
  const size_t begin = at_;
  Function function = static_cast<Function>(Now().value);
  ++at_;
  ExprId base = kNoExpr, power = kNoExpr;
  while (!failed() && (Is(Tok::kUnderscore) || Is(Tok::kCaret) || Is(Tok::kSuperscript))) {
    if (Is(Tok::kUnderscore)) {
      ++at_;
      base = Is(Tok::kNumber) && Ahead().type != Tok::kEnd ? ParseNumber() : ParseArgument();
    } else {
      power = ParseExponent();
    }
  }
  // log2(8)
  if (function == Function::kLog && base == kNoExpr && Is(Tok::kNumber) && !Now().space &&
      Ahead().type == Tok::kOpen) {
    base = ParseNumber();
  }
  if (failed()) return kNoExpr;
  if (tokens_[begin].text == "lg" && base == kNoExpr) base = AddNumber({.digits = "10"});
  const Expr& expr = builder_.expr();
  if (power != kNoExpr && expr.kind(power) == ExprKind::kNegate && InverseOf(function) != function) {
    const ExprId one = expr.child(power, 0);
    if (IsWholeNumber(one) && expr.digits(one) == "1") {
      function = InverseOf(function);
      power = kNoExpr;
    }
  }
  std::vector<ExprId> arguments;
  ParseFunctionArgument(arguments, TakesSeveral(function));
  if (failed()) return kNoExpr;
  if (base != kNoExpr) arguments.push_back(base);
  const size_t most =
      function == Function::kLog || function == Function::kMod || function == Function::kBinomial ? 2
      : function >= Function::kGcd                                                                ? 1000
                                                                                                  : 1;
  const size_t least = function == Function::kMod || function == Function::kBinomial ? 2 : 1;
  if (arguments.size() > most || arguments.size() < least) {
    return FailAt("a function has another number of arguments", tokens_[begin].begin);
  }
  const ExprId applied = builder_.AddApply(function, arguments);
  return power == kNoExpr ? applied : Power(applied, power);
}

// What stands in brackets after the function's name, or the product after it.
ExprId MathParser::ParseFunctionArgument(std::vector<ExprId>& arguments, bool several) {
  const Tok type = Now().type;
  if (type == Tok::kOpen ||
      (several && (type == Tok::kOpenBrace || type == Tok::kOpenGroup || type == Tok::kOpenSquare))) {
    const size_t open = at_;
    ++at_;
    const Scope outer = scope_;
    scope_ = Scope();
    const bool ok = ParseElements(arguments);
    scope_ = outer;
    if (!ok) return kNoExpr;
    if (!Is(Tok::kClose) && !Is(Tok::kCloseBrace) && !Is(Tok::kCloseGroup) && !Is(Tok::kCloseSquare)) {
      return FailAt("a bracket is not closed", tokens_[open].begin);
    }
    ++at_;
    if (arguments.size() > 1 && !several)
      return FailAt("a function has another number of arguments", tokens_[open].begin);
    return arguments[0];
  }
  bool negative = false;
  while (Is(Tok::kMinus) || Is(Tok::kPlus)) {
    negative ^= Is(Tok::kMinus);
    ++at_;
  }
  std::vector<ExprId> factors;
  do {
    if (Is(Tok::kFunction) && !factors.empty()) break;
    const ExprId factor = ParsePower();
    if (factor == kNoExpr) return kNoExpr;
    factors.push_back(factor);
  } while (StartsFactor());
  ExprId product = factors.size() == 1 ? factors[0] : builder_.Add(ExprKind::kMultiply, factors);
  if (negative) product = builder_.Add(ExprKind::kNegate, {product});
  arguments.push_back(product);
  return product;
}

}  // namespace hone
