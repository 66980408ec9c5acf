// Random numbers for data: splitmix64 over a hash of whatever names the draw, the same on every platform
// (no std distributions, no global state). Covered by tests/data/random_test.cc.
#ifndef HONE_DATA_RANDOM_H_
#define HONE_DATA_RANDOM_H_

#include <cstdint>
#include <string_view>

namespace hone {

// The finaliser of splitmix64: a bijection of 64-bit words.
constexpr uint64_t MixBits(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// An order-sensitive hash of integers and strings; not for adversaries.
class KeyHash {
 public:
  KeyHash& Add(uint64_t value);
  KeyHash& Add(std::string_view text);  // the length is part of the key, so ("ab","c") != ("a","bc")
  uint64_t value() const { return state_; }

 private:
  uint64_t state_ = 0x243f6a8885a308d3ULL;
};

class DataRandom {
 public:
  explicit DataRandom(uint64_t seed) : state_(seed) {}

  uint64_t Next();                           // 64 uniform bits
  uint64_t Uniform(uint64_t n);              // uniform in [0, n), exactly; n >= 1
  int64_t Range(int64_t low, int64_t high);  // uniform in [low, high]; high - low must fit
  double Unit();                             // uniform in [0, 1), a multiple of 2^-53
  bool Chance(double probability) { return Unit() < probability; }

 private:
  uint64_t state_;
};

}  // namespace hone

#endif  // HONE_DATA_RANDOM_H_
