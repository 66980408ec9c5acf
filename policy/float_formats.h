// The narrower floating-point formats of checkpoints, as bits to float and back. Covered by tests/policy/float_formats_test.cc.
#ifndef HONE_POLICY_FLOAT_FORMATS_H_
#define HONE_POLICY_FLOAT_FORMATS_H_

#include <array>
#include <bit>
#include <cstdint>
#include <limits>

namespace hone {

inline float FloatFromBf16(uint16_t value) {
  return std::bit_cast<float>(static_cast<uint32_t>(value) << 16);
}

// Round to nearest even; a NaN stays a NaN (quiet), overflow goes to infinity.
inline uint16_t Bf16FromFloat(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>((bits >> 16) | 0x40u);
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

// IEEE half precision.
float FloatFromF16(uint16_t value);
uint16_t F16FromFloat(float value);  // to nearest even; overflow goes to infinity, a NaN stays a NaN

// OCP 8-bit floating point E4M3: 4 bits of exponent (bias 7), 3 of mantissa, no infinities, NaN at 0x7f and 0xff.
inline constexpr std::array<float, 256> kE4m3Values = [] {
  std::array<float, 256> values{};
  for (uint32_t i = 0; i < 256; ++i) {
    const uint32_t exponent = (i >> 3) & 15, mantissa = i & 7;
    float value = exponent == 0 ? static_cast<float>(mantissa) / 512.0f
                                : std::bit_cast<float>(((exponent + 120) << 23) | (mantissa << 20));
    if ((i & 0x7f) == 0x7f) value = std::numeric_limits<float>::quiet_NaN();
    values[i] = i >= 128 ? -value : value;
  }
  return values;
}();
inline float FloatFromE4m3(uint8_t value) { return kE4m3Values[value]; }

}  // namespace hone

#endif  // HONE_POLICY_FLOAT_FORMATS_H_
