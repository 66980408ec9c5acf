// Hugging Face checkpoint directories in and out: config.json, model.safetensors (or shards with an index),
// tokenizer files copied alongside. Strict: nothing missing, nothing unknown, every shape checked. Covered by
// tests/policy/checkpoint_test.cc.
#ifndef HONE_POLICY_CHECKPOINT_H_
#define HONE_POLICY_CHECKPOINT_H_

#include <string>

#include "policy/config.h"
#include "policy/weights.h"

namespace hone {

enum class WeightDtype { kFp32, kBf16 };

struct Checkpoint {
  ModelConfig config;
  Weights weights;
};

// Loads fp32, fp16 or bf16 tensors into fp32, from model.safetensors or else from the shards that
// model.safetensors.index.json lists. Experts may be stored one by one or fused (mlp.experts.gate_up_proj
// [E,2I,H] and mlp.experts.down_proj [E,H,I]); a lm_head.weight beside tied embeddings must equal them byte
// for byte. Error naming file and tensor on anything missing, unknown, ill-shaped, overlapping, truncated or
// not finite.
Checkpoint LoadCheckpoint(const std::string& dir);

// Writes config.json, model.safetensors and generation_config.json into `dir` (created if missing), copies
// tokenizer.json, tokenizer_config.json and chat_template.jinja from `tokenizer_dir` if that is not empty.
// Bytes are a pure function of the arguments. kBf16 rounds to nearest even, but router biases stay fp32 (as
// DeepSeek's do: their steps are too small for bf16). Error, before anything is written, on a weight that
// would not be finite. Files are fsynced; the caller renames the directory into place.
void SaveCheckpoint(const std::string& dir, const ModelConfig& config, const Weights& weights,
                    WeightDtype dtype, const std::string& tokenizer_dir);

}  // namespace hone

#endif  // HONE_POLICY_CHECKPOINT_H_
