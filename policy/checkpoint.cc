// See checkpoint.h.
#include "policy/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include "data/error.h"
#include "data/json.h"
#include "data/text_file.h"
#include "policy/float_formats.h"
#include "policy/safetensors.h"
#include "policy/stored_weights.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kBlockValues = 1 << 18;  // read at a time

TensorDtype StoredDtype(const Parameter& parameter, WeightDtype dtype) {
  if (dtype == WeightDtype::kFp32 || parameter.role == ParameterRole::kRouterBias) return TensorDtype::kF32;
  return dtype == WeightDtype::kBf16 ? TensorDtype::kBf16 : TensorDtype::kF16;
}

float Rounded(float value, TensorDtype dtype) {
  if (dtype == TensorDtype::kBf16) return FloatFromBf16(Bf16FromFloat(value));
  return dtype == TensorDtype::kF16 ? FloatFromF16(F16FromFloat(value)) : value;
}

const char* TorchName(WeightDtype dtype) {
  if (dtype == WeightDtype::kFp32) return "float32";
  return dtype == WeightDtype::kBf16 ? "bfloat16" : "float16";
}

void CheckFinite(ParameterSource& source, const std::vector<Parameter>& parameters, WeightDtype dtype,
                 const std::string& path) {
  std::vector<float> scratch(kBlockValues);
  for (const Parameter& parameter : parameters) {
    const TensorDtype stored = StoredDtype(parameter, dtype);
    const int64_t size = Product(parameter.shape);
    for (int64_t done = 0; done < size; done += kBlockValues) {
      const int64_t count = std::min(kBlockValues, size - done);
      const float* values = source.Read(parameter, done, count, scratch.data());
      for (int64_t i = 0; i < count; ++i) {
        if (std::isfinite(Rounded(values[i], stored))) continue;
        const bool range = std::isfinite(values[i]);
        throw Error("parameter '" + parameter.name + "' is not finite at " + std::to_string(done + i) +
                        (range ? std::string(" in ") + TorchName(dtype) : ""),
                    path,
                    range ? "save it in a type of wider range"
                          : "resume from an earlier checkpoint with a lower optimizer.learning_rate");
      }
    }
  }
}

// The model's tensors under their Hugging Face names (experts one by one, however the source holds them), then the carried ones.
std::vector<TensorToWrite> TensorsToWrite(const ModelConfig& config, ParameterSource& source,
                                          WeightDtype dtype) {
  std::vector<TensorToWrite> tensors;
  const auto add = [&](const Parameter& from, const std::vector<Slice>& slices) {
    for (const Slice& slice : slices) {
      const auto read = [&source, &from, offset = slice.offset](int64_t first, int64_t count,
                                                                float* scratch) {
        return source.Read(from, offset + first, count, scratch);
      };
      tensors.push_back({slice.hf_name, StoredDtype(from, dtype), slice.shape, nullptr, read});
    }
  };
  const std::vector<Parameter> described = DescribeParameters(config);
  for (size_t i = 0; i < described.size(); ++i) add(source.parameters()[i], described[i].slices);
  for (const Parameter& parameter : source.carried()) add(parameter, parameter.slices);
  return tensors;
}

std::string ShardName(size_t number, size_t count) {
  char name[64];
  std::snprintf(name, sizeof name, "model-%05zu-of-%05zu.safetensors", number, count);
  return name;
}

// Fills one file after the other.
void WriteTensors(const std::string& dir, std::vector<TensorToWrite> tensors, int64_t shard_bytes) {
  std::vector<std::vector<TensorToWrite>> shards(1);
  int64_t in_shard = 0, total = 0;
  for (TensorToWrite& tensor : tensors) {
    const int64_t bytes = Product(tensor.shape) * TensorDtypeBytes(tensor.dtype);
    if (!shards.back().empty() && in_shard + bytes > shard_bytes) {
      shards.emplace_back();
      in_shard = 0;
    }
    in_shard += bytes;
    total += bytes;
    shards.back().push_back(std::move(tensor));
  }
  if (shards.size() == 1) return WriteSafetensors(dir + kSingleFile, shards.front());
  nlohmann::json index;
  index["metadata"]["total_size"] = total;
  for (size_t i = 0; i < shards.size(); ++i) {
    const std::string name = ShardName(i + 1, shards.size());
    WriteSafetensors(dir + "/" + name, shards[i]);
    for (const TensorToWrite& tensor : shards[i]) index["weight_map"][tensor.name] = name;
  }
  WriteFileAtomic(dir + kIndexFile, index.dump(2) + "\n");
}

std::string GenerationConfig(const ModelConfig& config) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  if (config.bos_token_id >= 0) out["bos_token_id"] = config.bos_token_id;
  if (config.pad_token_id >= 0) out["pad_token_id"] = config.pad_token_id;
  if (config.eos_token_ids.size() == 1) out["eos_token_id"] = config.eos_token_ids.front();
  if (config.eos_token_ids.size() > 1) out["eos_token_id"] = config.eos_token_ids;
  return out.dump(2) + "\n";
}

void CopyTokenizer(const std::string& from, const std::string& to) {
  if (from.empty()) return;
  for (const char* name : {"/tokenizer.json", "/tokenizer_config.json", "/chat_template.jinja",
                           "/chat_template.json", "/special_tokens_map.json", "/added_tokens.json",
                           "/vocab.json", "/merges.txt", "/tokenizer.model", "/generation_config.json"}) {
    const bool required = std::string_view(name) == "/tokenizer.json";
    std::error_code code;
    if (required || fs::exists(from + name, code)) WriteFileAtomic(to + name, ReadFile(from + name));
  }
}

}  // namespace

const float* RoundedSource::Read(const Parameter& parameter, int64_t first, int64_t count, float* scratch) {
  const float* values = source_.Read(parameter, first, count, scratch);
  const TensorDtype dtype = StoredDtype(parameter, dtype_);
  if (dtype == TensorDtype::kF32) return values;
  std::transform(values, values + count, scratch, [dtype](float v) { return Rounded(v, dtype); });
  return scratch;
}

Checkpoint LoadCheckpoint(const std::string& dir) {
  std::shared_ptr<StoredWeights> stored = StoredWeights::Open(dir);
  Checkpoint checkpoint;
  checkpoint.config = stored->config();
  checkpoint.weights = Weights(checkpoint.config);
  for (size_t i = 0; i < stored->parameters().size(); ++i) {
    FloatBuffer& to = checkpoint.weights.parameters()[i].value;
    for (int64_t done = 0; done < to.size(); done += kBlockValues) {
      stored->Read(stored->parameters()[i], done, std::min(kBlockValues, to.size() - done), to.data() + done);
    }
    stored->RequireFinite();
  }
  if (!stored->carried().empty()) checkpoint.carried = std::move(stored);
  return checkpoint;
}

void SaveCheckpoint(const std::string& dir, const ModelConfig& config, ParameterSource& source,
                    const SaveOptions& options) {
  CheckFinite(source, source.parameters(), options.dtype, dir);
  CheckFinite(source, source.carried(), options.dtype, dir);
  std::error_code code;
  fs::create_directories(dir, code);
  if (code) throw Error("cannot create: " + code.message(), dir, "name a directory that can be written");
  // Weights first: the files that follow flush the directory and with it the weights' names.
  WriteTensors(dir, TensorsToWrite(config, source, options.dtype), options.shard_bytes);
  ModelConfig written = config;
  if (source.carried().empty()) written.num_mtp_layers = 0;
  WriteFileAtomic(dir + "/config.json", ModelConfigToJson(written, TorchName(options.dtype)));
  WriteFileAtomic(dir + "/generation_config.json", GenerationConfig(config));
  CopyTokenizer(options.tokenizer_dir, dir);
}

void SaveCheckpoint(const std::string& dir, const ModelConfig& config, const Weights& weights,
                    WeightDtype dtype, const std::string& tokenizer_dir) {
  WeightsSource source(weights);
  SaveCheckpoint(dir, config, source, {.dtype = dtype, .tokenizer_dir = tokenizer_dir});
}

}  // namespace hone
