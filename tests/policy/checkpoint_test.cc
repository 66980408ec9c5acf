// Round trips of random models, other people's layouts (shards, fused experts, fp16, a stored tied head), and
// refusals.
#include "policy/checkpoint.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

#include "data/json.h"
#include "data/text_file.h"
#include "policy/float_formats.h"
#include "policy/safetensors.h"
#include "policy/stored_weights.h"
#include "tests/policy/random_model.h"

namespace hone {
namespace {

ModelConfig ConfigWhere(const std::function<bool(const ModelConfig&)>& wanted) {
  for (uint64_t seed = 1;; ++seed) {
    std::mt19937_64 random(seed);
    ModelConfig config = RandomConfig(random);
    if (wanted(config)) return config;
  }
}

bool HasExperts(const ModelConfig& c) { return c.num_experts > 0 && !c.tie_word_embeddings; }

std::vector<TensorToWrite> TensorsOf(const Weights& weights) {
  std::vector<TensorToWrite> tensors;
  for (const Parameter& parameter : weights.parameters()) {
    for (const Slice& slice : parameter.slices) {
      tensors.push_back(
          {slice.hf_name, TensorDtype::kF32, slice.shape, parameter.value.data() + slice.offset});
    }
  }
  return tensors;
}

std::string LoadError(const std::string& dir) {
  return ErrorOf([&] { LoadCheckpoint(dir); });
}

// A saved random model whose weights file the test then rewrites.
struct Saved {
  explicit Saved(const std::function<bool(const ModelConfig&)>& wanted = HasExperts)
      : config(ConfigWhere(wanted)), random(5), weights(RandomWeights(config, random)) {
    SaveCheckpoint(dir.path(), config, weights, WeightDtype::kFp32, "");
  }
  void Rewrite(const std::vector<TensorToWrite>& tensors) const { WriteSafetensors(file, tensors); }
  TempDir dir;
  ModelConfig config;
  std::mt19937_64 random;
  Weights weights;
  const std::string file = dir / "model.safetensors";
};

}  // namespace

TEST_CASE("random models come back bit for bit in fp32 and rounded in bf16") {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const ModelConfig config = RandomConfig(random);
    Weights weights = RandomWeights(config, random);
    const TempDir dir;
    SaveCheckpoint(dir / "a", config, weights, WeightDtype::kFp32, "");
    const Checkpoint loaded = LoadCheckpoint(dir / "a");
    CHECK(loaded.config == config);
    CHECK(SameBits(loaded.weights, weights));
    SaveCheckpoint(dir / "b", loaded.config, loaded.weights, WeightDtype::kFp32, "");
    for (const char* name : {"/config.json", "/model.safetensors", "/generation_config.json"}) {
      CHECK(ReadFile(dir / "a" + name) == ReadFile(dir / "b" + name));
    }
    SaveCheckpoint(dir / "c", config, weights, WeightDtype::kBf16, "");
    for (Parameter& parameter : weights.parameters()) {
      if (parameter.role == ParameterRole::kRouterBias) continue;
      for (int64_t i = 0; i < parameter.value.size(); ++i) {
        float& value = parameter.value.data()[i];
        value = FloatFromBf16(Bf16FromFloat(value));
      }
    }
    CHECK(SameBits(LoadCheckpoint(dir / "c").weights, weights));
  }
}

TEST_CASE("experts fused as transformers 5 keeps them") {
  const Saved saved;
  std::vector<TensorToWrite> tensors;
  for (const TensorToWrite& tensor : TensorsOf(saved.weights)) {
    if (!Mentions(tensor.name, ".experts.")) tensors.push_back(tensor);
  }
  for (const Parameter& parameter : saved.weights.parameters()) {
    if (parameter.shape.size() != 3) continue;
    const std::string layer = "model." + parameter.name.substr(0, parameter.name.find(".experts_"));
    const char* kind = Mentions(parameter.name, "gate_up") ? "gate_up_proj" : "down_proj";
    tensors.push_back(
        {layer + ".mlp.experts." + kind, TensorDtype::kF32, parameter.shape, parameter.value.data()});
  }
  saved.Rewrite(tensors);
  CHECK(SameBits(LoadCheckpoint(saved.dir.path()).weights, saved.weights));
}

TEST_CASE("fp16 weights") {
  const Saved saved;
  // Same header with F16 in place of BF16: every pattern below is finite in both.
  std::vector<TensorToWrite> tensors = TensorsOf(saved.weights);
  for (TensorToWrite& tensor : tensors) tensor.dtype = TensorDtype::kBf16;
  saved.Rewrite(tensors);
  std::string text = ReadFile(saved.file);
  const size_t header_end = text.find("}}") + 2;
  std::vector<uint16_t> stored((text.size() - header_end) / 2);
  for (size_t at = text.find("\"BF16\""); at < header_end; at = text.find("\"BF16\"", at))
    text.replace(at, 6, "\"F16\" ");
  uint64_t header_bytes;
  std::memcpy(&header_bytes, text.data(), 8);
  for (size_t at = 8 + header_bytes; at < text.size(); at += 2) {
    const uint16_t half =
        static_cast<uint16_t>(saved.config.vocab_size * 100 + static_cast<int64_t>(at % 1000));
    std::memcpy(text.data() + at, &half, 2);
  }
  WriteFileAtomic(saved.file, text);
  const Checkpoint loaded = LoadCheckpoint(saved.dir.path());
  const SafetensorsFile file = SafetensorsFile::Open(saved.file);
  const Parameter& embed = loaded.weights.Get("embed");
  const TensorInfo* info = file.Find("model.embed_tokens.weight");
  REQUIRE(info->dtype == TensorDtype::kF16);
  for (int64_t i = 0; i < info->count; ++i) {
    uint16_t half;
    std::memcpy(&half, file.Bytes(*info) + 2 * i, 2);
    REQUIRE(embed.value.data()[i] == FloatFromF16(half));
  }
}

TEST_CASE("shards with an index") {
  const Saved saved;
  const std::string index_path = saved.dir / "model.safetensors.index.json";
  const std::vector<TensorToWrite> all = TensorsOf(saved.weights);
  std::vector<TensorToWrite> parts[2];
  nlohmann::json index;
  for (size_t i = 0; i < all.size(); ++i) {
    parts[i % 2].push_back(all[i]);
    index["weight_map"][all[i].name] = i % 2 == 0 ? "a.safetensors" : "b.safetensors";
  }
  std::filesystem::remove(saved.file);
  CHECK(Mentions(LoadError(saved.dir.path()), "no model.safetensors"));
  WriteSafetensors(saved.dir / "a.safetensors", parts[0]);
  WriteSafetensors(saved.dir / "b.safetensors", parts[1]);
  WriteFileAtomic(index_path, index.dump());
  CHECK(SameBits(LoadCheckpoint(saved.dir.path()).weights, saved.weights));

  const std::string first = all[0].name;
  const auto error_with = [&](const std::function<void(nlohmann::json&)>& edit) {
    nlohmann::json edited = index;
    edit(edited);
    WriteFileAtomic(index_path, edited.dump());
    return LoadError(saved.dir.path());
  };
  for (const char* name :
       {"../a.safetensors", "/a.safetensors", "x\\a.safetensors", "a.bin", ".safetensors", "", "..",
        "./a.safetensors", "a.safetensors/", "sub/a.safetensors", "/etc/passwd"}) {
    CAPTURE(name);
    CHECK(Mentions(error_with([&](auto& j) { j["weight_map"][first] = name; }), "not the name of a shard"));
  }
  CHECK(Mentions(error_with([&](auto& j) { j["weight_map"][first] = 3; }), "not a string"));
  CHECK(Mentions(error_with([&](auto& j) { j["weight_map"][first] = "b.safetensors"; }),
                 "is not in b.safetensors"));
  CHECK(Mentions(error_with([&](auto& j) { j["weight_map"]["ghost"] = "b.safetensors"; }),
                 "'ghost' is not in b"));
  CHECK(Mentions(error_with([&](auto& j) { j["weight_map"].erase(first); }), "is not in the index"));
  CHECK(Mentions(error_with([&](auto& j) { j["weight_map"][first] = "c.safetensors"; }), "c.safetensors"));
  CHECK(Mentions(error_with([](auto& j) { j = nlohmann::json::array(); }), "weight_map is missing"));
  CHECK(Mentions(error_with([](auto& j) { j.erase("weight_map"); }), "weight_map is missing"));
  CHECK(Mentions(error_with([](auto& j) { j["weight_map"] = nlohmann::json::object(); }), "missing tensors"));
  WriteFileAtomic(index_path, R"({"weight_map":{"x":"a.safetensors","x":"b.safetensors"}})");
  CHECK(Mentions(LoadError(saved.dir.path()), "duplicate key 'x'"));
  parts[1].push_back(all[0]);
  WriteSafetensors(saved.dir / "b.safetensors", parts[1]);
  WriteFileAtomic(index_path, index.dump());
  CHECK(Mentions(LoadError(saved.dir.path()), "is in another shard as well"));
}

TEST_CASE("shards are filled in order up to their size, listed in an index, and come back bit for bit") {
  for (const int64_t shard_bytes : {int64_t{1}, int64_t{300}, int64_t{2000}, int64_t{1} << 40}) {
    CAPTURE(shard_bytes);
    std::mt19937_64 random(static_cast<uint64_t>(shard_bytes));
    const ModelConfig config = RandomConfig(random);
    const Weights weights = RandomWeights(config, random);
    WeightsSource source(weights);
    const TempDir dir;
    SaveCheckpoint(dir.path(), config, source, {.shard_bytes = shard_bytes});
    CHECK(SameBits(LoadCheckpoint(dir.path()).weights, weights));
    std::vector<std::pair<std::string, int64_t>> tensors;  // in order, with their bytes
    for (const TensorToWrite& t : TensorsOf(weights)) tensors.emplace_back(t.name, 4 * Product(t.shape));
    const std::string index_path = dir / "model.safetensors.index.json";
    if (shard_bytes == int64_t{1} << 40) {
      CHECK_FALSE(std::filesystem::exists(index_path));
      continue;
    }
    REQUIRE_FALSE(std::filesystem::exists(dir / "model.safetensors"));
    const nlohmann::json index = nlohmann::json::parse(ReadFile(index_path));
    int64_t total = 0, in_file = 0;
    std::vector<std::string> files;
    for (const auto& [name, bytes] : tensors) {
      const std::string file = index["weight_map"].at(name);
      if (files.empty() || files.back() != file) {
        // A new file only where the tensor did not fit any more.
        CHECK((files.empty() || in_file + bytes > shard_bytes));
        files.push_back(file);
        in_file = 0;
      }
      in_file += bytes;
      total += bytes;
      CHECK((in_file <= shard_bytes || in_file == bytes));
    }
    CHECK(index["weight_map"].size() == tensors.size());
    CHECK(index["metadata"]["total_size"] == total);
    for (size_t i = 0; i < files.size(); ++i) {
      char name[64];
      std::snprintf(name, sizeof name, "model-%05zu-of-%05zu.safetensors", i + 1, files.size());
      CHECK(files[i] == name);
    }
  }
}

TEST_CASE(
    "fused experts are saved one by one, fp16 is rounded to nearest, and what does not fit it is refused") {
  const Saved saved;
  const TempDir dir;
  std::vector<TensorToWrite> tensors;
  for (const TensorToWrite& tensor : TensorsOf(saved.weights)) {
    if (!Mentions(tensor.name, ".experts.")) tensors.push_back(tensor);
  }
  for (const Parameter& parameter : saved.weights.parameters()) {
    if (parameter.shape.size() != 3) continue;
    const std::string layer = "model." + parameter.name.substr(0, parameter.name.find(".experts_"));
    const char* kind = Mentions(parameter.name, "gate_up") ? "gate_up_proj" : "down_proj";
    tensors.push_back(
        {layer + ".mlp.experts." + kind, TensorDtype::kF32, parameter.shape, parameter.value.data()});
  }
  saved.Rewrite(tensors);
  const auto stored = StoredWeights::Open(saved.dir.path());
  SaveCheckpoint(dir / "fp32", saved.config, *stored, {});
  SaveCheckpoint(dir / "same", saved.config, saved.weights, WeightDtype::kFp32, "");
  CHECK(ReadFile(dir / "fp32/model.safetensors") == ReadFile(dir / "same/model.safetensors"));

  SaveCheckpoint(dir / "fp16", saved.config, *stored, {.dtype = WeightDtype::kFp16});
  CHECK(Mentions(ReadFile(dir / "fp16/config.json"), "\"torch_dtype\": \"float16\""));
  const Checkpoint half = LoadCheckpoint(dir / "fp16");
  for (size_t i = 0; i < half.weights.parameters().size(); ++i) {
    const Parameter &a = half.weights.parameters()[i], &b = saved.weights.parameters()[i];
    for (int64_t v = 0; v < a.value.size(); ++v) {
      const float want = b.value.data()[v];
      const bool bias = a.role == ParameterRole::kRouterBias;
      REQUIRE(a.value.data()[v] == (bias ? want : FloatFromF16(F16FromFloat(want))));
    }
  }
  Weights large(saved.config);
  large.Get("final_norm").value.data()[0] = 70000.0f;
  WeightsSource source(large);
  CHECK(Mentions(
      ErrorOf([&] { SaveCheckpoint(dir / "no", saved.config, source, {.dtype = WeightDtype::kFp16}); }),
      "'final_norm' is not finite at 0 in float16"));
  CHECK_FALSE(std::filesystem::exists(dir / "no"));
}

TEST_CASE("a stored head beside tied embeddings must equal them") {
  const Saved saved([](const ModelConfig& c) { return c.tie_word_embeddings; });
  std::vector<TensorToWrite> tensors = TensorsOf(saved.weights);
  const Parameter& embed = saved.weights.Get("embed");
  std::vector<float> head(embed.value.data(), embed.value.data() + embed.value.size());
  tensors.push_back({"lm_head.weight", TensorDtype::kF32, embed.shape, head.data()});
  saved.Rewrite(tensors);
  CHECK(SameBits(LoadCheckpoint(saved.dir.path()).weights, saved.weights));
  head.back() += 1.0f;
  saved.Rewrite(tensors);
  CHECK(Mentions(LoadError(saved.dir.path()), "'lm_head.weight' differs from the embedding"));
}

TEST_CASE("wrong contents are refused by name") {
  const Saved saved([](const ModelConfig& c) { return HasExperts(c) && c.vocab_size != c.hidden_size; });
  const std::vector<TensorToWrite> good = TensorsOf(saved.weights);
  const auto error_with = [&](const std::function<void(std::vector<TensorToWrite>&)>& edit) {
    std::vector<TensorToWrite> tensors = good;
    edit(tensors);
    saved.Rewrite(tensors);
    const std::string message = LoadError(saved.dir.path());
    CHECK(Mentions(message, saved.file));
    return message;
  };
  const std::string name = good[3].name;
  CHECK(Mentions(error_with([](auto& t) { t.erase(t.begin() + 3); }), "missing tensors: " + name));
  CHECK(Mentions(error_with([](auto& t) { t.erase(t.begin(), t.begin() + 6); }), "and 2 more"));
  const float extra = 1.0f;
  CHECK(Mentions(error_with([&](auto& t) {
                   t.push_back({"extra", TensorDtype::kF32, {1}, &extra});
                 }),
                 "unknown tensors: extra"));
  CHECK(Mentions(error_with([](auto& t) { t[0].shape = {t[0].shape[1], t[0].shape[0]}; }), "has shape ["));
  CHECK(Mentions(error_with([](auto& t) { t[0].shape.push_back(1); }), "has shape ["));
  std::vector<int64_t> numbers(static_cast<size_t>(saved.weights.Get("final_norm").value.size()));
  CHECK(Mentions(error_with([&](auto& t) {
                   for (TensorToWrite& x : t) {
                     if (x.name == "model.norm.weight") x.dtype = TensorDtype::kI64, x.data = numbers.data();
                   }
                 }),
                 "'model.norm.weight' has dtype I64"));
  for (const float bad : {NAN, INFINITY, -INFINITY}) {
    int64_t count = 1;
    for (const int64_t extent : good[3].shape) count *= extent;
    const float* values = static_cast<const float*>(good[3].data);
    std::vector<float> copy(values, values + count);
    copy.back() = bad;
    const std::string message = error_with([&](auto& t) { t[3].data = copy.data(); });
    CHECK(Mentions(message, "'" + name + "' holds " + (std::isnan(bad) ? "NaN" : "infinity")));
  }
  // Sizes in config.json that no file could hold are refused by shape, before memory is taken for them.
  saved.Rewrite(good);
  nlohmann::json config = nlohmann::json::parse(ReadFile(saved.dir / "config.json"));
  config["vocab_size"] = 1 << 24;
  config["intermediate_size"] = 1 << 20;
  WriteFileAtomic(saved.dir / "config.json", config.dump());
  CHECK(Mentions(LoadError(saved.dir.path()), "has shape ["));
  CHECK(Mentions(LoadError(saved.dir / "absent"), "absent"));
}

TEST_CASE("a damaged checkpoint gives an error or a load, never a crash") {
  const Saved saved;
  const std::string whole = ReadFile(saved.file);
  for (size_t length = 0; length < whole.size(); length += 97) {
    CAPTURE(length);
    std::filesystem::resize_file(saved.file, length);
    CHECK(Mentions(LoadError(saved.dir.path()), saved.file));
    WriteFileAtomic(saved.file, whole);
  }
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::string text = whole;
    for (int64_t n = Pick(random, 1, 3); n > 0; --n)
      text[random() % text.size()] = static_cast<char>(random());
    WriteFileAtomic(saved.file, text);
    const std::string message = LoadError(saved.dir.path());
    if (!message.empty()) CHECK(Mentions(message, saved.dir.path()));
  }
}

TEST_CASE("saving copies the tokenizer and refuses what could not be loaded") {
  const TempDir dir;
  std::mt19937_64 random(9);
  const ModelConfig config = ConfigWhere(HasExperts);
  Weights weights = RandomWeights(config, random);
  const auto save = [&](const std::string& to, WeightDtype dtype, const std::string& tokenizer) {
    return ErrorOf([&] { SaveCheckpoint(to, config, weights, dtype, tokenizer); });
  };
  std::filesystem::create_directory(dir / "tok");
  CHECK(Mentions(save(dir / "x", WeightDtype::kFp32, dir / "tok"), "tokenizer.json"));
  WriteFileAtomic(dir / "tok/tokenizer.json", "{\"t\":1}");
  WriteFileAtomic(dir / "tok/chat_template.jinja", "{{ x }}");
  CHECK(save(dir / "y", WeightDtype::kFp32, dir / "tok").empty());
  CHECK(ReadFile(dir / "y/tokenizer.json") == "{\"t\":1}");
  CHECK(ReadFile(dir / "y/chat_template.jinja") == "{{ x }}");
  CHECK_FALSE(std::filesystem::exists(dir / "y/tokenizer_config.json"));
  CHECK(Mentions(save(dir / "tok/tokenizer.json/z", WeightDtype::kFp32, ""), "tokenizer.json/z"));

  weights.Get("final_norm").value.data()[0] = 3.4e38f;  // finite, but not in bf16
  CHECK(save(dir / "fp32", WeightDtype::kFp32, "").empty());
  CHECK(Mentions(save(dir / "bf16", WeightDtype::kBf16, ""), "'final_norm' is not finite at 0"));
  weights.Get("final_norm").value.data()[0] = NAN;
  CHECK(Mentions(save(dir / "nan", WeightDtype::kFp32, ""), "'final_norm' is not finite at 0"));
  CHECK_FALSE(std::filesystem::exists(dir / "nan"));
}

}  // namespace hone
