// data/random: known vectors of splitmix64, exact ranges, no visible bias, keys that do not collide.
#include "data/random.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <vector>

using hone::DataRandom;
using hone::KeyHash;

TEST_CASE("splitmix64 gives the published sequence") {
  DataRandom random(1234567);  // vectors of the reference C implementation
  CHECK(random.Next() == 6457827717110365317ULL);
  CHECK(random.Next() == 3203168211198807973ULL);
  CHECK(random.Next() == 9817491932198370423ULL);
}

TEST_CASE("Uniform is flat and stays in range") {
  const uint64_t seed = 7;
  CAPTURE(seed);
  for (uint64_t n : {1ULL, 2ULL, 3ULL, 7ULL, 10ULL, 1000ULL}) {
    DataRandom random(seed);
    const int draws = 100000;
    std::vector<int> counts(n);
    for (int i = 0; i < draws; ++i) ++counts.at(random.Uniform(n));
    const double expected = static_cast<double>(draws) / static_cast<double>(n);
    double chi2 = 0;
    for (int c : counts) chi2 += (c - expected) * (c - expected) / expected;
    const double freedom = static_cast<double>(n - 1);
    CHECK(chi2 < freedom + 5 * std::sqrt(2 * freedom) + 1);
  }
  // A modulus just above 2^63: plain remainders would put two thirds of the draws in the lower third.
  DataRandom random(seed);
  const uint64_t n = (3ULL << 62);
  int low = 0;
  for (int i = 0; i < 30000; ++i) low += random.Uniform(n) < n / 3;
  CHECK(std::abs(low - 10000) < 500);
}

TEST_CASE("Range and Unit keep their bounds") {
  DataRandom random(3);
  std::set<int64_t> seen;
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    seen.insert(random.Range(-2, 2));
    const double u = random.Unit();
    REQUIRE(u >= 0.0);
    REQUIRE(u < 1.0);
    sum += u;
  }
  CHECK(seen == std::set<int64_t>{-2, -1, 0, 1, 2});
  CHECK(sum / 10000 == doctest::Approx(0.5).epsilon(0.03));
}

TEST_CASE("keys differ in order, in length and in every small integer") {
  std::set<uint64_t> seen;
  for (uint64_t a = 0; a < 200; ++a) {
    for (uint64_t b = 0; b < 200; ++b) seen.insert(KeyHash().Add(a).Add(b).value());
  }
  CHECK(seen.size() == 40000);
  CHECK(KeyHash().Add("ab").Add("c").value() != KeyHash().Add("a").Add("bc").value());
  CHECK(KeyHash().Add("").value() != KeyHash().value());
  CHECK(KeyHash().Add("split").Add(uint64_t{1}).value() == KeyHash().Add("split").Add(uint64_t{1}).value());
}
