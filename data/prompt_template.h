// From a question to the text a model sees. Covered by tests/data/prompt_template_test.cc.
#ifndef HONE_DATA_PROMPT_TEMPLATE_H_
#define HONE_DATA_PROMPT_TEMPLATE_H_

#include <string>
#include <string_view>

namespace hone {

// A recipe value: either a text with `{question}` in it exactly once, such as `<bos>Q:{question}=?A:`, or the
// name of a built-in one: `r1_zero`, the conversation of the R1 report for base models that have no chat
// tokens.
class PromptTemplate {
 public:
  // Throws Error when the value is neither.
  explicit PromptTemplate(std::string_view recipe_value);

  std::string Apply(std::string_view question) const { return before_ + std::string(question) + after_; }

 private:
  std::string before_;
  std::string after_;
};

}  // namespace hone

#endif  // HONE_DATA_PROMPT_TEMPLATE_H_
