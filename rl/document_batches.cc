// See document_batches.h. Covered by tests/rl/run_test.cc.
#include "rl/document_batches.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "data/error.h"
#include "policy/safetensors.h"
#include "rl/state_file.h"

namespace hone {
namespace {

constexpr char kStateFile[] = "/cursor.safetensors";

int64_t LastDocument(const Documents& documents, double epochs, const std::string& table) {
  if (epochs == 0.0) return std::numeric_limits<int64_t>::max();
  if (documents.num_rows > 0)
    return std::max<int64_t>(1, std::llround(epochs * static_cast<double>(documents.num_rows)));
  throw Error(table + ".epochs is set, but the task's corpus has no end", table,
              "set " + table + ".steps, or name " + table + ".data");
}

}  // namespace

DocumentBatches::DocumentBatches(Documents documents, const DocumentsConfig& config, std::string table,
                                 int64_t max_tokens)
    : documents_(std::move(documents)),
      config_(config),
      table_(std::move(table)),
      max_tokens_(max_tokens),
      last_document_(LastDocument(documents_, config.epochs, table_)),
      num_steps_(config.epochs == 0.0 ? config.steps : CountSteps()) {}

// How many batches the epochs make.
int64_t DocumentBatches::CountSteps() {
  next_document_ = 0;
  int64_t steps = 0;
  while (!Next().empty()) ++steps;
  next_document_ = 0;
  return steps;
}

std::vector<TrainingSequence> DocumentBatches::Next() {
  std::vector<TrainingSequence> sequences;
  int64_t used_in_row = 0, rows = 1;
  for (; next_document_ < last_document_; ++next_document_) {
    TrainingSequence document = documents_.at(next_document_);
    const auto size = static_cast<int64_t>(document.ids.size());
    RefuseLongDocument(size);
    if (used_in_row + size > config_.row_tokens) {
      if (++rows > config_.rows_per_step) break;
      used_in_row = 0;
    }
    used_in_row += size;
    sequences.push_back(std::move(document));
  }
  return sequences;
}

void DocumentBatches::RefuseLongDocument(int64_t size) const {
  const std::string what =
      "document " + std::to_string(next_document_) + " has " + std::to_string(size) + " tokens";
  if (size > config_.row_tokens)
    throw Error(what, table_ + ".row_tokens", "raise it above the longest document");
  if (size > max_tokens_) {
    throw Error(
        what + ", more than the " + std::to_string(max_tokens_) + " positions of the model or its teacher",
        table_, "take a model with more (max_position_embeddings)");
  }
}

void DocumentBatches::Save(const std::string& dir) const {
  WriteSafetensors(dir + kStateFile, {{"next_document", TensorDtype::kI64, {1}, &next_document_}});
}

void DocumentBatches::Load(const std::string& dir) {
  ReadState(SafetensorsFile::Open(dir + kStateFile), "next_document", 1, &next_document_);
}

}  // namespace hone
