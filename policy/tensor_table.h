// Every tensor of a Hugging Face directory, whichever file holds it: model.safetensors, or the shards that
// model.safetensors.index.json lists. Headers only; no value is touched. Covered by tests/policy/checkpoint_test.cc.
#ifndef HONE_POLICY_TENSOR_TABLE_H_
#define HONE_POLICY_TENSOR_TABLE_H_

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/safetensors.h"

namespace hone {

inline constexpr char kSingleFile[] = "/model.safetensors";
inline constexpr char kIndexFile[] = "/model.safetensors.index.json";
inline constexpr const char* kDamaged = "download or save the checkpoint again";

struct StoredTensor {
  const SafetensorsFile* file = nullptr;
  const TensorInfo* info = nullptr;
};

struct TensorTable {
  std::vector<std::unique_ptr<SafetensorsFile>> files;
  std::unordered_map<std::string, StoredTensor> tensors;
  std::string where;  // the file to name when a tensor is missing
};

bool HasTensors(const std::string& dir);  // either of the two files
// Error when there is neither, on a file that deviates from the format, and on an index that names anything but plain files of
// this directory, or not exactly the tensors they hold.
TensorTable OpenTensors(const std::string& dir);

}  // namespace hone

#endif  // HONE_POLICY_TENSOR_TABLE_H_
