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
#include "recipes/task_prompts.h"
#include "rl/evaluation.h"
#include "rl/grpo.h"
#include "rl/policy.h"
#include "rl/sft.h"
#include "rl/teacher.h"

namespace hone {

// The recipe's start: its checkpoint, or new weights whose tokenizer is written into `tokenizer_dir`.
std::unique_ptr<Policy> MakePolicy(const Recipe& recipe, const std::string& tokenizer_dir);

// Error naming the recipe key when the tokenizer cannot write the prompts or they leave no room for completions in one of the models: of
// files all that the stage asks, of generated ones the first.
void CheckPrompts(const Recipe& recipe, const Policy& policy, const Teacher* teacher = nullptr);
// The same check of all models; gives the teacher of a distill stage, which references the policy, and null of others. Error as Teacher.
std::unique_ptr<Teacher> CheckModels(const Recipe& recipe, Policy& policy);
// Document #i of the task's corpus.
std::function<TextRow(int64_t index)> MakeCorpus(const Recipe& recipe);
// sft.data, or without it the task's corpus. Error as ReadTextRows, ChatDocuments and Tokenizer::Encode. References the policy.
Documents MakeDocuments(const Recipe& recipe, const Policy& policy);
// Rows of the config's data as the sampler would have written them: the prompt's tokens, the completion's, and the end; conversations as
// ChatDocuments has them, by the model's chat template. Error likewise.
Documents MakeRowDocuments(const Recipe& recipe, const DocumentsConfig& config, LossOn loss_on,
                           const Policy& policy);
std::unique_ptr<RewardRunner> MakeRewards(const Recipe& recipe);

// The policy's accuracy on the recipe's held-out prompts. Everything else is referenced and must outlive the result.
Evaluation EvaluatePolicy(const Recipe& recipe, Policy& policy, Sampler& sampler, RewardRunner& rewards);

}  // namespace hone

#endif  // HONE_RECIPES_ASSEMBLY_H_
