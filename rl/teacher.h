// The model that a student learns from: weights of its own on the student's threads, only evaluated. Covered by
// tests/rl/distill_test.cc.
#ifndef HONE_RL_TEACHER_H_
#define HONE_RL_TEACHER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "data/tokenizer.h"
#include "policy/checkpoint.h"
#include "policy/model.h"
#include "rl/packing.h"
#include "rl/policy.h"

namespace hone {

class Teacher {
 public:
  // References the student, whose precision it takes; `where` names the teacher in errors. Error, which names the first difference, when
  // the two do not share tokens and stop tokens: distributions can then not be compared. (The models' vocabularies may be padded.)
  Teacher(Checkpoint checkpoint, const Tokenizer& tokenizer, Policy& student, const std::string& where);
  // From a Hugging Face directory.
  static std::unique_ptr<Teacher> Load(const std::string& dir, Policy& student);

  const ModelConfig& config() const { return checkpoint_.config; }
  Model& model() { return model_; }
  uint64_t Digest() const;  // of its shape and weights
  int64_t CountValues() const { return checkpoint_.weights.CountValues(); }

  // Error for a sequence longer than the teacher's positions.
  void RequirePositions(std::span<const TrainingSequence> sequences) const;

 private:
  const std::string where_;
  Checkpoint checkpoint_;
  Model model_;
};

}  // namespace hone

#endif  // HONE_RL_TEACHER_H_
