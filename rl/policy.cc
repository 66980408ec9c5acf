// See policy.h. Covered by tests/rl/run_test.cc.
#include "rl/policy.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "data/error.h"
#include "data/json.h"
#include "data/text_file.h"

namespace hone {

int ThreadCount(int64_t requested) {
  if (requested > 0) return static_cast<int>(requested);
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) != 0) return 1;
  int usable = std::max(1, CPU_COUNT(&cores));
  // A container's quota (cgroup v2): more spinning threads than it pays for would be throttled.
  std::ifstream quota("/sys/fs/cgroup/cpu.max");
  double share = 0.0, period = 0.0;
  if (quota >> share >> period && share > 0.0 && period > 0.0) {
    usable = std::min(usable, std::max(1, static_cast<int>(std::ceil(share / period))));
  }
  return usable;
}

namespace {

// eos_token_id of a generation_config.json: a number or a list of them; empty where there is none.
std::vector<int64_t> GenerationStops(const std::string& path, int64_t vocab_size) {
  if (!std::filesystem::is_regular_file(path)) return {};
  const nlohmann::json config = ParseStrictJson(ReadFile(path), path, kFetchAgain);
  if (!config.is_object()) throw Error("it does not hold an object", path, kFetchAgain);
  nlohmann::json eos = config.value("eos_token_id", nlohmann::json());
  if (eos.is_null()) return {};
  if (!eos.is_array()) eos = nlohmann::json::array({eos});
  std::vector<int64_t> ids;
  for (const nlohmann::json& id : eos) {
    if (!id.is_number_integer() || id.get<double>() < 0.0 ||
        id.get<double>() >= static_cast<double>(vocab_size))
      throw Error("eos_token_id " + id.dump().substr(0, 40) + " is not a token of the model", path,
                  kFetchAgain);
    ids.push_back(id.get<int64_t>());
  }
  return ids;
}

}  // namespace

std::vector<int32_t> StopIds(const ModelConfig& config, const Tokenizer& tokenizer, const std::string& dir) {
  std::vector<int64_t> all = config.eos_token_ids;
  const std::vector<int64_t> more = GenerationStops(dir + "/generation_config.json", config.vocab_size);
  all.insert(all.end(), more.begin(), more.end());
  if (tokenizer.eos_id()) all.push_back(*tokenizer.eos_id());
  std::vector<int32_t> ids;
  for (const int64_t id : all) {
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(static_cast<int32_t>(id));
  }
  return ids;
}

void RequireVocabulary(const ModelConfig& config, const Tokenizer& tokenizer, const std::string& where) {
  if (tokenizer.vocab_size() <= config.vocab_size) return;
  throw Error("the tokenizer has " + std::to_string(tokenizer.vocab_size()) + " tokens but the model only " +
                  std::to_string(config.vocab_size),
              where, "use the tokenizer the model was made with");
}

Policy::Policy(Checkpoint checkpoint, const std::string& tokenizer_dir, Precision precision, int threads)
    : checkpoint_(std::move(checkpoint)),
      tokenizer_dir_(tokenizer_dir),
      tokenizer_(Tokenizer::Load(tokenizer_dir)),
      stop_ids_(StopIds(checkpoint_.config, tokenizer_, tokenizer_dir)),
      pool_(threads),
      model_(checkpoint_.config, checkpoint_.weights, precision, pool_) {
  RequireVocabulary(checkpoint_.config, tokenizer_, tokenizer_dir);
}

Policy::Policy(StoredWeights& stored, const std::string& dir, Precision precision, int threads)
    : checkpoint_{stored.config(), {}, nullptr},
      tokenizer_dir_(dir),
      tokenizer_(Tokenizer::Load(dir)),
      stop_ids_(StopIds(checkpoint_.config, tokenizer_, dir)),
      pool_(threads),
      model_(checkpoint_.config, stored, precision, pool_) {
  RequireVocabulary(checkpoint_.config, tokenizer_, dir);
}

std::unique_ptr<Policy> Policy::Load(const std::string& dir, Precision precision, int threads) {
  return std::make_unique<Policy>(LoadCheckpoint(dir), dir, precision, threads);
}

std::unique_ptr<Policy> Policy::LoadFrozen(const std::string& dir, Precision precision, int threads) {
  const auto stored = StoredWeights::Open(dir);
  return std::unique_ptr<Policy>(new Policy(*stored, dir, precision, threads));
}

WeightDtype Policy::dtype() const {
  return model_.precision() == Precision::kBf16 ? WeightDtype::kBf16 : WeightDtype::kFp32;
}

void Policy::Save(const std::string& dir) const {
  WeightsSource source(checkpoint_.weights, checkpoint_.carried.get());
  SaveCheckpoint(dir, checkpoint_.config, source, {.dtype = dtype(), .tokenizer_dir = tokenizer_dir_});
}

}  // namespace hone
