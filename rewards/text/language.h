// Is a completion written in the language it should be? Covered by tests/rewards/language_test.cc.
#ifndef HONE_REWARDS_TEXT_LANGUAGE_H_
#define HONE_REWARDS_TEXT_LANGUAGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rewards/reward.h"

namespace hone {

// `text` without what has no language: fenced and inline code, LaTeX between $ or \( \[ delimiters, LaTeX
// commands, tags such as <think>. An unclosed code fence or $$ reaches to the end; an unclosed single $ or ` is a
// character. Linear time.
std::string WithoutCodeAndLatex(std::string_view text);

struct WordCount {
  int64_t target = 0;
  int64_t all = 0;
};

// Words of `text` (see WithoutCodeAndLatex) and how many may belong to `language`, one of LanguageNames().
// A word is a run of letters of one script; in scripts written without blanks (Han, kana, Thai) each
// character counts as a word. A word belongs when the language is written in its script, unless the script is Latin and the
// word is among the commonest of another Latin language but not of this one. Limits: other words cannot be told apart within
// a script, so Chinese passes as Japanese, Ukrainian as Russian, and a German sentence as English but for
// its "und" and "nicht". Linear time.
WordCount CountWords(std::string_view text, std::string_view language);

std::vector<std::string> LanguageNames();  // "en", "de", ...

// As a recipe says it: one of LanguageNames(), or "prompt" for the one that each prompt's column `language` names.
inline constexpr char kLanguageOfPrompt[] = "prompt";
// For a field of a recipe: what is wrong with such an option; empty when nothing is.
std::string CheckLanguageOption(const std::string& option);
// The language that completions of `prompt` should have; nullopt when "prompt" finds no column with a name of LanguageNames().
std::optional<std::string> LanguageFor(const std::string& option, const Prompt& prompt);

// Reward `language`: the share of words that may belong to the language, in [0, 1]. A completion without words
// is not judged. With language = "prompt", a prompt whose columns name no language is a fault of the whole group.
class LanguageReward : public RewardFn {
 public:
  struct Options {
    std::string language = "en";
    void Fields(FieldVisitor& v);
  };
  explicit LanguageReward(const Options& options) : options_(options) {}

  const std::string& name() const override { return name_; }
  std::vector<hone::Score> Score(const Group& group) const override;

 private:
  const std::string name_ = "language";
  const Options options_;
};

}  // namespace hone

#endif  // HONE_REWARDS_TEXT_LANGUAGE_H_
