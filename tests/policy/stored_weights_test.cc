// A model packed straight from the files against one packed from the loaded weights, bit for bit; block FP8 against its definition;
// layers beside the model.
#include "policy/stored_weights.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <random>

#include "data/json.h"
#include "data/text_file.h"
#include "kernels/thread_pool.h"
#include "policy/checkpoint.h"
#include "policy/float_formats.h"
#include "policy/model.h"
#include "tests/policy/model_case.h"

namespace hone {
namespace {

// A file of any dtypes, F8_E4M3 included, from bytes.
struct RawTensor {
  std::string name, dtype;
  std::vector<int64_t> shape;
  std::string bytes;
};

void WriteRaw(const std::string& path, const std::vector<RawTensor>& tensors) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  std::string data;
  for (const RawTensor& t : tensors) {
    header[t.name] = {{"dtype", t.dtype},
                      {"shape", t.shape},
                      {"data_offsets", {data.size(), data.size() + t.bytes.size()}}};
    data += t.bytes;
  }
  const std::string text = header.dump();
  const uint64_t size = text.size();
  WriteFileAtomic(path, std::string(reinterpret_cast<const char*>(&size), 8) + text + data);
}

template <typename T>
std::string BytesOf(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// One Hugging Face tensor as the checkpoint is to hold it. `fp8` matrices come with their scales.
std::vector<RawTensor> Encoded(const std::string& name, const std::vector<int64_t>& shape,
                               const float* values, const std::string& dtype, std::mt19937_64& random) {
  const int64_t count = Product(shape);
  if (dtype == "F8_E4M3" && shape.size() == 2) {
    std::vector<uint8_t> bytes;
    for (int64_t i = 0; i < count; ++i)
      bytes.push_back(static_cast<uint8_t>(random() % 0x70 + random() % 2 * 0x80));
    std::vector<float> scales;
    const std::vector<int64_t> blocks = {(shape[0] + 127) / 128, (shape[1] + 127) / 128};
    for (int64_t i = 0; i < Product(blocks); ++i)
      scales.push_back(0.001f * static_cast<float>(1 + random() % 99));
    return {{name, dtype, shape, BytesOf(bytes)}, {name + "_scale_inv", "F32", blocks, BytesOf(scales)}};
  }
  if (dtype == "F32") return {{name, dtype, shape, BytesOf(std::vector<float>(values, values + count))}};
  std::vector<uint16_t> halves;
  for (int64_t i = 0; i < count; ++i)
    halves.push_back(dtype == "F16" ? F16FromFloat(values[i]) : Bf16FromFloat(values[i]));
  return {{name, dtype == "F16" ? "F16" : "BF16", shape, BytesOf(halves)}};
}

void WriteConfig(const std::string& dir, const ModelConfig& config, const std::string& dtype) {
  nlohmann::json json = nlohmann::json::parse(ModelConfigToJson(config, "float32"));
  if (dtype == "F8_E4M3") {
    json["quantization_config"] = {
        {"quant_method", "fp8"}, {"fmt", "e4m3"}, {"weight_block_size", {128, 128}}};
  }
  WriteFileAtomic(dir + "/config.json", json.dump());
}

// Writes the model in `dtype` over `shards` files, tensors dealt out one by one: a scale is then in another shard than its matrix.
void WriteModel(const std::string& dir, const ModelConfig& config, const Weights& weights,
                const std::string& dtype, size_t shards, std::mt19937_64& random) {
  std::filesystem::create_directories(dir);
  WriteConfig(dir, config, dtype);
  std::vector<std::vector<RawTensor>> files(shards);
  nlohmann::json index;
  size_t next = 0;
  for (const Parameter& parameter : weights.parameters()) {
    for (const Slice& slice : parameter.slices) {
      for (RawTensor& tensor :
           Encoded(slice.hf_name, slice.shape, parameter.value.data() + slice.offset, dtype, random)) {
        index["weight_map"][tensor.name] = "s" + std::to_string(next) + ".safetensors";
        files[next].push_back(std::move(tensor));
        next = (next + 1) % shards;
      }
    }
  }
  if (shards == 1) return WriteRaw(dir + "/model.safetensors", files[0]);
  for (size_t i = 0; i < shards; ++i) WriteRaw(dir + "/s" + std::to_string(i) + ".safetensors", files[i]);
  WriteFileAtomic(dir + "/model.safetensors.index.json", index.dump());
}

Floats LogProbsOf(Model& model, const TrainingBatch& batch) { return Score(model, batch).logprobs; }

}  // namespace

TEST_CASE("a model packed from the files scores like one packed from the loaded weights, to the bit") {
  kernels::ThreadPool pool(2);
  for (uint64_t seed = 1; seed <= 24; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const ModelConfig config = RandomConfig(random);
    CAPTURE(config.architecture);
    const Weights weights = TameWeights(config, random);
    const TrainingBatch batch =
        RandomBatch(config, random, 3, std::min<int64_t>(40, config.max_position_embeddings));
    const TempDir dir;
    const char* const dtypes[] = {"F32", "BF16", "F16", "F8_E4M3"};
    const std::string dtype = dtypes[seed % 4];
    CAPTURE(dtype);
    WriteModel(dir / "m", config, weights, dtype, 1 + seed % 3, random);
    const Checkpoint loaded = LoadCheckpoint(dir / "m");
    CHECK(loaded.config == config);
    for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
      const auto stored = StoredWeights::Open(dir / "m");
      Model trained(config, loaded.weights, precision, pool), packed(config, *stored, precision, pool);
      CHECK(Same(LogProbsOf(trained, batch), LogProbsOf(packed, batch)));
    }
  }
}

TEST_CASE(
    "block FP8 is value times the scale of its 128 x 128 block, edges included, and any part can be read") {
  const uint64_t seed = 31;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  ModelConfig config;
  config.architecture = "Qwen2ForCausalLM";
  config.vocab_size = 259;
  config.hidden_size = 130;
  config.num_layers = 1;
  config.num_heads = 2;
  config.num_kv_heads = 1;
  config.head_dim = 66;
  config.qkv_bias = true;
  config.intermediate_size = 128;
  config.max_position_embeddings = 64;
  const Weights weights = RandomWeights(config, random);
  const TempDir dir;
  WriteModel(dir / "m", config, weights, "F8_E4M3", 2, random);
  const auto stored = StoredWeights::Open(dir / "m");
  CHECK(stored->dtype() == TensorDtype::kF8E4M3);
  const TensorTable table = OpenTensors(dir / "m");
  bool apart = false;
  for (const Parameter& parameter : stored->parameters()) {
    CAPTURE(parameter.name);
    std::vector<float> expected;
    for (const Slice& slice : parameter.slices) {
      const StoredTensor& t = table.tensors.at(slice.hf_name);
      std::vector<float> values(static_cast<size_t>(t.info->count));
      t.file->CopyTo(*t.info, values.data());
      if (slice.shape.size() == 2) {
        const StoredTensor& s = table.tensors.at(slice.hf_name + "_scale_inv");
        apart = apart || s.file != t.file;
        std::vector<float> scales(static_cast<size_t>(s.info->count));
        s.file->CopyTo(*s.info, scales.data());
        for (int64_t r = 0; r < slice.shape[0]; ++r) {
          for (int64_t c = 0; c < slice.shape[1]; ++c) {
            values[r * slice.shape[1] + c] *= scales[r / 128 * s.info->shape[1] + c / 128];
          }
        }
      }
      expected.insert(expected.end(), values.begin(), values.end());
    }
    const auto size = static_cast<int64_t>(expected.size());
    for (int trial = 0; trial < 60; ++trial) {
      const int64_t first = trial == 0 ? 0 : Pick(random, 0, size - 1);
      const int64_t count = trial == 0 ? size : Pick(random, 1, size - first);
      std::vector<float> part(static_cast<size_t>(count));
      stored->Read(parameter, first, count, part.data());
      REQUIRE(std::equal(part.begin(), part.end(), expected.begin() + first));
    }
  }
  CHECK(apart);
  CHECK_NOTHROW(stored->RequireFinite());
}

TEST_CASE(
    "FP8 without its scales, scales of another shape, and values that are no numbers are refused by name") {
  std::mt19937_64 random(7);
  ModelConfig config;
  config.architecture = "Qwen2ForCausalLM";
  config.vocab_size = 9;
  config.hidden_size = 4;
  config.num_layers = config.num_kv_heads = 1;
  config.num_heads = 1;
  config.head_dim = 4;
  config.qkv_bias = true;
  config.intermediate_size = 5;
  config.max_position_embeddings = 64;
  const Weights weights = RandomWeights(config, random);
  std::vector<RawTensor> good;
  for (const Parameter& p : weights.parameters()) {
    for (const Slice& s : p.slices) {
      for (RawTensor& t : Encoded(s.hf_name, s.shape, p.value.data() + s.offset, "F8_E4M3", random))
        good.push_back(t);
    }
  }
  const TempDir dir;
  WriteConfig(dir.path(), config, "F8_E4M3");
  const auto error_with = [&](const std::function<void(RawTensor & matrix, RawTensor & scale,
                                                       std::vector<RawTensor> & all)>& edit) {
    std::vector<RawTensor> tensors = good;
    size_t at = 0;
    while (tensors[at].name != "model.layers.0.mlp.down_proj.weight") ++at;
    edit(tensors[at], tensors[at + 1], tensors);
    WriteRaw(dir / "model.safetensors", tensors);
    return ErrorOf([&] { LoadCheckpoint(dir.path()); });
  };
  using Tensors = std::vector<RawTensor>;
  CHECK(error_with([](RawTensor&, RawTensor&, Tensors&) {}).empty());
  CHECK(Mentions(error_with([](RawTensor&, RawTensor& s, Tensors&) { s.name = "x"; }),
                 "there is no 'model.layers.0.mlp.down_proj.weight_scale_inv'"));
  CHECK(Mentions(error_with([](RawTensor&, RawTensor& s, Tensors&) { s.shape = {1}; }),
                 "down_proj.weight_scale_inv' is F32 [1]"));
  CHECK(Mentions(error_with([](RawTensor&, RawTensor& s, Tensors&) { s.dtype = "BF16", s.bytes.resize(2); }),
                 "scale_inv' is BF16"));
  CHECK(Mentions(error_with([](RawTensor& m, RawTensor&, Tensors&) { m.bytes[3] = 0x7f; }),
                 "down_proj.weight' holds NaN"));
  CHECK(Mentions(
      error_with([](RawTensor&, RawTensor& s, Tensors&) { s.bytes = BytesOf(std::vector<float>{INFINITY}); }),
      "down_proj.weight' holds"));
  CHECK(Mentions(error_with([](RawTensor& m, RawTensor&, Tensors&) {
                   m.dtype = "F32";
                   m.bytes = std::string(m.bytes.size() * 4, '\0');
                 }),
                 "unknown tensors: model.layers.0.mlp.down_proj.weight_scale_inv"));
  WriteConfig(dir.path(), config, "F32");
  CHECK(Mentions(error_with([](RawTensor&, RawTensor&, Tensors&) {}),
                 "config.json has no quantization_config"));
}

TEST_CASE("a value that is not finite stops packing, whoever packs, by the name of its tensor") {
  std::mt19937_64 random(3);
  ModelConfig config = RandomConfig(random);
  Weights weights = TameWeights(config, random);
  weights.Get("final_norm").value.data()[0] = INFINITY;
  const TempDir dir;
  WriteModel(dir / "m", config, weights, "BF16", 1, random);
  kernels::ThreadPool pool(2);
  const auto stored = StoredWeights::Open(dir / "m");
  CHECK(Mentions(ErrorOf([&] { Model(config, *stored, Precision::kBf16, pool); }),
                 "'model.norm.weight' holds infinity"));
}

TEST_CASE("layers that predict further tokens are kept through load and save, rounded like the rest") {
  std::mt19937_64 random(11);
  ModelConfig config;
  do config = RandomConfig(random);
  while (config.architecture != "DeepseekV3ForCausalLM" || config.num_experts == 0);
  config.num_mtp_layers = 1;
  const Weights weights = TameWeights(config, random);
  const std::string layer = "model.layers." + std::to_string(config.num_layers) + ".";
  const std::vector<float> projection = {1.0f, 0.3f, -2.5f, 7.0f, 1e-3f, 65000.0f}, bias = {0.1f, 0.2f};
  const TempDir dir;
  const auto write = [&](const std::string& name) {
    std::vector<TensorToWrite> tensors;
    for (const Parameter& p : weights.parameters()) {
      for (const Slice& s : p.slices)
        tensors.push_back({s.hf_name, TensorDtype::kF32, s.shape, p.value.data() + s.offset});
    }
    tensors.push_back({name + "eh_proj.weight", TensorDtype::kF32, {2, 3}, projection.data()});
    tensors.push_back({name + "mlp.gate.e_score_correction_bias", TensorDtype::kF32, {2}, bias.data()});
    std::filesystem::create_directories(dir / "m");
    WriteFileAtomic(dir / "m/config.json", ModelConfigToJson(config, "float32"));
    WriteSafetensors(dir / "m/model.safetensors", tensors);
  };
  write(layer);
  Checkpoint loaded = LoadCheckpoint(dir / "m");
  CHECK(loaded.config.num_mtp_layers == 1);
  REQUIRE(loaded.carried != nullptr);
  WeightsSource source(loaded.weights, loaded.carried.get());
  for (const WeightDtype dtype : {WeightDtype::kFp32, WeightDtype::kBf16, WeightDtype::kFp16}) {
    const std::string to = dir / std::to_string(static_cast<int>(dtype));
    SaveCheckpoint(to, loaded.config, source, {.dtype = dtype});
    const SafetensorsFile file = SafetensorsFile::Open(to + "/model.safetensors");
    const TensorInfo* stored = file.Find(layer + "eh_proj.weight");
    REQUIRE(stored != nullptr);
    CHECK(stored->shape == std::vector<int64_t>{2, 3});
    std::vector<float> values(6);
    file.CopyTo(*stored, values.data());
    for (size_t i = 0; i < 6; ++i) {
      const float v = projection[i];
      CHECK(values[i] == (dtype == WeightDtype::kFp32   ? v
                          : dtype == WeightDtype::kBf16 ? FloatFromBf16(Bf16FromFloat(v))
                                                        : FloatFromF16(F16FromFloat(v))));
    }
    const TensorInfo* kept = file.Find(layer + "mlp.gate.e_score_correction_bias");
    REQUIRE(kept != nullptr);
    CHECK(kept->dtype == TensorDtype::kF32);
    const Checkpoint again = LoadCheckpoint(to);
    CHECK(again.config == loaded.config);
    CHECK(again.carried != nullptr);
  }
  // Without the weights' own source nothing is carried, and the config says so.
  SaveCheckpoint(dir / "bare", loaded.config, loaded.weights, WeightDtype::kFp32, "");
  CHECK(LoadCheckpoint(dir / "bare").config.num_mtp_layers == 0);
  write("model.layers." + std::to_string(config.num_layers + 1) + ".");
  CHECK(Mentions(ErrorOf([&] { LoadCheckpoint(dir / "m"); }), "unknown tensors: model.layers."));
}

}  // namespace hone
