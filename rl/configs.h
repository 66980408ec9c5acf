// What a recipe may set for learning, sampling and evaluating: one struct each, declared once for parsing, checks, help and the
// docs table (data/fields.h). Covered by tests/recipes/schema_test.cc.
#ifndef HONE_RL_CONFIGS_H_
#define HONE_RL_CONFIGS_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "data/fields.h"
#include "data/text_rows.h"
#include "policy/model.h"
#include "rl/objective/config.h"
#include "rl/objective/presets.h"

namespace hone {

enum class Schedule { kConstant, kCosine };
template <>
inline constexpr auto kEnumNames<Schedule> =
    std::to_array<EnumName<Schedule>>({{Schedule::kConstant, "constant"}, {Schedule::kCosine, "cosine"}});

template <>
inline constexpr auto kEnumNames<Precision> =
    std::to_array<EnumName<Precision>>({{Precision::kFp32, "fp32"}, {Precision::kBf16, "bf16"}});

struct OptimizerConfig {
  double learning_rate = 1e-6;
  Schedule schedule = Schedule::kConstant;
  int64_t warmup_steps = 0;
  double final_share = 0.0;
  double beta1 = 0.9;
  double beta2 = 0.95;
  double epsilon = 1e-8;
  double weight_decay = 0.0;
  double clip_norm = 1.0;
  double gate_bias_rate = 0.0;
  double balance_alpha = 0.0;

  template <class V>
  void Fields(V& v) {
    v.Field("learning_rate", learning_rate, AtLeast(0), "peak learning rate of AdamW");
    v.Field("schedule", schedule, "learning rate after the warm-up: constant, or cosine down to final_share");
    v.Field("warmup_steps", warmup_steps, AtLeast(0), "updates over which the rate rises linearly from 0");
    v.Field("final_share", final_share, Range{0, 1}, "where the cosine ends, as a share of learning_rate");
    v.Field("beta1", beta1, Range{0, 1, false, true}, "AdamW's decay of the first moment");
    v.Field("beta2", beta2, Range{0, 1, false, true}, "AdamW's decay of the second moment");
    v.Field("epsilon", epsilon, Above(0), "AdamW's epsilon");
    v.Field("weight_decay", weight_decay, AtLeast(0),
            "decoupled decay of matrices (never of norms and biases)");
    v.Field("clip_norm", clip_norm, Above(0), "largest norm of the whole gradient; more is scaled down");
    v.Field("gate_bias_rate", gate_bias_rate, AtLeast(0),
            "how far an expert's selection bias moves per update against its load (0: never)");
    v.Field("balance_alpha", balance_alpha, AtLeast(0), "weight of the sequence-wise expert balance loss");
  }
};

struct MemoryConfig {
  int64_t micro_batch_tokens = 4096;
  int64_t gradient_blocks = 1;
  bool recompute = false;

  template <class V>
  void Fields(V& v) {
    v.Field("micro_batch_tokens", micro_batch_tokens, Range{1, 1 << 20},
            "tokens of one forward and backward; a longer sequence goes alone");
    v.Field("gradient_blocks", gradient_blocks, Range{1, 1024},
            "a power of two: gradients add up in order inside each of that many equal blocks, then in a "
            "binary tree");
    v.Field("recompute", recompute, "keep only layer inputs and compute the rest again in the backward pass");
  }
};

struct RolloutConfig {
  double temperature = 1.0;
  int64_t top_k = 0;
  double top_p = 1.0;
  double min_p = 0.0;
  int64_t max_new_tokens = 512;
  int64_t max_batch_tokens = 4096;
  int64_t max_sequences = 512;
  int64_t cache_mb = 256;

  template <class V>
  void Fields(V& v) {
    v.Field("temperature", temperature, Range{1e-6, 1000}, "sampling temperature");
    v.Field("top_k", top_k, Range{0, 1 << 20}, "keep the k most likely tokens (0: all)");
    v.Field("top_p", top_p, AboveUpTo(0, 1), "keep the most likely tokens up to this mass (1: all)");
    v.Field("min_p", min_p, Range{0, 1}, "drop tokens below this share of the largest probability (0: none)");
    v.Field("max_new_tokens", max_new_tokens, Range{1, 1 << 20}, "longest completion");
    v.Field("max_batch_tokens", max_batch_tokens, Range{1, 1 << 20}, "tokens of one forward of the engine");
    v.Field("max_sequences", max_sequences, Range{1, 65536}, "completions sampled at once");
    v.Field("cache_mb", cache_mb, Range{1, 1 << 20}, "memory for the key/value cache");
  }
};

struct GrpoConfig {
  int64_t steps = 100;
  int64_t prompts_per_step = 32;
  int64_t group_size = 16;
  int64_t minibatches = 1;
  int64_t max_not_applied = 3;
  std::string preset = "grpo";
  std::vector<std::string> arguments = {};
  ObjectiveConfig objective = {};
  int64_t argued_group_size = 0, argued_length = 0;  // what the arguments say of them; 0: nothing

  template <class V>
  void Fields(V& v) {
    v.Field("steps", steps, AtLeast(1), "rollout steps");
    v.Field("prompts_per_step", prompts_per_step, Range{1, 1 << 20}, "prompts sampled in a step");
    v.Field("group_size", group_size, Range{2, 65536},
            "completions per prompt: the group that is the baseline");
    v.Field("minibatches", minibatches, AtLeast(1), "updates per step, each on its share of the groups");
    v.Field("max_not_applied", max_not_applied, AtLeast(1),
            "stop after this many updates in a row with a non-finite loss or gradient");
    const std::string preset_before = preset;
    const std::vector<std::string> arguments_before = arguments;
    v.Field(
        "preset", preset, FieldVisitor::TextCheck(CheckPresetName),
        "objective by name, which the keys below then change: grpo, r1, dr_grpo, dapo, gspo, cispo, sapo, "
        "luspo, vespo, rloo, reinforce_pp, or trl, verl, openrlhf, nemo_rl (`hone loss --help` says more)");
    v.Field("arguments", arguments,
            "another trainer's own arguments with its preset, e.g. [\"loss_type=dapo\", \"beta=0.04\"]");
    if (preset != preset_before || arguments != arguments_before) TakePreset();
    objective.Fields(v);
  }

 private:
  void TakePreset();  // Error on arguments that are not the preset's
};

enum class LossOn { kAll, kCompletion };
template <>
inline constexpr auto kEnumNames<LossOn> =
    std::to_array<EnumName<LossOn>>({{LossOn::kAll, "all"}, {LossOn::kCompletion, "completion"}});

// Documents that a stage learns from, a batch of them a step.
struct DocumentsConfig {
  int64_t steps = 100;
  double epochs = 0.0;
  std::vector<std::string> data = {};
  TextColumns columns = {};
  int64_t rows_per_step = 24;
  int64_t row_tokens = 128;

 protected:
  // `data_doc` says of `data` what it is, and what takes its place when it is empty.
  template <class V>
  void DocumentFields(V& v, const char* data_doc) {
    v.Field("steps", steps, AtLeast(1), "updates");
    v.Field("epochs", epochs, Range{0, 1e6},
            "in place of steps: how often the data is gone through (0: steps count)");
    v.Field("data", data, data_doc);
    v.Field("columns", columns, "which columns of data hold the texts");
    v.Field("rows_per_step", rows_per_step, Range{1, 1 << 20}, "rows of packed documents per update");
    v.Field("row_tokens", row_tokens, Range{2, 1 << 20},
            "tokens of a row; whole documents, attention stays within each");
  }
};

struct SftConfig : DocumentsConfig {
  LossOn loss_on = LossOn::kAll;
  int64_t max_not_applied = 3;

  template <class V>
  void Fields(V& v) {
    DocumentFields(v,
                   "JSON lines or Parquet of prompt and completion, or of messages for the model's chat "
                   "template, to learn from; "
                   "relative to the recipe (empty: the task's corpus)");
    v.Field("loss_on", loss_on,
            "tokens that are learnt: all, or those of the completion (of a conversation: of the assistant's "
            "turns)");
    v.Field("max_not_applied", max_not_applied, AtLeast(1),
            "stop after this many updates in a row with a non-finite loss or gradient");
  }
};

// How a student learns a teacher's distributions: on documents, or without them on completions of its own.
struct DistillConfig : DocumentsConfig {
  std::string teacher = "";
  double beta = 1.0;
  double temperature = 1.0;
  int64_t prompts_per_step = 32;
  int64_t completions = 4;
  int64_t max_not_applied = 3;

  bool OnPolicy() const { return data.empty(); }

  template <class V>
  void Fields(V& v) {
    v.Field("teacher", teacher,
            "Hugging Face directory of the model to learn from; relative to the recipe (in a chain: the last "
            "model in `from`)");
    v.Field("beta", beta, Range{0, 1},
            "divergence per token: 0 KL(teacher || student), 1 KL(student || teacher), between them the "
            "generalized Jensen-Shannon divergence");
    v.Field("temperature", temperature, Range{1e-6, 1000},
            "divides both models' logits before they are compared");
    DocumentFields(
        v,
        "JSON lines or Parquet of prompt and completion or of messages, the teacher's say, whose completions "
        "or "
        "assistant's turns are learnt; relative to the recipe (empty: completions that the student samples)");
    v.Field("prompts_per_step", prompts_per_step, Range{1, 1 << 20},
            "without data: prompts sampled in a step");
    v.Field("completions", completions, Range{1, 65536}, "without data: completions of each");
    v.Field("max_not_applied", max_not_applied, AtLeast(1),
            "stop after this many updates in a row with a non-finite loss or gradient");
  }
};

enum class Preference { kFirst, kShortest };
template <>
inline constexpr auto kEnumNames<Preference> =
    std::to_array<EnumName<Preference>>({{Preference::kFirst, "first"}, {Preference::kShortest, "shortest"}});

struct SampleConfig {
  int64_t prompts = 1024;
  int64_t completions = 4;
  int64_t prompts_per_step = 64;
  std::vector<std::string> keep = {};
  int64_t most_per_prompt = 1;
  Preference prefer = Preference::kFirst;
  double balance = 0.0;

  template <class V>
  void Fields(V& v) {
    v.Field("prompts", prompts, AtLeast(1), "prompts of the task to sample for");
    v.Field("completions", completions, Range{1, 65536}, "completions of each");
    v.Field("prompts_per_step", prompts_per_step, Range{1, 1 << 20},
            "prompts sampled before they are committed to the store");
    v.Field("keep", keep,
            "conditions that a completion must meet: reward, length, finished, or a reward's name, e.g. "
            "\"answer >= 1\"");
    v.Field("most_per_prompt", most_per_prompt, AtLeast(1), "completions kept of one prompt");
    v.Field("prefer", prefer, "which of a prompt's completions are kept first");
    v.Field("balance", balance, Range{0, 1e9},
            "rows of a kind at most this many times those of the rarest kind (0: as they come)");
  }
};

struct EvalConfig {
  int64_t prompts = 512;
  int64_t samples_per_prompt = 8;
  int64_t every = 10;
  double temperature = 1.0;
  std::vector<std::string> models = {};

  template <class V>
  void Fields(V& v) {
    v.Field("models", models, "Hugging Face directories to measure (kind = eval); relative to the recipe");
    v.Field("prompts", prompts, Range{1, 1 << 20}, "held-out prompts");
    v.Field("samples_per_prompt", samples_per_prompt, Range{1, 65536}, "completions of each");
    v.Field("every", every, AtLeast(0),
            "steps between evaluations; there is always one before the first and after the "
            "last step (0: only those)");
    v.Field("temperature", temperature, Range{1e-6, 1000}, "sampling temperature of evaluations");
  }
};

struct RunConfig {
  int64_t seed = 1;
  int64_t threads = 0;
  Precision precision = Precision::kFp32;
  int64_t checkpoint_every = 20;
  int64_t keep_checkpoints = 2;
  std::string keep_best = "";
  bool tensorboard = false;
  bool trackio = false;
  std::string license = "";

  template <class V>
  void Fields(V& v) {
    v.Field("seed", seed, AtLeast(0), "decides prompts, initial weights and every draw");
    v.Field("threads", threads, Range{0, 1024},
            "CPU threads (0: all cores); never changes a bit of the result");
    v.Field("precision", precision, "what the matrix products multiply");
    v.Field("checkpoint_every", checkpoint_every, AtLeast(1), "steps between checkpoints");
    v.Field("keep_checkpoints", keep_checkpoints, AtLeast(1), "newest checkpoints that are kept");
    v.Field("keep_best", keep_best,
            "evaluated metric, e.g. \"held_out/pass@1\": model/ is then the checkpoint where it was largest "
            "(empty: the last)");
    v.Field("tensorboard", tensorboard, "also write metrics as a TensorBoard event file into tensorboard/");
    v.Field("trackio", trackio, "also write metrics as a trackio database into trackio/");
    v.Field(
        "license", license,
        "license that the model's card names, e.g. \"apache-2.0\" (empty: that of the model it starts from)");
  }
};

}  // namespace hone

#endif  // HONE_RL_CONFIGS_H_
