// Every value of the narrow formats against its definition in double precision, and rounding to them against a search for the
// nearest.
#include "policy/float_formats.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <random>

namespace hone {

TEST_CASE("bf16 conversion rounds to nearest even") {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const uint16_t half = static_cast<uint16_t>(bits);
    const float value = FloatFromBf16(half);
    if (std::isnan(value)) {
      CHECK(std::isnan(FloatFromBf16(Bf16FromFloat(value))));
    } else {
      CHECK(Bf16FromFloat(value) == half);
    }
  }
  // A NaN whose payload lies in the dropped bits must not become an infinity.
  CHECK(std::isnan(FloatFromBf16(Bf16FromFloat(std::bit_cast<float>(0x7f800001u)))));
  CHECK(std::isnan(FloatFromBf16(Bf16FromFloat(std::bit_cast<float>(0xffffffffu)))));
  CHECK(std::isinf(FloatFromBf16(Bf16FromFloat(std::bit_cast<float>(0x7f7fffffu)))));

  const uint64_t seed = 11;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (int trial = 0; trial < 20000; ++trial) {
    uint32_t bits = static_cast<uint32_t>(random()) & 0xff7fffffu;  // exponent not all ones
    if (trial % 2 == 0) bits = (bits & 0xffff0000u) | 0x8000u;      // exactly half way
    const double value = std::bit_cast<float>(bits);
    const double down = std::bit_cast<float>(bits & 0xffff0000u);
    const double up = std::bit_cast<float>((bits & 0xffff0000u) + 0x10000u);
    const bool even = ((bits >> 16) & 1) == 0;
    const double to_down = std::abs(value - down);
    const double to_up = std::abs(up - value);
    const double expected = to_down < to_up || (to_down == to_up && even) ? down : up;
    CAPTURE(bits);
    CHECK(FloatFromBf16(Bf16FromFloat(static_cast<float>(value))) == expected);
  }
}

TEST_CASE("every fp16 value converts exactly") {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const int exponent = static_cast<int>((bits >> 10) & 31);
    const double mantissa = bits & 1023;
    double expected = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
    if (exponent == 31) expected = mantissa == 0 ? INFINITY : NAN;
    const float actual = FloatFromF16(static_cast<uint16_t>(bits));
    CHECK(std::signbit(actual) == (bits >= 0x8000));
    CHECK((std::isnan(expected) ? std::isnan(actual) : std::abs(actual) == expected));
  }
}

TEST_CASE("rounding to fp16 gives the nearest value, of two equally near ones the even one") {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float value = FloatFromF16(half);
    if (std::isnan(value)) {
      CHECK(std::isnan(FloatFromF16(F16FromFloat(value))));
      continue;
    }
    CHECK(F16FromFloat(value) == half);
    // Between this value and the next: all of the way that floats divide into eighths, and just beside the middle.
    if ((bits & 0x7fff) >= 0x7bff) continue;
    const float next = FloatFromF16(static_cast<uint16_t>(half + 1));
    const float middle = value + (next - value) / 2;  // exact
    CHECK(F16FromFloat(middle) == (half % 2 == 0 ? half : half + 1));
    CHECK(F16FromFloat(std::nextafter(middle, value)) == half);
    CHECK(F16FromFloat(std::nextafter(middle, next)) == half + 1);
  }
  CHECK(F16FromFloat(65519.996f) == 0x7bff);
  CHECK(F16FromFloat(65520.0f) == 0x7c00);
  CHECK(F16FromFloat(-1e30f) == 0xfc00);
  CHECK(F16FromFloat(INFINITY) == 0x7c00);
  CHECK(F16FromFloat(0x1p-26f) == 0);
  CHECK(F16FromFloat(-0x1p-149f) == 0x8000);
  CHECK(std::isnan(FloatFromF16(F16FromFloat(std::bit_cast<float>(0x7f800001u)))));
}

TEST_CASE("every E4M3 value is what the format says") {
  for (int bits = 0; bits < 256; ++bits) {
    CAPTURE(bits);
    const int exponent = (bits >> 3) & 15;
    const double mantissa = bits & 7;
    const double expected =
        exponent == 0 ? std::ldexp(mantissa, -6 - 3) : std::ldexp(1.0 + mantissa / 8.0, exponent - 7);
    const float actual = FloatFromE4m3(static_cast<uint8_t>(bits));
    if ((bits & 0x7f) == 0x7f) {
      CHECK(std::isnan(actual));
      continue;
    }
    CHECK(std::abs(static_cast<double>(actual)) == expected);
    CHECK(std::signbit(actual) == (bits >= 128));
  }
  CHECK(FloatFromE4m3(0x7e) == 448.0f);
}

}  // namespace hone
