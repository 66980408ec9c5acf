// Frequencies and magnitudes against those of transformers 5.23, and the limits of each kind of scaling.
#include "policy/rope_scaling.h"

#include <doctest/doctest.h>

#include <cmath>
#include <utility>

namespace hone {
namespace {

RopeScaling Yarn(double factor, int64_t original_positions) {
  RopeScaling s;
  s.kind = RopeScaling::Kind::kYarn;
  s.factor = factor;
  s.original_positions = original_positions;
  return s;
}

void CheckFrequencies(const RopeScaling& s, int64_t dim, double theta,
                      const std::vector<std::pair<int, double>>& expected) {
  const std::vector<double> got = s.Frequencies(dim, theta);
  REQUIRE(got.size() == static_cast<size_t>(dim / 2));
  for (const auto& [pair, frequency] : expected) {
    CAPTURE(pair);
    CHECK(got[pair] == doctest::Approx(frequency).epsilon(2e-6));  // theirs are floats
  }
}

}  // namespace

TEST_CASE("rope scaling: what transformers computes for Llama 3.2, DeepSeek-V3 and Qwen2.5 at 128k") {
  RopeScaling llama;
  llama.kind = RopeScaling::Kind::kLlama3;
  llama.factor = 32.0;
  llama.original_positions = 8192;
  CheckFrequencies(llama, 64, 500000.0,
                   {{0, 1.0},
                    {8, 0.0376060307},
                    {10, 0.0165604409},
                    {16, 0.000429556705},
                    {21, 5.68723226e-06},
                    {31, 9.41830649e-08}});
  CHECK(llama.Magnitude() == 1.0);

  RopeScaling deepseek = Yarn(40.0, 4096);
  deepseek.mscale = deepseek.mscale_all_dim = 1.0;
  CheckFrequencies(deepseek, 64, 1e4,
                   {{0, 1.0},
                    {8, 0.100000001},
                    {10, 0.0562341288},
                    {16, 0.00550000044},
                    {21, 0.000414990413},
                    {31, 3.33380353e-06}});
  CHECK(deepseek.Magnitude() == 1.0);
  CHECK(deepseek.ScoreFactor() == doctest::Approx(std::pow(0.1 * std::log(40.0) + 1.0, 2)));

  RopeScaling qwen = Yarn(4.0, 32768);
  CheckFrequencies(qwen, 128, 1e6,
                   {{0, 1.0},
                    {16, 0.0316227786},
                    {21, 0.0107460786},
                    {32, 0.000602941145},
                    {42, 2.88695483e-05},
                    {63, 3.10234441e-07}});
  CHECK(qwen.Magnitude() == doctest::Approx(1.138629436111989));
  CHECK(qwen.ScoreFactor() == 1.0);

  qwen.truncate = false;
  qwen.beta_fast = 8.0;
  qwen.beta_slow = 2.0;
  qwen.mscale = 0.707;
  qwen.mscale_all_dim = 1.0;
  CheckFrequencies(qwen, 128, 1e6, {{32, 0.000768519938}, {63, 3.10234441e-07}});
  CHECK(qwen.Magnitude() == doctest::Approx(0.964326914892074));
  qwen.attention_factor = 0.5;
  CHECK(qwen.Magnitude() == 0.5);
}

TEST_CASE("rope scaling: without scaling, and by a factor of 1, a frequency stays itself") {
  const RopeScaling none;
  for (const RopeScaling& s : {none, Yarn(1.0, 100)}) {
    for (int i = 0; i < 16; ++i)
      CHECK(s.Frequencies(32, 1e4)[i] == doctest::Approx(std::pow(1e4, -i / 16.0)));
    CHECK(s.Magnitude() == 1.0);
    CHECK(s.ScoreFactor() == 1.0);
  }
}

TEST_CASE("rope scaling: where the ramp has no length") {
  RopeScaling s = Yarn(2.0, 100);
  s.truncate = false;
  s.beta_fast = s.beta_slow = 4.0;
  for (const double f : s.Frequencies(16, 1e4)) CHECK(std::isfinite(f));
}

}  // namespace hone
