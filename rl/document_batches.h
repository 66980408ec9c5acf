// Documents to the batches of supervised steps: whole documents packed into rows, in order. Covered by tests/rl/run_test.cc.
#ifndef HONE_RL_DOCUMENT_BATCHES_H_
#define HONE_RL_DOCUMENT_BATCHES_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "rl/configs.h"
#include "rl/packing.h"

namespace hone {

struct Documents {
  std::function<TrainingSequence(int64_t index)> at;  // endless; a function of the index alone
  int64_t num_rows = 0;  // after which they come again in another order; 0 when they never do
};

class DocumentBatches {
 public:
  // `table` is the recipe's that `config` stands in, for errors; `max_tokens` the longest document that the models have positions for.
  // Error when config.epochs is set for documents without end.
  DocumentBatches(Documents documents, const DocumentsConfig& config, std::string table, int64_t max_tokens);

  int64_t num_steps() const { return num_steps_; }

  // Rows filled in order with whole documents; the one that no longer fits opens the next step's. Empty after the last epoch. Error for a
  // document that is too long.
  std::vector<TrainingSequence> Next();

  void Save(const std::string& dir) const;
  void Load(const std::string& dir);

 private:
  int64_t CountSteps();
  void RefuseLongDocument(int64_t size) const;

  Documents documents_;
  const DocumentsConfig& config_;
  const std::string table_;
  const int64_t max_tokens_;
  const int64_t last_document_;  // the first that is not learnt any more
  int64_t next_document_ = 0;
  const int64_t num_steps_;
};

}  // namespace hone

#endif  // HONE_RL_DOCUMENT_BATCHES_H_
