// Encoding a text on one thread, and reading the tokenizer. HONE_BENCH_TOKENIZER names a tokenizer.json (default: data/tiny_base) and
// HONE_BENCH_TEXT a file of UTF-8 text (default: arithmetic). tests/parity/time_tokenizers.py compares with `tokenizers`.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

#include "data/text_file.h"
#include "data/tokenizer.h"

namespace {

std::string Environment(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}

std::string TokenizerPath() { return Environment("HONE_BENCH_TOKENIZER", HONE_SOURCE_DIR "/data/tiny_base"); }

// Must be touched: every byte (the text is read once, the ids are written).
void Encode(benchmark::State& state) {
  const hone::Tokenizer tokenizer = hone::Tokenizer::Load(TokenizerPath());
  const std::string path = Environment("HONE_BENCH_TEXT", "");
  std::string text = path.empty() ? "" : hone::ReadFile(path);
  for (int i = 0; path.empty() && i < 100000; ++i) text += "<bos>Q:47+185=?A:";
  size_t ids = 0;
  for (auto _ : state) ids = tokenizer.Encode(text).size();
  state.counters["bytes_per_s"] =
      benchmark::Counter(static_cast<double>(text.size() * state.iterations()), benchmark::Counter::kIsRate);
  state.counters["ids"] = static_cast<double>(ids);
}

void Load(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(hone::Tokenizer::Load(TokenizerPath()));
}

BENCHMARK(Encode)->Name("tokenizer/encode")->Unit(benchmark::kMillisecond);
BENCHMARK(Load)->Name("tokenizer/load")->Unit(benchmark::kMillisecond);

}  // namespace
