// From a recipe to the objects a run, an evaluation or a prompt at the terminal needs. Covered by tests/recipes/cli_test.cc.
#ifndef HONE_RECIPES_ASSEMBLY_H_
#define HONE_RECIPES_ASSEMBLY_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "data/arithmetic.h"
#include "data/code_tasks.h"
#include "data/sign_puzzle.h"
#include "data/text_rows.h"
#include "data/words_tasks.h"
#include "recipes/schema.h"
#include "rl/evaluation.h"
#include "rl/grpo.h"
#include "rl/policy.h"
#include "rl/sft.h"
#include "rl/teacher.h"

namespace hone {

// The recipe's start: its checkpoint, or new weights whose tokenizer is written into `tokenizer_dir`.
std::unique_ptr<Policy> MakePolicy(const Recipe& recipe, const std::string& tokenizer_dir);

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
// Error naming the recipe key when the tokenizer cannot write the prompts or they leave no room for completions in one of the models: of
// files all that the stage asks, of generated ones the first.
void CheckPrompts(const Recipe& recipe, const Policy& policy, const Teacher* teacher = nullptr);
// The same check of all models; gives the teacher of a distill stage, which references the policy, and null of others. Error as Teacher.
std::unique_ptr<Teacher> CheckModels(const Recipe& recipe, Policy& policy);
// Document #i of the task's corpus.
std::function<TextRow(int64_t index)> MakeCorpus(const Recipe& recipe);
// sft.data, or without it the task's corpus. Error as ReadTextRows and Tokenizer::Encode.
Documents MakeDocuments(const Recipe& recipe, const Tokenizer& tokenizer);
// Rows of the config's data as the sampler would have written them: the prompt's tokens, the completion's, and the end. Error likewise.
Documents MakeRowDocuments(const Recipe& recipe, const DocumentsConfig& config, LossOn loss_on,
                           const Tokenizer& tokenizer);
std::unique_ptr<RewardRunner> MakeRewards(const Recipe& recipe);

// The policy's accuracy on the recipe's held-out prompts. Everything else is referenced and must outlive the result.
Evaluation EvaluatePolicy(const Recipe& recipe, Policy& policy, Sampler& sampler, RewardRunner& rewards);

}  // namespace hone

#endif  // HONE_RECIPES_ASSEMBLY_H_
