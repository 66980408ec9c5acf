// hone info: what a model is and needs, from config.json and the headers of its files alone. Covered by
// tests/recipes/info_command_test.cc.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "kernels/attention.h"
#include "policy/footprint.h"
#include "policy/stored_weights.h"
#include "policy/tensor_table.h"
#include "recipes/commands.h"

namespace hone {
namespace {

using Json = nlohmann::ordered_json;

struct InfoArguments {
  std::string model;
  bool json = false;
};

struct OnDisk {
  int64_t files = 0;  // 0: only config.json is there
  int64_t bytes = 0;  // of tensors
  std::map<std::string, int64_t> by_dtype;
};

struct ModelInfo {
  ModelConfig config;
  int64_t parameters = 0, active = 0;
  int64_t moe_layers = 0;
  OnDisk disk;
};

ModelInfo Describe(const std::string& dir) {
  ModelInfo info;
  info.config = ReadModelConfig(dir);
  const std::vector<Parameter> parameters = DescribeParameters(info.config);
  info.parameters = CountValues(parameters);
  info.active = CountActive(parameters, info.config);
  for (int64_t l = 0; l < info.config.num_layers; ++l) info.moe_layers += info.config.IsMoeLayer(l) ? 1 : 0;
  if (!HasTensors(dir)) return info;
  const TensorTable table = OpenTensors(dir);
  info.disk.files = static_cast<int64_t>(table.files.size());
  for (const auto& [name, tensor] : table.tensors) {
    info.disk.bytes += tensor.info->bytes;
    info.disk.by_dtype[TensorDtypeName(tensor.info->dtype)] += tensor.info->bytes;
  }
  return info;
}

int64_t CacheBytes(const ModelConfig& config, Precision precision) {  // per token
  return KvCache::BytesPerPage(config, precision) / kernels::kPageSize;
}

Json ToJson(const TrainingBytes& bytes) {
  return {{"weights", bytes.weights},
          {"packed", bytes.packed},
          {"gradients", bytes.gradients},
          {"moments", bytes.moments},
          {"total", bytes.Total()}};
}

void PrintJson(const ModelInfo& info) {
  const ModelConfig& c = info.config;
  Json json;
  json["architecture"] = c.architecture;
  json["parameters"] = info.parameters;
  json["active_parameters"] = info.active;
  json["layers"] = c.num_layers;
  json["moe_layers"] = info.moe_layers;
  json["mtp_layers"] = c.num_mtp_layers;
  json["context"] = c.max_position_embeddings;
  json["vocabulary"] = c.vocab_size;
  json["files"] = info.disk.files;
  json["bytes_on_disk"] = info.disk.bytes;
  json["bytes_by_dtype"] = info.disk.by_dtype;
  for (const auto& [name, precision] : {std::pair("fp32", Precision::kFp32), {"bf16", Precision::kBf16}}) {
    json["cache_bytes_per_token"][name] = CacheBytes(c, precision);
    json["sampling_bytes"][name] = PackedBytes(info.parameters, precision);
    json["training_bytes"][name] = ToJson(TrainingBytes(info.parameters, precision));
  }
  fmt::print("{}\n", json.dump());
}

std::string Count(int64_t count) {
  const auto value = static_cast<double>(count);
  return value >= 1e9 ? fmt::format("{:.3f} B", value * 1e-9) : fmt::format("{:.3f} M", value * 1e-6);
}

std::string Bytes(int64_t bytes) {
  const auto value = static_cast<double>(bytes);
  return value >= 1e9 ? fmt::format("{:.2f} GB", value * 1e-9) : fmt::format("{:.2f} MB", value * 1e-6);
}

std::string DiskText(const OnDisk& disk) {
  if (disk.files == 0) return "no weights here, config.json alone";
  std::string text =
      fmt::format("{} in {} file{}", Bytes(disk.bytes), disk.files, disk.files == 1 ? "" : "s");
  for (const auto& [dtype, bytes] : disk.by_dtype) text += fmt::format(", {} {}", dtype, Bytes(bytes));
  return text;
}

void PrintText(const ModelInfo& info) {
  const ModelConfig& c = info.config;
  fmt::print("architecture  {}\n", c.architecture);
  fmt::print("parameters    {}, {} active per token\n", Count(info.parameters), Count(info.active));
  fmt::print("layers        {}", c.num_layers);
  if (info.moe_layers > 0) {
    fmt::print(", {} of them with {} experts, {} per token", info.moe_layers, c.num_experts,
               c.experts_per_token);
  }
  if (c.num_mtp_layers > 0)
    fmt::print("; {} more for multi-token prediction, kept but not run", c.num_mtp_layers);
  fmt::print("\ncontext       {} tokens, vocabulary of {}\n", c.max_position_embeddings, c.vocab_size);
  fmt::print("on disk       {}\n", DiskText(info.disk));
  fmt::print("cache         {} bytes per token in fp32, {} in bf16\n", CacheBytes(c, Precision::kFp32),
             CacheBytes(c, Precision::kBf16));
  fmt::print("to sample     {} in fp32, {} in bf16 (packed weights: 4 or 2 bytes each), and the cache\n",
             Bytes(PackedBytes(info.parameters, Precision::kFp32)),
             Bytes(PackedBytes(info.parameters, Precision::kBf16)));
  for (const auto& [name, precision] : {std::pair("fp32", Precision::kFp32), {"bf16", Precision::kBf16}}) {
    const TrainingBytes b(info.parameters, precision);
    fmt::print("to train      {} in {}: {} {} + packed {} + gradients {} + AdamW {}\n", Bytes(b.Total()),
               name, precision == Precision::kBf16 ? "fp32 masters" : "weights", Bytes(b.weights),
               Bytes(b.packed), Bytes(b.gradients), Bytes(b.moments));
  }
  fmt::print(
      "              bytes per parameter: weights 4, packed for forward and backward 2 x 4 (fp32) or 2 x 2 "
      "(bf16),\n"
      "              gradients 4, AdamW 2 x 4; activations and the cache come on top\n");
}

}  // namespace

Command AddInfoCommand(CLI::App& app) {
  auto* command = app.add_subcommand("info", "What a model is and what it needs");
  auto a = std::make_shared<InfoArguments>();
  command->add_option("model", a->model, "Hugging Face directory; config.json is enough")->required();
  command->add_flag("--json", a->json, "one JSON object");
  command->footer(
      "Reads config.json and the headers of the weight files, no weights.\n"
      "Example:\n  hone info data/tiny_base");
  return [a] {
    const ModelInfo info = Describe(a->model);
    a->json ? PrintJson(info) : PrintText(info);
    return 0;
  };
}

}  // namespace hone
