// hone export: a model in another type or in other files, checked against the one it came from. Covered by
// tests/recipes/export_command_test.cc.
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "data/chat_template.h"
#include "data/error.h"
#include "data/text_file.h"
#include "policy/checkpoint.h"
#include "policy/gguf.h"
#include "policy/probe.h"
#include "policy/stored_weights.h"
#include "recipes/commands.h"
#include "rl/policy.h"

namespace hone {
namespace {

namespace fs = std::filesystem;

struct ExportArguments {
  std::string model;
  std::string out;
  std::string dtype;
  uint64_t shard_bytes = 5'000'000'000;
  int64_t threads = 0;
};

// The type asked for, or the one that the model is stored in; FP8 is not written, bf16 holds its values.
WeightDtype TypeOf(const ExportArguments& a, const StoredWeights& stored) {
  if (a.dtype == "fp32") return WeightDtype::kFp32;
  if (a.dtype == "bf16") return WeightDtype::kBf16;
  if (a.dtype == "fp16") return WeightDtype::kFp16;
  switch (stored.dtype()) {
    case TensorDtype::kF32:
      return WeightDtype::kFp32;
    case TensorDtype::kF16:
      return WeightDtype::kFp16;
    default:
      return WeightDtype::kBf16;
  }
}

const char* NameOf(WeightDtype dtype) {
  if (dtype == WeightDtype::kFp32) return "fp32";
  return dtype == WeightDtype::kBf16 ? "bf16" : "fp16";
}

// A new directory beside `out`, which it becomes; gone with this object otherwise.
class NewDirectory {
 public:
  explicit NewDirectory(const std::string& out) : out_(fs::absolute(out).lexically_normal()) {
    if (!out_.has_filename()) out_ = out_.parent_path();
    std::error_code code;
    if (fs::exists(out_, code) && !(fs::is_directory(out_, code) && fs::is_empty(out_, code))) {
      throw Error("it exists and is not an empty directory", out, "choose another --out");
    }
    path_ = out_.string() + ".tmp." + std::to_string(::getpid());
  }
  NewDirectory(const NewDirectory&) = delete;
  NewDirectory& operator=(const NewDirectory&) = delete;
  ~NewDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  void Finish() const {
    if (std::rename(path_.c_str(), out_.c_str()) != 0) throw SystemError("rename", path_, errno);
  }

 private:
  fs::path out_;
  std::string path_;
};

std::vector<float> Score(const ModelConfig& config, ParameterSource& source, Precision precision,
                         int threads) {
  kernels::ThreadPool pool(threads);
  Model model(config, source, precision, pool);
  return ProbeLogProbs(model);
}

// Both give the same log-probs, to the bit, when the one is rounded as the other was; one model in memory at a time.
void RequireSameScores(const std::string& from, const std::string& to, WeightDtype dtype, int threads) {
  const Precision precision = dtype == WeightDtype::kBf16 ? Precision::kBf16 : Precision::kFp32;
  const auto source = StoredWeights::Open(from);
  RoundedSource rounded(*source, dtype);
  const std::vector<float> ours = Score(source->config(), rounded, precision, threads);
  if (!AllFinite(ours)) {
    throw Error("the model gives no finite log-probs", from, "check how the model was made");
  }
  const auto written = StoredWeights::Open(to);
  if (!SameBits(ours, Score(written->config(), *written, precision, threads))) {
    throw Error("what was written does not score as the model it came from", to, "check the disk");
  }
}

bool IsGguf(const std::string& out) { return out.ends_with(".gguf"); }

GgufType GgufTypeOf(const ExportArguments& a, const StoredWeights& stored) {
  if (a.dtype == "q8_0") return GgufType::kQ8_0;
  switch (TypeOf(a, stored)) {
    case WeightDtype::kFp32:
      return GgufType::kF32;
    case WeightDtype::kFp16:
      return GgufType::kF16;
    case WeightDtype::kBf16:
      return GgufType::kBf16;
  }
  std::abort();
}

int ExportGgufFile(const ExportArguments& a) {
  if (fs::exists(a.out)) throw Error("it exists", a.out, "choose another --out");
  const auto stored = StoredWeights::Open(a.model);
  const Tokenizer tokenizer = Tokenizer::Load(a.model);
  const fs::path model = fs::canonical(a.model);
  ExportGguf(a.out, stored->config(), *stored, tokenizer,
             {.type = GgufTypeOf(a, *stored),
              .name = model.filename().string(),
              .chat_template = ReadChatTemplate(a.model).value_or("")});
  fmt::print("{}: {}, {:.3f} GB; read back, its bytes are those of the model\n", a.out,
             stored->config().architecture, static_cast<double>(fs::file_size(a.out)) * 1e-9);
  return 0;
}

int ExportDirectory(const ExportArguments& a) {
  const NewDirectory directory(a.out);
  const auto stored = StoredWeights::Open(a.model);
  const WeightDtype dtype = TypeOf(a, *stored);
  const bool has_tokenizer = fs::exists(a.model + "/tokenizer.json");
  SaveCheckpoint(directory.path(), stored->config(), *stored,
                 {.dtype = dtype,
                  .tokenizer_dir = has_tokenizer ? a.model : "",
                  .shard_bytes = static_cast<int64_t>(a.shard_bytes)});
  RequireSameScores(a.model, directory.path(), dtype, ThreadCount(a.threads));
  const TensorTable written = OpenTensors(directory.path());
  double bytes = 0.0;
  for (const auto& [name, tensor] : written.tensors) bytes += static_cast<double>(tensor.info->bytes);
  directory.Finish();
  fmt::print("{}: {} in {}, {:.3f} GB in {} file{}; read back, its log-probs are the model's to the bit\n",
             a.out, stored->config().architecture, NameOf(dtype), bytes * 1e-9, written.files.size(),
             written.files.size() == 1 ? "" : "s");
  if (!has_tokenizer)
    fmt::print(stderr, "hone: {} has no tokenizer.json: no tokenizer was copied\n", a.model);
  return 0;
}

int Export(const ExportArguments& a) {
  if (a.out.empty()) throw Error("it is empty", "--out", "name a directory or a file NAME.gguf");
  if (!IsGguf(a.out) && a.dtype == "q8_0")
    throw Error("q8_0 is a type of GGUF files", "--dtype", "name an --out that ends in .gguf");
  return IsGguf(a.out) ? ExportGgufFile(a) : ExportDirectory(a);
}

}  // namespace

Command AddExportCommand(CLI::App& app) {
  auto* command = app.add_subcommand("export", "Write a model in another type or in other files");
  auto a = std::make_shared<ExportArguments>();
  command->add_option("model", a->model, "Hugging Face directory")->required();
  command
      ->add_option(
          "--out", a->out,
          "directory to make, which must not exist, or be empty; or a new file NAME.gguf for llama.cpp")
      ->required();
  command
      ->add_option("--dtype", a->dtype,
                   "type of the weights (default: that of the model; bf16 for FP8); q8_0 for GGUF alone")
      ->check(CLI::IsMember({"fp32", "bf16", "fp16", "q8_0"}));
  command
      ->add_option("--shard-size", a->shard_bytes,
                   "most bytes of weights in one file, such as 500MB (default: 5GB)")
      ->transform(CLI::AsSizeValue(true))
      ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 62));
  command->add_option("--threads", a->threads, "CPU threads (0: all cores)")->check(CLI::Range(0, 1024));
  command->footer(
      "Takes F32, F16, BF16 and block-FP8 checkpoints, in one file or sharded. What was written is read back "
      "and must\n"
      "score a fixed sequence as the model does, bit for bit; only then does the directory appear under its "
      "name.\n"
      "Example:\n  hone export runs/r1_zero/model --out r1_zero_bf16 --dtype bf16 --shard-size 2GB\n"
      "  hone export runs/r1_zero/model --out r1_zero.gguf --dtype q8_0\n"
      "A GGUF file holds tokenizer and chat template too. It is read back and compared byte for byte.");
  return [a] { return Export(*a); };
}

}  // namespace hone
