// Hugging Face checkpoint directories in and out: config.json, model.safetensors (or shards with an index),
// tokenizer files copied alongside. Strict: nothing missing, nothing unknown, every shape checked. Covered by
// tests/policy/checkpoint_test.cc.
#ifndef HONE_POLICY_CHECKPOINT_H_
#define HONE_POLICY_CHECKPOINT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "policy/config.h"
#include "policy/parameter_source.h"
#include "policy/weights.h"

namespace hone {

enum class WeightDtype { kFp32, kBf16, kFp16 };

struct Checkpoint {
  ModelConfig config;
  Weights weights;
  // The files themselves, still mapped, when they hold tensors beside the model (StoredWeights::carried); else null.
  std::shared_ptr<ParameterSource> carried;
};

// Everything StoredWeights::Open takes, into fp32. Error as there, and on a value that is not finite.
Checkpoint LoadCheckpoint(const std::string& dir);

struct SaveOptions {
  WeightDtype dtype = WeightDtype::kFp32;
  // Empty, or where tokenizer.json is copied from, and what belongs to it as far as it is there: tokenizer_config.json, chat
  // template, generation_config.json and older tokenizer files.
  std::string tokenizer_dir = {};
  int64_t shard_bytes = 5'000'000'000;  // of tensors in one file; a larger tensor has one for itself
};

// Writes config.json, generation_config.json and model.safetensors into `dir` (created if missing), or where that is not enough
// model-00001-of-0000N.safetensors and so on with their index, filled in the order of the parameters. Tensors that the source
// carries are written like the rest. Bytes are a pure function of the arguments. Narrower types are rounded to nearest even, but
// router biases stay fp32 (as DeepSeek's do: their steps are too small for bf16). Error, before anything is written, on a weight
// that would not be finite. Files are fsynced; the caller renames the directory into place.
void SaveCheckpoint(const std::string& dir, const ModelConfig& config, ParameterSource& source,
                    const SaveOptions& options);
void SaveCheckpoint(const std::string& dir, const ModelConfig& config, const Weights& weights,
                    WeightDtype dtype, const std::string& tokenizer_dir);

// What a checkpoint in `dtype` holds of another source: its values, rounded. References `source`.
class RoundedSource : public ParameterSource {
 public:
  RoundedSource(ParameterSource& source, WeightDtype dtype) : source_(source), dtype_(dtype) {}
  const std::vector<Parameter>& parameters() const override { return source_.parameters(); }
  const std::vector<Parameter>& carried() const override { return source_.carried(); }
  const float* Read(const Parameter& parameter, int64_t first, int64_t count, float* scratch) override;
  void RequireFinite() override { source_.RequireFinite(); }

 private:
  ParameterSource& source_;
  const WeightDtype dtype_;
};

}  // namespace hone

#endif  // HONE_POLICY_CHECKPOINT_H_
