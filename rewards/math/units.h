// Units of measurement: what dimension each has, and its exact size. Covered by tests/rewards/math_label_test.cc.
#ifndef HONE_REWARDS_MATH_UNITS_H_
#define HONE_REWARDS_MATH_UNITS_H_

#include <array>
#include <cstdint>
#include <string_view>

namespace hone {

// Units of one dimension convert into one another by their factors. Currencies do not, nor do temperatures, whose zeros
// differ: each is a dimension of its own.
enum class Dimension : uint8_t {
  kNumber,  // dozen
  kLength,
  kMass,
  kTime,
  kElectricCurrent,
  kAngle,  // radians; degrees are ExprKind::kDegrees
  kInformation,
  kKelvin,
  kCelsius,
  kFahrenheit,
  kDollar,
  kEuro,
  kPound,
  kYen,
  kYuan,
  kRupee,
};
inline constexpr int kDimensionCount = 16;

using DimensionPowers = std::array<int8_t, kDimensionCount>;

struct Unit {
  std::string_view name;  // as ToString() writes it
  DimensionPowers dimension{};
  // The size in base units (metre, kilogram, second, ampere, radian, bit, dollar, ...): numerator / denominator.
  int64_t numerator = 1;
  int64_t denominator = 1;

  bool IsCurrency() const {
    for (int d = static_cast<int>(Dimension::kDollar); d < kDimensionCount; ++d) {
      if (dimension[d] != 0) return true;
    }
    return false;
  }
};

struct UnitPower {
  const Unit* unit;  // in the table, which lives as long as the program
  int power;         // -12 to 12, not 0
};

// The unit with that name or symbol, spelled out in the singular or plural; null if there is none. Case matters for
// symbols only: "Pa", "Meters".
const Unit* FindUnit(std::string_view word);

}  // namespace hone

#endif  // HONE_REWARDS_MATH_UNITS_H_
