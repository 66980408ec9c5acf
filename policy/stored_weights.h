// A checkpoint on the disk, opened and checked but not loaded: its values are read piece by piece from the mapped files, and the
// pages they came from are given back at once. So a model can be packed for inference without a copy of its weights beside it.
// Covered by tests/policy/stored_weights_test.cc.
#ifndef HONE_POLICY_STORED_WEIGHTS_H_
#define HONE_POLICY_STORED_WEIGHTS_H_

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/config.h"
#include "policy/parameter_source.h"
#include "policy/tensor_table.h"

namespace hone {

// The shape in a directory's config.json. Error as ParseModelConfig.
ModelConfig ReadModelConfig(const std::string& dir);

class StoredWeights : public ParameterSource {
 public:
  // From config.json and model.safetensors or shards. F32, F16 and BF16 tensors, and F8_E4M3 matrices X with their scales
  // X_scale_inv (F32, one per block of quantization_config.weight_block_size, which multiplies). Experts one by one or fused (mlp.experts.gate_up_proj
  // [E,2I,H] and mlp.experts.down_proj [E,H,I]); a lm_head.weight beside tied embeddings must equal them byte for byte. Error
  // naming file and tensor on anything missing, unknown, ill-shaped, overlapping or truncated; no value is read yet.
  static std::unique_ptr<StoredWeights> Open(const std::string& dir);

  const ModelConfig& config() const { return config_; }
  TensorDtype dtype() const;  // that of most bytes

  const std::vector<Parameter>& parameters() const override { return parameters_; }
  const std::vector<Parameter>& carried() const override { return carried_; }
  // Always into `scratch`.
  const float* Read(const Parameter& parameter, int64_t first, int64_t count, float* scratch) override;
  // Error naming the first of the tensors read so far, by name, that held a NaN or an infinity.
  void RequireFinite() override;

 private:
  StoredWeights() = default;
  void CheckNamesAndShapes();
  void TakeScales();
  void CarryOthers();
  void ReadTensor(const StoredTensor& tensor, int64_t first, int64_t count, float* out);
  void ReadBlocks(const StoredTensor& tensor, const StoredTensor& scales, int64_t first, int64_t count,
                  float* out) const;

  ModelConfig config_;
  int64_t block_rows_ = 0, block_columns_ = 0;  // of a scale; 0: not an FP8 checkpoint
  TensorTable table_;
  std::unordered_map<const TensorInfo*, StoredTensor> scales_;  // of the F8_E4M3 tensors
  std::vector<Parameter> parameters_, carried_;
  std::mutex mutex_;    // of the two below
  std::string faulty_;  // name of the tensor
  std::string fault_;   // what it holds; empty: nothing is wrong
};

}  // namespace hone

#endif  // HONE_POLICY_STORED_WEIGHTS_H_
