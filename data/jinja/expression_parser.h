// The expressions of templates, with Jinja's precedence. Covered by tests/data/chat_template_test.cc.
#ifndef HONE_DATA_JINJA_EXPRESSION_PARSER_H_
#define HONE_DATA_JINJA_EXPRESSION_PARSER_H_

#include <string>

#include "data/jinja/ast.h"
#include "data/jinja/token_stream.h"

namespace hone::jinja {

// Error with the line for what is no expression, and by name for what is not supported.
class ExpressionParser {
 public:
  explicit ExpressionParser(TokenStream& in) : in_(in) {}

  ExprPtr Expression();                             // may be `x if y else z`
  ExprPtr TupleOr(bool conditional = true);         // the same, or several with commas: a tuple
  ExprPtr Filters(ExprPtr first, bool inside);      // `| f | g`, or with `inside` beginning with `f`
  static bool IsReserved(const std::string& name);  // no name of a variable

 private:
  using Kind = Expr::Kind;

  ExprPtr New(Kind kind) const;
  ExprPtr Add(ExprPtr parent, ExprPtr child) const;
  ExprPtr Pair(Kind kind, ExprPtr left, ExprPtr right) const;
  ExprPtr Binary(Op op, ExprPtr left, ExprPtr right) const;
  bool EndsTuple() const;
  ExprPtr Parenthesized();
  ExprPtr Or();
  ExprPtr And();
  ExprPtr Not();
  ExprPtr Compare();
  bool TakeComparison(Op& op);
  ExprPtr Sum();
  ExprPtr Concat();
  ExprPtr Product();
  ExprPtr Power();
  ExprPtr Unary(bool with_filters);
  ExprPtr Primary();
  ExprPtr PrimaryName();
  ExprPtr List();
  ExprPtr Dict();
  ExprPtr Postfix(ExprPtr value);
  ExprPtr PostfixFilters(ExprPtr value);
  ExprPtr Subscript(ExprPtr value);
  ExprPtr Slice(ExprPtr value, ExprPtr start);
  ExprPtr Filter(ExprPtr value);
  ExprPtr Test(ExprPtr value);
  ExprPtr Arguments(ExprPtr call);

  TokenStream& in_;
};

}  // namespace hone::jinja

#endif  // HONE_DATA_JINJA_EXPRESSION_PARSER_H_
