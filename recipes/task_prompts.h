// The prompts that a recipe's stages ask: of which task, in which order, and what is known of those from files. Covered by
// tests/recipes/file_task_test.cc and tests/recipes/schema_test.cc.
#ifndef HONE_RECIPES_TASK_PROMPTS_H_
#define HONE_RECIPES_TASK_PROMPTS_H_

#include <memory>
#include <string>
#include <vector>

#include "data/file_tasks.h"
#include "data/prompt_template.h"
#include "data/questions.h"
#include "data/tokenizer.h"
#include "recipes/schema.h"
#include "rl/group_source.h"

namespace hone {

// The recipe's task.prompt; `chat` is what the model's chat template makes of a conversation that the question begins. Error as
// PromptTemplate and ChatTemplate::Load.
PromptTemplate PromptTemplateOf(const Recipe& recipe);

// What the files of a split hold; null unless task.kind = file. Error as ReadFileRows.
std::shared_ptr<const FileRows> FileRowsOf(const Recipe& recipe, Split split);
// A line for each split that the stage asks: how many rows of the files are used and why others are not. Empty for other tasks.
std::vector<std::string> FileSummaries(const Recipe& recipe, const Tokenizer& tokenizer);
// Whether the stage samples completions to training prompts.
bool SamplesTrainingPrompts(const Recipe& recipe);

// Prompts without ids; those for training as the recipe's curriculum takes them. Files come again in another order each
// epoch, held-out ones in one that task.seed decides. Error as ApplyCurriculum and ReadFileRows.
PromptSource MakePromptTexts(const Recipe& recipe, Split split);
PromptSource MakePrompts(const Recipe& recipe, Split split, const Tokenizer& tokenizer);
// eval.prompts of them, or as many as the files have.
std::vector<Prompt> HeldOutPrompts(const Recipe& recipe, const Tokenizer& tokenizer);
// The longest prompt that the stage asks; of generated ones the first stands for all. Error for one that the tokenizer cannot write.
Prompt LongestPrompt(const Recipe& recipe, const Tokenizer& tokenizer);
// Of the questions from files that the stage asks; empty for other tasks.
std::string QuestionsDigest(const Recipe& recipe);

}  // namespace hone

#endif  // HONE_RECIPES_TASK_PROMPTS_H_
