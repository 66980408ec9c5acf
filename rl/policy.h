// A policy ready to sample and learn: weights, model, tokenizer and the threads they run on. Covered by tests/rl/run_test.cc.
#ifndef HONE_RL_POLICY_H_
#define HONE_RL_POLICY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/tokenizer.h"
#include "kernels/thread_pool.h"
#include "policy/checkpoint.h"
#include "policy/model.h"
#include "policy/stored_weights.h"

namespace hone {

// Shared by sampler and learner: an update followed by Model::Refresh is all it takes for both to see new weights.
class Policy {
 public:
  // `tokenizer_dir` holds tokenizer.json; its eos becomes a stop token beside those of the config.
  Policy(Checkpoint checkpoint, const std::string& tokenizer_dir, Precision precision, int threads);
  // From a Hugging Face directory with its tokenizer.
  static std::unique_ptr<Policy> Load(const std::string& dir, Precision precision, int threads);
  // The same to sample and score only: packed straight from the files, which is then the only copy; weights() has no parameters and
  // there is nothing to save.
  static std::unique_ptr<Policy> LoadFrozen(const std::string& dir, Precision precision, int threads);

  const ModelConfig& config() const { return checkpoint_.config; }
  Weights& weights() { return checkpoint_.weights; }
  const Weights& weights() const { return checkpoint_.weights; }
  Model& model() { return model_; }
  kernels::ThreadPool& pool() { return pool_; }
  const Tokenizer& tokenizer() const { return tokenizer_; }
  const std::string& tokenizer_dir() const {
    return tokenizer_dir_;
  }  // with the chat template, if there is one
  const std::vector<int32_t>& stop_ids() const { return stop_ids_; }
  WeightDtype dtype() const;  // what a checkpoint of this policy stores

  // A Hugging Face directory with tokenizer, and with the tensors that the one it was loaded from holds beside the model. `dir` must
  // not exist yet or be empty.
  void Save(const std::string& dir) const;

 private:
  Policy(StoredWeights& stored, const std::string& dir, Precision precision, int threads);

  Checkpoint checkpoint_;
  std::string tokenizer_dir_;
  Tokenizer tokenizer_;
  std::vector<int32_t> stop_ids_;
  kernels::ThreadPool pool_;
  Model model_;
};

// The tokens that end a completion: those of the config, then of `dir`/generation_config.json, then the tokenizer's eos. Error for a
// file that is none or names tokens the model does not have.
std::vector<int32_t> StopIds(const ModelConfig& config, const Tokenizer& tokenizer, const std::string& dir);

// Error naming `where` when the tokenizer has more tokens than the model.
void RequireVocabulary(const ModelConfig& config, const Tokenizer& tokenizer, const std::string& where);

// `requested`, or the cores this process may use when it is 0.
int ThreadCount(int64_t requested);

}  // namespace hone

#endif  // HONE_RL_POLICY_H_
