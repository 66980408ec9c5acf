// What a model of so many values takes in memory. Covered by tests/recipes/info_command_test.cc.
#ifndef HONE_POLICY_FOOTPRINT_H_
#define HONE_POLICY_FOOTPRINT_H_

#include <cstdint>

#include "policy/model.h"

namespace hone {

// Bytes of one packing: what a model that is only sampled and scored takes.
inline int64_t PackedBytes(int64_t values, Precision precision) {
  return values * (precision == Precision::kBf16 ? 2 : 4);
}

// Bytes beside activations and cache: fp32 weights (in bf16 the masters), packings for the forward and the backward pass, fp32
// gradients, and two moments of AdamW in fp32.
struct TrainingBytes {
  TrainingBytes(int64_t values, Precision precision)
      : weights(4 * values),
        packed(2 * PackedBytes(values, precision)),
        gradients(4 * values),
        moments(8 * values) {}
  int64_t weights, packed, gradients, moments;
  int64_t Total() const { return weights + packed + gradients + moments; }
};

}  // namespace hone

#endif  // HONE_POLICY_FOOTPRINT_H_
