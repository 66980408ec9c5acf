// See assembly.h. Covered by tests/recipes/cli_test.cc.
#include "recipes/assembly.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "data/arithmetic_corpus.h"
#include "data/code_corpus.h"
#include "data/error.h"
#include "data/sign_corpus.h"
#include "data/text_rows.h"
#include "data/words_corpus.h"
#include "rl/chat_documents.h"

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
    return TextRow{std::move(document.prompt), std::move(document.completion)};
  };
}

// The task's endless prompts of a split.
PromptSource TaskPrompts(const Recipe& recipe, Split split) {
  switch (recipe.task.kind) {
    case TaskKind::kArithmetic:
      return PromptsOf<ArithmeticTask>(recipe, split);
    case TaskKind::kCode:
      return PromptsOf<CodeTask>(recipe, split);
    case TaskKind::kWords:
      return PromptsOf<WordsTask>(recipe, split,
                                  split == Split::kTrain ? recipe.task.train_on : WordsSubset::kAll);
    case TaskKind::kSigns:
      return PromptsOf<SignTask>(recipe, split);
  }
  std::abort();
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

PromptSource MakePromptTexts(const Recipe& recipe, Split split) {
  PromptSource prompts = TaskPrompts(recipe, split);
  if (split == Split::kHeldOut) return prompts;
  return ApplyCurriculum(std::move(prompts), recipe.curriculum, static_cast<uint64_t>(recipe.run.seed));
}

PromptSource MakePrompts(const Recipe& recipe, Split split, const Tokenizer& tokenizer) {
  return [texts = MakePromptTexts(recipe, split), &tokenizer](int64_t index) {
    return WithIds(texts(index), tokenizer);
  };
}

std::vector<Prompt> HeldOutPrompts(const Recipe& recipe, const Tokenizer& tokenizer) {
  const PromptSource source = MakePrompts(recipe, Split::kHeldOut, tokenizer);
  std::vector<Prompt> prompts;
  for (int64_t i = 0; i < recipe.eval.prompts; ++i) prompts.push_back(source(i));
  return prompts;
}

void CheckPrompts(const Recipe& recipe, const Policy& policy, const Teacher* teacher) {
  Prompt prompt;
  try {
    prompt = MakePrompts(recipe, Split::kHeldOut, policy.tokenizer())(0);
  } catch (const Error& e) {
    throw Error(std::string("the model's tokenizer cannot write the prompts: ") + e.what(), "task.prompt",
                "use the prompt the model was made for");
  }
  const auto length = static_cast<int64_t>(prompt.ids.size());
  const auto check = [&](const ModelConfig& config, const char* whose) {
    if (length + recipe.rollout.max_new_tokens <= config.max_position_embeddings) return;
    throw Error("rollout.max_new_tokens = " + std::to_string(recipe.rollout.max_new_tokens) +
                    " and prompts of " + std::to_string(length) + " tokens exceed the " + whose + " " +
                    std::to_string(config.max_position_embeddings) + " positions",
                recipe.name, "lower rollout.max_new_tokens");
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
  }
  std::abort();
}

Documents MakeRowDocuments(const Recipe& recipe, const std::vector<std::string>& data, LossOn loss_on,
                           const Policy& policy) {
  const Tokenizer& tokenizer = policy.tokenizer();
  if (!tokenizer.eos_id())
    throw Error("the tokenizer names no end-of-sequence token", recipe.model.path,
                "add eos_token to its tokenizer_config.json");
  auto sequences = std::make_shared<std::vector<TrainingSequence>>();
  std::optional<ChatTemplate> chat;
  for (const TextRow& row : ReadTextRows(data)) {
    if (row.conversation) {
      if (!chat) chat = ChatTemplate::Load(policy.tokenizer_dir());
      const ChatFormat format = {*chat, tokenizer, policy.stop_ids()};
      for (TrainingSequence& s : ChatDocuments(*row.conversation, format, loss_on, row.where))
        sequences->push_back(std::move(s));
      continue;
    }
    sequences->push_back(SequenceOf(row.prompt, row.completion, loss_on, tokenizer));
    sequences->back().ids.push_back(*tokenizer.eos_id());
  }
  const auto count = static_cast<int64_t>(sequences->size());
  auto order = std::make_shared<EpochOrder>(count, static_cast<uint64_t>(recipe.run.seed));
  return {[sequences, order](int64_t index) { return (*sequences)[order->RowAt(index)]; }, count};
}

Documents MakeDocuments(const Recipe& recipe, const Policy& policy) {
  const LossOn loss_on = recipe.sft.loss_on;
  if (!recipe.sft.data.empty()) return MakeRowDocuments(recipe, recipe.sft.data, loss_on, policy);
  return {[corpus = MakeCorpus(recipe), loss_on, &tokenizer = policy.tokenizer()](int64_t index) {
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
