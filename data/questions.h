// What every generated data set of questions shares: two splits that cannot overlap, and prompts with token ids.
// Covered by tests/data/arithmetic_test.cc and tests/data/code_tasks_test.cc.
#ifndef HONE_DATA_QUESTIONS_H_
#define HONE_DATA_QUESTIONS_H_

#include <string_view>

#include "data/tokenizer.h"
#include "data/types.h"

namespace hone {

enum class Split { kTrain, kHeldOut };

// Decided by the question's text alone, so that the splits of any two seeds are disjoint. About 1 in 16.
bool IsHeldOut(std::string_view question_text);

// The prompt as `tokenizer` reads its text. Throws Error as Tokenizer::Encode.
Prompt WithIds(Prompt prompt, const Tokenizer& tokenizer);

}  // namespace hone

#endif  // HONE_DATA_QUESTIONS_H_
