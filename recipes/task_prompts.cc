// See task_prompts.h. Covered by tests/recipes/file_task_test.cc.
#include "recipes/task_prompts.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <utility>

#include "data/arithmetic.h"
#include "data/chat_template.h"
#include "data/code_tasks.h"
#include "data/error.h"
#include "data/random.h"
#include "data/sign_puzzle.h"
#include "data/text_rows.h"
#include "data/utf8.h"
#include "data/words_tasks.h"

namespace hone {
namespace {

// The prompts of one kind of task.
template <class Task, class... Rest>
PromptSource PromptsOf(const Recipe& recipe, Split split, Rest... rest) {
  const Task task(static_cast<uint64_t>(recipe.task.seed), split, PromptTemplateOf(recipe), rest...);
  return [task](int64_t index) { return task.PromptAt(index); };
}

// A source that ends has the indices of its prompts; the others are endless.
struct TaskPrompts {
  PromptSource at;
  std::vector<int64_t> indices = {};
};

TaskPrompts FilePrompts(const Recipe& recipe, Split split) {
  const FileTask task(FileRowsOf(recipe, split), PromptTemplateOf(recipe));
  TaskPrompts prompts{[task](int64_t index) { return task.PromptAt(index); },
                      std::vector<int64_t>(static_cast<size_t>(task.num_prompts()))};
  std::iota(prompts.indices.begin(), prompts.indices.end(), 0);
  return prompts;
}

TaskPrompts PromptsOfTask(const Recipe& recipe, Split split) {
  switch (recipe.task.kind) {
    case TaskKind::kArithmetic:
      return {PromptsOf<ArithmeticTask>(recipe, split)};
    case TaskKind::kCode:
      return {PromptsOf<CodeTask>(recipe, split)};
    case TaskKind::kWords:
      return {PromptsOf<WordsTask>(recipe, split,
                                   split == Split::kTrain ? recipe.task.train_on : WordsSubset::kAll)};
    case TaskKind::kSigns:
      return {PromptsOf<SignTask>(recipe, split)};
    case TaskKind::kFile:
      return FilePrompts(recipe, split);
  }
  std::abort();
}

// The first check that the model can read the task: Error with the prompt it cannot.
Prompt Readable(Prompt prompt, const Tokenizer& tokenizer) {
  constexpr size_t kShown = 60;
  try {
    return WithIds(prompt, tokenizer);
  } catch (const Error& e) {
    throw Error("the model's tokenizer cannot write prompt " + std::to_string(prompt.index) + ", \"" +
                    ValidUtf8(prompt.text.substr(0, kShown)) + (prompt.text.size() > kShown ? "..\"" : "\"") +
                    ": " + e.what(),
                "task.prompt", "use the prompt the model was made for");
  }
}

// Files' rows whose prompts are not too long. Error when none is.
TaskPrompts ShortPrompts(const Recipe& recipe, Split split, const Tokenizer& tokenizer) {
  TaskPrompts prompts = PromptsOfTask(recipe, split);
  const int64_t most = recipe.task.files.max_prompt_tokens;
  if (prompts.indices.empty() || most == 0) return prompts;
  std::erase_if(prompts.indices,
                [&](int64_t index) { return std::ssize(Readable(prompts.at(index), tokenizer).ids) > most; });
  if (prompts.indices.empty())
    throw Error("every prompt is longer than " + std::to_string(most) + " tokens", "task.max_prompt_tokens",
                "raise it");
  return prompts;
}

PromptSource InOrder(const Recipe& recipe, Split split, TaskPrompts prompts) {
  if (split == Split::kTrain)
    return ApplyCurriculum(std::move(prompts.at), recipe.curriculum, static_cast<uint64_t>(recipe.run.seed),
                           std::move(prompts.indices));
  if (prompts.indices.empty()) return prompts.at;
  const auto order =
      std::make_shared<EpochOrder>(std::ssize(prompts.indices), static_cast<uint64_t>(recipe.task.seed));
  return [prompts = std::move(prompts), order](int64_t index) {
    return prompts.at(prompts.indices[order->RowAt(index)]);
  };
}

PromptSource WithIdsOf(PromptSource texts, const Tokenizer& tokenizer) {
  return [texts = std::move(texts), &tokenizer](int64_t index) { return WithIds(texts(index), tokenizer); };
}

Prompt LongestOf(const Recipe& recipe, Split split, const Tokenizer& tokenizer) {
  const TaskPrompts prompts = ShortPrompts(recipe, split, tokenizer);
  Prompt longest = Readable(prompts.at(0), tokenizer);
  for (const int64_t index : prompts.indices) {
    Prompt prompt = Readable(prompts.at(index), tokenizer);
    if (prompt.ids.size() > longest.ids.size() || index == prompts.indices[0]) longest = std::move(prompt);
  }
  return longest;
}

}  // namespace

PromptTemplate PromptTemplateOf(const Recipe& recipe) {
  if (recipe.task.prompt != "chat") return PromptTemplate(recipe.task.prompt);
  if (recipe.model.path.empty())
    throw Error("a new model has no chat template", "task.prompt", "write a template with {question}");
  ChatInput input;
  input.messages.push_back({{"role", "user"}, {"content", "{question}"}});
  input.add_generation_prompt = true;
  return PromptTemplate(ChatTemplate::Load(recipe.model.path).Render(input));
}

std::shared_ptr<const FileRows> FileRowsOf(const Recipe& recipe, Split split) {
  if (recipe.task.kind != TaskKind::kFile) return nullptr;
  return recipe.task.file_rows.Get(recipe.task.files, split);
}

std::vector<std::string> FileSummaries(const Recipe& recipe, const Tokenizer& tokenizer) {
  std::vector<std::string> lines;
  const auto add = [&](const char* what, Split split) {
    const auto rows = FileRowsOf(recipe, split);
    const int64_t too_long =
        std::ssize(rows->questions) - std::ssize(ShortPrompts(recipe, split, tokenizer).indices);
    std::string line = what + rows->Summary();
    if (too_long > 0)
      line += "; but " + std::to_string(too_long) + " of these are longer than task.max_prompt_tokens";
    lines.push_back(std::move(line));
  };
  if (recipe.task.kind != TaskKind::kFile) return lines;
  if (SamplesTrainingPrompts(recipe)) add("training questions: ", Split::kTrain);
  add("held-out questions: ", Split::kHeldOut);
  return lines;
}

bool SamplesTrainingPrompts(const Recipe& recipe) {
  return recipe.kind == StageKind::kGrpo || recipe.kind == StageKind::kSample ||
         (recipe.kind == StageKind::kDistill && recipe.distill.OnPolicy());
}

PromptSource MakePromptTexts(const Recipe& recipe, Split split) {
  return InOrder(recipe, split, PromptsOfTask(recipe, split));
}

PromptSource MakePrompts(const Recipe& recipe, Split split, const Tokenizer& tokenizer) {
  return WithIdsOf(InOrder(recipe, split, ShortPrompts(recipe, split, tokenizer)), tokenizer);
}

std::vector<Prompt> HeldOutPrompts(const Recipe& recipe, const Tokenizer& tokenizer) {
  TaskPrompts held_out = ShortPrompts(recipe, Split::kHeldOut, tokenizer);
  const auto there_are = std::ssize(held_out.indices);
  const int64_t count = there_are == 0 ? recipe.eval.prompts : std::min(recipe.eval.prompts, there_are);
  const PromptSource source = WithIdsOf(InOrder(recipe, Split::kHeldOut, std::move(held_out)), tokenizer);
  std::vector<Prompt> prompts;
  for (int64_t i = 0; i < count; ++i) prompts.push_back(source(i));
  return prompts;
}

Prompt LongestPrompt(const Recipe& recipe, const Tokenizer& tokenizer) {
  Prompt longest = LongestOf(recipe, Split::kHeldOut, tokenizer);
  if (recipe.task.kind == TaskKind::kFile && SamplesTrainingPrompts(recipe)) {
    Prompt train = LongestOf(recipe, Split::kTrain, tokenizer);
    if (train.ids.size() > longest.ids.size()) longest = std::move(train);
  }
  return longest;
}

std::string QuestionsDigest(const Recipe& recipe) {
  if (recipe.task.kind != TaskKind::kFile) return "";
  KeyHash digest;
  if (SamplesTrainingPrompts(recipe)) digest.Add(FileRowsOf(recipe, Split::kTrain)->digest);
  digest.Add(FileRowsOf(recipe, Split::kHeldOut)->digest);
  return fmt::format("{:016x}", digest.value());
}

}  // namespace hone
