// See stored_weights.h.
#include "policy/stored_weights.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "data/error.h"
#include "data/text_file.h"
#include "policy/float_formats.h"

namespace hone {
namespace {

constexpr const char* kMismatch = "take weights and config.json from the same model";
constexpr char kScaleSuffix[] = "_scale_inv";

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

bool SameBytes(const StoredTensor& a, const StoredTensor& b) {
  if (a.info->dtype != b.info->dtype || a.info->shape != b.info->shape) return false;
  constexpr int64_t kStep = 1 << 20;  // pages are given back between the steps
  const int64_t width = TensorDtypeBytes(a.info->dtype);
  for (int64_t done = 0; done < a.info->count; done += kStep) {
    const int64_t count = std::min(kStep, a.info->count - done);
    const int difference =
        std::memcmp(a.file->Bytes(*a.info) + done * width, b.file->Bytes(*b.info) + done * width,
                    static_cast<size_t>(count * width));
    a.file->Drop(*a.info, done, count);
    b.file->Drop(*b.info, done, count);
    if (difference != 0) return false;
  }
  return true;
}

// A head stored beside tied embeddings is redundant; one that differs says that the config is wrong.
void DropTiedHead(TensorTable& table) {
  const auto head = table.tensors.find("lm_head.weight");
  const auto embed = table.tensors.find("model.embed_tokens.weight");
  if (head == table.tensors.end() || embed == table.tensors.end()) return;
  if (!SameBytes(head->second, embed->second)) {
    throw Error("tensor 'lm_head.weight' differs from the embedding though tie_word_embeddings is true",
                head->second.file->path(), "set tie_word_embeddings to false in config.json");
  }
  table.tensors.erase(head);
}

// Whether the tensor belongs to one of the layers after the model's own, which predict further tokens.
bool IsOfMtpLayer(const std::string& name, const ModelConfig& config) {
  for (int64_t i = 0; i < config.num_mtp_layers; ++i) {
    if (name.starts_with("model.layers." + std::to_string(config.num_layers + i) + ".")) return true;
  }
  return false;
}

bool AnyNotFinite(const float* values, int64_t count) {
  uint32_t found = 0;
  for (int64_t i = 0; i < count; ++i) {
    found |= (std::bit_cast<uint32_t>(values[i]) & 0x7f800000u) == 0x7f800000u ? 1u : 0u;
  }
  return found != 0;
}

}  // namespace

ModelConfig ReadModelConfig(const std::string& dir) {
  const std::string path = dir + "/config.json";
  return ParseModelConfig(ReadRegularFile(path), path);
}

std::unique_ptr<StoredWeights> StoredWeights::Open(const std::string& dir) {
  std::unique_ptr<StoredWeights> stored(new StoredWeights);
  ModelConfig& config = stored->config_;
  config = ReadModelConfig(dir);
  // What is read is not FP8 any more.
  stored->block_rows_ = std::exchange(config.fp8_block_rows, 0);
  stored->block_columns_ = std::exchange(config.fp8_block_columns, 0);
  stored->table_ = OpenTensors(dir);
  stored->parameters_ = DescribeParameters(stored->config_);
  UseFusedExperts(stored->parameters_, stored->table_);
  if (stored->config_.tie_word_embeddings) DropTiedHead(stored->table_);
  stored->TakeScales();
  stored->CarryOthers();
  stored->CheckNamesAndShapes();
  return stored;
}

// Moves the scales out of the table to the tensors they belong to.
void StoredWeights::TakeScales() {
  for (const auto& [name, stored] : table_.tensors) {
    const auto& [file, info] = stored;
    if (info->dtype != TensorDtype::kF8E4M3) continue;
    const auto scale = table_.tensors.find(name + kScaleSuffix);
    if (scale == table_.tensors.end()) {
      throw Error("tensor '" + name + "' is F8_E4M3 but there is no '" + name + kScaleSuffix + "'",
                  file->path(), kDamaged);
    }
    if (block_rows_ == 0) {
      throw Error("tensor '" + name + "' is F8_E4M3 but config.json has no quantization_config", file->path(),
                  kDamaged);
    }
    const TensorInfo& s = *scale->second.info;
    const auto blocks = [&](size_t d, int64_t size) { return (info->shape[d] + size - 1) / size; };
    if (info->shape.size() != 2 || s.dtype != TensorDtype::kF32 ||
        s.shape != std::vector<int64_t>{blocks(0, block_rows_), blocks(1, block_columns_)}) {
      throw Error("tensor '" + s.name + "' is " + TensorDtypeName(s.dtype) + " " + ShapeText(s.shape) +
                      ", not F32 with one value per block of " + std::to_string(block_rows_) + " x " +
                      std::to_string(block_columns_) + " of a matrix " + ShapeText(info->shape),
                  scale->second.file->path(), kDamaged);
    }
    scales_.emplace(info, scale->second);
  }
  for (const auto& [tensor, scale] : scales_) table_.tensors.erase(scale.info->name);
}

void StoredWeights::CarryOthers() {
  for (const auto& [name, stored] : table_.tensors) {
    if (!IsOfMtpLayer(name, config_)) continue;
    if (stored.info->dtype == TensorDtype::kI64) {
      throw Error("tensor '" + name + "' has dtype I64 where floating point is needed", stored.file->path(),
                  kMismatch);
    }
    Parameter parameter;
    parameter.name = name;
    parameter.shape = stored.info->shape;
    const bool bias = name.ends_with(".e_score_correction_bias");
    parameter.role = bias ? ParameterRole::kRouterBias : ParameterRole::kMatrix;
    parameter.slices = {{name, 0, parameter.shape}};
    carried_.push_back(std::move(parameter));
  }
  std::sort(carried_.begin(), carried_.end(),
            [](const Parameter& a, const Parameter& b) { return a.name < b.name; });
  if (carried_.empty()) config_.num_mtp_layers = 0;  // left out when the checkpoint was made
}

// Names and shapes, before any memory is taken for the values.
void StoredWeights::CheckNamesAndShapes() {
  std::vector<std::string> missing;
  std::set<std::string> unknown;
  for (const auto& [name, stored] : table_.tensors) unknown.insert(name);
  for (const Parameter& parameter : carried_) unknown.erase(parameter.name);
  for (const Parameter& parameter : parameters_) {
    for (const Slice& slice : parameter.slices) {
      unknown.erase(slice.hf_name);
      const auto it = table_.tensors.find(slice.hf_name);
      if (it == table_.tensors.end()) {
        missing.push_back(slice.hf_name);
        continue;
      }
      const auto& [file, info] = it->second;
      if (info->shape != slice.shape) {
        throw Error("tensor '" + info->name + "' has shape " + ShapeText(info->shape) +
                        ", config.json makes it " + ShapeText(slice.shape),
                    file->path(), kDamaged);
      }
      if (info->dtype == TensorDtype::kI64) {
        throw Error("tensor '" + info->name + "' has dtype I64 where floating point is needed", file->path(),
                    kMismatch);
      }
    }
  }
  if (!missing.empty()) throw Error("missing tensors: " + JoinSome(missing), table_.where, kMismatch);
  if (!unknown.empty()) {
    throw Error("unknown tensors: " + JoinSome({unknown.begin(), unknown.end()}), table_.where, kMismatch);
  }
}

TensorDtype StoredWeights::dtype() const {
  std::map<TensorDtype, int64_t> bytes;
  for (const auto& [name, stored] : table_.tensors) bytes[stored.info->dtype] += stored.info->bytes;
  return std::max_element(bytes.begin(), bytes.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

const float* StoredWeights::Read(const Parameter& parameter, int64_t first, int64_t count, float* scratch) {
  const std::vector<Slice>& slices = parameter.slices;
  auto slice = std::upper_bound(slices.begin(), slices.end(), first,
                                [](int64_t at, const Slice& s) { return at < s.offset; }) -
               1;
  for (int64_t done = 0; done < count; ++slice) {
    const StoredTensor& tensor = table_.tensors.find(slice->hf_name)->second;
    const int64_t begin = first + done - slice->offset,
                  n = std::min(count - done, tensor.info->count - begin);
    if (n > 0) ReadTensor(tensor, begin, n, scratch + done);
    done += n;
  }
  return scratch;
}

void StoredWeights::ReadTensor(const StoredTensor& tensor, int64_t first, int64_t count, float* out) {
  const auto& [file, info] = tensor;
  file->Fetch(*info, first);
  if (info->dtype == TensorDtype::kF8E4M3) {
    ReadBlocks(tensor, scales_.at(info), first, count, out);
  } else {
    file->CopyTo(*info, first, count, out);
  }
  file->Drop(*info, first, count);
  if (!AnyNotFinite(out, count)) return;
  const bool nan = std::any_of(out, out + count, [](float v) { return std::isnan(v); });
  const std::lock_guard lock(mutex_);
  if (!fault_.empty() && faulty_ < info->name) return;
  faulty_ = info->name;
  fault_ = nan ? "NaN" : "infinity";
}

// Each value times the scale of its block.
void StoredWeights::ReadBlocks(const StoredTensor& tensor, const StoredTensor& scales, int64_t first,
                               int64_t count, float* out) const {
  const int64_t columns = tensor.info->shape[1], blocks = scales.info->shape[1];
  const auto* values = reinterpret_cast<const uint8_t*>(tensor.file->Bytes(*tensor.info));
  for (int64_t i = first; i < first + count;) {
    const int64_t row = i / columns, column = i % columns;
    const int64_t in_block = std::min(columns, (column / block_columns_ + 1) * block_columns_) - column;
    const int64_t end = std::min(first + count, i + in_block);
    float scale;
    scales.file->CopyTo(*scales.info, row / block_rows_ * blocks + column / block_columns_, 1, &scale);
    for (; i < end; ++i) out[i - first] = FloatFromE4m3(values[i]) * scale;
  }
}

void StoredWeights::RequireFinite() {
  const std::lock_guard lock(mutex_);
  if (fault_.empty()) return;
  throw Error("tensor '" + faulty_ + "' holds " + fault_, table_.tensors.at(faulty_).file->path(),
              "use an earlier checkpoint");
}

}  // namespace hone
