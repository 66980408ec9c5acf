// splitmix64 (Steele, Lea, Flood 2014) and a hash built on its finaliser. Covered by
// tests/data/random_test.cc.
#include "data/random.h"

#include <cstdlib>

namespace hone {
namespace {
constexpr uint64_t kGolden = 0x9e3779b97f4a7c15ULL;
}

KeyHash& KeyHash::Add(uint64_t value) {
  state_ = MixBits(state_ * 3 + kGolden + MixBits(value + kGolden));
  return *this;
}

KeyHash& KeyHash::Add(std::string_view text) {
  Add(static_cast<uint64_t>(text.size()));
  for (unsigned char c : text) state_ = (state_ ^ c) * 0x100000001b3ULL;  // FNV-1a, mixed once at the end
  state_ = MixBits(state_ + kGolden);
  return *this;
}

uint64_t DataRandom::Next() {
  state_ += kGolden;
  return MixBits(state_);
}

uint64_t DataRandom::Uniform(uint64_t n) {
  if (n == 0) std::abort();
  // Reject the top 2^64 mod n words, so that every remainder is equally likely.
  const uint64_t excess = (0 - n) % n;
  uint64_t word = Next();
  while (word > UINT64_MAX - excess) word = Next();
  return word % n;
}

int64_t DataRandom::Range(int64_t low, int64_t high) {
  return low + static_cast<int64_t>(Uniform(static_cast<uint64_t>(high - low) + 1));
}

double DataRandom::Unit() { return static_cast<double>(Next() >> 11) * 0x1p-53; }

}  // namespace hone
