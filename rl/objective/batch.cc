// See batch.h. Covered by tests/rl/objective_test.cc.
#include "rl/objective/batch.h"

#include <cmath>
#include <string>

#include "data/error.h"

namespace hone {
namespace {

bool UsesRatio(const ObjectiveConfig& c) {
  return c.clip != ClipRule::kLogProb || (c.kl_coefficient > 0.0 && c.kl_weight == KlWeight::kRatio);
}

struct Array {
  const char* name;
  const Rows ObjectiveBatch::*rows;
  bool (*needed)(const ObjectiveConfig&);
};
bool Always(const ObjectiveConfig&) { return true; }
constexpr Array kArrays[] = {{"logprobs", &ObjectiveBatch::logprobs, Always},
                             {"old_logprobs", &ObjectiveBatch::old_logprobs, NeedsOld},
                             {"ref_logprobs", &ObjectiveBatch::ref_logprobs, NeedsReference},
                             {"sampler_logprobs", &ObjectiveBatch::sampler_logprobs, NeedsSampler},
                             {"entropies", &ObjectiveBatch::entropies, NeedsEntropies}};

class Checker {
 public:
  Checker(const ObjectiveConfig& config, const ObjectiveBatch& batch, std::string_view where)
      : config_(config), batch_(batch), where_(where) {}

  void Check() const {
    const size_t count = batch_.rewards.size();
    if (batch_.group_size < 1)
      Fail("group_size is " + std::to_string(batch_.group_size), "it must be at least 1");
    if (count == 0 || count % static_cast<size_t>(batch_.group_size) != 0) {
      Fail(std::to_string(count) + " rewards are no whole groups of " + std::to_string(batch_.group_size),
           "give group_size rewards for each prompt");
    }
    for (size_t i = 0; i < count; ++i) {
      if (batch_.rewards[i] && !std::isfinite(*batch_.rewards[i])) {
        Fail("rewards[" + std::to_string(i) + "] is not finite",
             "use null for a completion without a reward");
      }
    }
    for (const Array& array : kArrays) CheckRows(array);
    if (!batch_.mask.empty() && batch_.mask.size() != count) CountFault("mask", batch_.mask.size());
    for (size_t i = 0; i < batch_.mask.size(); ++i) {
      if (batch_.mask[i].size() != batch_.logprobs[i].size()) LengthFault("mask", i, batch_.mask[i].size());
    }
    if (NeedsMaxLength(config_) && batch_.max_length < 1) {
      Fail("max_length is missing", "this objective needs the longest completion allowed, in tokens");
    }
  }

 private:
  [[noreturn]] void Fail(const std::string& what, const std::string& remedy) const {
    throw Error(what, std::string(where_), remedy);
  }
  [[noreturn]] void CountFault(const std::string& name, size_t rows) const {
    Fail(name + " has " + std::to_string(rows) + " rows",
         "give one for each of the " + std::to_string(batch_.rewards.size()) + " rewards");
  }
  [[noreturn]] void LengthFault(const std::string& name, size_t i, size_t length) const {
    Fail(name + "[" + std::to_string(i) + "] has " + std::to_string(length) + " values",
         "logprobs[" + std::to_string(i) + "] has " + std::to_string(batch_.logprobs[i].size()));
  }

  void CheckRows(const Array& array) const {
    const Rows& rows = batch_.*array.rows;
    const bool needed = array.needed(config_);
    if (rows.empty()) {
      if (needed) Fail(std::string(array.name) + " is missing", "this objective needs it");
      return;
    }
    if (rows.size() != batch_.rewards.size()) CountFault(array.name, rows.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].size() != batch_.logprobs[i].size()) LengthFault(array.name, i, rows[i].size());
    }
  }

  const ObjectiveConfig& config_;
  const ObjectiveBatch& batch_;
  const std::string_view where_;
};

}  // namespace

bool NeedsReference(const ObjectiveConfig& c) { return c.kl_coefficient > 0.0; }

bool NeedsSampler(const ObjectiveConfig& c) {
  return c.sampler_correction != SamplerCorrection::kNone || c.geometric_low > 0.0 ||
         c.geometric_high > 0.0 || (UsesRatio(c) && c.ratio_base == RatioBase::kSampler) ||
         (c.off_policy_threshold > 0.0 && c.off_policy_sampler);
}

bool NeedsOld(const ObjectiveConfig& c) {
  return (UsesRatio(c) && c.ratio_base == RatioBase::kOld) ||
         c.sampler_correction != SamplerCorrection::kNone || c.geometric_low > 0.0 ||
         c.geometric_high > 0.0 || (c.off_policy_threshold > 0.0 && !c.off_policy_sampler) ||
         (c.kl_coefficient > 0.0 && c.kl_place != KlPlace::kLoss);
}

bool NeedsEntropies(const ObjectiveConfig& c) {
  return c.top_entropy < 1.0 || c.entropy_coefficient > 0.0 || c.entropy_adaptive;
}

bool NeedsMaxLength(const ObjectiveConfig& c) {
  return (c.aggregation == Aggregation::kConstant && c.aggregation_length == 0) || c.mask_truncated;
}

void CheckBatch(const ObjectiveConfig& config, const ObjectiveBatch& batch, std::string_view where) {
  Checker(config, batch, where).Check();
}

}  // namespace hone
