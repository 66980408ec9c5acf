// The model that a student learns from: its weights are packed once on the student's threads, and only evaluated. Covered by
// tests/rl/distill_test.cc.
#ifndef HONE_RL_TEACHER_H_
#define HONE_RL_TEACHER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "data/tokenizer.h"
#include "policy/model.h"
#include "policy/parameter_source.h"
#include "rl/packing.h"
#include "rl/policy.h"

namespace hone {

class Teacher {
 public:
  // References the student, whose precision it takes, and lets go of the weights; `where` names the teacher in errors. Error, which names the first difference, when
  // the two do not share tokens and stop tokens: distributions can then not be compared. (The models' vocabularies may be padded.)
  Teacher(const ModelConfig& config, ParameterSource& weights, const Tokenizer& tokenizer, Policy& student,
          const std::string& where);
  // From a Hugging Face directory.
  static std::unique_ptr<Teacher> Load(const std::string& dir, Policy& student);

  const ModelConfig& config() const { return model_.config(); }
  Model& model() { return model_; }
  uint64_t Digest() const { return digest_; }  // of its shape and weights
  int64_t CountValues() const { return hone::CountValues(DescribeParameters(config())); }

  // Error for a sequence longer than the teacher's positions.
  void RequirePositions(std::span<const TrainingSequence> sequences) const;

 private:
  const std::string where_;
  Model model_;
  const uint64_t digest_;
};

}  // namespace hone

#endif  // HONE_RL_TEACHER_H_
