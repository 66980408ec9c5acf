// The built-in R1-Zero prompt, in our own words, and the `{question}` slot.
// Covered by tests/data/prompt_template_test.cc.
#include "data/prompt_template.h"

#include "data/error.h"

namespace hone {
namespace {

constexpr std::string_view kSlot = "{question}";

constexpr std::string_view kR1Zero =
    "This is a conversation between User and Assistant. User asks a question and Assistant solves it. "
    "Assistant "
    "first works through the reasoning in its mind and only then gives User the answer. The reasoning stands "
    "between "
    "<think> and </think>, the answer between <answer> and </answer>, like this: <think> the reasoning goes "
    "here "
    "</think> <answer> the answer goes here </answer>. User: {question}. Assistant:";

}  // namespace

PromptTemplate::PromptTemplate(std::string_view recipe_value) {
  const std::string_view text = recipe_value == "r1_zero" ? kR1Zero : recipe_value;
  const size_t at = text.find(kSlot);
  if (at == std::string_view::npos) {
    throw Error("prompt template '" + std::string(recipe_value) + "' has no {question}", "",
                "put {question} where the question goes, or use the built-in template 'r1_zero'");
  }
  if (text.find(kSlot, at + kSlot.size()) != std::string_view::npos) {
    throw Error("prompt template '" + std::string(recipe_value) + "' has {question} more than once", "",
                "keep one of them");
  }
  before_ = text.substr(0, at);
  after_ = text.substr(at + kSlot.size());
}

}  // namespace hone
