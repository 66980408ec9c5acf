// Arithmetic of the objective that must not depend on the C library: exp, and terms with their derivative. Covered by
// tests/rl/objective_test.cc.
#ifndef HONE_RL_OBJECTIVE_MATH_H_
#define HONE_RL_OBJECTIVE_MATH_H_

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace hone {

// exp to about one unit in the last place, the same bits everywhere: a gradient must not change with the C library or the
// instruction set.
inline double Exp(double x) {
  if (std::isnan(x)) return x;
  if (x > 709.78) return std::numeric_limits<double>::infinity();
  if (x < -745.2) return 0.0;
  const double k = std::floor(x * 1.4426950408889634 + 0.5);
  // ln 2 in two parts; the first has few enough bits that k times it is exact.
  const double r = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
  double sum = 1.0;
  for (int n = 13; n > 0; --n) sum = 1.0 + sum * r / n;
  // In two steps, since 2^k alone can be out of range.
  const auto half = static_cast<int64_t>(k) / 2, rest = static_cast<int64_t>(k) - half;
  const auto power = [](int64_t e) { return std::bit_cast<double>(static_cast<uint64_t>(1023 + e) << 52); };
  return sum * power(half) * power(rest);
}

// A value and its derivative by some one variable.
struct Term {
  double value = 0.0;
  double slope = 0.0;
};

// Where both are equal the derivative is the mean, as LibTorch's.
inline Term Smaller(const Term& a, const Term& b) {
  if (a.value == b.value) return {a.value, 0.5 * (a.slope + b.slope)};
  return a.value < b.value ? a : b;
}
inline Term Larger(const Term& a, const Term& b) {
  if (a.value == b.value) return {a.value, 0.5 * (a.slope + b.slope)};
  return a.value > b.value ? a : b;
}

// Cut to [low, high]; the derivative is 0 outside.
inline Term Clamp(const Term& t, double low, double high) {
  if (t.value < low) return {low, 0.0};
  if (t.value > high) return {high, 0.0};
  return t;
}

}  // namespace hone

#endif  // HONE_RL_OBJECTIVE_MATH_H_
