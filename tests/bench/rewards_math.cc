// Pairs a second of the math verifier on one core, and how long the slowest in a hundred take: generated short answers,
// right and wrong, and the same at the end of 8 KB of reasoning.
#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "rewards/math/verify.h"

namespace hone {
namespace {

using Pair = std::pair<std::string, std::string>;

double ThreadMicros() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

// The mix: mostly whole numbers and fractions, then surds, multiples of pi, tuples, intervals, expressions, text.
std::vector<Pair> ShortPairs() {
  std::vector<Pair> pairs;
  uint64_t state = 7;
  const auto draw = [&state](uint64_t n) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<int>((state >> 33) % n);
  };
  const auto s = [](int v) { return std::to_string(v); };
  for (int i = 0; i < 4000; ++i) {
    const int a = draw(500) - 100, b = 2 + draw(40), c = 2 + draw(9), d = draw(3) == 0 ? 1 : 0;
    switch (draw(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
      case 5:
        pairs.emplace_back(s(a), s(a + d));
        break;
      case 6:
      case 7:
        pairs.emplace_back("\\frac{" + s(a) + "}{" + s(b) + "}",
                           "\\dfrac{" + s(3 * a + d) + "}{" + s(3 * b) + "}");
        break;
      case 8:
        pairs.emplace_back(s(2 * c) + "\\sqrt{" + s(b) + "}", "\\sqrt{" + s(4 * c * c * b + d) + "}");
        break;
      case 9:
        pairs.emplace_back("\\frac{" + s(b) + "\\pi}{" + s(c) + "}", s(b + d) + "\\pi/" + s(c));
        break;
      case 10:
        pairs.emplace_back("(" + s(a) + ", \\frac{1}{" + s(b) + "})",
                           "\\left(" + s(a + d) + ",1/" + s(b) + "\\right)");
        break;
      case 11:
        pairs.emplace_back("[" + s(a) + "," + s(a + b) + ")", "[" + s(a) + ", " + s(a + b) + (d ? "]" : ")"));
        break;
      case 12:
        pairs.emplace_back("(x+" + s(c) + ")^2", "x^2+" + s(2 * c) + "x+" + s(c * c + d));
        break;
      case 13:
        pairs.emplace_back(s(a) + ", " + s(b) + ", " + s(a + b), s(b) + "," + s(a + b) + "," + s(a + d));
        break;
      case 14:
        pairs.emplace_back(s(b) + "\\%", s(b + d) + "\\%");
        break;
      default:
        pairs.emplace_back("\\text{Thursday}", d ? "\\text{Friday}" : "thursday");
    }
  }
  return pairs;
}

std::vector<Pair> LongPairs() {
  std::string reasoning;
  for (int step = 1; reasoning.size() < 8000; ++step) {
    reasoning += "Step " + std::to_string(step) + ": we have $x_{" + std::to_string(step) + "} = \\frac{" +
                 std::to_string(step * 7) + "}{3}$, so that \\[ 2x + " + std::to_string(step) +
                 " = 10 \\] and the sum is 1" + std::to_string(step) + ",000 in all. ";
  }
  std::vector<Pair> pairs;
  int i = 0;
  for (const auto& [gold, pred] : ShortPairs()) {
    if (i == 500) break;
    pairs.emplace_back(
        gold, reasoning + (i++ % 2 ? "The answer is $" + pred + "$." : "So it is \\boxed{" + pred + "}."));
  }
  return pairs;
}

void Verify(benchmark::State& state, const std::vector<Pair>& pairs) {
  std::vector<double> micros;
  size_t i = 0;
  for (auto _ : state) {
    const Pair& pair = pairs[i++ % pairs.size()];
    const double begin = ThreadMicros();
    benchmark::DoNotOptimize(VerifyMath(pair.first, pair.second, {}).reward);
    micros.push_back(ThreadMicros() - begin);
  }
  state.SetItemsProcessed(static_cast<int64_t>(micros.size()));
  const auto p99 = micros.begin() + static_cast<int64_t>(micros.size() * 99 / 100);
  std::nth_element(micros.begin(), p99, micros.end());
  state.counters["p99_us"] = *p99;
  state.counters["max_us"] = *std::max_element(micros.begin(), micros.end());
}

void BM_MathShortPairs(benchmark::State& state) { Verify(state, ShortPairs()); }
void BM_MathLongCompletions(benchmark::State& state) { Verify(state, LongPairs()); }
BENCHMARK(BM_MathShortPairs)->MinTime(1.0);
BENCHMARK(BM_MathLongCompletions)->MinTime(1.0);

}  // namespace
}  // namespace hone
