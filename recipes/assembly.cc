// See assembly.h. Covered by tests/recipes/cli_test.cc.
#include "recipes/assembly.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <utility>

#include "data/arithmetic_corpus.h"
#include "data/code_corpus.h"
#include "data/error.h"
#include "data/sign_corpus.h"
#include "data/text_rows.h"
#include "data/utf8.h"
#include "data/words_corpus.h"

namespace hone {
namespace {

// The prompts of one kind of task.
template <class Task, class... Rest>
PromptSource PromptsOf(const Recipe& recipe, Split split, Rest... rest) {
  const Task task(static_cast<uint64_t>(recipe.task.seed), split, PromptTemplate(recipe.task.prompt),
                  rest...);
  return [task](int64_t index) { return task.PromptAt(index); };
}

TrainingSequence SequenceOf(const std::string& prompt, const std::string& completion, LossOn loss_on,
                            const Tokenizer& tokenizer) {
  TrainingSequence sequence;
  if (loss_on == LossOn::kAll) {
    sequence.ids = tokenizer.Encode(prompt + completion);
    return sequence;
  }
  sequence.ids = tokenizer.Encode(prompt);
  sequence.first_scored = std::max<int64_t>(1, static_cast<int64_t>(sequence.ids.size()));
  const std::vector<int32_t> rest = tokenizer.Encode(completion);
  sequence.ids.insert(sequence.ids.end(), rest.begin(), rest.end());
  return sequence;
}

template <class Corpus, class Shares>
std::function<TextRow(int64_t)> CorpusOf(const Recipe& recipe, const Shares& shares) {
  const Corpus corpus(shares, static_cast<uint64_t>(recipe.run.seed), PromptTemplate(recipe.task.prompt));
  return [corpus](int64_t index) {
    auto document = corpus.DocumentAt(index);
    return TextRow{std::move(document.prompt), std::move(document.completion), ""};
  };
}

// A source that ends has the indices of its prompts; the others are endless.
struct TaskPrompts {
  PromptSource at;
  std::vector<int64_t> indices = {};
};

TaskPrompts FilePrompts(const Recipe& recipe, Split split) {
  const FileTask task(FileRowsOf(recipe, split), PromptTemplate(recipe.task.prompt));
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

// The longest prompt that the stage asks in this split; of generated ones the first stands for all.
Prompt LongestPrompt(const Recipe& recipe, Split split, const Tokenizer& tokenizer) {
  const TaskPrompts prompts = ShortPrompts(recipe, split, tokenizer);
  Prompt longest = Readable(prompts.at(0), tokenizer);
  for (const int64_t index : prompts.indices) {
    Prompt prompt = Readable(prompts.at(index), tokenizer);
    if (prompt.ids.size() > longest.ids.size() || index == prompts.indices[0]) longest = std::move(prompt);
  }
  return longest;
}

// A model without this token would read its five letters.
void CheckBos(const Recipe& recipe, const Tokenizer& tokenizer) {
  if (recipe.task.prompt.find("<bos>") == std::string::npos || tokenizer.TokenId("<bos>")) return;
  throw Error("the model's tokenizer has no <bos>", "task.prompt",
              "write the prompt with the model's own tokens");
}

void WriteTokenizer(TaskKind kind, const std::string& directory) {
  switch (kind) {
    case TaskKind::kArithmetic:
      return WriteArithmeticTokenizer(directory);
    case TaskKind::kCode:
      return WriteCodeTokenizer(directory);
    case TaskKind::kWords:
      return WriteWordsTokenizer(directory);
    case TaskKind::kSigns:
      return WriteSignTokenizer(directory);
    case TaskKind::kFile:
      break;  // the schema refuses it
  }
  std::abort();
}

}  // namespace

std::unique_ptr<Policy> MakePolicy(const Recipe& recipe, const std::string& tokenizer_dir) {
  const int threads = ThreadCount(recipe.run.threads);
  if (!recipe.model.shape) return Policy::Load(recipe.model.path, recipe.run.precision, threads);
  std::filesystem::create_directories(tokenizer_dir);
  WriteTokenizer(recipe.task.kind, tokenizer_dir);
  Checkpoint checkpoint;
  checkpoint.config = recipe.model.shape->Resolve(Tokenizer::Load(tokenizer_dir), recipe.name);
  checkpoint.weights = InitWeights(checkpoint.config, static_cast<uint64_t>(recipe.run.seed),
                                   recipe.model.shape->embedding_std);
  return std::make_unique<Policy>(std::move(checkpoint), tokenizer_dir, recipe.run.precision, threads);
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

void CheckPrompts(const Recipe& recipe, const Policy& policy, const Teacher* teacher) {
  CheckBos(recipe, policy.tokenizer());
  Prompt prompt = LongestPrompt(recipe, Split::kHeldOut, policy.tokenizer());
  if (recipe.task.kind == TaskKind::kFile && SamplesTrainingPrompts(recipe)) {
    Prompt train = LongestPrompt(recipe, Split::kTrain, policy.tokenizer());
    if (train.ids.size() > prompt.ids.size()) prompt = std::move(train);
  }
  const auto length = static_cast<int64_t>(prompt.ids.size());
  const auto check = [&](const ModelConfig& config, const char* whose) {
    if (length + recipe.rollout.max_new_tokens <= config.max_position_embeddings) return;
    throw Error("rollout.max_new_tokens = " + std::to_string(recipe.rollout.max_new_tokens) +
                    " and prompts of " + std::to_string(length) + " tokens exceed the " + whose + " " +
                    std::to_string(config.max_position_embeddings) + " positions",
                recipe.name,
                recipe.task.kind == TaskKind::kFile
                    ? "lower rollout.max_new_tokens, or leave long prompts out with task.max_prompt_tokens"
                    : "lower rollout.max_new_tokens");
  };
  check(policy.config(), "model's");
  if (teacher != nullptr) check(teacher->config(), "teacher's");
}

std::unique_ptr<Teacher> CheckModels(const Recipe& recipe, Policy& policy) {
  std::unique_ptr<Teacher> teacher;
  if (recipe.kind == StageKind::kDistill) teacher = Teacher::Load(recipe.distill.teacher, policy);
  const bool samples_for_teacher = teacher != nullptr && recipe.distill.OnPolicy();
  CheckPrompts(recipe, policy, samples_for_teacher ? teacher.get() : nullptr);
  return teacher;
}

std::function<TextRow(int64_t index)> MakeCorpus(const Recipe& recipe) {
  switch (recipe.task.kind) {
    case TaskKind::kArithmetic:
      return CorpusOf<ArithmeticCorpus>(recipe, recipe.corpus.shares);
    case TaskKind::kCode:
      return CorpusOf<CodeCorpus>(recipe, recipe.code_corpus.shares);
    case TaskKind::kWords:
      return CorpusOf<WordsCorpus>(recipe, recipe.words_corpus.shares);
    case TaskKind::kSigns:
      return CorpusOf<SignCorpus>(recipe, recipe.sign_corpus.shares);
    case TaskKind::kFile:
      throw Error("task.kind = file has no documents to learn", "sft.data",
                  "name files of prompt and completion");
  }
  std::abort();
}

Documents MakeRowDocuments(const Recipe& recipe, const DocumentsConfig& config, LossOn loss_on,
                           const Tokenizer& tokenizer) {
  if (!tokenizer.eos_id())
    throw Error("the tokenizer names no end-of-sequence token", recipe.model.path,
                "add eos_token to its tokenizer_config.json");
  auto sequences = std::make_shared<std::vector<TrainingSequence>>();
  for (const TextRow& row : ReadTextRows(config.data, config.columns)) {
    sequences->push_back(SequenceOf(row.prompt, row.completion, loss_on, tokenizer));
    sequences->back().ids.push_back(*tokenizer.eos_id());
  }
  const auto count = static_cast<int64_t>(sequences->size());
  auto order = std::make_shared<EpochOrder>(count, static_cast<uint64_t>(recipe.run.seed));
  return {[sequences, order](int64_t index) { return (*sequences)[order->RowAt(index)]; }, count};
}

Documents MakeDocuments(const Recipe& recipe, const Tokenizer& tokenizer) {
  if (!recipe.sft.data.empty()) return MakeRowDocuments(recipe, recipe.sft, recipe.sft.loss_on, tokenizer);
  const LossOn loss_on = recipe.sft.loss_on;
  return {[corpus = MakeCorpus(recipe), loss_on, &tokenizer](int64_t index) {
            const TextRow row = corpus(index);
            return SequenceOf(row.prompt, row.completion, loss_on, tokenizer);
          },
          0};
}

std::unique_ptr<RewardRunner> MakeRewards(const Recipe& recipe) {
  std::vector<RunnerReward> rewards;
  for (const auto& [name, config] : recipe.rewards) rewards.push_back(config.Make(name));
  return std::make_unique<RewardRunner>(std::move(rewards));
}

Evaluation EvaluatePolicy(const Recipe& recipe, Policy& policy, Sampler& sampler, RewardRunner& rewards) {
  return Evaluate(sampler, rewards, HeldOutPrompts(recipe, policy.tokenizer()), recipe.eval);
}

}  // namespace hone
