// The parser's state: recursive descent over statements and brackets, precedence climbing over operators.
// ParseMath() in parse.h is its whole use. Covered by tests/rewards/math_parse_test.cc.
#ifndef HONE_REWARDS_MATH_PARSER_H_
#define HONE_REWARDS_MATH_PARSER_H_

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "rewards/math/expr_builder.h"
#include "rewards/math/token.h"

namespace hone {

// Why text that is well-formed mathematics is not read; see ParseResult::formula.
inline constexpr const char* kNotRead = "integrals, limits and quantifiers are not read";
inline constexpr const char* kDerivative = "derivatives are not read";

// Every Parse... leaves the position after what it read, or fails: then it returns kNoExpr, and reason() says why.
class MathParser {
 public:
  // `decimal_commas`: commas that may be decimal points are. `policy` and `source` must outlive the parser.
  MathParser(TokenList tokens, std::string_view source, const MathPolicy& policy, bool decimal_commas);

  ExprId ParseAnswer();  // all of it
  // Both readings of a text with one comma that may be a decimal point, in one tree.
  ExprId ParseBothReadings();
  Expr Finish(ExprId root) { return builder_.Finish(root); }
  const char* reason() const { return reason_; }
  size_t offset() const { return offset_; }
  bool every_word_counts() const { return every_word_counts_; }

 private:
  // What the brackets around allow or forbid.
  struct Scope {
    int bars = 0;          // open |
    bool angle = false;    // inside < >: > closes
    bool builder = false;  // inside set braces: | and : part element from condition
  };

  // ---- parse_statement.cc
  ExprId ParseList();  // statements with commas, semicolons, "and", "or" between them
  ExprId ParseStatement();
  ExprId ParseSet();  // unions, intersections, differences, or less
  ExprId ParseModulus(std::vector<ExprId>& operands, bool equivalent);
  ExprId AsSet(ExprId id);
  ExprId ParseRatio();
  ExprId ParseTime();
  ExprId AddList(const std::vector<ExprId>& items, Joiner joiner);
  ExprId AddParts(const std::vector<ExprId>& items);
  void SkipLeadingWords();
  bool TakeJoiner(Joiner& joiner);

  // ---- parse_expression.cc
  ExprId ParseSum();
  ExprId ParseTerm();     // products, quotients, side by side
  ExprId ParseOperand();  // a signed power
  ExprId ParsePower();    // a primary and what follows it: ^ ! ' degrees, percent, units
  ExprId ParsePostfix(ExprId base);
  ExprId ParseExponent();
  ExprId ParseDegrees(ExprId value);
  bool TakeMixed(std::vector<ExprId>& factors, size_t token);
  ExprId Combine(ExprKind kind, std::vector<ExprId>& operands);
  ExprId Negate(ExprId id);
  bool IsMarked(ExprId id) const;  // with a unit or a label
  ExprId MarkAs(ExprId like, ExprId value);
  bool StartsFactor() const;
  bool IsWholeNumber(ExprId id) const;
  ExprId Modulo(ExprId value, ExprId modulus);
  ExprId Power(ExprId base, ExprId exponent);

  // ---- parse_function.cc
  ExprId ParseFunction();
  ExprId ParseFunctionArgument(std::vector<ExprId>& arguments, bool several);

  // ---- parse_primary.cc
  ExprId ParsePrimary();
  ExprId ParseNumber();
  ExprId ParseBaseNumber(std::string_view digits);
  ExprId AddNumber(const NumberLiteral& literal);
  ExprId AddWhole(int64_t number);
  ExprId ParseLetter();
  ExprId ParseWordSymbol();
  ExprId ParseArgument();  // of a LaTeX command: a group, or one token
  ExprId ParseGroup();
  ExprId ParseFraction();
  ExprId ParseBinomial();
  ExprId ParseDerivative();
  ExprId ParseRoot();
  ExprId ParseSeries(ExprKind kind);
  ExprId ParseCurrency();

  // ---- parse_bracket.cc
  ExprId ParseBrackets();
  ExprId ParseBraces();
  ExprId ParseBars();
  ExprId ParseDelimited(Tok close, Function function);
  ExprId ParseAngle();
  ExprId ParseEnvironment();
  ExprId FinishEnvironment(std::string_view name, std::vector<std::vector<ExprId>>& rows);
  ExprId FinishMatrix(std::string_view name, const std::vector<std::vector<ExprId>>& rows);
  bool ParseElements(std::vector<ExprId>& elements);
  ExprId CloseBrackets(Tok open, const std::vector<ExprId>& elements);
  bool IsInfinite(ExprId id) const;
  bool IsRows(const std::vector<ExprId>& elements) const;
  ExprId FinishRows(const std::vector<ExprId>& elements);
  void DropAmpersands();

  // ---- parse_unit.cc
  ExprId ParseUnits(ExprId value);  // `value` itself when none follow
  bool TakeUnit(std::vector<UnitPower>& units, int sign);
  bool TakeUnitProduct(std::vector<UnitPower>& units);
  bool TakeText(std::vector<UnitPower>& units, int sign);
  int TakeUnitPower();
  ExprId ParseScale(ExprId value);  // `value` itself when no such word follows
  // 5 feet 6 inches as one quantity; kNoExpr without failing when the two do not add up to one.
  ExprId AddQuantities(ExprId left, ExprId right);

  // ---- parse_label.cc
  struct Label {
    std::string text;
    size_t words = 0;
    bool closed = false;  // later words say nothing
    bool aside = false;   // in brackets: 3 (not counting zero)
  };
  ExprId ParseLabel(ExprId value);  // `value` itself when no words follow
  static bool AddLabelWords(std::string_view said, Label& label);

  const Token& Now() const { return tokens_[std::min(at_, tokens_.size() - 1)]; }
  const Token& Ahead(size_t n = 1) const { return tokens_[std::min(at_ + n, tokens_.size() - 1)]; }
  bool Is(Tok type) const { return Now().type == type; }
  bool Take(Tok type) { return Is(type) && (++at_, true); }
  ExprId Fail(const char* reason) { return FailAt(reason, Now().begin); }
  ExprId FailAt(const char* reason, size_t offset);
  bool failed() const { return reason_ != nullptr; }
  bool Deeper();  // false, and failed, beyond the bounds
  const NumberLiteral& Literal(const Token& token) const { return list_.numbers[token.number]; }

  // Counts one level of nesting as long as it lives.
  class Level {
   public:
    explicit Level(MathParser& parser) : parser_(parser), ok_(parser.Deeper()) {}
    ~Level() { --parser_.depth_; }
    explicit operator bool() const { return ok_; }

   private:
    MathParser& parser_;
    bool ok_;
  };

  TokenList list_;
  std::vector<Token>& tokens_ = list_.tokens;
  std::string_view source_;
  const MathPolicy& policy_;
  bool decimal_commas_;
  ExprBuilder builder_;
  Scope scope_;
  std::vector<std::string_view> bound_;  // indices of the sums around
  bool in_index_ = false;
  size_t at_ = 0;
  int depth_ = 0;
  bool every_word_counts_ = true;
  const char* reason_ = nullptr;
  size_t offset_ = 0;
};

}  // namespace hone

#endif  // HONE_REWARDS_MATH_PARSER_H_
