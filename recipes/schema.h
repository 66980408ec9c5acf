// What a recipe holds: the tables a TOML file may write, composed from the layers' own structs. Covered by
// tests/recipes/schema_test.cc.
#ifndef HONE_RECIPES_SCHEMA_H_
#define HONE_RECIPES_SCHEMA_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/arithmetic_corpus.h"
#include "data/code_corpus.h"
#include "data/fields.h"
#include "data/file_tasks.h"
#include "data/sign_corpus.h"
#include "data/tokenizer.h"
#include "data/words_corpus.h"
#include "policy/config.h"
#include "rewards/reward_config.h"
#include "rl/configs.h"
#include "rl/curriculum.h"

namespace hone {

enum class StageKind { kGrpo, kSft, kDistill, kSample, kEval };
template <>
inline constexpr auto kEnumNames<StageKind> =
    std::to_array<EnumName<StageKind>>({{StageKind::kGrpo, "grpo"},
                                        {StageKind::kSft, "sft"},
                                        {StageKind::kDistill, "distill"},
                                        {StageKind::kSample, "sample"},
                                        {StageKind::kEval, "eval"}});

enum class TaskKind { kArithmetic, kCode, kWords, kSigns, kFile };
template <>
inline constexpr auto kEnumNames<TaskKind> = std::to_array<EnumName<TaskKind>>({{TaskKind::kArithmetic,
                                                                                 "arithmetic"},
                                                                                {TaskKind::kCode, "code"},
                                                                                {TaskKind::kWords, "words"},
                                                                                {TaskKind::kSigns, "signs"},
                                                                                {TaskKind::kFile, "file"}});

// A model made from scratch.
struct ShapeConfig {
  std::string architecture = "DeepseekV3ForCausalLM";
  ModelConfig config;  // filled through Fields; architecture and attention follow from the name
  double embedding_std = 1.0;

  ShapeConfig();
  template <class V>
  void Fields(V& v) {
    v.Field("architecture", architecture, "DeepseekV3ForCausalLM or Qwen2ForCausalLM");
    v.Field("hidden_size", config.hidden_size, AtLeast(1), "width of the residual stream");
    v.Field("num_layers", config.num_layers, AtLeast(1), "decoder layers");
    v.Field("num_heads", config.num_heads, AtLeast(1), "query heads");
    v.Field("num_kv_heads", config.num_kv_heads, AtLeast(1), "key/value heads (Qwen2)");
    v.Field("head_dim", config.head_dim, AtLeast(1), "width of a head (Qwen2)");
    v.Field("intermediate_size", config.intermediate_size, AtLeast(1), "width of a dense MLP");
    v.Field("q_lora_rank", config.q_lora_rank, AtLeast(0), "query latent of MLA (0: none)");
    v.Field("kv_lora_rank", config.kv_lora_rank, AtLeast(1), "key/value latent of MLA");
    v.Field("qk_nope_head_dim", config.qk_nope_head_dim, AtLeast(1), "part of an MLA query without position");
    v.Field("qk_rope_head_dim", config.qk_rope_head_dim, AtLeast(2), "rotated part of an MLA query");
    v.Field("v_head_dim", config.v_head_dim, AtLeast(1), "width of an MLA value");
    v.Field("num_experts", config.num_experts, AtLeast(0), "routed experts of a MoE layer (0: dense)");
    v.Field("experts_per_token", config.experts_per_token, AtLeast(1), "routed experts a token uses");
    v.Field("num_shared_experts", config.num_shared_experts, AtLeast(0), "experts every token uses");
    v.Field("moe_intermediate_size", config.moe_intermediate_size, AtLeast(1), "width of an expert");
    v.Field("first_k_dense", config.first_k_dense, AtLeast(0), "leading layers without experts");
    v.Field("rope_theta", config.rope_theta, Above(0), "base of the rotary embedding");
    v.Field("max_position_embeddings", config.max_position_embeddings, AtLeast(1), "longest sequence");
    v.Field("tie_word_embeddings", config.tie_word_embeddings, "use the embedding as output matrix");
    v.Field("embedding_std", embedding_std, Above(0), "standard deviation of the initial embedding");
  }

  // Complete and checked, for a tokenizer's vocabulary and special tokens. Error as ParseModelConfig, naming `where`.
  ModelConfig Resolve(const Tokenizer& tokenizer, const std::string& where) const;
};

struct ModelSource {
  std::string path;
  std::optional<ShapeConfig> shape;

  template <class V>
  void Fields(V& v) {
    v.Field("path", path, "Hugging Face directory to start from; relative to the recipe file");
    v.Field("shape", shape, "in place of path: a new model, with the tokenizer made for task.kind");
  }
};

struct TaskConfig {
  TaskKind kind = TaskKind::kArithmetic;
  int64_t seed = 1;
  std::string prompt = "<bos>Q:{question}=?A:";
  WordsSubset train_on = WordsSubset::kAll;
  FileTaskConfig files;
  mutable FileRowsCache file_rows;  // what `files` were read as; no key

  template <class V>
  void Fields(V& v) {
    v.Field("kind", kind,
            "arithmetic questions, small C++ functions described in words (code), arithmetic and general "
            "questions in English and German (words), digits whose signs are to be found (signs), or the "
            "questions of task.data (file)");
    v.Field("seed", seed, AtLeast(0),
            "decides the questions of both splits, which never overlap; of files, which held-out ones "
            "eval.prompts takes");
    v.Field("prompt", prompt,
            "template with {question}, r1_zero for the R1 report's, or chat for the model's chat template");
    v.Field(
        "train_on", train_on,
        "task.kind = words: arithmetic alone (reasoning), the other questions (general), or all; held out "
        "are always all");
    files.Fields(v);
  }
};

struct CorpusConfig {
  ArithmeticCorpusConfig shares;

  template <class V>
  void Fields(V& v) {
    const Range share{0, 1};
    v.Field("direct_share", shares.direct_share, share, "documents that answer outright");
    v.Field("wrong_share", shares.wrong_share, share, "of those: with a wrong answer, on purpose");
    v.Field("untagged_share", shares.untagged_share, share, "of those: without tags");
    v.Field("coarse_share", shares.coarse_share, share,
            "documents of the harder kinds worked in whole-number steps");
    v.Field("slip", shares.slip, share, "wrong results per worked step, carried on");
    v.Field("coarse_slip", shares.coarse_slip, share, "wrong results per coarse step");
  }
};

struct CodeCorpusTable {
  CodeCorpusConfig shares;

  template <class V>
  void Fields(V& v) {
    const Range share{0, 1};
    v.Field("direct_share", shares.direct_share, share, "documents that answer outright; the rest plans");
    v.Field("wrong_share", shares.wrong_share, share, "of those: with a mistake in the program, on purpose");
    v.Field("untagged_share", shares.untagged_share, share, "of those: without tags");
    v.Field("slip", shares.slip, share, "planned documents with a mistake in the program");
  }
};

struct WordsCorpusTable {
  WordsCorpusConfig shares;

  template <class V>
  void Fields(V& v) {
    const Range share{0, 1};
    v.Field("direct_share", shares.direct_share, share, "documents that answer outright; the rest is worked");
    v.Field("wrong_share", shares.wrong_share, share, "of those: with a wrong answer, on purpose");
    v.Field("untagged_share", shares.untagged_share, share, "of those: without tags");
    v.Field("bare_share", shares.bare_share, share, "worked documents that do not say the answer again");
    v.Field("mixed_share", shares.mixed_share, share, "worked documents in both languages");
    v.Field("rambling_share", shares.rambling_share, share, "worked documents with asides");
    v.Field("repetitive_share", shares.repetitive_share, share, "worked documents that say steps twice");
    v.Field("slip", shares.slip, share, "wrong results per worked step, carried on");
  }
};

struct SignCorpusTable {
  SignCorpusConfig shares;

  template <class V>
  void Fields(V& v) {
    const Range share{0, 1};
    v.Field("direct_share", shares.direct_share, share, "documents that answer outright, with random signs");
    v.Field("give_up", shares.give_up, share, "chance to answer with a try after it was judged wrong");
    v.Field("patient_share", shares.patient_share, share,
            "of the documents with tries: these do not give up before max_tries");
    v.Field("max_tries", shares.max_tries, AtLeast(1), "tries of a document; each has random signs");
    v.Field("wrong_verdict", shares.wrong_verdict, share, "tries whose verdict is the wrong one");
  }
};

// One stage, which is all of a recipe without [stages].
struct Recipe {
  std::string name = "run";
  StageKind kind = StageKind::kGrpo;
  ModelSource model;
  TaskConfig task;
  CurriculumConfig curriculum;
  RunConfig run;
  GrpoConfig grpo;
  SftConfig sft;
  DistillConfig distill;
  SampleConfig sample;
  CorpusConfig corpus;
  CodeCorpusTable code_corpus;
  WordsCorpusTable words_corpus;
  SignCorpusTable sign_corpus;
  std::map<std::string, RewardConfig> rewards = DefaultRewards();
  RolloutConfig rollout;
  OptimizerConfig optimizer;
  MemoryConfig memory;
  EvalConfig eval;

  template <class V>
  void Fields(V& v) {
    v.Field("name", name, "runs/<name> is where the run goes");
    StageFields(v);
  }
  template <class V>
  void StageFields(V& v) {
    v.Field("kind", kind,
            "what is done: reinforcement learning (grpo), next-token training (sft), learning a teacher's "
            "distributions (distill), a dataset of scored completions (sample), or measuring models (eval)");
    v.Field("model", model, "the model to start from");
    v.Field("task", task, "the source of prompts and documents");
    v.Field("curriculum", curriculum, "which of the task's training prompts are taken, and how often");
    v.Field("run", run, "seed, threads, precision, checkpoints");
    v.Field("grpo", grpo, "group relative policy optimisation (kind = grpo)");
    v.Field("sft", sft, "next-token training (kind = sft)");
    v.Field("distill", distill, "a student learns a teacher's distributions (kind = distill)");
    v.Field("sample", sample, "how completions become a dataset (kind = sample)");
    v.Field("corpus", corpus, "what the documents are like (kind = sft, task.kind = arithmetic)");
    v.Field("code_corpus", code_corpus, "what the documents are like (kind = sft, task.kind = code)");
    v.Field("words_corpus", words_corpus, "what the documents are like (kind = sft, task.kind = words)");
    v.Field("sign_corpus", sign_corpus, "what the documents are like (kind = sft, task.kind = signs)");
    v.Field("rewards", rewards, "what a completion earns: one table [rewards.NAME] for each reward");
    v.Field("rollout", rollout, "how completions are sampled");
    v.Field("optimizer", optimizer, "AdamW, its schedule, and expert balancing");
    v.Field("memory", memory, "how a gradient is cut into pieces");
    v.Field("eval", eval, "evaluation on held-out prompts");
  }
};

// A stage of a recipe that has several: a recipe of its own, over what the file says outside [stages].
struct StageTable {
  Recipe recipe;
  std::vector<std::string> from;
  std::vector<std::string> require;

  void SetName(const std::string& name) { recipe.name = name; }
  template <class V>
  void Fields(V& v) {
    v.Field("from", from,
            "what the stage starts from: earlier stages, Hugging Face directories, files of rows; "
            "relative to the recipe");
    v.Field("require", require,
            "conditions on the stage's last metrics without which the run stops, e.g. \"eval.pass@1 >= 0.8\" "
            "(eval: held out)");
    recipe.StageFields(v);
  }
};

struct RecipeFile {
  Recipe recipe;  // the whole of it, or what the stages share
  std::map<std::string, StageTable> stages;

  template <class V>
  void Fields(V& v) {
    recipe.Fields(v);
    v.Field("stages", stages, StageTable{recipe, {}, {}},
            "several stages in place of one: tables [stages.NAME]");
  }
};

// The metric that a condition of `require` means by `name`.
std::string RequiredMetric(const std::string& name);

// Reads a recipe file, applies --set assignments, makes its paths absolute and checks what spans several keys. Error with file
// and key.
RecipeFile LoadRecipeFile(const std::string& path, const std::vector<std::string>& overrides);
// The same from text; `path` names it in errors and is what relative paths start from.
RecipeFile ResolveRecipeFile(const std::string& toml, const std::string& path,
                             const std::vector<std::string>& overrides);

// For what works on a single stage: the recipe, or with `stage` that one of its stages (without what `from` gives it).
Recipe LoadRecipe(const std::string& path, const std::vector<std::string>& overrides,
                  const std::string& stage = "");

// Every key a recipe may set; a stage takes those of a recipe.
std::vector<FieldDoc> RecipeKeys();

}  // namespace hone

#endif  // HONE_RECIPES_SCHEMA_H_
