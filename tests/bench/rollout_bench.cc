// Rollout of 256 sequences and a whole GRPO step: tokens per second, where the time goes, and peak memory.
// HONE_BENCH_MODEL names another model directory than the bundled base (tests/parity times peers against the same rows).
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <numeric>
#include <string>

#include "recipes/assembly.h"
#include "recipes/schema.h"
#include "rl/run.h"

namespace hone {
namespace {

constexpr int64_t kPrompts = 32, kCompletions = 8, kPromptTokens = 12, kNewTokens = 64;

std::string ModelDirectory() {
  const char* chosen = std::getenv("HONE_BENCH_MODEL");
  return chosen != nullptr ? chosen : HONE_SOURCE_DIR "/data/tiny_base";
}

// 32 prompts of 12 tokens, 8 completions each, 64 tokens long whatever they say: the count of tokens is fixed.
void Rollout(benchmark::State& state, Precision precision) {
  const auto policy = Policy::Load(ModelDirectory(), precision, ThreadCount(0));
  Engine engine(policy->model(), {.num_pages = 4096, .max_batch_tokens = 4096, .max_sequences = 512});
  double seconds = 0.0;
  const kernels::ThreadPool::Times before = policy->pool().times();
  int64_t tokens = 0;
  for (auto _ : state) {
    for (int64_t slot = 0; slot < kPrompts; ++slot) {
      GroupRequest request;
      for (int64_t t = 0; t < kPromptTokens; ++t) {
        request.prompt.ids.push_back(static_cast<int32_t>((7 * slot + 3 * t) % policy->config().vocab_size));
      }
      request.slot = slot;
      request.num_completions = kCompletions;
      request.max_new_tokens = kNewTokens;
      engine.Submit(std::move(request));
    }
    const double start = engine.stats().seconds;
    const auto groups = engine.Run();
    seconds += engine.stats().seconds - start;
    for (const Group& g : groups) {
      for (const Completion& c : g.completions) tokens += static_cast<int64_t>(c.ids.size());
    }
  }
  const kernels::ThreadPool::Times& times = policy->pool().times();
  const auto percent = [&](double part) { return 100.0 * part / seconds; };
  state.counters["tokens_per_s"] = static_cast<double>(tokens) / seconds;
  state.counters["gemm_pct"] = percent(times.gemm - before.gemm);
  state.counters["attention_pct"] = percent(times.attention - before.attention);
  state.counters["overhead_pct"] = 100.0 - percent(times.loops - before.loops);
  state.counters["peak_memory_mb"] = PeakMemoryMb();
}
BENCHMARK_CAPTURE(Rollout, fp32, Precision::kFp32)->Name("rollout/fp32")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Rollout, bf16, Precision::kBf16)->Name("rollout/bf16")->Unit(benchmark::kMillisecond);

// Steps of recipes/r1_zero.toml from the start: seconds of each part.
void GrpoStep(benchmark::State& state) {
  const Recipe recipe = LoadRecipe(HONE_SOURCE_DIR "/recipes/r1_zero.toml", {});
  const auto scratch = std::filesystem::temp_directory_path() / ("hone-bench-" + std::to_string(getpid()));
  std::filesystem::create_directories(scratch);
  {
    const auto policy = Policy::Load(ModelDirectory(), recipe.run.precision, ThreadCount(0));
    const auto rewards = MakeRewards(recipe);
    Sampler sampler(*policy, recipe.rollout);
    RunStore store = RunStore::Create((scratch / "hone.db").string());
    GrpoStage stage(*policy, sampler, *rewards, store,
                    MakePrompts(recipe, Split::kTrain, policy->tokenizer()), recipe.grpo, recipe.rollout,
                    recipe.optimizer, recipe.memory, 1);
    int64_t step = 0;
    for (auto _ : state) {
      ++step;
      for (const auto& [name, value] : stage.Step(step)) {
        if (name.starts_with("seconds")) state.counters[name] += value;
        if (name == "tokens") state.counters["tokens"] += value;
      }
    }
    for (auto& [name, counter] : state.counters) counter.value /= static_cast<double>(step);
  }
  state.counters["peak_memory_mb"] = PeakMemoryMb();
  std::filesystem::remove_all(scratch);
}
BENCHMARK(GrpoStep)->Name("grpo_step")->Iterations(5)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hone
