// The lexer's state; Tokenize() in token.h is its whole use. Covered by tests/rewards/math_parse_test.cc.
#ifndef HONE_REWARDS_MATH_LEXER_H_
#define HONE_REWARDS_MATH_LEXER_H_

#include <string_view>
#include <vector>

#include "rewards/math/token.h"

namespace hone {

class Lexer {
 public:
  Lexer(std::string_view text, const MathPolicy& policy, bool prose);
  TokenList Run();

 private:
  void Step();
  Token& Push(Tok type, size_t size, uint8_t value = 0, std::string_view name = {});
  void PushNamed(const NamedToken& name, size_t size);
  void Fail(const char* reason);
  char Peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool At(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  Tok Last() const { return list_.tokens.empty() ? Tok::kEnd : list_.tokens.back().type; }

  // lexer.cc: punctuation and numbers
  void Punctuation();
  void Relations();
  void Brackets();
  void OpenBracket(size_t size);
  void CloseBracket(size_t size);
  bool BarsHoldGroup() const;
  void Star();
  void Dollar();
  void Comma();
  void Dot();
  void Caret();
  void Number();
  void PushNumber(NumberLiteral literal, size_t size);
  void FindMathShifts();

  // lexer_word.cc: letters, words and Unicode
  void Letters();
  bool TakeMarkedLetters(std::string_view run, std::string_view rest);
  void SplitLetters(std::string_view run);
  void Unicode();
  void WideNumber();
  void VulgarFraction(std::string_view written, size_t size);
  bool IsAmongWords(std::string_view rest) const;
  bool IsUnitHere(std::string_view run) const;
  bool IsUnitBeforePart(char letter, std::string_view rest) const;

  // lexer_latex.cc: commands
  void Command();
  void ActOn(const NamedToken& command, size_t size);
  void UnknownCommand(std::string_view name);
  void Delimiter(size_t size);
  void SkipArgument(size_t size);
  void Style(size_t size, bool blackboard);
  void StyledWords(std::string_view content, size_t end);
  void Accent(size_t size);
  void Environment(Tok type, size_t size);
  size_t GroupEnd(size_t open) const;

  struct Bracket {  // an open (
    int bars = 0;
    size_t last_bar = 0;  // index of the token
  };

  std::string_view text_;
  const MathPolicy& policy_;
  bool prose_;
  bool latex_ = false;  // there is a backslash or a pair of dollar signs: braces group
  bool math_ = false;   // between dollar signs
  bool dollars_pair_ = false;
  bool has_semicolon_ = false;
  bool bold_ = false;  // after an opening **
  bool space_ = false;
  int depth_ = 0;   // of ( [ \{
  int groups_ = 0;  // of {
  size_t at_ = 0;
  size_t hidden_close_ = std::string_view::npos;  // a brace that was opened by a style and prints nothing
  std::vector<Bracket> brackets_;
  TokenList list_;
};

}  // namespace hone

#endif  // HONE_REWARDS_MATH_LEXER_H_
