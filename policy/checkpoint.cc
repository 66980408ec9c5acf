// See checkpoint.h.
#include "policy/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <set>
#include <unordered_map>
#include <utility>

#include "data/error.h"
#include "data/json.h"
#include "data/text_file.h"
#include "policy/safetensors.h"

namespace hone {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr char kSingle[] = "/model.safetensors";
constexpr char kIndex[] = "/model.safetensors.index.json";

struct StoredTensor {
  const SafetensorsFile* file = nullptr;
  const TensorInfo* info = nullptr;
};

constexpr const char* kDamaged = "download or save the checkpoint again";
constexpr const char* kMismatch = "take weights and config.json from the same model";

// Every tensor of a checkpoint, whichever file holds it.
struct TensorTable {
  std::vector<std::unique_ptr<SafetensorsFile>> files;
  std::unordered_map<std::string, StoredTensor> tensors;
  std::string where;  // the file to name when a tensor is missing

  void Add(const std::string& path) {
    files.push_back(std::make_unique<SafetensorsFile>(SafetensorsFile::Open(path)));
    for (const TensorInfo& info : files.back()->tensors()) {
      if (!tensors.emplace(info.name, StoredTensor{files.back().get(), &info}).second) {
        throw Error("tensor '" + info.name + "' is in another shard as well", path, kDamaged);
      }
    }
  }
};

void CheckShardName(const std::string& name, const std::string& where) {
  const bool plain = name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
  const bool suffix = name.size() > 12 && name.compare(name.size() - 12, 12, ".safetensors") == 0;
  if (!plain || !suffix)
    throw Error("'" + name + "' is not the name of a shard in this directory", where, kDamaged);
}

TensorTable OpenShards(const std::string& dir) {
  TensorTable table;
  table.where = dir + kIndex;
  const json index = ParseStrictJson(ReadFile(table.where), table.where, kFetchAgain);
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) {
    throw Error("weight_map is missing", table.where, kDamaged);
  }
  std::set<std::string> shards;
  for (const auto& [name, shard] : index["weight_map"].items()) {
    if (!shard.is_string()) throw Error("weight_map['" + name + "'] is not a string", table.where, kDamaged);
    CheckShardName(shard.get<std::string>(), table.where);
    shards.insert(shard.get<std::string>());
  }
  for (const std::string& shard : shards) table.Add(dir + "/" + shard);
  for (const auto& [name, shard] : index["weight_map"].items()) {
    const auto it = table.tensors.find(name);
    if (it == table.tensors.end() || it->second.file->path() != dir + "/" + shard.get<std::string>()) {
      throw Error("tensor '" + name + "' is not in " + shard.get<std::string>() + " as the index says",
                  table.where, kDamaged);
    }
  }
  for (const auto& [name, stored] : table.tensors) {
    if (!index["weight_map"].contains(name)) {
      throw Error("tensor '" + name + "' is not in the index", stored.file->path(), kDamaged);
    }
  }
  return table;
}

// Not a link that leads nowhere either.
bool Exists(const std::string& path) {
  std::error_code code;
  return fs::exists(path, code);
}

TensorTable OpenTensors(const std::string& dir) {
  if (!Exists(dir + kSingle)) {
    if (Exists(dir + kIndex)) return OpenShards(dir);
    throw Error("no model.safetensors and no model.safetensors.index.json", dir,
                "name a Hugging Face model directory");
  }
  TensorTable table;
  table.where = dir + kSingle;
  table.Add(table.where);
  return table;
}

std::string JoinSome(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min<size_t>(names.size(), 4); ++i) {
    if (i > 0) text += ", ";
    text += names[i];
  }
  if (names.size() > 4) text += " and " + std::to_string(names.size() - 4) + " more";
  return text;
}

// transformers 5 keeps the experts of a layer in one tensor; its layout is ours.
std::vector<Slice> FuseExperts(const Parameter& parameter) {
  const std::string& first =
      parameter.slices.front().hf_name;  // model.layers.N.mlp.experts.0.gate_proj.weight
  const std::string marker = ".experts.";
  const std::string prefix = first.substr(0, first.find(marker) + marker.size());
  const bool down = parameter.slices.size() == static_cast<size_t>(parameter.shape[0]);
  return {{prefix + (down ? "down_proj" : "gate_up_proj"), 0, parameter.shape}};
}

void UseFusedExperts(std::vector<Parameter>& parameters, const TensorTable& table) {
  for (Parameter& parameter : parameters) {
    if (parameter.shape.size() != 3) continue;  // only stacked experts have three dimensions
    std::vector<Slice> fused = FuseExperts(parameter);
    if (table.tensors.contains(fused.front().hf_name)) parameter.slices = std::move(fused);
  }
}

// A head stored beside tied embeddings is redundant; one that differs says that the config is wrong.
void DropTiedHead(TensorTable& table) {
  const auto head = table.tensors.find("lm_head.weight");
  const auto embed = table.tensors.find("model.embed_tokens.weight");
  if (head == table.tensors.end() || embed == table.tensors.end()) return;
  const TensorInfo& a = *head->second.info;
  const TensorInfo& b = *embed->second.info;
  const bool same = a.dtype == b.dtype && a.shape == b.shape &&
                    (a.bytes == 0 || std::memcmp(head->second.file->Bytes(a), embed->second.file->Bytes(b),
                                                 static_cast<size_t>(a.bytes)) == 0);
  if (!same) {
    throw Error("tensor 'lm_head.weight' differs from the embedding though tie_word_embeddings is true",
                head->second.file->path(), "set tie_word_embeddings to false in config.json");
  }
  table.tensors.erase(head);
}

// Names and shapes, before any memory is taken for the values.
void CheckNamesAndShapes(const std::vector<Parameter>& parameters, const TensorTable& table) {
  std::vector<std::string> missing;
  std::set<std::string> unknown;
  for (const auto& [name, stored] : table.tensors) unknown.insert(name);
  for (const Parameter& parameter : parameters) {
    for (const Slice& slice : parameter.slices) {
      unknown.erase(slice.hf_name);
      const auto it = table.tensors.find(slice.hf_name);
      if (it == table.tensors.end()) {
        missing.push_back(slice.hf_name);
        continue;
      }
      const auto& [file, info] = it->second;
      if (info->shape != slice.shape) {
        throw Error("tensor '" + info->name + "' has shape " + ShapeText(info->shape) +
                        ", config.json makes it " + ShapeText(slice.shape),
                    file->path(), kDamaged);
      }
    }
  }
  if (!missing.empty()) throw Error("missing tensors: " + JoinSome(missing), table.where, kMismatch);
  if (!unknown.empty()) {
    throw Error("unknown tensors: " + JoinSome({unknown.begin(), unknown.end()}), table.where, kMismatch);
  }
}

std::string_view FiniteFault(const float* values, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    if (std::isnan(values[i])) return "NaN";
    if (std::isinf(values[i])) return "infinity";
  }
  return {};
}

bool StoredAsFp32(const Parameter& parameter, WeightDtype dtype) {
  return dtype == WeightDtype::kFp32 || parameter.role == ParameterRole::kRouterBias;
}

void CheckFinite(const Weights& weights, WeightDtype dtype, const std::string& path) {
  for (const Parameter& parameter : weights.parameters()) {
    const float* values = parameter.value.data();
    for (int64_t i = 0; i < parameter.value.size(); ++i) {
      const float stored =
          StoredAsFp32(parameter, dtype) ? values[i] : FloatFromBf16(Bf16FromFloat(values[i]));
      if (!std::isfinite(stored)) {
        throw Error("parameter '" + parameter.name + "' is not finite at " + std::to_string(i), path,
                    "resume from an earlier checkpoint with a lower optimizer.learning_rate");
      }
    }
  }
}

std::vector<TensorToWrite> TensorsToWrite(const Weights& weights, WeightDtype dtype) {
  std::vector<TensorToWrite> tensors;
  for (const Parameter& parameter : weights.parameters()) {
    const TensorDtype stored = StoredAsFp32(parameter, dtype) ? TensorDtype::kF32 : TensorDtype::kBf16;
    for (const Slice& slice : parameter.slices) {
      tensors.push_back({slice.hf_name, stored, slice.shape, parameter.value.data() + slice.offset});
    }
  }
  return tensors;
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
  for (const char* name : {"/tokenizer.json", "/tokenizer_config.json", "/chat_template.jinja"}) {
    const bool required = std::string_view(name) == "/tokenizer.json";
    if (required || Exists(from + name)) WriteFileAtomic(to + name, ReadFile(from + name));
  }
}

}  // namespace

Checkpoint LoadCheckpoint(const std::string& dir) {
  Checkpoint checkpoint;
  const std::string config_path = dir + "/config.json";
  if (Exists(config_path) && fs::is_other(config_path)) {  // reading a pipe might never end
    throw Error("not a regular file", config_path, "name a Hugging Face model directory");
  }
  checkpoint.config = ParseModelConfig(ReadFile(config_path), config_path);
  TensorTable table = OpenTensors(dir);
  std::vector<Parameter> stored = DescribeParameters(checkpoint.config);
  UseFusedExperts(stored, table);
  if (checkpoint.config.tie_word_embeddings) DropTiedHead(table);
  CheckNamesAndShapes(stored, table);

  checkpoint.weights = Weights(checkpoint.config);
  for (size_t i = 0; i < stored.size(); ++i) {
    float* values = checkpoint.weights.parameters()[i].value.data();
    for (const Slice& slice : stored[i].slices) {
      const auto& [file, info] = table.tensors.at(slice.hf_name);
      file->CopyTo(*info, values + slice.offset);
      const std::string_view fault = FiniteFault(values + slice.offset, info->count);
      if (!fault.empty()) {
        throw Error("tensor '" + info->name + "' holds " + std::string(fault), file->path(),
                    "use an earlier checkpoint");
      }
    }
  }
  return checkpoint;
}

void SaveCheckpoint(const std::string& dir, const ModelConfig& config, const Weights& weights,
                    WeightDtype dtype, const std::string& tokenizer_dir) {
  CheckFinite(weights, dtype, dir);
  std::error_code code;
  fs::create_directories(dir, code);
  if (code) throw Error("cannot create: " + code.message(), dir, "name a directory that can be written");
  // Weights first: the files that follow flush the directory and with it the weights' name.
  WriteSafetensors(dir + kSingle, TensorsToWrite(weights, dtype));
  const char* torch_dtype = dtype == WeightDtype::kFp32 ? "float32" : "bfloat16";
  WriteFileAtomic(dir + "/config.json", ModelConfigToJson(config, torch_dtype));
  WriteFileAtomic(dir + "/generation_config.json", GenerationConfig(config));
  CopyTokenizer(tokenizer_dir, dir);
}

}  // namespace hone
