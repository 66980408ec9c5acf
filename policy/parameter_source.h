// Where the values of a model's parameters come from: weights in memory, or the files of a checkpoint. Whoever packs or saves a
// model reads it through this, so that both ways give the same bits. Covered by tests/policy/stored_weights_test.cc.
#ifndef HONE_POLICY_PARAMETER_SOURCE_H_
#define HONE_POLICY_PARAMETER_SOURCE_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "policy/weights.h"

namespace hone {

class ParameterSource {
 public:
  virtual ~ParameterSource() = default;

  // The model's, in Weights order; their values may be empty.
  virtual const std::vector<Parameter>& parameters() const = 0;
  // Tensors beside the model that a checkpoint carries along (modules for multi-token prediction), one slice each.
  virtual const std::vector<Parameter>& carried() const = 0;

  // Values [first, first + count) of one of the above: where they lie, or written to `scratch`, which has room for them.
  // Thread-safe; does not throw.
  virtual const float* Read(const Parameter& parameter, int64_t first, int64_t count, float* scratch) = 0;
  // Error when something that Read gave is not a finite number and the source is not one that may hold such.
  virtual void RequireFinite() = 0;
};

// Weights in memory, which it references, and what another source carries beside them (null: nothing).
class WeightsSource : public ParameterSource {
 public:
  explicit WeightsSource(const Weights& weights, ParameterSource* others = nullptr)
      : weights_(weights), others_(others) {}

  const std::vector<Parameter>& parameters() const override { return weights_.parameters(); }
  const std::vector<Parameter>& carried() const override {
    return others_ != nullptr ? others_->carried() : nothing_;
  }
  const float* Read(const Parameter& parameter, int64_t first, int64_t count, float* scratch) override {
    const bool ours = parameter.value.data() != nullptr;
    return ours ? parameter.value.data() + first : others_->Read(parameter, first, count, scratch);
  }
  void RequireFinite() override {
    if (others_ != nullptr) others_->RequireFinite();
  }

 private:
  const Weights& weights_;
  ParameterSource* others_;
  const std::vector<Parameter> nothing_;
};

}  // namespace hone

#endif  // HONE_POLICY_PARAMETER_SOURCE_H_
