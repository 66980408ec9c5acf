// See tensor_table.h.
#include "policy/tensor_table.h"

#include <filesystem>
#include <set>
#include <string_view>

#include "data/error.h"
#include "data/json.h"
#include "data/text_file.h"

namespace hone {
namespace {

using nlohmann::json;

void Add(TensorTable& table, const std::string& path) {
  table.files.push_back(std::make_unique<SafetensorsFile>(SafetensorsFile::Open(path)));
  for (const TensorInfo& info : table.files.back()->tensors()) {
    if (!table.tensors.emplace(info.name, StoredTensor{table.files.back().get(), &info}).second) {
      throw Error("tensor '" + info.name + "' is in another shard as well", path, kDamaged);
    }
  }
}

void CheckShardName(const std::string& name, const std::string& where) {
  const bool plain = name.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos;
  const bool suffix = name.size() > 12 && name.compare(name.size() - 12, 12, ".safetensors") == 0;
  if (!plain || !suffix)
    throw Error("'" + name + "' is not the name of a shard in this directory", where, kDamaged);
}

TensorTable OpenShards(const std::string& dir) {
  TensorTable table;
  table.where = dir + kIndexFile;
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
  for (const std::string& shard : shards) Add(table, dir + "/" + shard);
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
  return std::filesystem::exists(path, code);
}

}  // namespace

bool HasTensors(const std::string& dir) { return Exists(dir + kSingleFile) || Exists(dir + kIndexFile); }

TensorTable OpenTensors(const std::string& dir) {
  if (!Exists(dir + kSingleFile)) {
    if (Exists(dir + kIndexFile)) return OpenShards(dir);
    throw Error("no model.safetensors and no model.safetensors.index.json", dir,
                "name a Hugging Face model directory");
  }
  TensorTable table;
  table.where = dir + kSingleFile;
  Add(table, table.where);
  return table;
}

}  // namespace hone
