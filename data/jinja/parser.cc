// See parser.h: the statements. Covered by tests/data/chat_template_test.cc.
#include "data/jinja/parser.h"

#include <algorithm>
#include <utility>

#include "data/jinja/expression_parser.h"
#include "data/jinja/token_stream.h"

namespace hone::jinja {
namespace {

using Type = Token::Type;
using Kind = Statement::Kind;
using StatementPtr = std::unique_ptr<Statement>;

class Parser {
 public:
  Parser(std::string_view source, const std::string& where) : in_(source, where), expressions_(in_) {}

  Body Template() { return Statements({}); }

 private:
  // What surrounds a statement, as far as it decides what it may be.
  struct Place {
    bool in_loop = false;  // break and continue
    bool top = true;       // macro
  };
  // Sets the place while it lives.
  class Within {
   public:
    Within(Parser& parser, Place place) : parser_(parser), before_(std::exchange(parser.place_, place)) {}
    ~Within() { parser_.place_ = before_; }
    Within(const Within&) = delete;

   private:
    Parser& parser_;
    const Place before_;
  };

  static StatementPtr New(Kind kind, int line) {
    auto statement = std::make_unique<Statement>();
    statement->kind = kind;
    statement->line = line;
    return statement;
  }

  // Up to a block that begins with one of `ends`, whose name is left to be read; with none, up to the template's end.
  Body Statements(const std::vector<const char*>& ends) {
    const TokenStream::Level level(in_);
    Body body;
    while (!in_.Is(Type::kEnd)) {
      const int line = in_.Current().line;
      if (in_.Is(Type::kText)) {
        body.push_back(New(Kind::kText, line));
        body.back()->text = in_.Next().text;
      } else if (in_.Is(Type::kOutputBegin)) {
        in_.Next();
        body.push_back(New(Kind::kOutput, line));
        body.back()->expression = expressions_.TupleOr();
        in_.Expect(Type::kOutputEnd, "'}}'");
      } else {
        in_.Expect(Type::kBlockBegin, "'{%'");
        if (std::any_of(ends.begin(), ends.end(), [&](const char* end) { return in_.IsName(end); }))
          return body;
        body.push_back(Block(line));
        in_.Expect(Type::kBlockEnd, "'%}'");
      }
    }
    if (!ends.empty()) in_.Fail(std::string("the template ends before '{% ") + ends.back() + " %}'");
    return body;
  }

  // The body of a statement with one end, which is read.
  Body BodyUntil(const char* end, Place place) {
    const Within within(*this, place);
    in_.Expect(Type::kBlockEnd, "'%}'");
    Body body = Statements({end});
    in_.ExpectName(end);
    return body;
  }

  StatementPtr Block(int line) {
    const std::string name = in_.TakeName("a statement's name");
    if (name == "if") return If(line);
    if (name == "for") return For(line);
    if (name == "set") return Set(line);
    if (name == "macro") return Macro(line);
    if (name == "call") return Call(line);
    if (name == "filter") return FilterBlock(line);
    if (name == "with") return With(line);
    if (name == "generation") {
      StatementPtr block = New(Kind::kBlock, line);
      block->body = BodyUntil("endgeneration", {false, false});
      return block;
    }
    if (name == "break" || name == "continue") {
      if (!place_.in_loop) FailAt(in_.where(), line, "'" + name + "' is not directly in a loop");
      return New(name == "break" ? Kind::kBreak : Kind::kContinue, line);
    }
    FailAt(in_.where(), line, "the statement '" + name + "' is not supported here");
  }

  StatementPtr If(int line) {
    StatementPtr statement = New(Kind::kIf, line);
    do {
      statement->branches.emplace_back();
      statement->branches.back().condition = expressions_.TupleOr(false);
      in_.Expect(Type::kBlockEnd, "'%}'");
      statement->branches.back().body = Statements({"elif", "else", "endif"});
    } while (in_.SkipName("elif"));
    if (in_.SkipName("else")) {
      in_.Expect(Type::kBlockEnd, "'%}'");
      statement->otherwise = Statements({"endif"});
    }
    in_.ExpectName("endif");
    return statement;
  }

  StatementPtr For(int line) {
    StatementPtr statement = New(Kind::kFor, line);
    statement->targets.push_back(Targets("in", false));
    in_.ExpectName("in");
    statement->expression = expressions_.TupleOr(false);
    if (in_.SkipName("if")) statement->condition = expressions_.Expression();
    if (in_.IsName("recursive")) in_.Fail("recursive loops are not supported");
    {
      const Within within(*this, {true, false});
      in_.Expect(Type::kBlockEnd, "'%}'");
      statement->body = Statements({"else", "endfor"});
    }
    if (in_.SkipName("else")) {
      const Within within(*this, {place_.in_loop, false});
      in_.Expect(Type::kBlockEnd, "'%}'");
      statement->otherwise = Statements({"endfor"});
    }
    in_.ExpectName("endfor");
    return statement;
  }

  StatementPtr Set(int line) {
    Target target = Targets("=", true);
    if (in_.SkipOp("=")) {
      StatementPtr statement = New(Kind::kSet, line);
      statement->targets.push_back(std::move(target));
      statement->expression = expressions_.TupleOr();
      return statement;
    }
    StatementPtr statement = New(Kind::kSetBlock, line);
    statement->targets.push_back(std::move(target));
    if (in_.IsOp("|")) statement->expression = expressions_.Filters(Captured(line), false);
    statement->body = BodyUntil("endset", {false, false});
    return statement;
  }

  StatementPtr Macro(int line) {
    if (!place_.top) FailAt(in_.where(), line, "a macro inside a loop or another block is not supported");
    StatementPtr statement = New(Kind::kMacro, line);
    statement->macro = std::make_unique<MacroNode>();
    statement->macro->name = Name();
    Parameters(*statement->macro);
    statement->macro->body = BodyUntil("endmacro", {false, false});
    return statement;
  }

  StatementPtr Call(int line) {
    StatementPtr statement = New(Kind::kCall, line);
    statement->macro = std::make_unique<MacroNode>();
    statement->macro->name = "caller";
    if (in_.IsOp("(")) Parameters(*statement->macro);
    statement->expression = expressions_.Expression();
    if (statement->expression->kind != Expr::Kind::kCall) in_.Fail("expected a call");
    statement->macro->body = BodyUntil("endcall", {false, false});
    return statement;
  }

  StatementPtr FilterBlock(int line) {
    StatementPtr statement = New(Kind::kFilter, line);
    statement->expression = expressions_.Filters(Captured(line), true);
    statement->body = BodyUntil("endfilter", {false, false});
    return statement;
  }

  StatementPtr With(int line) {
    StatementPtr statement = New(Kind::kWith, line);
    while (!in_.Is(Type::kBlockEnd)) {
      if (!statement->targets.empty()) in_.ExpectOp(",");
      statement->targets.push_back(OneTarget(false));
      in_.ExpectOp("=");
      statement->values.push_back(expressions_.Expression());
    }
    statement->body = BodyUntil("endwith", {place_.in_loop, false});
    return statement;
  }

  static ExprPtr Captured(int line) {
    auto expr = std::make_unique<Expr>();
    expr->kind = Expr::Kind::kCaptured;
    expr->line = line;
    return expr;
  }

  std::string Name() {
    const std::string name = in_.TakeName("a name");
    if (ExpressionParser::IsReserved(name)) in_.Fail("'" + name + "' cannot be assigned to");
    return name;
  }

  void Parameters(MacroNode& macro) {
    in_.ExpectOp("(");
    while (!in_.SkipOp(")")) {
      if (!macro.parameters.empty()) in_.ExpectOp(",");
      std::string name = Name();
      ExprPtr value = in_.SkipOp("=") ? expressions_.Expression() : nullptr;
      const bool follows_default = !macro.parameters.empty() && macro.parameters.back().second != nullptr;
      if (follows_default && value == nullptr)
        in_.Fail("a parameter without a default follows one with a default");
      for (const auto& [other, unused] : macro.parameters)
        if (other == name) in_.Fail("the parameter '" + name + "' is there twice");
      macro.parameters.emplace_back(std::move(name), std::move(value));
    }
  }

  Target OneTarget(bool attributes) {
    const TokenStream::Level level(in_);
    if (in_.SkipOp("(")) {
      Target target = Targets(")", attributes);
      in_.ExpectOp(")");
      return target;
    }
    Target target;
    target.name = Name();
    if (attributes && in_.SkipOp(".")) target.attribute = in_.TakeName("an attribute's name");
    return target;
  }

  // One target, or several with commas; `end` is what follows.
  Target Targets(const char* end, bool attributes) {
    Target first = OneTarget(attributes);
    if (!in_.IsOp(",")) return first;
    Target tuple;
    tuple.parts.push_back(std::move(first));
    while (in_.SkipOp(",") && !in_.IsOp(end) && !in_.IsName(end))
      tuple.parts.push_back(OneTarget(attributes));
    return tuple;
  }

  TokenStream in_;
  ExpressionParser expressions_;
  Place place_;
};

}  // namespace

Body ParseTemplate(std::string_view source, const std::string& where) {
  return Parser(source, where).Template();
}

}  // namespace hone::jinja
