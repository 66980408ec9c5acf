// The architectures a config.json may name, and what each adds to the keys they share. Covered by tests/policy/config_test.cc.
#ifndef HONE_POLICY_ARCHITECTURES_H_
#define HONE_POLICY_ARCHITECTURES_H_

#include <cstdint>
#include <span>

#include "policy/config.h"
#include "policy/config_fields.h"

namespace hone {

// Bounds far above any real model; within them no product of sizes overflows 63 bits.
inline constexpr int64_t kMaxWidth = 1 << 20;
inline constexpr int64_t kMaxHeads = 1 << 14;
inline constexpr int64_t kMaxHeadDim = 1 << 16;
inline constexpr int64_t kMaxLayers = 512;
inline constexpr int64_t kMaxExperts = 1024;
inline constexpr int64_t kMaxPositions = int64_t{1} << 22;

struct Architecture {
  const char* name;
  const char* model_type;
  // What the shared keys left open. Error as ParseModelConfig.
  void (*parse)(const ConfigFields& fields, ModelConfig& config);
  void (*add)(const ModelConfig& config, nlohmann::ordered_json& out);
};
std::span<const Architecture> Architectures();  // by name

}  // namespace hone

#endif  // HONE_POLICY_ARCHITECTURES_H_
