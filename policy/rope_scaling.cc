// See rope_scaling.h.
#include "policy/rope_scaling.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hone {
namespace {

using nlohmann::json;

constexpr double kMaxFactor = 1e4;
constexpr int64_t kMaxPositions = int64_t{1} << 30;

double Mscale(double factor, double mscale) {
  return factor <= 1.0 ? 1.0 : 0.1 * mscale * std::log(factor) + 1.0;
}

double Llama3Frequency(const RopeScaling& s, double frequency) {
  const double waves = static_cast<double>(s.original_positions) * frequency / (2.0 * std::numbers::pi);
  if (waves < s.low_freq_factor) return frequency / s.factor;
  if (waves > s.high_freq_factor) return frequency;
  const double kept = (waves - s.low_freq_factor) / (s.high_freq_factor - s.low_freq_factor);
  return (1.0 - kept) * frequency / s.factor + kept * frequency;
}

// Scales each frequency by how often it turns in the original length: not at all above beta_fast turns, by 1 / factor below
// beta_slow, along a ramp over the pairs between them.
void ScaleByYarn(const RopeScaling& s, double theta, std::vector<double>& frequencies) {
  const double dim = 2.0 * static_cast<double>(frequencies.size());
  const auto pair_of = [&](double turns) {
    return dim * std::log(static_cast<double>(s.original_positions) / (turns * 2.0 * std::numbers::pi)) /
           (2.0 * std::log(theta));
  };
  double low = pair_of(s.beta_fast), high = pair_of(s.beta_slow);
  if (s.truncate) low = std::floor(low), high = std::ceil(high);
  low = std::max(low, 0.0);
  high = std::min(high, dim - 1.0);
  if (low == high) high += 0.001;
  for (size_t i = 0; i < frequencies.size(); ++i) {
    const double ramp = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    frequencies[i] = frequencies[i] / s.factor * ramp + frequencies[i] * (1.0 - ramp);
  }
}

void ParseYarn(const ConfigFields& fields, RopeScaling& s) {
  s.beta_fast = fields.Number("beta_fast", 1e-3, 1e6, 32.0);
  s.beta_slow = fields.Number("beta_slow", 1e-3, 1e6, 1.0);
  if (s.beta_fast < s.beta_slow) fields.Fail("beta_fast is below beta_slow");
  s.truncate = fields.Bool("truncate", true);
  s.mscale = fields.Number("mscale", 0.0, 100.0, 0.0);
  s.mscale_all_dim = fields.Number("mscale_all_dim", 0.0, 100.0, 0.0);
  s.attention_factor = fields.Number("attention_factor", 1e-3, 100.0, 0.0);
}

}  // namespace

std::vector<double> RopeScaling::Frequencies(int64_t dim, double theta) const {
  std::vector<double> frequencies(dim / 2);
  for (size_t i = 0; i < frequencies.size(); ++i)
    frequencies[i] = std::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(dim));
  if (kind == Kind::kYarn) ScaleByYarn(*this, theta, frequencies);
  if (kind == Kind::kLlama3) {
    for (double& f : frequencies) f = Llama3Frequency(*this, f);
  }
  return frequencies;
}

double RopeScaling::Magnitude() const {
  if (kind != Kind::kYarn) return 1.0;
  if (attention_factor != 0.0) return attention_factor;
  if (mscale != 0.0 && mscale_all_dim != 0.0) return Mscale(factor, mscale) / Mscale(factor, mscale_all_dim);
  return Mscale(factor, 1.0);
}

double RopeScaling::ScoreFactor() const {
  if (mscale_all_dim == 0.0) return 1.0;
  const double m = Mscale(factor, mscale_all_dim);
  return m * m;
}

RopeScaling ParseRopeScaling(const ConfigFields& fields, int64_t max_positions) {
  RopeScaling s;
  const json* type = fields.Find("type");
  if (const json* newer = fields.Find("rope_type")) {
    if (type != nullptr && *type != *newer) fields.Fail("type and rope_type differ");
    type = newer;
  }
  fields.Only("partial_rotary_factor", 1.0);
  if (type == nullptr || *type == "default") return s;
  if (*type == "llama3") {
    s.kind = RopeScaling::Kind::kLlama3;
  } else if (*type == "yarn") {
    s.kind = RopeScaling::Kind::kYarn;
  } else {
    fields.Fail("rope_type " + type->dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 60) +
                    " is not supported",
                "use a model with one of default, llama3, yarn");
  }
  s.original_positions = fields.Int("original_max_position_embeddings", 1, kMaxPositions, max_positions);
  const bool has_factor = fields.Find("factor") != nullptr;
  s.factor = has_factor ? fields.Number("factor", 1.0, kMaxFactor)
                        : static_cast<double>(max_positions) / static_cast<double>(s.original_positions);
  if (s.factor < 1.0) fields.Fail("original_max_position_embeddings exceeds max_position_embeddings");
  if (s.kind == RopeScaling::Kind::kYarn) {
    ParseYarn(fields, s);
  } else {
    s.low_freq_factor = fields.Number("low_freq_factor", 1e-3, 1e6);
    s.high_freq_factor = fields.Number("high_freq_factor", 1e-3, 1e6);
    if (s.high_freq_factor <= s.low_freq_factor) fields.Fail("high_freq_factor is not above low_freq_factor");
  }
  return s;
}

nlohmann::ordered_json RopeScalingToJson(const RopeScaling& s) {
  if (s.kind == RopeScaling::Kind::kNone) return nullptr;
  const bool yarn = s.kind == RopeScaling::Kind::kYarn;
  nlohmann::ordered_json out;
  out["rope_type"] = yarn ? "yarn" : "llama3";
  if (yarn) out["type"] = "yarn";  // what DeepSeek's own code and older loaders read
  out["factor"] = s.factor;
  out["original_max_position_embeddings"] = s.original_positions;
  if (!yarn) {
    out["low_freq_factor"] = s.low_freq_factor;
    out["high_freq_factor"] = s.high_freq_factor;
    return out;
  }
  out["beta_fast"] = s.beta_fast;
  out["beta_slow"] = s.beta_slow;
  if (!s.truncate) out["truncate"] = false;
  if (s.mscale != 0.0) out["mscale"] = s.mscale;
  if (s.mscale_all_dim != 0.0) out["mscale_all_dim"] = s.mscale_all_dim;
  if (s.attention_factor != 0.0) out["attention_factor"] = s.attention_factor;
  return out;
}

}  // namespace hone
