// See questions.h. Covered by tests/data/arithmetic_test.cc and tests/data/code_tasks_test.cc.
#include "data/questions.h"

#include "data/random.h"

namespace hone {

bool IsHeldOut(std::string_view question_text) {
  return KeyHash().Add("held out").Add(question_text).value() % 16 == 0;
}

Prompt WithIds(Prompt prompt, const Tokenizer& tokenizer) {
  prompt.ids = tokenizer.Encode(prompt.text);
  return prompt;
}

}  // namespace hone
