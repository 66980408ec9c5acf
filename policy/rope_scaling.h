// How a model stretches its rotary embedding beyond the length it was pre-trained on: Llama 3's scaling and YaRN
// (arXiv 2309.00071). Covered by tests/policy/rope_scaling_test.cc.
#ifndef HONE_POLICY_ROPE_SCALING_H_
#define HONE_POLICY_ROPE_SCALING_H_

#include <cstdint>
#include <vector>

#include "data/json.h"
#include "policy/config_fields.h"

namespace hone {

struct RopeScaling {
  enum class Kind { kNone, kLlama3, kYarn };
  Kind kind = Kind::kNone;
  double factor = 1.0;
  int64_t original_positions = 0;  // the length it was pre-trained on

  double low_freq_factor = 1.0;  // kLlama3
  double high_freq_factor = 4.0;

  double beta_fast = 32.0;  // kYarn
  double beta_slow = 1.0;
  bool truncate = true;           // round the ends of the ramp
  double mscale = 0.0;            // 0: not given
  double mscale_all_dim = 0.0;    // 0: not given
  double attention_factor = 0.0;  // 0: follows from the three above

  bool operator==(const RopeScaling&) const = default;

  // Radians per position of each of the dim / 2 rotated pairs.
  std::vector<double> Frequencies(int64_t dim, double theta) const;
  // What YaRN multiplies cosines and sines by; 1 otherwise.
  double Magnitude() const;
  // What DeepSeek's attention multiplies its softmax scale by (0.1 mscale_all_dim ln(factor) + 1)^2; 1 without that key.
  double ScoreFactor() const;
};

// From the object under rope_scaling or rope_parameters, apart from rope_theta. `max_positions` is the config's
// max_position_embeddings. Error on other kinds of scaling, naming those supported, and on unknown keys.
RopeScaling ParseRopeScaling(const ConfigFields& fields, int64_t max_positions);
// The object for rope_scaling that ParseRopeScaling and transformers read back; null for kNone.
nlohmann::ordered_json RopeScalingToJson(const RopeScaling& scaling);

}  // namespace hone

#endif  // HONE_POLICY_ROPE_SCALING_H_
