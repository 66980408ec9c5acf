// Sixteen virtual float lanes on any vector width, with the fixed reduction trees, exp and log that the numerics contract
// needs: the same operations in the same order on AVX2, AVX-512 and NEON, hence the same bits. Include after
// hwy/highway.h in a file that is compiled once per target. Covered by tests/kernels/lanes_test.cc.
#if defined(HONE_KERNELS_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HONE_KERNELS_LANES_INL_H_
#undef HONE_KERNELS_LANES_INL_H_
#else
#define HONE_KERNELS_LANES_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
#include "kernels/bf16.h"

HWY_BEFORE_NAMESPACE();
namespace hone::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

inline constexpr int64_t kLanes = 16;
using LaneTag = hn::CappedTag<float, kLanes>;
using LaneVec = hn::Vec<LaneTag>;
inline constexpr int64_t kPartLanes = hn::MaxLanes(LaneTag());
inline constexpr int kParts = kLanes / kPartLanes;

struct F16x {  // sixteen floats; lane i of the whole is lane i % kPartLanes of part i / kPartLanes
  LaneVec part[kParts];
};

template <class Op>
HWY_INLINE F16x MapParts(Op op) {
  F16x r;
  for (int i = 0; i < kParts; ++i) r.part[i] = op(i);
  return r;
}

HWY_INLINE F16x Set(float x) {
  return MapParts([&](int) { return hn::Set(LaneTag(), x); });
}
HWY_INLINE F16x Zero() { return Set(0.0f); }
HWY_INLINE F16x Load(const float* p) {
  return MapParts([&](int i) { return hn::LoadU(LaneTag(), p + i * kPartLanes); });
}
HWY_INLINE void Store(F16x x, float* p) {
  for (int i = 0; i < kParts; ++i) hn::StoreU(x.part[i], LaneTag(), p + i * kPartLanes);
}
// The first n lanes, 0 <= n <= 16; the others get `fill`.
HWY_INLINE F16x LoadN(const float* p, int64_t n, float fill = 0.0f) {
  if (n >= kLanes) return Load(p);
  alignas(64) float buffer[kLanes];
  for (int64_t i = 0; i < kLanes; ++i) buffer[i] = i < n ? p[i] : fill;
  return Load(buffer);
}
HWY_INLINE void StoreN(F16x x, float* p, int64_t n) {
  if (n >= kLanes) return Store(x, p);
  alignas(64) float buffer[kLanes];
  Store(x, buffer);
  for (int64_t i = 0; i < n; ++i) p[i] = buffer[i];
}

// The bf16 value nearest to x (ties to even) in the upper halves, rubbish in the lower ones. NaN stays NaN.
HWY_INLINE hn::Vec<hn::RebindToUnsigned<LaneTag>> RoundBits(LaneVec x) {
  const hn::RebindToUnsigned<LaneTag> du;
  const auto bits = hn::BitCast(du, x);
  const auto lsb = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1));
  const auto rounded = hn::Add(bits, hn::Add(lsb, hn::Set(du, 0x7fff)));
  const auto quiet = hn::Or(bits, hn::Set(du, 0x00400000));
  return hn::IfThenElse(hn::RebindMask(du, hn::IsNaN(x)), quiet, rounded);
}
HWY_INLINE F16x RoundToBf16(F16x x) {
  const LaneTag d;
  const hn::RebindToUnsigned<LaneTag> du;
  return MapParts(
      [&](int i) { return hn::BitCast(d, hn::And(RoundBits(x.part[i]), hn::Set(du, 0xffff0000u))); });
}
HWY_INLINE F16x Load(const Bf16* p) {
  const LaneTag d;
  const hn::RebindToUnsigned<LaneTag> du;
  const hn::Rebind<uint16_t, decltype(du)> dh;
  return MapParts([&](int i) {
    const auto bits = hn::LoadU(dh, &p[i * kPartLanes].bits);
    return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(du, bits)));
  });
}
HWY_INLINE void Store(F16x x, Bf16* p) {  // rounds
  const hn::RebindToUnsigned<LaneTag> du;
  const hn::Rebind<uint16_t, decltype(du)> dh;
  for (int i = 0; i < kParts; ++i) {
    const auto bits = hn::ShiftRight<16>(RoundBits(x.part[i]));
    hn::StoreU(hn::TruncateTo(dh, bits), dh, &p[i * kPartLanes].bits);
  }
}
HWY_INLINE F16x LoadN(const Bf16* p, int64_t n) {
  if (n >= kLanes) return Load(p);
  Bf16 buffer[kLanes];
  for (int64_t i = 0; i < n; ++i) buffer[i] = p[i];
  return Load(buffer);
}
HWY_INLINE void StoreN(F16x x, Bf16* p, int64_t n) {
  if (n >= kLanes) return Store(x, p);
  Bf16 buffer[kLanes];
  Store(x, buffer);
  for (int64_t i = 0; i < n; ++i) p[i] = buffer[i];
}

HWY_INLINE F16x Add(F16x a, F16x b) {
  return MapParts([&](int i) { return hn::Add(a.part[i], b.part[i]); });
}
HWY_INLINE F16x Sub(F16x a, F16x b) {
  return MapParts([&](int i) { return hn::Sub(a.part[i], b.part[i]); });
}
HWY_INLINE F16x Mul(F16x a, F16x b) {
  return MapParts([&](int i) { return hn::Mul(a.part[i], b.part[i]); });
}
HWY_INLINE F16x Div(F16x a, F16x b) {
  return MapParts([&](int i) { return hn::Div(a.part[i], b.part[i]); });
}
HWY_INLINE F16x Sqrt(F16x a) {
  return MapParts([&](int i) { return hn::Sqrt(a.part[i]); });
}
HWY_INLINE F16x Max(F16x a, F16x b) {
  return MapParts([&](int i) { return hn::Max(a.part[i], b.part[i]); });
}
HWY_INLINE F16x Min(F16x a, F16x b) {
  return MapParts([&](int i) { return hn::Min(a.part[i], b.part[i]); });
}
// a * b + c, rounded once.
HWY_INLINE F16x MulAdd(F16x a, F16x b, F16x c) {
  return MapParts([&](int i) { return hn::MulAdd(a.part[i], b.part[i], c.part[i]); });
}
// c - a * b, rounded once.
HWY_INLINE F16x NegMulAdd(F16x a, F16x b, F16x c) {
  return MapParts([&](int i) { return hn::NegMulAdd(a.part[i], b.part[i], c.part[i]); });
}

using QuarterTag = hn::CappedTag<float, 4>;

// Folds lane i with lane i + 8, then i + 4, i + 2, i + 1. (Templated on X so that only this target's branch is compiled.)
template <int64_t kWidth, class X, class Op>
HWY_INLINE auto FoldToQuarter(const X& x, Op op) {
  const QuarterTag q;
  if constexpr (kWidth == 16) {
    const hn::CappedTag<float, 8> half;
    const auto eight = op(hn::LowerHalf(half, x.part[0]), hn::UpperHalf(half, x.part[0]));
    return op(hn::LowerHalf(q, eight), hn::UpperHalf(q, eight));
  } else if constexpr (kWidth == 8) {
    const auto eight = op(x.part[0], x.part[1]);
    return op(hn::LowerHalf(q, eight), hn::UpperHalf(q, eight));
  } else {
    return op(op(x.part[0], x.part[2]), op(x.part[1], x.part[3]));
  }
}
template <class Op>
HWY_INLINE float FoldLanes(F16x x, Op op) {
  auto quarter = FoldToQuarter<kPartLanes>(x, op);
  quarter = op(quarter, hn::Shuffle1032(quarter));
  quarter = op(quarter, hn::Shuffle2301(quarter));
  return hn::GetLane(quarter);
}
HWY_INLINE float ReduceSum(F16x x) {
  return FoldLanes(x, [](auto a, auto b) { return hn::Add(a, b); });
}
HWY_INLINE float ReduceMax(F16x x) {
  return FoldLanes(x, [](auto a, auto b) { return hn::Max(a, b); });
}

// exp(x) within 1.3 ulp (measured); 0 below -87.33 (results would be denormal), +inf above 88.72. Not for NaN.
HWY_INLINE LaneVec ExpPart(LaneVec x) {
  const LaneTag d;
  const hn::RebindToSigned<LaneTag> di;
  const auto underflow = hn::Lt(x, hn::Set(d, -87.33654f));
  const auto overflow = hn::Gt(x, hn::Set(d, 88.72283f));
  const auto clamped = hn::Min(hn::Max(x, hn::Set(d, -87.33654f)), hn::Set(d, 88.72283f));
  const auto n = hn::Round(hn::Mul(clamped, hn::Set(d, 1.44269504088896341f)));
  auto r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), clamped);
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
  auto p = hn::Set(d, 1.9875691500e-4f);  // minimax coefficients of (exp(r) - 1 - r) / r^2 on |r| <= ln 2 / 2
  p = hn::MulAdd(p, r, hn::Set(d, 1.3981999507e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 8.3334519073e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 4.1665795894e-2f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.6666665459e-1f));
  p = hn::MulAdd(p, r, hn::Set(d, 5.0000001201e-1f));
  p = hn::MulAdd(p, hn::Mul(r, r), hn::Add(r, hn::Set(d, 1.0f)));
  // 2^n in two factors: n reaches 128, one past the largest exponent.
  const auto ni = hn::ConvertTo(di, n);
  const auto half = hn::ShiftRight<1>(ni);
  const auto bias = hn::Set(di, 127);
  const auto scale_a = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(half, bias)));
  const auto scale_b = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::Sub(ni, half), bias)));
  auto y = hn::Mul(hn::Mul(p, scale_a), scale_b);
  y = hn::IfThenElse(overflow, hn::Inf(d), y);
  return hn::IfThenZeroElse(underflow, y);
}
HWY_INLINE F16x Exp(F16x x) {
  return MapParts([&](int i) { return ExpPart(x.part[i]); });
}

// log(x) within 0.9 ulp (measured) for normal x > 0.
HWY_INLINE LaneVec LogPart(LaneVec x) {
  const LaneTag d;
  const hn::RebindToSigned<LaneTag> di;
  const auto bits = hn::BitCast(di, x);
  // Mantissa in [sqrt(1/2), sqrt(2)).
  const auto shifted = hn::Sub(bits, hn::Set(di, 0x3f3504f3));
  const auto exponent = hn::ConvertTo(d, hn::ShiftRight<23>(shifted));
  const auto mantissa_bits = hn::Add(hn::And(shifted, hn::Set(di, 0x007fffff)), hn::Set(di, 0x3f3504f3));
  const auto f = hn::Sub(hn::BitCast(d, mantissa_bits), hn::Set(d, 1.0f));
  const auto z = hn::Mul(f, f);
  auto p = hn::Set(d, 7.0376836292e-2f);
  p = hn::MulAdd(p, f, hn::Set(d, -1.1514610310e-1f));
  p = hn::MulAdd(p, f, hn::Set(d, 1.1676998740e-1f));
  p = hn::MulAdd(p, f, hn::Set(d, -1.2420140846e-1f));
  p = hn::MulAdd(p, f, hn::Set(d, 1.4249322787e-1f));
  p = hn::MulAdd(p, f, hn::Set(d, -1.6668057665e-1f));
  p = hn::MulAdd(p, f, hn::Set(d, 2.0000714765e-1f));
  p = hn::MulAdd(p, f, hn::Set(d, -2.4999993993e-1f));
  p = hn::MulAdd(p, f, hn::Set(d, 3.3333331174e-1f));
  auto y = hn::Mul(hn::Mul(p, z), f);
  y = hn::MulAdd(exponent, hn::Set(d, -2.12194440e-4f), y);
  y = hn::NegMulAdd(hn::Set(d, 0.5f), z, y);
  return hn::MulAdd(exponent, hn::Set(d, 0.693359375f), hn::Add(f, y));
}
HWY_INLINE F16x Log(F16x x) {
  return MapParts([&](int i) { return LogPart(x.part[i]); });
}
HWY_INLINE float LogOne(float x) { return hn::GetLane(LogPart(hn::Set(LaneTag(), x))); }
HWY_INLINE float ExpOne(float x) { return hn::GetLane(ExpPart(hn::Set(LaneTag(), x))); }

// 1 / (1 + exp(-x)).
HWY_INLINE F16x Sigmoid(F16x x) {
  const F16x one = Set(1.0f);
  return Div(one, Add(one, Exp(Sub(Zero(), x))));
}

// sum over i of a[i] * b[i]: lane l accumulates i = l (mod 16) in ascending order, then the fixed tree.
HWY_INLINE float Dot(const float* a, const float* b, int64_t size) {
  F16x sum = Zero();
  int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) sum = MulAdd(Load(a + i), Load(b + i), sum);
  if (i < size) sum = MulAdd(LoadN(a + i, size - i), LoadN(b + i, size - i), sum);
  return ReduceSum(sum);
}

}  // namespace hone::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
