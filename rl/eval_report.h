// Evaluations side by side as a part of a page: a table with intervals and differences, accuracy by kind, and the curves of test-time
// scaling. Covered by tests/rl/eval_report_test.cc.
#ifndef HONE_RL_EVAL_REPORT_H_
#define HONE_RL_EVAL_REPORT_H_

#include <string>
#include <vector>

#include "data/run_store.h"

namespace hone {

struct MeasuredModel {
  std::string name;
  Metrics metrics;  // EvaluationMetrics, and DifferenceMetrics of all but the first
};

// The key of the store's meta entry that names the model an eval stage measured in step `number`.
std::string MeasuredModelKey(int64_t number);

// The models an eval stage measured, named by their directories; none for another run's store.
std::vector<MeasuredModel> ReadMeasuredModels(const RunStore& store);

// Of a training run: its first and its last evaluation, as "step N"; none without both.
std::vector<MeasuredModel> FirstAndLastEvaluation(const std::vector<StepMetrics>& history);

// `heading` as text. "" without models. At most six have curves.
std::string RenderEvaluations(const std::string& heading, const std::vector<MeasuredModel>& models);

// The same table as text for a terminal, ending with a line end: a column a model, beside it the differences
// to the first.
std::string EvaluationTable(const std::vector<MeasuredModel>& models);

}  // namespace hone

#endif  // HONE_RL_EVAL_REPORT_H_
