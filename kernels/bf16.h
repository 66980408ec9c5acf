// A bf16 number as it lies in memory: the upper half of an fp32 one. Covered by tests/kernels/elementwise_test.cc.
#ifndef HONE_KERNELS_BF16_H_
#define HONE_KERNELS_BF16_H_

#include <cstdint>

namespace hone::kernels {

struct Bf16 {
  uint16_t bits = 0;
};

}  // namespace hone::kernels

#endif  // HONE_KERNELS_BF16_H_
