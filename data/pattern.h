// What a tokenizer.json calls a pattern: a literal text, or a regular expression in Oniguruma's Ruby syntax. Covered by
// tests/data/pattern_test.cc.
#ifndef HONE_DATA_PATTERN_H_
#define HONE_DATA_PATTERN_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/class_pattern.h"

struct re_pattern_buffer;

namespace hone {

// Bytes [first, second) of a text.
using Span = std::pair<size_t, size_t>;

// Immutable, so threads may share it.
class Pattern {
 public:
  // Error naming `where` if it is empty, too long or not a regular expression.
  static Pattern Literal(std::string_view text, const std::string& where);
  static Pattern Regex(std::string_view text, const std::string& where);
  static Pattern RegexByOniguruma(std::string_view text, const std::string& where);  // never by ClassPattern

  // All matches from the left, each behind the one before. `text` is valid UTF-8. Error when an expression takes more steps
  // than kMaxSteps at one place. `spans` is overwritten.
  void Matches(std::string_view text, std::vector<Span>& spans) const;

  const std::string& text() const { return text_; }

  static constexpr unsigned long kMaxSteps = 10'000'000;

 private:
  Pattern() = default;
  void OnigurumaMatches(std::string_view text, std::vector<Span>& spans) const;

  std::string text_;
  std::optional<ClassPattern> classes_;
  std::shared_ptr<re_pattern_buffer> regex_;  // null: see classes_, else a literal
};

}  // namespace hone

#endif  // HONE_DATA_PATTERN_H_
