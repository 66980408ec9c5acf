// See assembly.h. Covered by tests/recipes/cli_test.cc.
#include "recipes/assembly.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "data/arithmetic_corpus.h"
#include "data/code_corpus.h"
#include "data/error.h"
#include "data/sign_corpus.h"
#include "data/text_rows.h"
#include "data/words_corpus.h"
#include "recipes/task_prompts.h"
#include "rl/chat_documents.h"

namespace hone {
namespace {

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
  const Corpus corpus(shares, static_cast<uint64_t>(recipe.run.seed), PromptTemplateOf(recipe));
  return [corpus](int64_t index) {
    auto document = corpus.DocumentAt(index);
    return TextRow{std::move(document.prompt), std::move(document.completion)};
  };
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
  if (!recipe.model.shape) {
    const auto load = recipe.kind == StageKind::kSample ? &Policy::LoadFrozen : &Policy::Load;
    return load(recipe.model.path, recipe.run.precision, threads);
  }
  std::filesystem::create_directories(tokenizer_dir);
  WriteTokenizer(recipe.task.kind, tokenizer_dir);
  Checkpoint checkpoint;
  checkpoint.config = recipe.model.shape->Resolve(Tokenizer::Load(tokenizer_dir), recipe.name);
  checkpoint.weights = InitWeights(checkpoint.config, static_cast<uint64_t>(recipe.run.seed),
                                   recipe.model.shape->embedding_std);
  return std::make_unique<Policy>(std::move(checkpoint), tokenizer_dir, recipe.run.precision, threads);
}

void CheckPrompts(const Recipe& recipe, const Policy& policy, const Teacher* teacher) {
  CheckBos(recipe, policy.tokenizer());
  const Prompt prompt = LongestPrompt(recipe, policy.tokenizer());
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

namespace {

// What is learnt of one row, whose errors name it. `chat` is there if the row is a conversation.
std::vector<TrainingSequence> SequencesOfRow(const TextRow& row, const std::optional<ChatTemplate>& chat,
                                             LossOn loss_on, const Policy& policy) {
  const Tokenizer& tokenizer = policy.tokenizer();
  try {
    if (row.conversation)
      return ChatDocuments(*row.conversation, {*chat, tokenizer, policy.stop_ids()}, loss_on, row.where);
    TrainingSequence sequence = SequenceOf(row.prompt, row.completion, loss_on, tokenizer);
    sequence.ids.push_back(*tokenizer.eos_id());
    return {std::move(sequence)};
  } catch (const Error& e) {
    if (std::string_view(e.what()).starts_with(row.where)) throw;
    throw Error(e.what(), row.where, "");
  }
}

}  // namespace

Documents MakeRowDocuments(const Recipe& recipe, const DocumentsConfig& config, LossOn loss_on,
                           const Policy& policy) {
  const Tokenizer& tokenizer = policy.tokenizer();
  if (!tokenizer.eos_id())
    throw Error("the tokenizer names no end-of-sequence token", recipe.model.path,
                "add eos_token to its tokenizer_config.json");
  auto sequences = std::make_shared<std::vector<TrainingSequence>>();
  std::optional<ChatTemplate> chat;
  for (const TextRow& row : ReadTextRows(config.data, config.columns)) {
    if (row.conversation && !chat) chat = ChatTemplate::Load(policy.tokenizer_dir());
    for (TrainingSequence& s : SequencesOfRow(row, chat, loss_on, policy)) {
      if (std::ssize(s.ids) > config.row_tokens)
        throw Error("a document of " + std::to_string(s.ids.size()) + " tokens", row.where,
                    "raise row_tokens above the longest document");
      sequences->push_back(std::move(s));
    }
  }
  const auto count = static_cast<int64_t>(sequences->size());
  auto order = std::make_shared<EpochOrder>(count, static_cast<uint64_t>(recipe.run.seed));
  return {[sequences, order](int64_t index) { return (*sequences)[order->RowAt(index)]; }, count};
}

Documents MakeDocuments(const Recipe& recipe, const Policy& policy) {
  const LossOn loss_on = recipe.sft.loss_on;
  if (!recipe.sft.data.empty()) return MakeRowDocuments(recipe, recipe.sft, loss_on, policy);
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
