// Accuracy of a policy on held-out prompts: pass@k, maj@k, length and truncation. Covered by tests/rl/evaluation_test.cc.
#ifndef HONE_RL_EVALUATION_H_
#define HONE_RL_EVALUATION_H_

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "data/run_store.h"
#include "data/types.h"
#include "rewards/runner.h"
#include "rl/configs.h"
#include "rl/sampler.h"

namespace hone {

struct Evaluation {
  int64_t num_prompts = 0;
  int64_t num_completions = 0;
  std::map<int64_t, double>
      pass_at;  // k -> unbiased estimate (Chen et al. 2021), k = 1, 2, 4, ... up to the samples
  double pass_at_1_error = 0.0;  // standard error of pass@1, by prompt
  double majority = 0.0;         // maj@k over all samples of a prompt; ties go to the answer seen first
  double format = 0.0;
  double mean_length = 0.0;  // tokens, eos included
  double truncated = 0.0;
  int64_t faults = 0;
  std::map<std::string, double> by_kind;  // pass@1 of each kind of prompt
  std::map<std::string, double>
      rewards;  // mean of each reward's own value, over the completions it has one for
};

// 1 - C(n - c, k) / C(n, k).
double PassAtK(int64_t n, int64_t correct, int64_t k);

// A completion is right when AnswerIsRight (rewards/combine.h) and of the right format when its `format` reward is 1.
Evaluation Summarize(const std::vector<ScoredGroup>& groups);

// As the metrics of a step, named held_out/...
Metrics EvaluationMetrics(const Evaluation& evaluation);

// Samples and scores; the draws depend on (config, prompts) alone, so that two models meet the same luck.
Evaluation Evaluate(Sampler& sampler, RewardRunner& rewards, std::vector<Prompt> prompts,
                    const EvalConfig& config);

// The text a majority vote counts: what stands in the answer tags, blanks trimmed; empty without a format.
std::string VotedAnswer(const std::string& completion_text);

}  // namespace hone

#endif  // HONE_RL_EVALUATION_H_
